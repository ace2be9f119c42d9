"""One column of rows as its usable values, with everything unusable counted apart."""

import datetime as dt
import math
import numbers
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

NUMBER, TIME, TEXT = "numbers", "times", "text"


@dataclass(frozen=True, kw_only=True, eq=False)
class Observations:
    """The usable values of one column.

    values    1-d: integers kept as integers (so that 2^53 + 1 stays itself), other numbers float64, times int64
              microseconds since 1970 (UTC), text as str
    kind      NUMBER, TIME or TEXT
    missing   rows without a value; nonfinite  rows holding NaN or an infinity; neither is in `values`
    """

    values: np.ndarray
    kind: str
    missing: int = 0
    nonfinite: int = 0

    @property
    def observed(self) -> int:
        return len(self.values)


def observe(rows) -> Observations:
    """Read a 1-d array-like of one column.

    None, a masked entry, NaT and pandas.NA are missing; NaN and ±inf among numbers are non-finite; NaN among text is
    missing, as in pandas. Booleans are the numbers 0 and 1. A column mixing numbers and text is text.
    Raises ValueError when `rows` is not one-dimensional, TypeError for complex numbers or structured rows.
    """
    array = rows if isinstance(rows, np.ma.MaskedArray) else np.asarray(rows)
    if array.ndim != 1:
        raise ValueError(f"A column is a one-dimensional array; this one has {array.ndim} dimensions.")
    masked = 0
    if isinstance(array, np.ma.MaskedArray):
        masked = int(np.ma.count_masked(array))
        array = array.compressed()
    kind = array.dtype.kind
    if kind == "b":
        return Observations(values=array.astype(np.int64), kind=NUMBER, missing=masked)
    if kind in "iu":
        return Observations(values=_whole(array), kind=NUMBER, missing=masked)
    if kind == "f":
        return _finite(array.astype(np.float64, copy=False), masked)
    if kind == "M":
        present = array[~np.isnat(array)]
        values = present.astype("datetime64[us]").astype(np.int64)
        return Observations(values=values, kind=TIME, missing=masked + len(array) - len(present))
    if kind == "m":
        present = array[~np.isnat(array)]
        values = present.astype("timedelta64[us]").astype(np.int64)
        return Observations(values=values, kind=NUMBER, missing=masked + len(array) - len(present))
    if kind == "U":
        return Observations(values=array, kind=TEXT, missing=masked)
    if kind in "OT":
        return _from_objects(array.tolist(), masked)
    raise TypeError(f"A column of {array.dtype} can be compared neither as numbers nor as text.")


def _whole(values: np.ndarray) -> np.ndarray:
    """As int64, in which sums and differences are safe; uint64 only where a value needs it."""
    needs_unsigned = values.dtype == np.uint64 and len(values) > 0 and int(values.max()) >= 2**63
    return values if needs_unsigned else values.astype(np.int64, copy=False)


def _finite(values: np.ndarray, missing: int) -> Observations:
    finite = np.isfinite(values)
    count = int(np.count_nonzero(finite))
    if count == len(values):
        return Observations(values=values, kind=NUMBER, missing=missing)
    return Observations(values=values[finite], kind=NUMBER, missing=missing, nonfinite=len(values) - count)


def _from_objects(items: list, masked: int) -> Observations:
    present = [item for item in items if not is_missing(item)]
    missing = masked + len(items) - len(present)
    if all(isinstance(item, numbers.Real | Decimal | np.bool_) for item in present):
        if all(isinstance(item, numbers.Integral | np.bool_) for item in present):
            whole = [int(item) for item in present]
            if all(-(2**63) <= item < 2**63 for item in whole):
                return Observations(values=np.array(whole, dtype=np.int64), kind=NUMBER, missing=missing)
        return _finite(np.array([_as_float(item) for item in present], dtype=np.float64), missing)
    if all(isinstance(item, dt.date) for item in present):
        micros = np.array([_microseconds(item) for item in present], dtype=np.int64)
        return Observations(values=micros, kind=TIME, missing=missing)
    text = [str(item) for item in present if not (isinstance(item, float) and math.isnan(item))]
    missing += len(present) - len(text)
    return Observations(values=np.array(text, dtype=np.str_), kind=TEXT, missing=missing)


def is_missing(item) -> bool:
    """None, pandas.NA and NaT; pandas is not imported here, so its two markers are known by their type."""
    if item is None or isinstance(item, np.datetime64 | np.timedelta64):
        return item is None or bool(np.isnat(item))
    return type(item).__name__ in ("NAType", "NaTType")


def _as_float(item) -> float:
    try:
        return float(item)
    except OverflowError:  # an integer beyond the range of float64
        return math.inf


def _microseconds(moment: dt.date) -> int:
    if not isinstance(moment, dt.datetime):
        moment = dt.datetime(moment.year, moment.month, moment.day)
    if moment.tzinfo is not None:
        moment = moment.astimezone(dt.UTC).replace(tzinfo=None)
    return (moment - dt.datetime(1970, 1, 1)) // dt.timedelta(microseconds=1)
