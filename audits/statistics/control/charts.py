"""Control charts over a series of measurements, each with its average run length, and limits from a reference."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from audits.statistics.estimates import Estimate, could_not_compute

NODES = 60  # of the quadrature behind a run length, at least
LONGEST_RUN = 1e12  # beyond this the integral equation is not solvable in floating point


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A chart after each measurement: what is plotted, the limits, and where it signals.

    upper, lower  what is plotted; `lower` is None for a chart that plots one line. The upper side signals above
                  `upper_limit`; the lower side of a CUSUM above the same limit, an EWMA below `lower_limit`
    signals       the 1-based measurements at which the chart signals
    average_run_length  measurements between two false signals, for independent normal ones; None where it cannot be
                  computed, and then `method` says why
    """

    upper: tuple[float, ...]
    lower: tuple[float, ...] | None
    upper_limit: float
    lower_limit: float | None
    signals: tuple[int, ...]
    average_run_length: float | None
    method: str


def ewma(
    values: Sequence[float], *, target: float, deviation: float, weight: float = 0.2, width: float = 2.962
) -> Chart:
    """zₜ = w·xₜ + (1 − w)·zₜ₋₁, signalling outside target ± width·deviation·√(w/(2 − w)).

    values: measurements in order, same unit as target and deviation (> 0). The defaults have an average run length of
    500. A weight of 1 is a Shewhart chart. Raises ValueError for values that are not finite, a deviation or width not
    above 0, or a weight outside (0, 1]. Source: Roberts 1959; run length Crowder 1987, Lucas & Saccucci 1990.
    """
    x = _series(values, deviation)
    if not 0.0 < weight <= 1.0 or not width > 0.0:
        raise ValueError("The weight lies in (0, 1] and the width is positive.")
    smoothed, level = [], target
    for value in x.tolist():
        level = weight * value + (1.0 - weight) * level
        smoothed.append(level)
    half = width * math.sqrt(weight / (2.0 - weight))
    low, high = target - half * deviation, target + half * deviation
    signals = tuple(place for place, point in enumerate(smoothed, start=1) if not low <= point <= high)
    run = _ewma_run_length(weight, half)
    return Chart(
        upper=tuple(smoothed), lower=None, upper_limit=high, lower_limit=low, signals=signals,
        average_run_length=run,
        method=f"EWMA with weight {weight:g} and limits at {width:g} standard deviations; {_in_words(run)}",
    )  # fmt: skip


def cusum(
    values: Sequence[float], *, target: float, deviation: float, allowance: float = 0.5, threshold: float = 5.0
) -> Chart:
    """Cₜ = max(0, Cₜ₋₁ ± (xₜ − target)/deviation − allowance), signalling above the threshold on either side.

    values: measurements in order; allowance and threshold in deviations. The defaults have an average run length of
    465 and find a shift of one deviation within about ten measurements. Raises ValueError for values that are not
    finite, a deviation or threshold not above 0, or a negative allowance. Source: Page 1954; Montgomery 2009.
    """
    x = (_series(values, deviation) - target) / deviation
    if allowance < 0.0 or not threshold > 0.0:
        raise ValueError("The allowance is not negative and the threshold is positive.")
    upper, lower = _one_sided(x, allowance), _one_sided(-x, allowance)
    signals = tuple((np.flatnonzero(np.maximum(upper, lower) > threshold) + 1).tolist())
    run = _cusum_run_length(allowance, threshold)
    both = None if run is None else run / 2.0
    return Chart(
        upper=tuple(upper.tolist()), lower=tuple(lower.tolist()), upper_limit=threshold, lower_limit=None,
        signals=signals, average_run_length=both,
        method=f"two-sided CUSUM with allowance {allowance:g} and threshold {threshold:g}; {_in_words(both)}",
    )  # fmt: skip


def page_hinkley(
    values: Sequence[float], *, allowance: float, threshold: float, deviation: float | None = None
) -> Chart:
    """mₜ = Σ (xᵢ − x̄ᵢ − allowance), signalling where mₜ − min m exceeds the threshold: an increase of an unknown mean.

    values: measurements in order; allowance and threshold in their unit; x̄ᵢ is the mean of the first i. With the
    in-control `deviation` the chart states the average run length of its limit, the one-sided CUSUM whose mean is
    known. Raises ValueError for values that are not finite, a deviation or threshold not above 0, or a negative
    allowance. Source: Page 1954; Hinkley 1971.
    """
    x = _series(values, 1.0 if deviation is None else deviation)
    if allowance < 0.0 or not threshold > 0.0:
        raise ValueError("The allowance is not negative and the threshold is positive.")
    means = np.cumsum(x) / np.arange(1, len(x) + 1)
    sums = np.cumsum(x - means - allowance)
    rise = sums - np.minimum.accumulate(np.concatenate(([0.0], sums)))[1:] if len(x) else sums
    run = None if deviation is None else _cusum_run_length(allowance / deviation, threshold / deviation)
    known = _in_words(run) if deviation is not None else "average run length unknown without the in-control deviation"
    return Chart(
        upper=tuple(rise.tolist()), lower=None, upper_limit=threshold, lower_limit=None,
        signals=tuple((np.flatnonzero(rise > threshold) + 1).tolist()), average_run_length=run,
        method=f"Page-Hinkley test of an increase, allowance {allowance:g}, threshold {threshold:g}; {known}",
    )  # fmt: skip


