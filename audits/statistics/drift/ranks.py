"""Further two-sample tests on ordered values: Anderson–Darling, Cramér–von Mises, Mann–Whitney, energy distance."""

import math
import warnings

import numpy as np
import scipy
from scipy import special

from audits.statistics.counts import Counts
from audits.statistics.drift.cells import NO_ORDER, PairedRows, are_counts, paired_cells, paired_rows
from audits.statistics.drift.distributions import (
    BEYOND_RANGE,
    counted,
    gaps_between,
    gaps_on_grid,
    permuted_tail,
    steps,
    why_no_area,
)
from audits.statistics.estimates import Estimate, could_not_compute
from audits.statistics.shares import normal_quantile

CONSTANT = "All rows of both sides hold one and the same value, so nothing can be tested."


def anderson_darling(reference, current) -> Estimate:
    """The standardised two-sample Anderson–Darling statistic, which weights the tails more than KS; 0 without change.

    reference, current: 1-d arrays of numbers or times. Ties count by midranks. The p-value is interpolated from the
    published table and lies within [0.001, 0.25]: those ends mean "at most" and "at least" (`detail["p_value_is"]`).
    Raises ValueError for a column of two dimensions, TypeError for Counts. Source: Scholz & Stephens 1987.
    """
    name = "two-sample Anderson-Darling statistic, midranks, interpolated p-value"
    _need_rows(reference, current, "anderson_darling")
    rows = paired_rows(reference, current, ordered=True)
    reason = rows.reason or _why_constant(rows)
    if not reason and min(rows.sizes.values()) < 2:
        reason = "The Anderson-Darling test needs at least 2 usable rows on each side."
    if reason:
        return could_not_compute(reason, method=rows.method(name), sizes=rows.sizes, **rows.apart)
    with warnings.catch_warnings():  # scipy warns at both ends of its table; `p_value_is` says so instead
        warnings.simplefilter("ignore", UserWarning)
        result = scipy.stats.anderson_ksamp([rows.reference, rows.current], variant="midrank")
    p_value = float(result.pvalue)
    ends = {0.001: "at most", 0.25: "at least"}
    return Estimate(
        value=float(result.statistic),
        statistic=float(result.statistic),
        p_value=p_value,
        sizes=rows.sizes,
        method=rows.method(name),
        detail={**rows.apart, "p_value_is": ends.get(p_value, "interpolated"), "tolerance": {"0": p_value}},
    )


def cramer_von_mises(reference, current) -> Estimate:
    """T = nm/(n+m)² Σ (F − G)² over all rows: the two-sample Cramér–von Mises criterion; unitless, > 0.

    reference, current: 1-d arrays of numbers or times. The p-value is exact up to 20 rows a side, asymptotic above.
    Raises ValueError for a column of two dimensions, TypeError for Counts. Source: Anderson 1962.
    """
    name = "two-sample Cramer-von Mises criterion"
    _need_rows(reference, current, "cramer_von_mises")
    rows = paired_rows(reference, current, ordered=True)
    reason = rows.reason
    if not reason and min(rows.sizes.values()) < 2:
        reason = "The Cramer-von Mises test needs at least 2 usable rows on each side."
    if reason:
        return could_not_compute(reason, method=rows.method(name), sizes=rows.sizes, **rows.apart)
    result = scipy.stats.cramervonmises_2samp(rows.reference, rows.current)
    how = "exact" if max(rows.sizes.values()) <= 20 else "asymptotic"
    p_value = min(1.0, max(0.0, float(result.pvalue)))
    return Estimate(
        value=float(result.statistic),
        statistic=float(result.statistic),
        p_value=p_value,
        sizes=rows.sizes,
        method=rows.method(f"{name}, {how} p-value"),
        detail={**rows.apart, "tolerance": {"0": p_value}},
    )


