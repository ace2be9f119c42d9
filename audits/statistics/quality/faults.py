"""Rates of faulty rows: missing, out of range, of a new category, of a wrong type, duplicated."""

import datetime as dt
import math
import numbers
from collections.abc import Sequence
from decimal import Decimal

import numpy as np

from audits.statistics.counts import Counts
from audits.statistics.estimates import Estimate, could_not_compute
from audits.statistics.observations import TEXT, is_missing, observe
from audits.statistics.quality.rates import Tally, rate_estimate

NARROWEST_FIRST = ("boolean", "integer", "number", "date", "text")
SHARE_THAT_SETS_THE_TYPE = 0.95
MOST_CATEGORIES_SHOWN = 20


def missing_rate(
    reference,
    current,
    *,
    nonfinite_is_missing: bool = True,
    increase: bool = False,
    tolerances: Sequence[float] = (),
    level: float = 0.95,
) -> Estimate:
    """Rows without a usable value / all rows; between 0 and 1, or with `increase` the difference from the reference.

    reference (None for none), current: 1-d arrays of rows or Counts. NaN and infinities are counted in unless
    `nonfinite_is_missing` is False; `detail` shows both numbers apart either way. Raises ValueError for an array of two
    dimensions or an increase without reference. Source: Wilson 1927; Newcombe 1998.
    """

    def tally(side) -> Tally:
        seen = side if isinstance(side, Counts) else observe(side)
        faulty = seen.missing + (seen.nonfinite if nonfinite_is_missing else 0)
        return Tally(events=faulty, rows=seen.observed + seen.missing + seen.nonfinite)

    seen = current if isinstance(current, Counts) else observe(current)
    what = "share of rows without a value" + (", or with one that is not finite" if nonfinite_is_missing else "")
    return rate_estimate(
        None if reference is None else tally(reference), tally(current), what=what, increase=increase,
        tolerances=tolerances, level=level, missing=seen.missing, nonfinite=seen.nonfinite,
    )  # fmt: skip


def out_of_range_rate(
    reference,
    current,
    *,
    lowest: float | None = None,
    highest: float | None = None,
    increase: bool = False,
    tolerances: Sequence[float] = (),
    level: float = 0.95,
) -> Estimate:
    """Rows below `lowest` or above `highest` / rows with a finite value; the range is the reference's unless given.

    reference (None if both ends are given), current: 1-d arrays of numbers or times, or numeric Counts. From Counts the
    rate is what the grid proves, and the interval includes what it allows; it is exact where the grid has an edge at
    `lowest` and one just above `highest`. Raises ValueError when a range is neither given nor to be had from the
    reference's side, TypeError for rows against Counts. Source: Wilson 1927; Newcombe 1998.
    """
    what = "share of rows out of range"
    sides = [side if isinstance(side, Counts) else observe(side) for side in (reference, current) if side is not None]
    if len({isinstance(side, Counts) for side in sides}) > 1:
        raise TypeError("Compare rows with rows or Counts with Counts, not one with the other.")
    if reference is None and (lowest is None or highest is None):
        raise ValueError("Without a reference, both ends of the range must be given.")
    if any(not side.is_numeric if isinstance(side, Counts) else side.kind == TEXT for side in sides):
        reason = "Text has no order, so it cannot be out of a range; look at new categories instead."
        return could_not_compute(reason, method=what, sizes={"current": sides[-1].observed})
    range_low, range_high = _range_of(sides[0])
    lowest = range_low if lowest is None else lowest
    highest = range_high if highest is None else highest
    if lowest is None or highest is None:
        reason = "The reference holds no finite value to take a range from."
        return could_not_compute(reason, method=what, sizes={"current": sides[-1].observed})
    tallies = [_out_of_range(side, lowest, highest) for side in sides]
    return rate_estimate(
        None if reference is None else tallies[0], tallies[-1], what=f"{what} {lowest:g} to {highest:g}",
        increase=increase, tolerances=tolerances, level=level, lowest=float(lowest), highest=float(highest),
        missing=sides[-1].missing, nonfinite=sides[-1].nonfinite,
    )  # fmt: skip


