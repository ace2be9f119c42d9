"""Canonical JSON (RFC 8785): the same bytes for everyone who ever recomputes them.

Python's own encoder writes exactly these bytes, except for numbers with a fraction or an exponent, integers beyond what
JSON holds exactly, and the order of keys beyond the basic plane. Text in which one of those may occur is written again,
slowly; a million entries of a trail without any are written three times as fast as one value at a time.
"""

import contextlib
import json
import math
import re
from decimal import Decimal

LARGEST_EXACT = 2**53 - 1
_DELICATE = r"-?[0-9]+(?:[.eE]|(?<=[0-9]{16}))"  # A number that is no small integer, where a value may start:
_IN_OBJECT, _IN_ARRAY = re.compile('":' + _DELICATE), re.compile(r"[\[,]" + _DELICATE)  # Apart, five times as fast.
_BEYOND = re.compile("[\U00010000-\U0010ffff]")  # Characters that UTF-16, by which keys are ordered, writes as two.
_text = json.JSONEncoder(ensure_ascii=False).encode
_quick = json.JSONEncoder(ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")).encode


class NotCanonical(ValueError):
    """The value has no RFC 8785 form."""


def canonical(value) -> bytes:
    """The RFC 8785 bytes of a value made of objects, arrays, texts, numbers, true, false and null."""
    try:
        text = _quick(value)
        if type(value) is not dict or _needs_care(text):
            text = "".join(_written(value))
        return text.encode()
    except NotCanonical:
        raise
    except (TypeError, ValueError, RecursionError) as fault:  # Lone surrogates are a ValueError too.
        raise NotCanonical(f"This has no canonical form as JSON: {fault}.") from fault


def _needs_care(text: str) -> bool:
    numbers = _IN_OBJECT.search(text) or ("[" in text and _IN_ARRAY.search(text))
    return bool(numbers or (not text.isascii() and _BEYOND.search(text)))


def _written(value):
    if value is None or value is True or value is False:
        yield {None: "null", True: "true", False: "false"}[value]
    elif isinstance(value, str):
        yield _text(value)
    elif isinstance(value, int):
        yield int.__repr__(value) if abs(value) <= LARGEST_EXACT else _beyond_exact(value)
    elif isinstance(value, float):
        yield number(value)
    elif isinstance(value, dict):
        if not all(isinstance(name, str) for name in value):
            raise NotCanonical("The names in an object must be texts.")
        before = "{"
        for name in sorted(value, key=lambda name: name.encode("utf-16-be")):
            yield f"{before}{_text(name)}:"
            yield from _written(value[name])
            before = ","
        yield "{}" if before == "{" else "}"
    elif isinstance(value, list | tuple):
        before = "["
        for item in value:
            yield before
            yield from _written(item)
            before = ","
        yield "[]" if before == "[" else "]"
    else:
        raise NotCanonical(f"{type(value).__name__} is not JSON.")


def _beyond_exact(value: int) -> str:
    """A number of JSON is a double. A database spells 1e21 as a one and its noughts; other digits are of no double."""
    with contextlib.suppress(OverflowError):
        double = float(value)
        if int(Decimal(float.__repr__(double))) == value:
            return number(double)
    raise NotCanonical(
        "An integer is beyond those that JSON holds exactly, from -(2^53 - 1) to 2^53 - 1, and is not how a larger "
        "number is written either."
    )


def number(value: float) -> str:
    """A number as ECMAScript writes it (ECMA-262, Number::toString): the shortest digits that give the same double."""
    if not math.isfinite(value):
        raise NotCanonical(f"{value} is not JSON.")
    if value == 0:
        return "0"
    sign, digits, exponent = Decimal(float.__repr__(value)).normalize().as_tuple()
    text, minus = "".join(map(str, digits)), "-" * sign
    point = len(text) + exponent  # Where the decimal point stands, counted from the first digit.
    if len(text) <= point <= 21:
        return minus + text + "0" * (point - len(text))
    if 0 < point <= 21:
        return f"{minus}{text[:point]}.{text[point:]}"
    if -6 < point <= 0:
        return f"{minus}0.{'0' * -point}{text}"
    fraction = f".{text[1:]}" if len(text) > 1 else ""
    return f"{minus}{text[0]}{fraction}e{point - 1:+d}"
