"""Intervals and tests for one share and for two: Wilson, Jeffreys, Newcombe, Katz, Fisher and z."""

import math

import numpy as np
import scipy
from scipy import special

from audits.statistics.arrays import open_share
from audits.statistics.estimates import Estimate, could_not_compute


def normal_quantile(level: float) -> float:
    """The two-sided normal quantile of a confidence level: 1.96 for 0.95. Raises ValueError outside (0, 1)."""
    return float(special.ndtri(0.5 + open_share(level, "level") / 2))


def wilson(successes: float, total: float, *, level: float = 0.95) -> tuple[float, float]:
    """Score interval of a share (Wilson 1927). `total` must be positive."""
    z, successes, total = normal_quantile(level), float(successes), float(total)
    share = successes / total
    centre = (share + z * z / (2 * total)) / (1 + z * z / total)
    half = z / (1 + z * z / total) * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    # At the borders rounding may leave 1e-17 where the formula gives exactly 0 or 1.
    low = 0.0 if successes <= 0 else max(0.0, centre - half)
    high = 1.0 if successes >= total else min(1.0, centre + half)
    return low, high


def jeffreys(successes: float, total: float, *, level: float = 0.95) -> tuple[float, float]:
    """Equal-tailed Beta(x + 1/2, n - x + 1/2) interval, closed at 0 and 1 (Brown, Cai & DasGupta 2001)."""
    tail = (1 - open_share(level, "level")) / 2
    low = 0.0 if successes <= 0 else float(special.betaincinv(successes + 0.5, total - successes + 0.5, tail))
    high = 1.0 if successes >= total else float(special.betaincinv(successes + 0.5, total - successes + 0.5, 1 - tail))
    return low, high


def newcombe_difference(
    successes: float, total: float, reference_successes: float, reference_total: float, *, level: float = 0.95
) -> tuple[float, float]:
    """Hybrid score interval of share minus reference share (Newcombe 1998, method 10)."""
    share, reference = float(successes / total), float(reference_successes / reference_total)
    low, high = wilson(successes, total, level=level)
    reference_low, reference_high = wilson(reference_successes, reference_total, level=level)
    difference = share - reference
    return (
        difference - math.hypot(share - low, reference_high - reference),
        difference + math.hypot(high - share, reference - reference_low),
    )


def katz_ratio(
    successes: float, total: float, reference_successes: float, reference_total: float, *, level: float = 0.95
) -> tuple[float, float]:
    """Log interval of share over reference share (Katz et al. 1978). Both numbers of successes must be positive."""
    ratio = float(successes / total * reference_total / reference_successes)
    spread = math.sqrt(1 / successes - 1 / total + 1 / reference_successes - 1 / reference_total)
    factor = math.exp(normal_quantile(level) * spread)
    return ratio / factor, ratio * factor


def newcombe_ratio(
    successes: float, total: float, reference_successes: float, reference_total: float, *, level: float = 0.95
) -> tuple[float, float | None]:
    """Hybrid score interval of share over reference share: Wilson limits joined by MOVER-R (Donner & Zou 2012).

    The upper end is None, that is without bound, where the reference share's own limits allow zero.
    """
    share, reference = float(successes / total), float(reference_successes / reference_total)
    low, high = wilson(successes, total, level=level)
    reference_low, reference_high = wilson(reference_successes, reference_total, level=level)

    def end(limit: float, reference_limit: float, sign: int) -> float | None:
        denominator = reference_limit * (2 * reference - reference_limit)
        if denominator <= 0:
            return None
        product = share * reference
        root = product * product - limit * reference_limit * (2 * share - limit) * (2 * reference - reference_limit)
        return (product + sign * math.sqrt(max(0.0, root))) / denominator

    lower = end(low, reference_high, -1)
    return max(0.0, lower if lower is not None else 0.0), end(high, reference_low, 1)


def two_share_test(
    successes: float, total: float, reference_successes: float, reference_total: float
) -> tuple[float | None, float, str]:
    """Statistic, two-sided p-value and name of the test that two shares are equal.

    Fisher's exact test (Fisher 1922) where an expected cell is below 5, the pooled z-test otherwise. The z statistic
    is None under Fisher. Totals must be positive.
    """
    rows = total + reference_total
    pooled = (successes + reference_successes) / rows
    if min(total, reference_total) * min(pooled, 1 - pooled) < 5:
        table = np.rint([[successes, total - successes], [reference_successes, reference_total - reference_successes]])
        return None, float(min(1.0, scipy.stats.fisher_exact(table.astype(np.int64)).pvalue)), "Fisher exact test"
    spread = math.sqrt(pooled * (1 - pooled) * (1 / total + 1 / reference_total))
    z = (successes / total - reference_successes / reference_total) / spread
    return z, float(2 * special.ndtr(-abs(z))), "pooled two-proportion z-test"


def share_estimate(
    successes: float, total: float, *, method: str, empty: str, size_name: str = "rows", level: float = 0.95, **detail
) -> Estimate:
    """A share with its Wilson interval, or the reason `empty` when there is nothing to divide by."""
    sizes = {size_name: round(total)}
    if total <= 0:
        return could_not_compute(empty, method=method, sizes=sizes, **detail)
    low, high = wilson(successes, total, level=level)
    return Estimate(
        value=float(successes / total),
        low=low,
        high=high,
        level=level,
        sizes=sizes,
        method=f"{method}, Wilson interval",
        detail=detail,
    )


def normal_estimate(
    value: float,
    spread: float,
    *,
    method: str,
    sizes: dict[str, int],
    level: float = 0.95,
    bounds=(-math.inf, math.inf),
    **kept,
) -> Estimate:
    """A number with a normal interval of standard error `spread`, cut at `bounds`; `kept` goes to Estimate as is."""
    half = normal_quantile(level) * spread
    return Estimate(
        value=float(value),
        low=float(max(bounds[0], value - half)),
        high=float(min(bounds[1], value + half)),
        level=level,
        sizes=sizes,
        method=method,
        **kept,
    )


def percentile_interval(drawn: np.ndarray, value: float, *, level: float = 0.95) -> tuple[float, float]:
    """Percentiles of resampled values, widened where needed to hold the value itself (Efron 1979)."""
    tail = (1 - open_share(level, "level")) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail])
    return float(min(low, value)), float(max(high, value))
