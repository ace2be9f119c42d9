"""What an entry may say: only what comes back from the database as it went in, so that anybody can hash it again."""

import math
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DataError, IntegrityError

from mrm.errors import RuleBroken, UnusableData
from mrm_verify.canonical import LARGEST_EXACT, NotCanonical, canonical

DEEPEST = 50  # Whoever recomputes the trail must be able to read it, however deep in calls they are.
LONGEST_NAME = 60
NUL_SENTENCE = "{} holds the character U+0000, which cannot be kept. Leave it out."
HALF_SENTENCE = "{} holds half of a character (a lone surrogate), which cannot be kept. Leave it out."
TOO_DEEP = f"{{}} is nested deeper than {DEEPEST} levels. Send it flatter."
NO_NUMBER = "{} is not a finite number. Leave it out, or say why there is none."
TOO_EXACT = "{} is an integer beyond 9007199254740991, more digits than JSON holds exactly. Send it as text."
NUL_IN_JSON, NO_JSON = "22P05", "22P02"  # PostgreSQL: untranslatable_character, invalid_text_representation.
RULE = "23001"  # PostgreSQL: restrict_violation, with which our triggers refuse.


def as_kept(details: dict) -> dict:
    """The details as they will be read again; what would come back in another form is refused, by name."""
    return _object(details, "", 0)


@contextmanager
def in_words() -> Iterator[None]:
    """What PostgreSQL does not take is a refusal in words: a text it cannot hold, or what a trigger of ours forbids."""
    try:
        yield
    except IntegrityError as fault:
        if getattr(fault.__cause__, "sqlstate", None) != RULE:
            raise
        told = fault.__cause__.diag.message_primary
        raise RuleBroken(f"{told[:1].upper()}{told[1:]}.") from fault
    except DataError as fault:
        state, said = getattr(fault.__cause__, "sqlstate", None), str(fault)
        if state == NUL_IN_JSON or "(0x00)" in said:  # The driver finds one in a plain text.
            raise UnusableData({"message": NUL_SENTENCE.format("What was sent")}) from fault
        if state == NO_JSON and "surrogate" in said:
            raise UnusableData({"message": HALF_SENTENCE.format("What was sent")}) from fault
        raise
    except UnicodeEncodeError as fault:
        raise UnusableData({"message": HALF_SENTENCE.format("What was sent")}) from fault


def _value(value, path: str, depth: int):
    if isinstance(value, str):
        return _text(value, path)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return _number(value, path)
    if depth >= DEEPEST:
        raise _refused(path, TOO_DEEP)
    if isinstance(value, dict):
        return _object(value, path, depth)
    if isinstance(value, list | tuple):
        return [_value(item, f"{path}[{index}]", depth + 1) for index, item in enumerate(value)]
    raise NotCanonical(f"{type(value).__name__} is not JSON.")


def _object(value: dict, path: str, depth: int) -> dict:
    """With names that are texts: a number as a name would be sorted as a number now, and as a text when it is read."""
    kept = {}
    for name, inner in value.items():
        name = str(name) if isinstance(name, int) and not isinstance(name, bool) else name
        if not isinstance(name, str) or name in kept:
            raise NotCanonical(f"The names in {path or 'the details'} must be texts, each there once.")
        where = f"{path}.{name}" if path else name
        kept[_text(name, where)] = _value(inner, where, depth + 1)
    return kept


def _text(value: str, path: str) -> str:
    if "\0" in value:
        raise _refused(path, NUL_SENTENCE)
    try:
        value.encode()
    except UnicodeEncodeError:
        raise _refused(path, HALF_SENTENCE) from None
    return value


def _number(value: float, path: str) -> float:
    if not math.isfinite(value) if isinstance(value, float) else abs(value) > LARGEST_EXACT:
        try:
            canonical([value])
        except NotCanonical:
            raise _refused(path, NO_NUMBER if isinstance(value, float) else TOO_EXACT) from None
    return value


def _refused(path: str, sentence: str) -> UnusableData:
    shown = path.encode("ascii", "backslashreplace").decode().replace("\0", "\\0")
    shown = shown if len(shown) <= LONGEST_NAME else f"{shown[: LONGEST_NAME - 1]}…"
    return UnusableData({"message": sentence.format(shown), "field": shown})
