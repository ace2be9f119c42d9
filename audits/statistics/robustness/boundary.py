"""Is the model used where it was built to be used?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from audits.statistics.estimates import Estimate
from audits.statistics.levels import usable_rows
from audits.statistics.observations import TEXT, observe
from audits.statistics.quality import new_category_rate, out_of_range_rate
from audits.statistics.shares import share_estimate


@dataclass(frozen=True, kw_only=True)
class OperatingBoundary:
    """rows: share of rows outside in at least one column; columns: share of values outside, for each."""

    rows: Estimate
    columns: dict[str, Estimate]


def operating_boundary(
    reference: Mapping[str, Any], current: Mapping[str, Any], *, level: float = 0.95
) -> OperatingBoundary:
    """Rows outside what the model was developed on / all rows: a number out of range, or a category never seen.

    Both map a column name to its values, one per row, all columns of a side of one length. A number or time is outside
    when below the reference's smallest or above its largest value, or infinite; text when the reference does not hold
    it; a missing value is not outside (it has a rate of its own). Wilson intervals. `rows.detail` counts the rows
    outside in one, two, ... columns. Raises ValueError when the columns differ, in names, length or kind.
    Source: SR 11-7 (2011), use outside the intended boundary; Wilson 1927.
    """
    if missing := sorted(set(reference) ^ set(current)):
        raise ValueError(f"{', '.join(missing)} is not a column of both sides")
    outside = []
    columns = {}
    for name in reference:
        before, now = np.asarray(reference[name]), np.asarray(current[name])
        if outside and len(now) != len(outside[0]):
            raise ValueError(f"column {name} has {len(now)} rows; {len(outside[0])} were expected")
        flags, is_text = _outside(name, before, now)
        outside.append(flags)
        columns[name] = (new_category_rate if is_text else out_of_range_rate)(before, now, level=level)
    times = np.sum(outside, axis=0) if outside else np.zeros(0, dtype=int)
    by_count = {str(count): int((times == count).sum()) for count in range(1, int(times.max(initial=0)) + 1)}
    rows = share_estimate(
        int((times > 0).sum()),
        len(times),
        method="share of rows outside the reference in at least one column",
        empty="operating boundary: there are no rows",
        level=level,
        by_number_of_columns=by_count,
    )
    return OperatingBoundary(rows=rows, columns=columns)


def _outside(name: str, before: np.ndarray, now: np.ndarray) -> tuple[np.ndarray, bool]:
    usable = usable_rows(now)
    known, seen = observe(before), observe(now[usable])
    if known.observed and seen.observed and known.kind != seen.kind:
        raise ValueError(f"column {name} holds {known.kind} in the reference and {seen.kind} now")
    flags = np.zeros(len(now), dtype=bool)
    if not known.observed:
        return flags, seen.kind == TEXT
    if known.kind == TEXT:
        flags[usable] = ~np.isin(seen.values, known.values)
        return flags, True
    flags[usable] = (seen.values < known.values.min()) | (seen.values > known.values.max())
    if now.dtype.kind == "f":
        flags |= np.isinf(now)
    return flags, False
