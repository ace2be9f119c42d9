"""A stream of rows cut into chunks: by size or by period, and how large a chunk must be to be worth measuring."""

import datetime as dt
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from audits.statistics.arrays import open_share
from audits.statistics.estimates import Estimate, could_not_compute
from audits.statistics.shares import normal_quantile


@dataclass(frozen=True, kw_only=True, eq=False)
class Chunk:
    """Rows measured together.

    rows         places of its rows, int64
    start, end   its first and its last row's place, or the moments between which it lies (end not included)
    is_complete  False for a last chunk that is cut short, whose value must not be read as the others'
    """

    rows: np.ndarray
    start: int | dt.datetime
    end: int | dt.datetime
    is_complete: bool


def chunks_by_size(rows: int, size: int) -> list[Chunk]:
    """Consecutive chunks of `size` rows; what is left over is a last chunk that is not complete.

    Raises ValueError for a negative number of rows or a size below 1. Source: NannyML's practice (chunking by size).
    """
    if rows < 0 or size < 1:
        raise ValueError(f"rows must not be negative and size at least 1, not {rows} and {size}")
    return [
        Chunk(
            rows=np.arange(start, min(start + size, rows)),
            start=start,
            end=min(start + size, rows) - 1,
            is_complete=start + size <= rows,
        )
        for start in range(0, rows, size)
    ]


def chunks_by_period(
    moments: ArrayLike, *, period: dt.timedelta, as_of: dt.datetime, start: dt.datetime | None = None
) -> list[Chunk]:
    """Chunks of equal periods from `start` (the first row's moment by default) on, those without rows included.

    moments: datetime64 or datetimes without time zone, shape (n,), in any order; rows at or after `as_of` and before
    `start` are in no chunk. A chunk is complete once its period has passed at `as_of`. Raises ValueError on a missing
    moment or a period not above 0. Source: NannyML's practice (chunking by period).
    """
    if period <= dt.timedelta(0):
        raise ValueError("period must be above 0")
    times = np.asarray(moments, dtype="datetime64[us]")
    if times.ndim != 1 or np.isnat(times).any():
        raise ValueError("moments must be one-dimensional and hold no missing moment")
    if not len(times) and start is None:
        return []
    first = times.min().astype(dt.datetime) if start is None else start
    found = []
    while first < as_of:
        end = first + period
        until = min(end, as_of)
        inside = np.flatnonzero((times >= np.datetime64(first, "us")) & (times < np.datetime64(until, "us")))
        found.append(Chunk(rows=inside, start=first, end=end, is_complete=end <= as_of))
        first = end
    return found


def minimum_chunk_size(
    standard_error: float, rows: int, *, smallest_change: float, power: float = 0.80, significance: float = 0.05
) -> Estimate:
    """Rows a chunk needs so that a change of a metric by `smallest_change` stands out of its sampling error.

    `standard_error` is that of the metric on `rows` rows of the reference, falling with the root of the rows; the
    change is in the metric's unit. The size is that of a two-sided normal test against the reference with the `power`
    and `significance` given, the reference's own error being left out; `detail` holds the sampling error at that size.
    Raises ValueError for numbers that are not positive or probabilities outside (0, 1).
    Source: Cohen 1988; sampling error of chunks as in NannyML's practice.
    """
    open_share(power, "power")
    open_share(significance, "significance")
    if rows < 1 or not smallest_change > 0 or not standard_error >= 0 or not math.isfinite(standard_error):
        raise ValueError("rows and smallest_change are above 0, and standard_error is a finite number, not negative")
    method = f"rows for {100 * power:.3g} % power at significance {significance:g}"
    method += f" to find a change of {smallest_change:g}"
    sizes = {"reference": int(rows)}
    if standard_error == 0:
        reason = "the metric shows no sampling error on the reference, so any chunk would look large enough"
        return could_not_compute(reason, method=method, sizes=sizes)
    reach = normal_quantile(1 - significance) + float(special.ndtri(power))
    spread = standard_error * math.sqrt(rows)
    needed = math.ceil((reach * spread / smallest_change) ** 2)
    detail = {"sampling_error": spread / math.sqrt(needed)}
    return Estimate(value=float(needed), level=power, sizes=sizes, method=method, detail=detail)
