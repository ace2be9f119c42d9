"""What the columns of a prediction table are: their kinds, their roles and the values they may hold."""

import math
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

MOST_COLUMNS = 2000
LONGEST_NAME = 200
MOST_CATEGORIES = 10_000

# Control characters, invisible formatting (which can reverse or hide text on a page), lone surrogates, line separators.
HOSTILE_CHARACTERS = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


class Kind(StrEnum):
    NUMERIC = "numeric"
    CATEGORICAL = "categorical"
    BOOLEAN = "boolean"
    TEXT = "text"
    DATETIME = "datetime"


class Role(StrEnum):
    FEATURE = "feature"
    SCORE = "score"
    PREDICTION = "prediction"
    LABEL = "label"
    PROTECTED = "protected"
    SEGMENT = "segment"
    TIME = "time"
    ID = "id"


# A table has one of each of these at most, so that "the score" means one thing.
SINGLE_ROLES = (Role.ID, Role.TIME, Role.SCORE, Role.PREDICTION, Role.LABEL)

# Kinds a role can be read from; a role that is not here takes any kind.
KINDS_OF_ROLE = {
    Role.SCORE: (Kind.NUMERIC,),
    Role.TIME: (Kind.DATETIME,),
    Role.PREDICTION: (Kind.NUMERIC, Kind.CATEGORICAL, Kind.BOOLEAN),
    Role.LABEL: (Kind.NUMERIC, Kind.CATEGORICAL, Kind.BOOLEAN),
    Role.PROTECTED: (Kind.NUMERIC, Kind.CATEGORICAL, Kind.BOOLEAN),
    Role.SEGMENT: (Kind.NUMERIC, Kind.CATEGORICAL, Kind.BOOLEAN),
}

FIELDS = ("name", "kind", "role", "roles", "favourable", "required", "minimum", "maximum", "categories")

Value = bool | int | float | str


class SchemaError(ValueError):
    """A description of columns that cannot be used; `errors` names every fault as {"field", "message"}."""

    def __init__(self, errors: list[dict[str, str]]):
        self.errors = errors
        super().__init__(" ".join(error["message"] for error in errors))


@dataclass(frozen=True)
class Column:
    """One column of a prediction table.

    roles       what the column is for; a protected attribute may also be a feature
    favourable  the value of the prediction or label that is good for the person
    required    whether a batch without this column, or with missing values in it, is at fault
    minimum, maximum   the range a numeric value may lie in, both ends included; None where there is no end
    categories  the values a categorical column may hold, in the order to show them; None where any may appear
    """

    name: str
    kind: Kind
    roles: tuple[Role, ...] = (Role.FEATURE,)
    favourable: Value | None = None
    required: bool = True
    minimum: float | None = None
    maximum: float | None = None
    categories: tuple[str, ...] | None = None

    def has_role(self, role: Role) -> bool:
        return role in self.roles

    @property
    def is_numeric(self) -> bool:
        """Whether its values lie on a line: numbers, and dates as seconds since 1970."""
        return self.kind in (Kind.NUMERIC, Kind.DATETIME)

    @property
    def names_no_event(self) -> bool:
        """Whether nothing says which of its values is the event: categories that the schema does not list."""
        return self.kind == Kind.CATEGORICAL and not self.categories


def columns_with_role(columns: Iterable[Column], role: Role) -> tuple[Column, ...]:
    return tuple(column for column in columns if column.has_role(role))


def column_with_role(columns: Iterable[Column], role: Role) -> Column | None:
    """The one column that plays a role of which there is at most one (the score, the label ...), or None."""
    return next(iter(columns_with_role(columns, role)), None)


