"""Typed fields of a model as tags `mrm.<name>`: what they say now, and how a search compares them."""

import json
from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from django.contrib.postgres.aggregates import StringAgg
from django.db.models import CharField, Expression, F, Func, OuterRef, Q, Subquery, TextField, Value
from django.db.models.functions import Cast, NullIf

from inventory.attributes import COLUMNS, PARTICULARS, PREFIX, TAGGED, Attribute, Kind, text_from_value
from inventory.models import Model
from inventory.models.particulars import rows_of
from mrm.accounts.models import Person

# Said by MLflow's own fields, so that no tag repeats it.
SAID_OTHERWISE = {
    "mrm.name": "A model is named by MLflow itself: rename the registered model.",
    "mrm.description": "A model is described by MLflow itself: set the description of the registered model.",
    "mrm.documents": "A document comes with its file: send it to the address of the model's documents over REST.",
}
# Attributes that the register keeps row by row. Once a client set such a tag it is answered, as the rows then are.
ROWS: dict[str, str] = {f"{PREFIX}{name}": name for name in PARTICULARS if f"{PREFIX}{name}" not in SAID_OTHERWISE}
TYPED: dict[str, Attribute] = {tag: attribute for tag, attribute in TAGGED.items() if tag not in SAID_OTHERWISE}
FIELDS = tuple(attribute.name for attribute in TYPED.values())
_TAGS = dict(zip(FIELDS, TYPED, strict=True))
_NAMING = {Kind.PERSON: (Person, "email"), Kind.MODEL: (Model, "slug")}
_NAMED_BY = {kind: f"{{}}__{text}" for kind, (_, text) in _NAMING.items()}


class Member(Func):
    """A field of an object in JSON with its name before it; NULL where there is no value."""

    template = "'\"%(name)s\": ' || to_json(%(expressions)s)::text"
    output_field = TextField()


class Entries(Func):
    """A list as its tag says it; the same as `inventory.attributes.text_from_value`."""

    template = (
        "(SELECT string_agg(CASE WHEN entry ~ '[,\"\\r\\n]' THEN '\"' || replace(entry, '\"', '\"\"') || '\"' "
        "ELSE entry END, ', ' ORDER BY place) "
        "FROM jsonb_array_elements_text(%(expressions)s) WITH ORDINALITY AS said (entry, place))"
    )
    output_field = CharField()


def tags_in(rows: Iterable[dict], *, governed: bool) -> dict[UUID, list[dict]]:
    """The tags that say what the register says, by model. People and models cost a query only where some are named.

    An ungoverned workspace answers like MLflow's own server: what every model has is no tag of this one.
    """
    rows = list(rows)
    named = {}
    for kind, (table, text) in _NAMING.items():
        names = [name for name in FIELDS if COLUMNS[name].kind == kind and name != "owner"]
        keys = {row[name] for row in rows for name in names} - {None}
        named |= table.objects.filter(pk__in=keys).values_list("pk", text) if keys else ()
    listed = _lists_in(rows)
    return {row["pk"]: _tags_of(row, named, governed) + listed[row["pk"]] for row in rows}


def _lists_in(rows: list[dict]) -> defaultdict[UUID, list[dict]]:
    """The tags that hold lists, by model: a query for each attribute for which a client ever set one."""
    models_by_tag, listed = defaultdict(list), defaultdict(list)
    for row in rows:
        for key, _ in row["tag_pairs"]:
            if key in ROWS:
                models_by_tag[key].append(row["pk"])
    for tag, models in models_by_tag.items():
        said = entries_of(ROWS[tag], models)
        for model in models:
            listed[model].append({"key": tag, "value": json.dumps(said[model], ensure_ascii=False)})
    return listed


def entries_of(name: str, models: list[UUID]) -> defaultdict[UUID, list[dict]]:
    """The standing rows of an attribute, by model, as they are sent; what nobody said is left out."""
    fields = {field.name: _NAMED_BY.get(field.kind, "{}").format(field.name) for field in PARTICULARS[name]}
    found = defaultdict(list)
    standing = rows_of(name).standing().filter(model__in=models).order_by("added_at", "pk")
    for row in standing.values("model", *fields.values()):
        said = {field: row[column] for field, column in fields.items() if row[column] not in ("", None)}
        found[row["model"]].append(said)
    return found


def text_of_rows(tag: str) -> Expression:
    """The text of the tag that holds the standing rows, of the model of a row of `ModelTag`; as `_lists_in` says it."""
    said = ((field, F(_NAMED_BY.get(field.kind, "{}").format(field.name))) for field in PARTICULARS[ROWS[tag]])
    members = [
        Member(column if field.kind == Kind.FLAG else NullIf(column, Value("")), name=field.name)
        for field, column in said
    ]
    row = _joined(Value("{"), _joined(Value(", "), *members, function="concat_ws"), Value("}"))
    standing = rows_of(ROWS[tag]).standing().filter(model=OuterRef("model")).order_by().values("model")
    rows = standing.annotate(rows=StringAgg(row, ", ", order_by=("added_at", "pk"))).values("rows")
    return _joined(Value("["), Subquery(rows), Value("]"))


def _joined(*texts, function: str = "concat") -> Func:
    """In SQL; what is NULL is left out."""
    return Func(*texts, function=function, output_field=TextField())


def example_of(name: str) -> str:
    """A list of one row with what it needs, as the text of a tag."""
    needed = [field for field in PARTICULARS[name] if field.is_required]
    return json.dumps(
        [{field.name: field.choices[0] if field.choices else "…" for field in needed}], ensure_ascii=False
    )


def _tags_of(row: dict, named: dict, governed: bool) -> list[dict]:
    said = []
    for name in FIELDS:
        value = row[name]
        if value is None or value == "" or value == []:
            continue
        attribute = COLUMNS[name]
        if attribute.is_required and value is not True and not governed:
            continue
        if attribute.kind in _NAMING:
            value = row["owner__email"] if name == "owner" else named[value]
        said.append({"key": _TAGS[name], "value": text_from_value(attribute, value)})
    return said


def says_so(tag: str) -> Q | None:
    """The condition under which a model shows a typed field as this tag; None where the tag is no typed field."""
    attribute = TYPED.get(tag)
    if attribute is None:
        return None
    if attribute.empty in ("", []):
        return ~Q(**{attribute.name: attribute.empty})
    return Q(**{f"{attribute.name}__isnull": False})


def text_of(tag: str) -> Expression | F:
    """The text of a typed field's tag, for a comparison in the database."""
    attribute = TYPED[tag]
    match attribute.kind:
        case Kind.PERSON:
            return F(f"{attribute.name}__email")
        case Kind.MODEL:
            return F(f"{attribute.name}__slug")
        case Kind.TEXTS | Kind.CHOICES:
            return Entries(F(attribute.name))
        case Kind.DATE:
            return Func(F(attribute.name), Value("YYYY-MM-DD"), function="to_char", output_field=CharField())
        case Kind.FLAG | Kind.AMOUNT:
            return Cast(attribute.name, CharField())
    return F(attribute.name)
