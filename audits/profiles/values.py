"""How values of any stored type are read as the numbers or categories that a grid counts."""

import math
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types

from audits.profiles.schema import Kind

SECONDS_PER_DAY = 86_400
TICKS_PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000}

# Doubles beyond this are not all integers of their own, so "1e+20" says more than twenty digits would.
LARGEST_PLAIN_INTEGER = 2**53


def fits(kind: Kind, stored: pa.DataType) -> bool:
    """Whether values of a stored type can be read as this kind; if not, all of them are mistyped. Never a guess: a
    number column that holds texts is mistyped even where the texts look like numbers."""
    if types.is_dictionary(stored):
        stored = stored.value_type
    if types.is_null(stored):
        return True
    number = types.is_integer(stored) or types.is_floating(stored) or types.is_decimal(stored)
    text = types.is_string(stored) or types.is_large_string(stored) or types.is_string_view(stored)
    moment = types.is_timestamp(stored) or types.is_date(stored)
    match kind:
        case Kind.NUMERIC:
            return number or types.is_boolean(stored)
        case Kind.DATETIME:
            return moment
        case Kind.TEXT:
            return text
        case Kind.BOOLEAN:
            return number or text or types.is_boolean(stored)
        case Kind.CATEGORICAL:
            return number or text or moment or types.is_boolean(stored) or types.is_time(stored)


def numbers(array: pa.Array) -> np.ndarray:
    """The values as float64, NaN where there is none. Do not write to them: they may be the array's own memory.

    Integers beyond 2^53 round to the nearest double; dates are seconds since 1970 (UTC), to the microsecond; false and
    true are 0 and 1.
    """
    stored = array.type
    if types.is_dictionary(stored):
        return numbers(array.dictionary_decode())
    if types.is_date(stored):
        return numbers(array.cast(pa.date32()).cast(pa.int32())) * SECONDS_PER_DAY
    if types.is_timestamp(stored):
        if stored.unit == "ns":
            return numbers(array.cast(pa.timestamp("us", stored.tz), safe=False))
        return numbers(array.cast(pa.int64())) / TICKS_PER_SECOND[stored.unit]
    if types.is_boolean(stored):
        array = array.cast(pa.uint8())
    if not types.is_float64(array.type):
        array = array.cast(pa.float64(), safe=False)
    if array.null_count:
        array = array.fill_null(math.nan)
    return array.to_numpy(zero_copy_only=False)


def label(value: Any, kind: Kind) -> str | None:
    """The category a Python value is counted as; None for a number that is not finite.

    One rule for every engine: 1, 1.0 and Decimal("1.00") are all "1", so that a column of codes that became floating
    point because one was missing still has the same categories. A boolean column takes 0 and 1, and texts in any case.
    """
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            text = str(value)
        case float() if not math.isfinite(value):
            return None
        case float():
            text = str(int(value)) if value.is_integer() and abs(value) <= LARGEST_PLAIN_INTEGER else repr(value)
        case Decimal() if not value.is_finite():
            return None
        case Decimal():
            text = f"{value.normalize():f}" if value else "0"
        case datetime():
            text = (value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value).isoformat(" ")
        case date() | time():
            text = value.isoformat()
        case _:
            text = str(value)
    if kind is Kind.BOOLEAN:
        return {"0": "false", "1": "true"}.get(text, text.lower() if text.lower() in ("true", "false") else text)
    return text


def distinct(array: pa.Array) -> tuple[pa.Array, np.ndarray, int]:
    """The distinct values, how many rows hold each, and how many rows hold none."""
    if types.is_dictionary(array.type):
        values, codes = array.dictionary, array.indices
        rows = np.bincount(_filled(codes, len(values)), minlength=len(values) + 1)
        values, rows, missing = values, rows[:-1], int(rows[-1])
    else:
        counted = array.value_counts()
        values, rows, missing = counted.field("values"), counted.field("counts").to_numpy(), 0
    if values.null_count:
        nowhere = values.is_null().to_numpy(zero_copy_only=False)
        missing += int(rows[nowhere].sum())
        values, rows = values.drop_null(), rows[~nowhere]
    return values, rows, missing


def labels(values: pa.Array, kind: Kind) -> pa.Array:
    """The category of each value, null for a number that is not finite."""
    if _is_text(values.type) and kind is not Kind.BOOLEAN:
        return values
    if types.is_timestamp(values.type):  # nanoseconds do not fit Python's datetime
        values = values.cast(pa.timestamp("us", values.type.tz), safe=False)
    return pa.array([label(value, kind) for value in values.to_pylist()], pa.string())


def positions(categories: pa.Array, known: pa.Array) -> np.ndarray:
    """For each category its position among the known ones, or one past the last where it is unknown."""
    return _filled(pc.index_in(categories.cast(known.type), value_set=known), len(known))


def _filled(codes: pa.Array, otherwise: int) -> np.ndarray:
    if codes.null_count:
        codes = codes.cast(pa.int64()).fill_null(otherwise)
    return codes.to_numpy(zero_copy_only=False)


def _is_text(stored: pa.DataType) -> bool:
    return types.is_string(stored) or types.is_large_string(stored) or types.is_string_view(stored)
