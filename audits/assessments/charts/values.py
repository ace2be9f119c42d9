"""What the charts are drawn from."""

from dataclasses import dataclass

from audits.statistics.limits import Verdict


@dataclass(frozen=True)
class Bin:
    """One cell of a distribution: its label and the share of rows on each side."""

    label: str
    reference: float
    current: float


@dataclass(frozen=True)
class TrendPoint:
    """One period's value with its interval and verdict; a value of None is shown as a gap with its verdict."""

    period: str
    value: float | None
    verdict: Verdict
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Importance:
    """How much one feature weighs, then and now."""

    feature: str
    reference: float
    current: float


@dataclass(frozen=True)
class Cell:
    """One verdict in a grid of runs and measures."""

    row: str
    column: str
    verdict: Verdict


@dataclass(frozen=True)
class CalibrationBin:
    """Mean prediction against observed rate of one group of rows, with the rate's interval."""

    predicted: float
    observed: float
    low: float
    high: float
    rows: int


@dataclass(frozen=True)
class GroupRate:
    """One group's rate with its interval; `verdict` is that of its comparison with the reference group."""

    group: str
    rate: float
    low: float
    high: float
    rows: int
    verdict: Verdict
