"""Judging: what a limit makes of an estimate. A statistic never sees its limit."""

from dataclasses import dataclass
from enum import StrEnum

from audits.statistics.estimates import Estimate


class Verdict(StrEnum):
    WITHIN = "within"
    AMBER = "amber"
    RED = "red"
    INSUFFICIENT = "insufficient"
    UNKNOWN = "unknown"


# Worst first: what a summary of several verdicts shows. Nothing unmeasured is ever better than something within.
SEVERITY = (Verdict.RED, Verdict.AMBER, Verdict.UNKNOWN, Verdict.INSUFFICIENT, Verdict.WITHIN)


class Direction(StrEnum):
    UPPER = "upper"  # above the limit is bad
    LOWER = "lower"  # below the limit is bad


class DecidedBy(StrEnum):
    POINT = "point"  # the value itself crosses the limit
    INTERVAL = "interval"  # the whole interval lies beyond the limit; a value beyond it alone is insufficient
    TOLERANCE = "tolerance"  # the estimate's tolerance test rejects "the true value is within it"


@dataclass(frozen=True, kw_only=True)
class Limit:
    """Where amber and red begin, for whom it may be judged, and what decides.

    amber, red     the thresholds; None switches that colour off
    minimum_size   the smallest entry of `Estimate.sizes` that may be judged
    significance   the error rate of a tolerance test
    tolerance      the value that such a test shows to be exceeded; None: the threshold that was crossed
    """

    amber: float | None = None
    red: float | None = None
    direction: Direction = Direction.UPPER
    decided_by: DecidedBy = DecidedBy.POINT
    minimum_size: int = 0
    significance: float = 0.05
    tolerance: float | None = None

    def tested_at(self, threshold: float) -> float:
        """Which value a tolerance test has to show exceeded before the colour of this threshold is given."""
        return threshold if self.tolerance is None else self.tolerance

    @property
    def tests(self) -> set[float]:
        """Every value that a tolerance test may be asked about; none where something else decides."""
        if self.decided_by is not DecidedBy.TOLERANCE:
            return set()
        return {self.tested_at(end) for end in (self.amber, self.red) if end is not None}


def judge(estimate: Estimate, limit: Limit) -> Verdict:
    """The verdict of one estimate under one limit. A number that could not be computed is never within.

    With INTERVAL, a colour is given only when the whole interval lies beyond its threshold; a value that lies beyond
    a threshold the interval still straddles is INSUFFICIENT evidence. With TOLERANCE, the estimate carries in
    `detail["tolerance"]` the p-value of H0 "the true value is at most t" for each t of `limit.tests`, by `f"{t:g}"`.
    """
    if estimate.value is None:
        return Verdict.UNKNOWN
    if estimate.sizes and min(estimate.sizes.values()) < limit.minimum_size:
        return Verdict.INSUFFICIENT
    straddles = False
    for threshold, colour in ((limit.red, Verdict.RED), (limit.amber, Verdict.AMBER)):
        if threshold is None or not _beyond(estimate.value, threshold, limit.direction):
            continue
        decided = _is_decided(estimate, threshold, limit)
        if decided is None:
            return Verdict.UNKNOWN
        if decided:
            return colour
        straddles = True
    return Verdict.INSUFFICIENT if straddles and limit.decided_by is DecidedBy.INTERVAL else Verdict.WITHIN


def worst(verdicts) -> Verdict:
    """The verdict a summary shows; UNKNOWN where there is nothing to summarise."""
    seen = set(verdicts)
    return next((verdict for verdict in SEVERITY if verdict in seen), Verdict.UNKNOWN)


def _beyond(value: float, threshold: float, direction: Direction) -> bool:
    return value > threshold if direction is Direction.UPPER else value < threshold


def _is_decided(estimate: Estimate, threshold: float, limit: Limit) -> bool | None:
    """Whether the evidence supports that the true value is beyond the threshold; None where it cannot be told."""
    match limit.decided_by:
        case DecidedBy.POINT:
            return True
        case DecidedBy.INTERVAL:
            end = estimate.low if limit.direction is Direction.UPPER else estimate.high
            return None if end is None else _beyond(end, threshold, limit.direction)
        case DecidedBy.TOLERANCE:
            p_value = estimate.detail.get("tolerance", {}).get(f"{limit.tested_at(threshold):g}")
            return None if p_value is None else p_value < limit.significance
