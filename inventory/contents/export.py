"""The register as a file: every model with all that is entered about it or follows, its versions, uses and rows."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from django.db.models import QuerySet

from inventory.attributes import ATTRIBUTES, COLUMNS, ROWS, Kind
from inventory.contents.attributes import NOT_KEPT, REFERRED, row_as_json
from inventory.contents.history import models_as_they_stood
from inventory.models import Model, ModelVersion, Moment, Use, UseRecord, VersionRecord
from inventory.models.particulars import rows_of
from mrm.accounts.models import Person
from mrm.pages.keyset import keyset_page

PIECE = 2000

# What is kept about a model besides its attributes.
KEPT = ("slug", "name", "workspace", "owner", "status", "tier", "tier_confirmed_at", "registered_at", "edited_at",
        "retired_at", "baselined_until", "revision")  # fmt: skip
FIELDS = (*KEPT, *(name for name in COLUMNS if name not in KEPT))
# What nobody enters, beside what stands among the fields already.
DERIVED = tuple(one.name for one in ATTRIBUTES if one.kind == Kind.DERIVED and one.name not in (*KEPT, "identifier"))
PARTS = {
    "versions": (ModelVersion, VersionRecord, ("number", "stage", "framework", "artifact_sha256", "code_ref",
                 "registered_at", "promoted_at", "ended_at")),
    "uses": (Use, UseRecord, ("number", "title", "state", "state_because", "business_purpose", "population",
             "operating_boundaries", "prohibited_uses", "reliance", "environment", "started_at", "ended_at")),
}  # fmt: skip
LISTS = (*PARTS, *ROWS)
HEADER = (*FIELDS, *DERIVED, *LISTS)


def told_in_full(models: list[Model], moment: Moment | None, derived: dict) -> list[dict]:
    """These models, now or as they stood, with everything; so many queries, however many models there are.

    derived  by model what nobody enters, as lines; what is not kept of the past is not in it and told as None
    """
    keys = [model.pk for model in models]
    lists = {name: _parts(name, keys, moment) for name in PARTS} | {name: _rows(name, keys, moment) for name in ROWS}
    people, others = _referred(models)
    return [
        {name: _value(model, name, people, others) for name in FIELDS}
        | {name: derived[model.pk].get(name) for name in DERIVED}
        | {name: lists[name][model.pk] for name in LISTS}
        for model in models
    ]


def pieces(rows: QuerySet, order: tuple[str, ...], moment: Moment | None) -> Iterator[list[Model]]:
    """Every one of these models, or of these records as models, in this order; so many at a time."""
    cursor, started = "", False
    while cursor or not started:
        page, started = keyset_page(rows, order, cursor=cursor, size=PIECE), True
        yield models_as_they_stood(page.rows, moment) if moment else page.rows
        cursor = page.next


def on_one_line(told: dict) -> list:
    """The same for a table: a list becomes a text, one entry after the other; the rest keeps its type."""
    cells = [NOT_KEPT if name in DERIVED and value is None else value for name, value in told.items()]
    return [_joined(value) if isinstance(value, list) else value for value in cells]


def _parts(name: str, keys: list, moment: Moment | None) -> dict:
    kind, records, fields = PARTS[name]
    if moment is None:
        found = kind.objects.filter(model_id__in=keys).order_by("number")
    else:
        stood = [record.as_row() for record in records.objects.standing(moment).filter(model_id__in=keys)]
        found = sorted(stood, key=lambda part: part.number)
    return _by_model((part.model_id, {field: getattr(part, field) for field in fields}) for part in found)


def _rows(name: str, keys: list, moment: Moment | None) -> dict:
    rows = rows_of(name).standing(moment).filter(model_id__in=keys).select_related("added_by", *REFERRED.get(name, ()))
    return _by_model((row.model_id, row_as_json(name, row)) for row in rows)


def _by_model(pairs) -> dict:
    found = defaultdict(list)
    for key, value in pairs:
        found[key].append(value)
    return found


def _referred(models: list[Model]) -> tuple[dict, dict]:
    """Every person and every other model that these models name."""
    keys = {
        kind: {getattr(model, f"{name}_id") for model in models for name in COLUMNS if COLUMNS[name].kind == kind}
        for kind in (Kind.PERSON, Kind.MODEL)
    }
    return Person.objects.in_bulk(keys[Kind.PERSON] - {None}), Model.objects.in_bulk(keys[Kind.MODEL] - {None})


def _value(model: Model, name: str, people: dict, others: dict):
    if name == "workspace":
        return model.workspace.slug
    kind = COLUMNS[name].kind if name in COLUMNS else None
    if kind == Kind.PERSON:
        person = people.get(getattr(model, f"{name}_id"))
        return person.email if person else None
    if kind == Kind.MODEL:
        other = others.get(getattr(model, f"{name}_id"))
        return other.slug if other else None
    return getattr(model, name)


def as_text(value):
    """What a file of text says of a value that stands in a line."""
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _joined(values: list) -> str:
    return "; ".join(_entry(one) for one in values)


def _entry(value) -> str:
    """One entry of a list: its texts in their order, without what identifies the row or says who entered it."""
    if not isinstance(value, dict):
        return str(value)
    unsaid = ("id", "added_by", "added_at", "valid_from")
    told = (one["name"] if isinstance(one, dict) else one for name, one in value.items() if name not in unsaid)
    return ", ".join(
        _joined(one) if isinstance(one, list) else str(as_text(one)) for one in told if one not in (None, "")
    )