def new_category_rate(
    reference, current, *, increase: bool = False, tolerances: Sequence[float] = (), level: float = 0.95
) -> Estimate:
    """Rows whose value the reference's grid does not know / rows with a value; between 0 and 1.

    reference, current: 1-d arrays of rows, or categorical Counts over the same grid, whose last cell holds such rows
    (those of the reference itself, too, when its grid left rare categories out; `increase` subtracts them).
    `detail["new"]` names up to 20 of them from rows. Raises TypeError for rows against Counts or numeric Counts,
    ValueError for differing grids. Source: Wilson 1927.
    """
    what = "share of rows of a category unseen in the reference"
    if isinstance(reference, Counts) != isinstance(current, Counts):
        raise TypeError("Compare rows with rows or Counts with Counts, not one with the other.")
    if isinstance(reference, Counts):
        if reference.is_numeric or current.is_numeric:
            raise TypeError("Numeric Counts have no categories; look at values out of range instead.")
        if reference.categories != current.categories:
            raise ValueError("The two Counts are cut by different grids; count both over the grid of the reference.")
        before, now = (Tally(events=int(side.cells[-1]), rows=side.observed) for side in (reference, current))
        new, missing = {}, current.missing
    else:
        first, second = observe(reference), observe(current)
        known_values, values = first.values, second.values
        if first.kind != second.kind:
            known_values, values = known_values.astype(np.str_), values.astype(np.str_)
        values, times = np.unique(values, return_counts=True)
        unseen = ~np.isin(values, known_values)
        order = np.argsort(-times[unseen], kind="stable")[:MOST_CATEGORIES_SHOWN]
        new = {str(values[unseen][place]): int(times[unseen][place]) for place in order}
        before = Tally(events=0, rows=first.observed)
        now = Tally(events=int(times[unseen].sum()), rows=second.observed)
        missing = second.missing
    if before.rows == 0:
        reason = "The reference holds no value, so every category would be new."
        return could_not_compute(reason, method=what, sizes={"reference": 0, "current": now.rows})
    return rate_estimate(
        before, now, what=what, increase=increase, tolerances=tolerances, level=level, new=new, missing=missing
    )


def type_mismatch_rate(
    reference,
    current,
    *,
    expected: str | None = None,
    increase: bool = False,
    tolerances: Sequence[float] = (),
    level: float = 0.95,
) -> Estimate:
    """Values that cannot be read as the expected type / rows with a value; between 0 and 1.

    reference (None if `expected` is given), current: 1-d array-likes of values as they arrived, text included: "12" can
    be read as an integer, "12.5" only as a number. `expected` is one of boolean, integer, number, date (ISO 8601) or
    text; without it, the narrowest that at least 95 % of the reference's values can be read as, or failing that the
    one that most can be read as.
    Raises ValueError for an unknown type, or when there is neither type nor reference. Source: Wilson 1927.
    """
    if expected is not None and expected not in NARROWEST_FIRST:
        raise ValueError(f"{expected!r} is not a type; choose one of {', '.join(NARROWEST_FIRST)}.")
    if expected is None and reference is None:
        raise ValueError("Without a reference, the expected type must be given.")
    before = None if reference is None else _present(reference)
    now = _present(current)
    if expected is None:
        if not before:
            reason = "The reference holds no value to take a type from."
            return could_not_compute(reason, method="share of values of a wrong type", sizes={"current": len(now)})
        expected = _narrowest_type(before)
    what = f"share of values that cannot be read as {expected}"
    return rate_estimate(
        None if before is None else _mismatches(before, expected), _mismatches(now, expected), what=what,
        increase=increase, tolerances=tolerances, level=level, expected=expected,
    )  # fmt: skip


def duplicate_rate(
    reference, current, *, increase: bool = False, tolerances: Sequence[float] = (), level: float = 0.95
) -> Estimate:
    """Rows that repeat an earlier row / all rows; between 0 and 1.

    reference (None for none), current: 1-d arrays of keys (or row digests), or 2-d arrays or sequences of tuples, one
    row each. Missing values equal one another. The interval treats rows as independent draws.
    Raises ValueError for an increase without reference. Source: Wilson 1927; Newcombe 1998.
    """
    tallies = [None if side is None else _repeats(side) for side in (reference, current)]
    return rate_estimate(
        *tallies, what="share of rows that repeat an earlier one", increase=increase, tolerances=tolerances, level=level
    )


