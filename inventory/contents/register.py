"""Choosing from the register: the same filters, search and orderings for page, API and export, now and as of a date."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import reduce
from operator import and_

from django.contrib.postgres.search import SearchQuery
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import DateTimeField, Func, JSONField, OuterRef, Q, QuerySet, Subquery, TextField, Value
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce, Lower

from inventory.contents.shared import WHAT, naming
from inventory.models import Alias, Determination, Model, ModelVersion, Moment, Policy, VersionRecord
from inventory.models.models import SEARCHED, WORDS, lacking
from inventory.models.particulars import ALIASED, ROWS_OF, WORDS_OF_ALIASES, rows_of
from inventory.models.words import NO_WORD
from inventory.policies import ALL_TIERS, required_attributes, tier_name
from inventory.states import Stage, Status
from mrm.accounts.models import Person, Workspace
from mrm.pages.listing import check_number

# What a list may be sorted by: now, and as of a past day, where some is looked for among what a record keeps.
ORDERINGS = {
    "name": "name",
    "tier": "tier",
    "status": "status",
    "business_unit": "business_unit",
    "owner": "owner__display_name",
    "registered_at": "registered_at",
    "edited_at": "edited_at",
}
KEPT_BY_RECORDS = {
    "owner": Subquery(Person.objects.filter(pk=OuterRef("owner_id")).values("display_name")),
    "registered_at": Cast(KT("fields__registered_at"), DateTimeField()),
    "edited_at": Cast(KT("fields__edited_at"), DateTimeField()),
}
DATED = ("registered", "edited")  # Filters by a first and a last day: registered_since, registered_until.
FACETS = ("tier", "status", "business_unit", "owner_id", "workspace_id")
MOST_OF_A_FACET = 8


def in_order(rows: QuerySet, wanted: dict) -> tuple[QuerySet, tuple[str, ...]]:
    """Models or records with what they are sorted by, and these fields; a dash in front turns the order round."""
    asked = wanted.get("ordering") or "name"
    dash, name = ("-" if asked.startswith("-") else ""), asked.removeprefix("-")
    field = ORDERINGS[name] if rows.model is Model else name
    if rows.model is Model and wanted.get("search"):
        # In an order that no index is in: PostgreSQL then asks the index of words first.
        rows, field = rows.annotate(in_this_order=Coalesce(field, field)), "in_this_order"
    elif rows.model is not Model and name in KEPT_BY_RECORDS:
        rows, field = rows.annotate(in_this_order=KEPT_BY_RECORDS[name]), "in_this_order"
    return rows, (f"{dash}{field}", f"{dash}slug")


def chosen(rows: QuerySet, wanted: dict) -> QuerySet:
    """Models, or records of models, that fit; what is not asked for does not filter."""
    for name in ("status", "tier", "business_unit"):
        if wanted.get(name) not in (None, ""):
            rows = rows.filter(**{name: wanted[name]})
    if name := wanted.get("name"):
        rows = rows.alias(folded=Lower("name")).filter(folded=Lower(Value(name)))
    if owner := wanted.get("owner"):
        rows = rows.filter(owner_id=owner.pk)
    if slug := wanted.get("workspace"):
        rows = rows.filter(workspace_id__in=Workspace.objects.filter(slug=slug).values("pk"))
    as_of = wanted.get("as_of")
    moment = Moment.of(as_of, wanted.get("known_on")) if as_of else None
    for name in WHAT:
        if wanted.get(name):
            rows = rows.filter(naming(name, wanted[name], rows.model, moment))
    if name := wanted.get("missing"):
        rows = rows.filter(_lacking(name, rows.model, moment))
    if number := wanted.get("production_version"):
        rows = rows.filter(_in_production(rows.model, moment, number))
    for name in DATED:
        rows = _dated(rows, f"{name}_at", wanted.get(f"{name}_since"), wanted.get(f"{name}_until"))
    for name, condition in _flags(rows.model, moment).items():
        if wanted.get(name) is not None:
            rows = rows.filter(condition) if wanted[name] else rows.exclude(condition)
    if not (text := wanted.get("search")):
        return rows
    words = words_of(text)
    return _found(rows, words, moment) if words else rows.none()


def _dated(rows: QuerySet, name: str, first: date | None, last: date | None) -> QuerySet:
    """Those whose moment lies between these days, both included."""
    if (first or last) and rows.model is not Model:
        rows, name = rows.alias(**{f"of_{name}": KEPT_BY_RECORDS[name]}), f"of_{name}"
    if first:
        rows = rows.filter(**{f"{name}__gte": datetime.combine(first, time(), UTC)})
    return rows.filter(**{f"{name}__lte": datetime.combine(last, time.max, UTC)}) if last else rows


def words_of(text: str) -> list[str]:
    """The words of a search: letters and digits, as the index has them."""
    return re.sub(NO_WORD, " ", text.lower()).split()


def check_words(text: str) -> None:
    """That a search has no more words than are looked for; for fields of forms and of the API."""
    check_number(words_of(text))


def _flags(kind: type, moment: Moment | None) -> dict[str, Q]:
    """The claims one may filter by, as conditions on the present entry or on a record of it."""
    tools = Determination.objects.tools(moment)
    if kind is Model:
        return {
            "is_model": ~Q(pk__in=tools),
            "affects_natural_persons": Q(affects_natural_persons=True),
            "provisional": Q(tier_confirmed_at=None),
            "in_production": _in_production(kind, moment),
        }
    nothing = Value(None, JSONField())
    return {
        "is_model": ~Q(subject__in=tools),
        "affects_natural_persons": Q(fields__affects_natural_persons=True),
        "provisional": Q(fields__tier_confirmed_at=nothing),
        "in_production": _in_production(kind, moment),
    }


def _in_production(kind: type, moment: Moment | None, number: int | None = None) -> Q:
    """Those with a version in production, or with the one of this number."""
    if moment:
        versions = VersionRecord.objects.standing(moment).filter(stage=Stage.PRODUCTION)
        versions = versions.filter(fields__number=number) if number else versions
        return Q(subject__in=versions.values("model_id"))
    versions = ModelVersion.objects.filter(stage=Stage.PRODUCTION)
    return Q(pk__in=(versions.filter(number=number) if number else versions).values("model"))


def _lacking(name: str, kind: type, moment: Moment | None) -> Q:
    """Those of which the policy, the one then in force, asks for this attribute, and the register does not hold it."""
    document = Policy.objects.in_force_at(moment).document
    if moment is None:
        return lacking(document, name)
    tiers = [tier for tier in map(int, ALL_TIERS) if name in required_attributes(document, tier)]
    if name in ROWS_OF:
        return Q(tier__in=tiers) & ~Q(subject__in=rows_of(name).standing(moment).values("model"))
    kept = f"fields__{Model._meta.get_field(name).attname}"
    unsaid = Q(**{f"{kept}__isnull": True}) | Q(**{kept: Value(None, JSONField())}) | Q(**{f"{kept}__in": ["", []]})
    return Q(tier__in=tiers) & unsaid


def _found(rows: QuerySet, words: list[str], moment: Moment | None) -> QuerySet:
    """Rows whose own texts, or one of the names that other systems call them by, have words that begin so.

    Of what is there now an index answers; what a record keeps is read.
    """
    if moment:
        own, called = [KT(f"fields__{name}") for name in SEARCHED], Alias.objects.standing(moment)
        return rows.alias(said=_together(own)).filter(
            _each(words) | Q(subject__in=called.alias(said=_together(ALIASED)).filter(_each(words)).values("model"))
        )
    beginnings = SearchQuery(" & ".join(f"{word}:*" for word in words), search_type="raw", config="simple")
    own = Model.objects.alias(words=WORDS).filter(words=beginnings)
    called = Alias.objects.standing().alias(words=WORDS_OF_ALIASES).filter(words=beginnings)
    return rows.filter(pk__in=own.order_by().values("pk").union(called.order_by().values("model")))


def _together(texts: list) -> Func:
    return Func(Value(" "), *texts, function="concat_ws", output_field=TextField())


def _each(words: list[str]) -> Q:
    """That what is said has every one of these, as the beginning of a word."""
    return reduce(and_, (Q(said__iregex=rf"(^|{NO_WORD}){word}") for word in words))


@dataclass(frozen=True)
class Choice:
    """One value of a facet: how many of the chosen models have it, and the filter that leaves only those."""

    value: str
    label: str
    count: int


@dataclass(frozen=True)
class Facets:
    """How the chosen models divide, each facet by its commonest values, and how many values it has besides."""

    total: int
    shown: dict[str, list[Choice]]
    left_off: dict[str, int]


def facets_of(rows: QuerySet) -> Facets:
    """Every facet and the total in one pass over the chosen rows, and one query for the names of people and units."""
    try:
        sql, parameters = rows.order_by().values_list(*FACETS).query.sql_with_params()
    except EmptyResultSet:  # What nothing can fit is not asked of the database.
        names = [name.removesuffix("_id") for name in FACETS]
        return Facets(0, {name: [] for name in names}, dict.fromkeys(names, 0))
    columns = ", ".join(FACETS)
    sets = ", ".join(f"({name})" for name in FACETS)
    counting = (
        f"SELECT {columns}, grouping({columns}), count(*) FROM ({sql}) AS chosen ({columns}) "  # noqa: S608 - our own names
        f"GROUP BY GROUPING SETS ({sets}, ())"
    )
    with connection.cursor() as cursor:
        cursor.execute(counting, parameters)
        counted = cursor.fetchall()
    total, found = 0, {name: [] for name in FACETS}
    for *values, mask, count in counted:
        place = next((i for i in range(len(FACETS)) if not mask & (1 << (len(FACETS) - 1 - i))), None)
        if place is None:
            total = count
        elif values[place] not in (None, ""):
            found[FACETS[place]].append((values[place], count))
    left_off = {name.removesuffix("_id"): max(len(values) - MOST_OF_A_FACET, 0) for name, values in found.items()}
    found = {name: sorted(values, key=lambda pair: -pair[1])[:MOST_OF_A_FACET] for name, values in found.items()}
    people = Person.objects.in_bulk([value for value, _ in found["owner_id"]])
    units = Workspace.objects.in_bulk([value for value, _ in found["workspace_id"]])
    return Facets(
        total,
        {
            "status": [Choice(value, Status(value).replace("_", " ").capitalize(), n) for value, n in found["status"]],
            "tier": [Choice(str(value), tier_name(value), n) for value, n in sorted(found["tier"])],
            "business_unit": [Choice(value, value, n) for value, n in found["business_unit"]],
            "owner": [
                Choice(str(value), people[value].display_name, n) for value, n in found["owner_id"] if value in people
            ],
            "workspace": [
                Choice(units[value].slug, units[value].name, n) for value, n in found["workspace_id"] if value in units
            ],
        },
        left_off,
    )
