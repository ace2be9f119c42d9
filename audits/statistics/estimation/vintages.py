"""Cohorts by age: what share of each month's decisions had gone bad after one, two, three periods."""

import datetime as dt
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from audits.statistics.chunks import chunks_by_period
from audits.statistics.estimates import Estimate, could_not_compute
from audits.statistics.estimation.maturity import naive, without_zone
from audits.statistics.shares import share_estimate


@dataclass(frozen=True, kw_only=True)
class Vintage:
    """Decisions from `start` on, before `end`, and the share with the event by each age of 1, 2, ... periods.

    A share is a reason instead of a number while some of the cohort may not have reached the age.
    """

    start: dt.datetime
    end: dt.datetime
    rows: int
    shares: tuple[Estimate, ...]


def vintage_view(
    decided_at: ArrayLike,
    event_at: ArrayLike,
    *,
    as_of: dt.datetime,
    cohort: dt.timedelta,
    age: dt.timedelta,
    ages: int = 12,
    level: float = 0.95,
) -> list[Vintage]:
    """Cumulative share of each cohort with the event (default, claim) by age, with Wilson intervals.

    `decided_at` and `event_at` hold moments, shape (n,), the latter missing (NaT, None) where there was no event yet.
    Cohorts are consecutive periods of length `cohort` from the first decision to `as_of`, ages multiples of `age` after
    each row's own decision. Raises ValueError on a missing decision, lengths that differ, an event before its decision
    or after `as_of`, or lengths of time not above 0. Source: our own definition, as in vintage analysis of retail
    credit; Wilson 1927.
    """
    decided = np.asarray(without_zone(decided_at), dtype="datetime64[us]")
    event = np.asarray(without_zone(event_at), dtype="datetime64[us]")
    if decided.shape != event.shape:
        raise ValueError(f"event_at has {event.size} entries; {decided.size} were expected, as in decided_at")
    if age <= dt.timedelta(0) or ages < 1:
        raise ValueError("age must be above 0 and ages at least 1")
    happened = ~np.isnat(event)
    now = naive(as_of)
    if (event[happened] < decided[happened]).any() or (event[happened] > np.datetime64(now, "us")).any():
        raise ValueError("event_at must lie between the row's own decision and as_of")
    lasted = np.where(happened, event - decided, np.timedelta64(2**62, "us"))
    return [
        Vintage(
            start=chunk.start,
            end=chunk.end,
            rows=len(chunk.rows),
            shares=tuple(
                _share(lasted[chunk.rows], number * age, chunk.end + number * age <= now, level)
                for number in range(1, ages + 1)
            ),
        )
        for chunk in chunks_by_period(decided, period=cohort, as_of=now)
    ]


def _share(lasted: np.ndarray, age: dt.timedelta, is_mature: bool, level: float) -> Estimate:
    method = f"share of the cohort with the event within {age}"
    if not is_mature:
        reason = f"not all of the cohort may have reached an age of {age}"
        return could_not_compute(reason, method=method, sizes={"rows": len(lasted)})
    events = int((lasted <= np.timedelta64(age)).sum())
    empty = "vintage: there are no decisions in this period"
    return share_estimate(events, len(lasted), method=method, empty=empty, level=level, events=events)