def _range_of(side) -> tuple[float | None, float | None]:
    if isinstance(side, Counts):
        return side.minimum, side.maximum
    return (side.values.min(), side.values.max()) if side.observed else (None, None)


def _out_of_range(side, lowest, highest) -> Tally:
    if not isinstance(side, Counts):
        outside = int(np.count_nonzero((side.values < lowest) | (side.values > highest)))
        return Tally(events=outside, rows=side.observed)
    starts = np.concatenate(([-math.inf], side.edges))
    ends = np.concatenate((side.edges, [math.inf]))
    below, above = ends <= lowest, starts > highest
    within = (starts >= lowest) & (ends <= np.nextafter(highest, math.inf))
    doubtful = int(side.cells[~below & ~above & ~within].sum())
    is_below = side.minimum is not None and side.minimum < lowest  # then at least the minimum itself is
    is_above = side.maximum is not None and side.maximum > highest
    events = max(int(side.cells[below].sum()), is_below) + max(int(side.cells[above].sum()), is_above)
    if side.observed == 0 or (side.minimum is not None and not is_below and not is_above):
        return Tally(events=events, rows=side.observed)
    possible = int(side.cells[below | above].sum()) + doubtful
    return Tally(events=events, rows=side.observed, possible=max(events, possible))


def _present(rows) -> list:
    items = rows.tolist() if isinstance(rows, np.ndarray) else list(rows)
    return [item for item in items if not is_missing(item) and not (isinstance(item, float) and math.isnan(item))]


def _narrowest_type(values: list) -> str:
    fitting = {name: sum(_can_be_read_as(value, name) for value in values) for name in NARROWEST_FIRST}
    enough = [name for name, count in fitting.items() if count >= SHARE_THAT_SETS_THE_TYPE * len(values)]
    return enough[0] if enough else max(fitting, key=fitting.get)


def _mismatches(values: list, expected: str) -> Tally:
    events = sum(not _can_be_read_as(value, expected) for value in values)
    return Tally(events=events, rows=len(values))


def _can_be_read_as(value, name: str) -> bool:
    if name == "text":
        return isinstance(value, str)
    if name == "boolean":
        return isinstance(value, bool | np.bool_) or str(value).strip().lower() in ("true", "false")
    if name == "date":
        return isinstance(value, dt.date) or (isinstance(value, str) and _is_date(value.strip()))
    if isinstance(value, bool | np.bool_):
        return False
    if not isinstance(value, str):
        if name == "integer" and not isinstance(value, numbers.Integral):
            return isinstance(value, numbers.Real | Decimal) and float(value).is_integer()
        return isinstance(value, numbers.Real | Decimal)
    return _is_number(value.strip(), whole=name == "integer")


def _is_number(text: str, *, whole: bool) -> bool:
    try:
        if whole:
            int(text)
        else:
            float(text)
    except ValueError:
        return False
    return "_" not in text


def _is_date(text: str) -> bool:
    try:
        dt.datetime.fromisoformat(text)
    except ValueError:
        return False
    return "-" in text  # fromisoformat reads 20240131 too, which is a number more often than a date


def _repeats(rows) -> Tally:
    array = rows if isinstance(rows, np.ndarray) else None
    if array is not None and array.ndim == 1 and array.dtype.kind in "iubUSM":
        return Tally(events=len(array) - len(np.unique(array)), rows=len(array))
    items = array.tolist() if array is not None else list(rows)
    distinct = {_comparable(item) for item in items}
    return Tally(events=len(items) - len(distinct), rows=len(items))


def _comparable(item):
    """The item as something that equals its repetition: lists as tuples, every kind of missing as None."""
    if isinstance(item, list | tuple | np.ndarray):
        return tuple(_comparable(part) for part in item)
    return None if is_missing(item) or item != item else item
