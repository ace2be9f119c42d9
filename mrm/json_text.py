"""JSON as it is taken here: each name once in its object, and only numbers that exist. Plain values."""

import json
import math


class NamedTwice(ValueError):
    """Two values stand under one name, of which the first would be lost without a word (RFC 8259, section 4)."""

    def __init__(self, name: str):
        super().__init__(f"{name[:100]!r} stands twice in one object")
        self.name = name


def read_json(text: str):
    """What a JSON text holds. Raises ValueError with what is wrong, RecursionError where it is nested too deeply."""
    return json.loads(text, parse_constant=_refuse_constant, parse_float=_finite, object_pairs_hook=each_name_once)


def each_name_once(pairs: list[tuple]) -> dict:
    members = {}
    for name, value in pairs:
        if name in members:
            raise NamedTwice(name)
        members[name] = value
    return members


def _refuse_constant(name: str):
    raise ValueError(f"{name} is no number in JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError(f"{digits[:40]} is too large a number")
    return number
