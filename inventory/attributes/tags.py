"""Attributes as texts: how tags `mrm.<name>` of other systems fill typed fields. Plain values."""

import csv
import re
from datetime import date
from decimal import Decimal
from difflib import get_close_matches

from inventory.attributes.kinds import Attribute, Kind, fault_in
from inventory.attributes.table import BY_NAME, COLUMNS

PREFIX = "mrm."
AMOUNT = re.compile(r"[0-9]+(\.[0-9]{1,2})?")
WORDS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}

# Every tag that fills a field; there is no second list.
TAGGED: dict[str, Attribute] = {f"{PREFIX}{name}": attribute for name, attribute in COLUMNS.items()}


class Unreadable(ValueError):
    """A text that is no value of its attribute; says what would be."""


def value_from_text(attribute: Attribute, text: str):
    """The typed value that a text stands for. People and models stay the words that name them: others look them up."""
    value = _typed(attribute, text.strip())
    if fault := fault_in(attribute, value):
        raise Unreadable(fault)
    return value


def text_from_value(attribute: Attribute, value) -> str:
    """What a tag says of a value, so that reading it gives the value again; people and models by what names them."""
    match attribute.kind:
        case Kind.TEXTS | Kind.CHOICES:
            return ", ".join(_quoted(entry) for entry in value)
        case Kind.FLAG:
            return str(value).lower()
    return str(value)


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


def why_no_tag(tag: str, known=TAGGED) -> str:
    """Why nothing is filled by a tag that begins with mrm.; what may have been meant."""
    attribute = BY_NAME.get(tag.removeprefix(PREFIX))
    if attribute is not None and attribute.kind == Kind.DERIVED:
        return f"Tag {tag}: {attribute.label} follows from other things and is not entered."
    names = [one.removeprefix(PREFIX) for one in known]
    nearest = get_close_matches(tag.removeprefix(PREFIX)[:100], names, n=1, cutoff=0.7)
    meant = f"Did you mean {PREFIX}{nearest[0]}? " if nearest else ""
    return (
        f"Tag {tag[:100]} fills no field. {meant}Tags that begin with {PREFIX} are kept for the register; "
        "give a tag of your own another beginning."
    )


def _quoted(entry: str) -> str:
    """As in a line of CSV: an entry that holds a comma, a quotation mark or a line break stands in quotation marks."""
    if any(character in entry for character in ',"\r\n'):
        return '"' + entry.replace('"', '""') + '"'
    return entry


def _typed(attribute: Attribute, text: str):
    match attribute.kind:
        case Kind.TEXTS | Kind.CHOICES:
            return _entries(attribute, text)
        case Kind.FLAG:
            if text and text.casefold() not in WORDS:
                raise Unreadable(f"{attribute.name} must be true or false.")
            return WORDS[text.casefold()] if text else attribute.empty
        case Kind.DATE:
            return _date(attribute, text)
        case Kind.AMOUNT:
            return _amount(attribute, text)
        case Kind.CHOICE:
            return text.casefold()
        case Kind.PERSON | Kind.MODEL:
            return text or None
    return text


def _entries(attribute: Attribute, text: str) -> list[str]:
    try:
        lines = list(csv.reader([text], skipinitialspace=True, strict=True))
    except csv.Error:
        raise Unreadable(
            f"{attribute.name} must be entries with commas between them; one that holds a comma stands in "
            'quotation marks, such as "Bank, Vienna", Bank Prague.'
        ) from None
    return [entry.strip() for line in lines for entry in line if entry.strip()]


def _date(attribute: Attribute, text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Unreadable(f"{attribute.name} must be a date such as 2026-03-31.") from None


def _amount(attribute: Attribute, text: str) -> Decimal | None:
    """Nothing is guessed: 1.000 is one to some and a thousand to others."""
    if text and not AMOUNT.fullmatch(text):
        raise Unreadable(f"{attribute.name} must be an amount such as 1200000.00, at most two decimals behind a point.")
    return Decimal(text) if text else None
