"""Attributes as texts: how tags `mrm.<name>` of other systems fill typed fields. Plain values."""

from datetime import date
from decimal import Decimal, InvalidOperation

from inventory.attributes.kinds import Attribute, Kind, fault_in
from inventory.attributes.table import COLUMNS

PREFIX = "mrm."
WORDS = {"true": True, "yes": True, "false": False, "no": False, "": None}

# Every tag that fills a field. A name that is not here is kept as a tag and fills nothing.
TAGGED: dict[str, Attribute] = {f"{PREFIX}{name}": attribute for name, attribute in COLUMNS.items()}


class Unreadable(ValueError):
    """A text that is no value of its attribute; says what would be."""


def value_from_text(attribute: Attribute, text: str):
    """The typed value that a text stands for. People and models stay the words that name them: others look them up."""
    value = _typed(attribute, text.strip())
    if fault := fault_in(attribute, value):
        raise Unreadable(fault)
    return value


def values_from_tags(tags: dict[str, str]) -> tuple[dict, list[dict]]:
    """The fields that tags fill, and one error, with its tag as the field, for each that means nothing."""
    values, errors = {}, []
    for tag, text in tags.items():
        attribute = TAGGED.get(tag)
        if attribute is None:
            continue
        try:
            values[attribute.name] = value_from_text(attribute, text)
        except Unreadable as unreadable:
            errors.append({"message": f"Tag {tag}: {unreadable}", "field": tag})
    return values, errors


def _typed(attribute: Attribute, text: str):
    match attribute.kind:
        case Kind.TEXTS | Kind.CHOICES:
            return [entry.strip() for entry in text.split(",") if entry.strip()]
        case Kind.FLAG:
            if text.casefold() not in WORDS:
                raise Unreadable(f"{attribute.name} must be true or false.")
            return WORDS[text.casefold()]
        case Kind.DATE:
            return _date(attribute, text)
        case Kind.AMOUNT:
            return _amount(attribute, text)
        case Kind.CHOICE:
            return text.casefold()
        case Kind.PERSON | Kind.MODEL:
            return text or None
    return text


def _date(attribute: Attribute, text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Unreadable(f"{attribute.name} must be a date such as 2026-03-31.") from None


def _amount(attribute: Attribute, text: str) -> Decimal | None:
    try:
        return Decimal(text) if text else None
    except InvalidOperation:
        raise Unreadable(f"{attribute.name} must be an amount such as 1200000.00.") from None
