"""What an attribute of a model is: its place, its type, who may change it. Plain values."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from mrm.accounts.policies import Role, label
from mrm.reading import fault_in_reading

LONGEST_ON_A_LINE = 500
MOST_IN_A_LIST = 50
LONGEST_IN_A_LIST = 200
LARGEST_AMOUNT = Decimal(10) ** 16


class Group(StrEnum):
    """Where an attribute is found on the page of a model."""

    IDENTITY = "identity"
    PURPOSE = "purpose"
    PEOPLE = "people"
    CLASSIFICATION = "classification"
    RISK = "risk"
    CONSTRUCTION = "construction"
    ASSURANCE = "assurance"


class Kind(StrEnum):
    """The type of an attribute's value."""

    TEXT = "text"
    CHOICE = "choice"  # One of `choices`, or empty while nobody said.
    CHOICES = "choices"  # Some of `choices`.
    TEXTS = "texts"  # A list of short texts.
    FLAG = "flag"  # True, False, or None while nobody said.
    DATE = "date"
    AMOUNT = "amount"
    PERSON = "person"
    MODEL = "model"
    ROWS = "rows"  # Kept as rows of a table of its own, each with its history.
    DERIVED = "derived"  # Follows from something else, and is never entered.


KINDS = tuple(kind.value for kind in Kind)


@dataclass(frozen=True, kw_only=True)
class Field:
    """One typed value with the words that people know it by."""

    name: str
    label: str
    kind: Kind
    help: str = ""
    choices: tuple[str, ...] = ()
    longest: int = 0
    is_required: bool = False

    @property
    def is_long(self) -> bool:
        return self.kind == Kind.TEXT and self.longest > LONGEST_ON_A_LINE

    @property
    def empty(self):
        """What stands where nobody said anything."""
        if self.kind in (Kind.TEXT, Kind.CHOICE):
            return ""
        if self.kind in (Kind.TEXTS, Kind.CHOICES):
            return []
        return False if self.kind == Kind.FLAG and self.is_required else None


@dataclass(frozen=True, kw_only=True)
class Attribute(Field):
    """One thing that the register says about a model.

    number   its place among the 58 that examiners ask for (governance.md, section 3.4); several may share one
    editors  the roles that may change it; nobody where it is derived
    """

    number: int
    group: Group
    editors: frozenset[Role] = frozenset()

    @property
    def is_column(self) -> bool:
        """Whether its value is one field of the model's entry."""
        return self.kind not in (Kind.ROWS, Kind.DERIVED)


def why_not_change(attribute: Attribute, roles: set[Role]) -> str:
    """Why someone with these roles may not change it; empty if they may."""
    if attribute.kind == Kind.DERIVED:
        return f"{attribute.label} follows from other things and is not entered."
    if attribute.editors & roles:
        return ""
    may = " or ".join(sorted(label(role) for role in attribute.editors))
    return f"{attribute.label} is changed by a person who is {may} here."


def fault_in(field: Field, value) -> str:
    """What is wrong with a value, as a sentence; empty where nothing is. People and models are not looked up."""
    check = CHECKS.get(field.kind)
    fault = check(field, value) if check else ""
    return f"{field.name} {fault}" if fault else ""


def _fault_in_text(field: Field, value) -> str:
    return fault_in_text(value, field.longest)


def fault_in_text(text, longest: int) -> str:
    """What is wrong with a text that is to be kept, as the end of a sentence."""
    if not isinstance(text, str):
        return "must be a text."
    if len(text) > longest:
        return f"has {len(text)} characters; at most {longest} fit."
    if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
        return "holds a NUL or half of a character, which cannot be stored; remove it."
    return fault_in_reading(text)


def _fault_in_choice(field: Field, value) -> str:
    if isinstance(value, str) and value in ("", *field.choices):
        return ""
    return f"must be {', '.join(field.choices[:-1])} or {field.choices[-1]}, or empty."


def _fault_in_list(field: Field, value) -> str:
    if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
        return "must be a list of texts."
    if len(value) > MOST_IN_A_LIST:
        return f"has {len(value)} entries; at most {MOST_IN_A_LIST} fit."
    if len({entry.casefold() for entry in value}) < len(value):
        return "names an entry twice."
    if field.kind == Kind.CHOICES:
        unknown = [entry for entry in value if entry not in field.choices]
        return f"must be some of {', '.join(field.choices)}." if unknown else ""
    if not all(entry.strip() for entry in value):
        return "has an empty entry; leave it away."
    faults = [fault for entry in value if (fault := fault_in_text(entry, LONGEST_IN_A_LIST))]
    return f"has an entry that {faults[0]}" if faults else ""


def _fault_in_flag(field: Field, value) -> str:
    return "" if value is None or isinstance(value, bool) else "must be true, false, or null while nobody said."


def _fault_in_date(field: Field, value) -> str:
    return "" if value is None or type(value) is date else "must be a date such as 2026-03-31, or null."


def _fault_in_amount(field: Field, value) -> str:
    if value is None:
        return ""
    fits = isinstance(value, Decimal) and value.is_finite() and 0 <= value < LARGEST_AMOUNT
    return (
        "" if fits and value == round(value, 2) else "must be an amount from 0 up, with at most two decimals, or null."
    )


CHECKS: dict[Kind, Callable[[Field, object], str]] = {
    Kind.TEXT: _fault_in_text,
    Kind.CHOICE: _fault_in_choice,
    Kind.CHOICES: _fault_in_list,
    Kind.TEXTS: _fault_in_list,
    Kind.FLAG: _fault_in_flag,
    Kind.DATE: _fault_in_date,
    Kind.AMOUNT: _fault_in_amount,
}