def columns_from_json(described: Any) -> tuple[Column, ...]:
    """The columns that a list of objects describes; `role` names one role, `roles` several.

    Raises SchemaError naming every fault, not only the first.
    """
    if not isinstance(described, list):
        raise SchemaError([_fault("columns", "The columns must be a list of objects, one per column.")])
    if not described:
        raise SchemaError([_fault("columns", "There is no column; describe at least one.")])
    if len(described) > MOST_COLUMNS:
        message = f"There are {len(described)} columns; at most {MOST_COLUMNS} can be described. Leave out the unused."
        raise SchemaError([_fault("columns", message)])

    errors: list[dict[str, str]] = []
    columns = [_column_from_json(f"columns[{i}]", fields, errors) for i, fields in enumerate(described)]
    _check_together([column for column in columns if column is not None], errors)
    if errors:
        raise SchemaError(errors)
    return tuple(column for column in columns if column is not None)


def columns_to_json(columns: Iterable[Column]) -> list[dict[str, Any]]:
    """The description `columns_from_json` reads back; what was not said is left out."""
    return [_column_to_json(column) for column in columns]


def _column_to_json(column: Column) -> dict[str, Any]:
    described: dict[str, Any] = {"name": column.name, "kind": column.kind.value}
    described["roles"] = [role.value for role in column.roles]
    described["required"] = column.required
    for field in ("favourable", "minimum", "maximum"):
        if getattr(column, field) is not None:
            described[field] = getattr(column, field)
    if column.categories is not None:
        described["categories"] = list(column.categories)
    return described


def _column_from_json(where: str, described: Any, errors: list[dict[str, str]]) -> Column | None:
    """The column, or None after its faults were added to `errors`."""
    if not isinstance(described, dict):
        errors.append(_fault(where, f"{where} must be an object with at least a name and a kind."))
        return None
    before = len(errors)
    name = _name(where, described.get("name"), errors)
    label = f"Column {name!r}" if name else where
    for field in described:
        if field not in FIELDS:
            shown = str(field)[:LONGEST_NAME]
            known = ", ".join(FIELDS)
            errors.append(_fault(where, f"{label} has the unknown field {shown!r}; the known fields are {known}."))
    kind = _member(Kind, f"{where}.kind", label, "kind", described.get("kind"), errors)
    roles = _roles(where, label, described, kind, errors)
    required = described.get("required", True)
    if not isinstance(required, bool):
        errors.append(_fault(f"{where}.required", f"{label}: required must be true or false."))
    minimum, maximum = _range(where, label, described, kind, errors)
    categories = _categories(where, label, described.get("categories"), kind, errors)
    favourable = _favourable(where, label, described.get("favourable"), roles, categories, errors)
    if len(errors) > before or kind is None:
        return None
    return Column(name, kind, roles, favourable, required, minimum, maximum, categories)


def _check_together(columns: Sequence[Column], errors: list[dict[str, str]]) -> None:
    for name, times in Counter(column.name for column in columns).items():
        if times > 1:
            errors.append(_fault("columns", f"Column {name!r} is described {times} times; describe it once."))
    for role in SINGLE_ROLES:
        names = [repr(column.name) for column in columns_with_role(columns, role)]
        if len(names) > 1:
            message = f"The role {role} is given to {', '.join(names)}; give it to one column at most."
            errors.append(_fault("columns", message))


def _name(where: str, name: Any, errors: list[dict[str, str]]) -> str:
    field = f"{where}.name"
    if not isinstance(name, str) or not name.strip():
        errors.append(_fault(field, f"{where} needs a name: a text that is not blank."))
    elif len(name) > LONGEST_NAME:
        message = f"The name of {where} has {len(name)} characters; at most {LONGEST_NAME} are allowed."
        errors.append(_fault(field, message))
    elif any(unicodedata.category(character) in HOSTILE_CHARACTERS for character in name):
        message = f"The name {ascii(name)} of {where} holds control or invisible characters; remove them."
        errors.append(_fault(field, message))
    else:
        return name
    return ""


def _member(enumeration, field: str, label: str, noun: str, value: Any, errors: list[dict[str, str]]):
    known = [member.value for member in enumeration]
    if isinstance(value, str) and value in known:
        return enumeration(value)
    shown = "no" if value is None else f"the unknown {ascii(value)[:80]} as"
    errors.append(_fault(field, f"{label} has {shown} {noun}; choose one of {', '.join(known)}."))
    return None