def dynamic_limits(
    reference: Sequence[float],
    *,
    width: float = 3.0,
    coverage: float | None = None,
    lowest: float = -math.inf,
    highest: float = math.inf,
) -> Estimate:
    """Where a statistic stays in reference chunks: mean ± width·SD of its values, clipped to its possible range.

    reference: the statistic's value in each reference chunk, at least 2. SD with divisor n. With `coverage` the limits
    are the central quantiles instead. The limits are `low` and `high`, `value` the mean. Raises ValueError for values
    that are not finite, a width not above 0, or a coverage outside (0, 1). Source: Shewhart 1931; NannyML's practice.
    """
    x = _series(reference, 1.0)
    if not width > 0.0 or (coverage is not None and not 0.0 < coverage < 1.0):
        raise ValueError("The width is positive and the coverage lies between 0 and 1.")
    sizes = {"chunks": len(x)}
    if len(x) < 2:
        return could_not_compute("Limits need the statistic's value in at least 2 reference chunks.", sizes=sizes)
    mean, spread = float(x.mean()), float(x.std())
    if coverage is None:
        low, high = mean - width * spread, mean + width * spread
        method = f"mean ± {width:g} standard deviations of {len(x)} reference chunks"
    else:
        low, high = (float(end) for end in np.quantile(x, [(1.0 - coverage) / 2.0, (1.0 + coverage) / 2.0]))
        method = f"central {100 * coverage:.5g} % of {len(x)} reference chunks"
    clipped = low < lowest or high > highest
    return Estimate(
        value=mean,
        low=max(low, lowest),
        high=min(high, highest),
        level=0.95 if coverage is None else coverage,
        sizes=sizes,
        method=method + (", clipped to the statistic's range" if clipped else ""),
        detail={"deviation": spread, "clipped": clipped},
    )


def _series(values, deviation: float) -> np.ndarray:
    x = np.asarray(values, dtype=float)
    if x.ndim != 1 or not np.all(np.isfinite(x)):
        raise ValueError("Measurements are a one-dimensional sequence of finite numbers; leave out what has no value.")
    if not (deviation > 0.0 and math.isfinite(deviation)):
        raise ValueError(f"A standard deviation is positive, not {deviation}.")
    return x


def _one_sided(x: np.ndarray, allowance: float) -> np.ndarray:
    """max(0, previous + x − allowance): the rise of the cumulative sum above its lowest point so far."""
    sums = np.cumsum(x - allowance)
    return sums - np.minimum.accumulate(np.minimum(sums, 0.0))


def _cusum_run_length(allowance: float, threshold: float) -> float | None:
    """Average run length of a one-sided CUSUM from 0, by its integral equation (Page 1954)."""
    nodes, weights = np.polynomial.legendre.leggauss(_nodes(threshold))
    points, weights = threshold * (nodes + 1.0) / 2.0, weights * threshold / 2.0
    starts = np.concatenate(([0.0], points))
    kernel = np.column_stack(
        (special.ndtr(allowance - starts), weights * _density(points[None, :] + allowance - starts[:, None]))
    )
    return _usable(float(_run_length(kernel)[0]))


def _ewma_run_length(weight: float, half: float) -> float | None:
    """Average run length of an EWMA from its target, by its integral equation (Crowder 1987)."""
    if weight == 1.0:
        return _usable(float(0.5 / special.ndtr(-half)))
    count = _nodes(2.0 * half / weight)
    nodes, weights = np.polynomial.legendre.leggauss(count)
    points, weights = half * nodes, weights * half / weight
    kernel = weights * _density((points[None, :] - (1.0 - weight) * points[:, None]) / weight)
    return _usable(float(_run_length(kernel)[count // 2]))


def _nodes(length: float) -> int:
    """Quadrature nodes for an interval of so many standard deviations, an odd number so that one is its middle."""
    return min(401, 2 * math.ceil(max(NODES, 4.0 * length) / 2.0) + 1)


def _run_length(kernel: np.ndarray) -> np.ndarray:
    """The expected number of steps from each state before the chain with this substochastic kernel leaves."""
    return np.linalg.solve(np.eye(len(kernel)) - kernel, np.ones(len(kernel)))


def _usable(run: float) -> float | None:
    return run if 1.0 <= run <= LONGEST_RUN else None


def _density(z: np.ndarray) -> np.ndarray:
    return np.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)


def _in_words(run: float | None) -> str:
    if run is None:
        return f"average run length beyond {LONGEST_RUN:g} or not computable in floating point"
    return f"average run length {run:.4g} for independent normal measurements"
