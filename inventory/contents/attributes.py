"""What the register says about one model, attribute by attribute."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from inventory import policies
from inventory.attributes import ATTRIBUTES, PARTICULARS, Attribute, Field, Group, Kind
from inventory.contents.derived import day, derived_of, together
from inventory.models import Model, Policy
from inventory.models.particulars import rows_of
from mrm.accounts.models import Person

REFERRED = {"stakeholders": ("person",), "upstream": ("upstream",)}  # What a row names besides its model.
FLAGS = {True: "Yes", False: "No", None: ""}
NOT_KEPT = "Not kept as of a date."


@dataclass(frozen=True)
class Told:
    """One attribute with its value: as JSON for programs, and as lines for people; no line where nothing is said.

    is_kept  False of an entry of the past where nobody can say what held then
    """

    attribute: Attribute
    value: object
    lines: tuple[str, ...]
    is_required: bool = False
    is_missing: bool = False
    is_kept: bool = True


def told_of(
    model: Model,
    *,
    derived: dict[str, list[str]],
    policy: dict | None = None,
    attributes: Sequence[Attribute] = ATTRIBUTES,
) -> list[Told]:
    """Every attribute of a model, or these, in their order. `derived` holds what higher apps know: name to lines.

    Of an entry of the past everything that the register said then; of what followed from work elsewhere, what
    `derived` does not hold is said not to be kept.
    """
    policy = policy or Policy.objects.in_force_at(model.stood_at).document
    required = set(policies.required_attributes(policy, model.tier))
    lacking = set(model.missing(policy))
    if any(attribute.kind == Kind.DERIVED for attribute in attributes):
        derived = together(derived_of([model], policy)[model.pk], derived)
    return [
        _told(model, attribute, derived, is_required=attribute.name in required, is_missing=attribute.name in lacking)
        for attribute in attributes
    ]


def grouped(told: Iterable[Told]) -> list[tuple[Group, list[Told], int]]:
    """By group, each with how many of it are missing."""
    told = list(told)
    groups = [(group, [one for one in told if one.attribute.group == group]) for group in Group]
    return [(group, ones, sum(one.is_missing for one in ones)) for group, ones in groups]


def in_words(attribute: Field, value) -> str:
    """A value as a page writes it; empty where nothing is said."""
    if isinstance(value, bool) or attribute.kind == Kind.FLAG:
        return FLAGS[value]
    if attribute.kind == Kind.CHOICE:
        return value.replace("_", " ").capitalize()
    if attribute.kind == Kind.CHOICES:
        return ", ".join(entry.replace("_", " ") for entry in value)
    if attribute.kind == Kind.TEXTS:
        return ", ".join(value)
    if isinstance(value, Decimal):
        return f"{value:,.2f}"
    if isinstance(value, date):
        return day(value)
    return "" if value is None else str(value)


def as_json(value):
    """A value as programs read it."""
    if isinstance(value, Person):
        return {"id": str(value.pk), "name": value.display_name}
    if isinstance(value, Model):
        return value.slug
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _told(model: Model, attribute: Attribute, derived: dict, *, is_required: bool, is_missing: bool) -> Told:
    if attribute.kind == Kind.DERIVED:
        if model.stood_at and attribute.name not in derived:
            return Told(attribute, None, (NOT_KEPT,), is_kept=False)
        lines = derived.get(attribute.name, [])
        return Told(attribute, lines, tuple(lines))
    if attribute.kind == Kind.ROWS:
        rows = rows_of(attribute.name).standing(model.stood_at).filter(model_id=model.pk)
        rows = list(rows.select_related("added_by", *REFERRED.get(attribute.name, ())))
        value = [row_as_json(attribute.name, row) for row in rows]
        return Told(attribute, value, tuple(str(row) for row in rows), is_required, is_missing)
    value = getattr(model, attribute.name)
    words = in_words(attribute, value)
    return Told(attribute, as_json(value), (words,) if words else (), is_required, is_missing)


def row_as_json(name: str, row) -> dict:
    """One row as programs read it: what was said, by whom, since when."""
    said = {field.name: as_json(getattr(row, field.name)) for field in PARTICULARS[name]}
    facts = {"sha256": row.sha256, "bytes": row.bytes, "media_type": row.media_type} if name == "documents" else {}
    by = row.added_by.display_name if row.added_by else "system"
    when = {"added_at": row.added_at.isoformat(), "valid_from": row.held_since.isoformat()}
    return {"id": str(row.pk), **said, **facts, "added_by": by, **when}