def _roles(where, label, described, kind, errors) -> tuple[Role, ...]:
    if "role" in described and "roles" in described:
        errors.append(_fault(f"{where}.roles", f"{label} has both role and roles; give one of the two."))
        return ()
    field = "role" if "role" in described else "roles"
    given = described.get(field, [Role.FEATURE.value])
    if field == "role":
        given = [given]
    if not isinstance(given, list) or not given:
        errors.append(_fault(f"{where}.roles", f"{label}: roles must be a list of at least one role."))
        return ()
    roles = []
    for value in given:
        role = _member(Role, f"{where}.{field}", label, "role", value, errors)
        if role is None or role in roles:
            continue
        roles.append(role)
        kinds = KINDS_OF_ROLE.get(role, tuple(Kind))
        if kind is not None and kind not in kinds:
            message = f"{label} is {kind} and cannot be the {role}; that must be {' or '.join(kinds)}."
            errors.append(_fault(f"{where}.{field}", message))
    if Role.ID in roles and len(roles) > 1:
        errors.append(_fault(f"{where}.{field}", f"{label} is the id and can have no other role."))
    return tuple(roles)


def _range(where, label, described, kind, errors) -> tuple[float | None, float | None]:
    ends = []
    for end in ("minimum", "maximum"):
        value = described.get(end)
        if value is not None:
            if kind not in (Kind.NUMERIC, None):
                message = f"{label} is {kind} and cannot have a {end}; only numeric columns can."
                errors.append(_fault(f"{where}.{end}", message))
                value = None
            elif not _is_finite_number(value):
                errors.append(_fault(f"{where}.{end}", f"{label}: {end} must be a finite number."))
                value = None
        ends.append(value)
    minimum, maximum = ends
    if minimum is not None and maximum is not None and minimum > maximum:
        message = f"{label}: the minimum {minimum} lies above the maximum {maximum}; swap them."
        errors.append(_fault(f"{where}.minimum", message))
    return minimum, maximum


def _categories(where, label, given, kind, errors) -> tuple[str, ...] | None:
    field = f"{where}.categories"
    if given is None:
        return None
    if kind not in (Kind.CATEGORICAL, None):
        errors.append(_fault(field, f"{label} is {kind} and cannot list categories; only categorical columns can."))
    elif not isinstance(given, list) or not given or not all(isinstance(category, str) for category in given):
        errors.append(_fault(field, f"{label}: categories must be a list of at least one text."))
    elif len(given) > MOST_CATEGORIES:
        message = f"{label} lists {len(given)} categories; at most {MOST_CATEGORIES} are allowed."
        errors.append(_fault(field, message))
    elif len(set(given)) < len(given):
        twice = next(category for category, times in Counter(given).items() if times > 1)
        errors.append(_fault(field, f"{label} lists the category {ascii(twice)[:80]} more than once; list it once."))
    elif any("\x00" in category or not _is_encodable(category) for category in given):
        errors.append(_fault(field, f"{label} lists a category that holds a NUL or half a character; remove it."))
    else:
        return tuple(given)
    return None


def _favourable(where, label, value, roles, categories, errors) -> Value | None:
    field = f"{where}.favourable"
    if value is None:
        return None
    if not (isinstance(value, (bool, str)) or _is_finite_number(value)):
        errors.append(_fault(field, f"{label}: the favourable value must be a text, a number, true or false."))
    elif not {Role.PREDICTION, Role.LABEL} & set(roles):
        errors.append(_fault(field, f"{label} has a favourable value but is neither the prediction nor the label."))
    elif categories is not None and value not in categories:
        errors.append(_fault(field, f"{label}: the favourable value {ascii(value)[:80]} is not among its categories."))
    else:
        return value
    return None


def _is_finite_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and _fits_a_double(value)


def _fits_a_double(value: int | float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _fault(field: str, message: str) -> dict[str, str]:
    return {"field": field, "message": message}
