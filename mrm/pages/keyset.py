"""One page of a long list, found by where the last one ended: as quick on page 2000 as on the first, and rows that are
added or removed meanwhile neither repeat nor hide others."""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import date

from django.core.exceptions import ValidationError
from django.db import DataError
from django.db.models import Q, QuerySet

from mrm.errors import CursorUnknown

LONGEST_CURSOR = 2000


@dataclass(frozen=True)
class KeysetPage:
    """Rows in order, and the cursors of the pages beside them; empty where there is none."""

    rows: list
    next: str
    previous: str


def keyset_page(queryset: QuerySet, ordering: tuple[str, ...], *, cursor: str = "", size: int) -> KeysetPage:
    """The page at a cursor. `ordering` names fields, a dash turning one round, and tells any two rows apart."""
    backwards, at = read_cursor(cursor, len(ordering)) if cursor else (False, None)
    order = tuple(_turned(name) for name in ordering) if backwards else ordering
    chosen = queryset.order_by(*order)
    try:
        if at is not None:
            chosen = chosen.filter(_beyond(queryset.model, order, at))
        rows = list(chosen[: size + 1])
    except (ValueError, TypeError, OverflowError, DataError, ValidationError):
        raise CursorUnknown from None
    more, rows = len(rows) > size, rows[:size]
    if backwards:
        rows.reverse()
    has_next, has_previous = (True, more) if backwards else (more, at is not None)
    return KeysetPage(
        rows,
        _written(rows[-1], ordering, backwards=False) if rows and has_next else "",
        _written(rows[0], ordering, backwards=True) if rows and has_previous else "",
    )


def _beyond(model, order: tuple[str, ...], at: list) -> Q:
    """Rows after these values: equal in the first so many, beyond in the next."""
    beyond, equal = Q(pk__in=[]), Q()
    for name, value in zip(order, at, strict=True):
        path, falling = name.removeprefix("-"), name.startswith("-")
        if value is None:  # PostgreSQL sorts what is empty after everything else, and first the other way round.
            here = Q(**{f"{path}__isnull": False}) if falling else Q(pk__in=[])
            same = Q(**{f"{path}__isnull": True})
        else:
            here = Q(**{f"{path}__lt" if falling else f"{path}__gt": value})
            if not falling and _may_be_empty(model, path):
                here |= Q(**{f"{path}__isnull": True})
            same = Q(**{path: value})
        beyond |= equal & here
        equal &= same
    first, value = order[0].removeprefix("-"), at[0]
    if value is not None and not _may_be_empty(model, first):
        # Follows from the rest, but an index can begin there.
        beyond &= Q(**{f"{first}__lte" if order[0].startswith("-") else f"{first}__gte": value})
    return beyond


def _may_be_empty(model, path: str) -> bool:
    """Whether a field, perhaps of a related row, may be empty; what is computed may."""
    for name in path.split("__"):
        field = {field.name: field for field in model._meta.get_fields()}.get(name)
        if field is None:
            return True
        if getattr(field, "null", False):
            return True
        model = field.related_model
    return False


def _turned(name: str) -> str:
    return name.removeprefix("-") if name.startswith("-") else f"-{name}"


def _written(row, ordering: tuple[str, ...], *, backwards: bool) -> str:
    values = [_value(row, name.removeprefix("-")) for name in ordering]
    return cursor_at(values, backwards=backwards)


def cursor_at(values: list, *, backwards: bool = False) -> str:
    """The cursor of what follows these values, or goes before them."""
    text = json.dumps([int(backwards), *values], default=_to_the_microsecond, ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _to_the_microsecond(value) -> str:
    """What JSON does not know; Django's own encoder would cut times to the millisecond and meet the same row again."""
    return value.isoformat() if isinstance(value, date) else str(value)


def _value(row, path: str):
    for name in path.split("__"):
        row = getattr(row, name, None)
    return row


def read_cursor(cursor: str, count: int) -> tuple[bool, list]:
    """Whether a cursor goes backwards, and from which values; raises CursorUnknown where it is none of so many."""
    try:
        if len(cursor) > LONGEST_CURSOR:
            raise ValueError
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        backwards, *at = json.loads(text)
    except (ValueError, TypeError, RecursionError, binascii.Error):
        raise CursorUnknown from None
    if backwards not in (0, 1) or len(at) != count or not all(map(_is_comparable, at)):
        raise CursorUnknown
    return bool(backwards), at


def _is_comparable(value) -> bool:
    """Whether the database can be given it: of texts it takes neither a zero byte nor half of a character."""
    if isinstance(value, str):
        return not any(letter == "\x00" or "\ud800" <= letter <= "\udfff" for letter in value)
    return value is None or isinstance(value, int | float)
