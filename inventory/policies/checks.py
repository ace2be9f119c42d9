"""What a value in a policy may be. Each check gives the faults of one place, every one beginning with its path."""

import math
from collections.abc import Callable, Collection, Mapping

Check = Callable[[str, object], list[str]]

LARGEST_NUMBER = 2**53 - 1  # The largest whole number that every reader of JSON reads alike.
LONGEST_TEXT = 2000


def is_text(where: str, value) -> list[str]:
    """A text with something in it."""
    if not isinstance(value, str) or not value.strip():
        return [f"{where} must be a text."]
    if len(value) > LONGEST_TEXT:
        return [f"{where} has {len(value)} characters; at most {LONGEST_TEXT} fit."]
    return []


def is_number(where: str, value) -> list[str]:
    known = isinstance(value, int | float) and not isinstance(value, bool)
    kept = known and math.isfinite(value) and abs(value) <= LARGEST_NUMBER
    return [] if kept else [f"{where} must be a number."]


def is_count(where: str, value) -> list[str]:
    known = isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= LARGEST_NUMBER
    return [] if known else [f"{where} must be a whole number of at least 1."]


def _is_span(most: int) -> Check:
    def check(where: str, value) -> list[str]:
        faults = is_count(where, value)
        return faults if faults or value <= most else [f"{where} must be at most {most:,}, a hundred years."]

    return check


is_days, is_months = _is_span(36_500), _is_span(1_200)


def is_several(where: str, value) -> list[str]:
    """How many people decide together."""
    return is_count(where, value) or ([f"{where} must be at least 2: nobody decides alone."] if value < 2 else [])


def is_share(where: str, value) -> list[str]:
    """A number above 0 and below 1."""
    faults = is_number(where, value)
    return faults if faults or 0 < value < 1 else [f"{where} must lie above 0 and below 1."]


def is_one_of(known: Collection[str]) -> Check:
    def check(where: str, value) -> list[str]:
        found = isinstance(value, str) and value in known
        return [] if found else [f"{where} must be one of {', '.join(known)}."]

    return check


def are_some_of(known: Collection[str], *, at_least: int = 0) -> Check:
    """A list of these names; the same name may stand in it twice."""
    wanted = "some" if at_least == 0 else f"{at_least} or more"

    def check(where: str, value) -> list[str]:
        fits = isinstance(value, list) and len(value) >= at_least
        if not fits or not all(isinstance(name, str) and name in known for name in value):
            return [f"{where} must be a list of {wanted} of {', '.join(known)}."]
        return []

    return check


def is_object(fields: Mapping[str, Check], *, optional: Mapping[str, Check] | None = None) -> Check:
    """An object with all of `fields`, perhaps some of `optional`, and nothing else: a misspelt name is not ignored."""
    known = {**fields, **(optional or {})}

    def check(where: str, value) -> list[str]:
        if not isinstance(value, dict):
            return [f"{where} must be an object with {', '.join(fields) or 'fields'}."]
        faults = [
            f"{where}.{name} means nothing here; known are {', '.join(known)}." for name in value if name not in known
        ]
        for name, fault in known.items():
            if name in value:
                faults += fault(f"{where}.{name}", value[name])
            elif name in fields:
                faults.append(f"{where}.{name} is missing.")
        return faults

    return check


def is_list_of(check_entry: Check, *, called: str, at_least: int = 0) -> Check:
    """A list whose every entry passes; `called` says what the entries are."""

    def check(where: str, value) -> list[str]:
        if not isinstance(value, list) or len(value) < at_least:
            return [f"{where} must be a list of {f'at least {at_least} ' if at_least else ''}{called}."]
        return [fault for place, entry in enumerate(value) for fault in check_entry(f"{where}[{place}]", entry)]

    return check