def mann_whitney(reference, current, *, level: float = 0.95) -> Estimate:
    """P(current > reference) + ½P(equal): the chance that a current row exceeds a reference row; 0.5 without shift.

    reference, current: two 1-d arrays of numbers or times, or two numeric Counts over the same grid, whose rows in one
    cell count as equal; the true value differs by at most `detail["bound"]`. `statistic` is U of the current side; the
    p-value is the normal approximation with ties and continuity; the interval is Newcombe's method 5, and its score
    form keeps it within [0, 1]. Raises as `kolmogorov_smirnov`. Source: Mann & Whitney 1947; interval Newcombe 2006.
    """
    name = "Mann-Whitney probability of a larger current value"
    if are_counts(reference, current):
        pair = paired_cells(reference, current, bins=2)
        reason = pair.reason or ("" if reference.is_numeric else NO_ORDER)
        name += ", rows in one cell of the grid counting as equal"
    else:
        pair = paired_rows(reference, current, ordered=True)
        reason = pair.reason
    if reason:
        return could_not_compute(reason, method=name, sizes=pair.sizes, **pair.apart)
    from_counts = are_counts(reference, current)
    first, second = (reference.cells, current.cells) if from_counts else counted(pair)[1:]
    n, m = (float(size) for size in pair.sizes.values())
    below = np.cumsum(first) - first
    wins = float(np.sum(second * (below + first / 2.0)))
    value = wins / (n * m)
    ties = (first + second).astype(float)
    total = n + m
    variance = n * m / 12.0 * (total + 1.0 - float(np.sum(ties**3 - ties)) / (total * (total - 1.0)))
    away = max(0.0, abs(wins - n * m / 2.0) - 0.5)
    p_value = 1.0 if variance <= 0.0 else min(1.0, 2.0 * float(special.ndtr(-away / math.sqrt(variance))))
    bound = float(np.sum(first * second.astype(float))) / (2.0 * n * m) if from_counts else 0.0
    low, high = _newcombe_five(value, n, m, level)
    return Estimate(
        value=value,
        low=max(0.0, low - bound),
        high=min(1.0, high + bound),
        level=level,
        statistic=wins,
        p_value=p_value,
        sizes=pair.sizes,
        method=pair.method(f"{name}, normal p-value with ties and continuity"),
        detail={**pair.apart, "bound": bound},
    )


def energy_distance(reference, current, *, rng: np.random.Generator | None = None, permutations: int = 199) -> Estimate:
    """√(2E|X−Y| − E|X−X′| − E|Y−Y′|) = √(2∫(F − G)²): 0 only for equal distributions, in √unit of the column.

    reference, current: two 1-d arrays of numbers or times (microseconds), or two numeric Counts over the same grid,
    whose rows are taken as spread evenly over their cells. With `rng`, rows get a p-value from permutations.
    Raises as `kolmogorov_smirnov`. Source: Székely & Rizzo 2004.
    """
    name = "energy distance"
    p_value = None
    if are_counts(reference, current):
        pair = paired_cells(reference, current, bins=2)
        reason = pair.reason or why_no_area(reference, current)
        name += f" from the frozen grid of {len(reference.cells)} cells, rows spread evenly over each"
    else:
        pair = paired_rows(reference, current, ordered=True)
        reason = pair.reason
    if reason:
        return could_not_compute(reason, method=name, sizes=pair.sizes, **pair.apart)
    if are_counts(reference, current):
        widths, gaps = gaps_on_grid(reference, current)
        before, after = gaps[:-1], gaps[1:]
        area = float(np.sum(widths * (before**2 + before * after + after**2))) / 3.0
    else:
        points, first, second = counted(pair)
        lengths = steps(points)

        def squared(one: np.ndarray, other: np.ndarray) -> float:
            return float(np.sum(gaps_between(one, other)[:-1] ** 2 * lengths))

        with np.errstate(over="ignore", invalid="ignore"):
            area = squared(first, second)
        if rng is not None and math.isfinite(area):
            p_value = permuted_tail(squared, area, first, second, rng, permutations)
            name += f", p-value from {permutations} permutations"
    if not math.isfinite(area):
        return could_not_compute(BEYOND_RANGE, method=name, sizes=pair.sizes, **pair.apart)
    return Estimate(
        value=math.sqrt(2.0 * area),
        p_value=p_value,
        sizes=pair.sizes,
        method=pair.method(name),
        detail=dict(pair.apart),
    )


def _need_rows(reference, current, name: str) -> None:
    if isinstance(reference, Counts) or isinstance(current, Counts):
        raise TypeError(f"{name} needs rows: its statistic is not a function of counts over a grid.")


def _why_constant(rows: PairedRows) -> str:
    lowest = min(rows.reference.min(), rows.current.min())
    return CONSTANT if lowest == max(rows.reference.max(), rows.current.max()) else ""


def _newcombe_five(value: float, n: float, m: float, level: float) -> tuple[float, float]:
    """The θ for which |θ − value| = z·√V(θ), V being Hanley & McNeil's variance with both sizes at their mean."""
    z = normal_quantile(level)
    mean_size = (n + m) / 2.0

    def excess(theta: float) -> float:
        tails = (1.0 - theta) / (2.0 - theta) + theta / (1.0 + theta)
        variance = theta * (1.0 - theta) * (1.0 + (mean_size - 1.0) * tails) / (n * m)
        return (theta - value) ** 2 - z * z * variance

    low = 0.0 if value <= 0.0 else float(scipy.optimize.brentq(excess, 0.0, value))
    high = 1.0 if value >= 1.0 else float(scipy.optimize.brentq(excess, value, 1.0))
    return low, high
