"""How far apart two sets of shares lie: PSI, Jensen–Shannon, Hellinger, largest difference."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy import special

from audits.statistics.drift.cells import PairedCells, paired_cells
from audits.statistics.drift.tolerance import tolerance_p_value
from audits.statistics.estimates import Estimate, could_not_compute

TOLERANCES = (0.10, 0.25)
# Above it the noncentral chi-squared is inverted by its expansion: the same to five digits, at a fixed price.
LARGE_STATISTIC = 5000.0
SMOOTHED = 0.5  # what replaces a count of zero where the other side has some; stated in every method


def population_stability_index(
    reference, current, *, bins: int = 10, tolerances: Sequence[float] = TOLERANCES, level: float = 0.95
) -> Estimate:
    """PSI = Σ (qᵢ − pᵢ)·ln(qᵢ/pᵢ) over the shares p of the reference and q of the current side; unitless, ≥ 0.

    reference, current: two 1-d arrays of rows, or two Counts over the same grid. Numbers fall into `bins` groups of
    about equal reference mass, text into its categories. A cell that only one side fills counts 0.5 rows on the other.
    `p_value` is that of no change at all, by Pearson's chi-squared on the same cells: the PSI's own null distribution
    has a heavier tail in small samples. `detail["tolerance"]` carries, for each tolerance t, the p-value of "the true
    PSI is at most t": with s = 1/N + 1/M and B cells, PSI/s is noncentral chi-squared with B − 1 degrees of freedom and
    noncentrality t/s to first order, refined by `tolerance_p_value` where the PSI is above t. The interval inverts the
    noncentral chi-squared.
    Raises ValueError for fewer than 2 bins or differing grids, TypeError for rows against Counts.
    Source: Lewis 1994; null distribution Yurdakul 2018, Yurdakul & Naranjo 2020; tolerance in the spirit of
    Potgieter et al. 2023.
    """
    cells = paired_cells(reference, current, bins=bins)
    if cells.reason:
        return could_not_compute(cells.reason, method="population stability index", sizes=cells.sizes, **cells.apart)
    first, second = cells.occupied()
    p = np.where(first == 0, SMOOTHED, first) / cells.sizes["reference"]
    q = np.where(second == 0, SMOOTHED, second) / cells.sizes["current"]
    value = float(np.sum((q - p) * np.log(q / p)))
    smoothed = int(np.count_nonzero(first == 0) + np.count_nonzero(second == 0))
    what = "PSI = sum (q - p) ln(q / p)"
    if smoothed:
        what += f", {smoothed} empty cell{'s' if smoothed > 1 else ''} counted as {SMOOTHED} rows"
    estimate = _divergence(
        cells, value, what, scale=1.0, power=1, tolerances=tolerances, level=level, smoothed=smoothed
    )
    if len(first) == 1:
        return estimate
    refined = {
        f"{tolerance:g}": tolerance_p_value(
            p, q, reference=cells.sizes["reference"], current=cells.sizes["current"], tolerance=tolerance
        )
        for tolerance in tolerances
        if 0.0 < tolerance < value
    }
    return replace(
        estimate,
        p_value=_homogeneity(first, second),
        detail={**estimate.detail, "tolerance": {**estimate.detail["tolerance"], **refined}},
    )


def _homogeneity(first: np.ndarray, second: np.ndarray) -> float:
    """The p-value of Pearson's chi-squared of two rows of counts, no cell empty in both."""
    shares = (first + second) / (first.sum() + second.sum())
    statistic = sum(
        float(np.sum((side - side.sum() * shares) ** 2 / (side.sum() * shares))) for side in (first, second)
    )
    return float(special.chdtrc(len(first) - 1, statistic))


def psi_tolerance_test(reference, current, *, bins: int = 10, tolerances: Sequence[float] = TOLERANCES) -> Estimate:
    """The PSI with, as `p_value`, the p-value of H0 "the true PSI is at most the smallest tolerance".

    Rejects where, to first order, PSI > s·χ′²(B − 1, t/s) at its 1 − α quantile, s = 1/N + 1/M; all tolerances are in
    `detail["tolerance"]`. Arguments, shapes and errors as `population_stability_index`.
    Source: our own definition, close in spirit to Potgieter et al. 2023; noncentral chi-squared Patnaik 1949.
    """
    estimate = population_stability_index(reference, current, bins=bins, tolerances=tolerances)
    if estimate.value is None:
        return estimate
    smallest = min(tolerances)
    return replace(
        estimate,
        p_value=estimate.detail["tolerance"][f"{smallest:g}"],
        method=f"tolerance test of a true PSI of at most {smallest:g}: {estimate.method}",
    )


def psi_critical_value(
    reference_size: int, current_size: int, cells: int = 10, *, significance: float = 0.05, tolerance: float = 0.0
) -> float:
    """The PSI above which "the true PSI is at most `tolerance`" is rejected: s·χ′²(B − 1, tolerance/s), s = 1/N + 1/M.

    Sizes are rows, `cells` is B. It knows nothing of the shape of a shift, so that with a few hundred rows the p-value
    of `psi_tolerance_test` is a little stricter. With a tolerance of 0 this is Yurdakul's (1/N + 1/M)·χ²(B − 1).
    Raises ValueError for sizes below 1, fewer than 2 cells, a significance outside (0, 1) or a negative tolerance.
    Source: Yurdakul 2018; Yurdakul & Naranjo 2020.
    """
    if reference_size < 1 or current_size < 1 or cells < 2:
        raise ValueError("A critical value needs at least one row on each side and two cells.")
    if not 0.0 < significance < 1.0 or tolerance < 0.0:
        raise ValueError("The significance lies between 0 and 1 and the tolerance is not negative.")
    sampling = 1.0 / reference_size + 1.0 / current_size
    if tolerance == 0.0:
        return float(sampling * special.chdtri(cells - 1, significance))
    return float(sampling * special.chndtrix(1.0 - significance, cells - 1, tolerance / sampling))


def jensen_shannon_distance(
    reference, current, *, bins: int = 10, tolerances: Sequence[float] = (), level: float = 0.95
) -> Estimate:
    """√(½KL(p‖m) + ½KL(q‖m)) with m = (p + q)/2 and logarithms to base 2; between 0 and 1.

    Arguments, shapes and errors as `population_stability_index`; empty cells need no smoothing. Interval, p-value and
    tolerance tests rest on 8·ln 2·distance²/(1/N + 1/M) being noncentral chi-squared to first order.
    Source: Lin 1991; Endres & Schindelin 2003.
    """
    cells = paired_cells(reference, current, bins=bins)
    if cells.reason:
        return could_not_compute(cells.reason, method="Jensen-Shannon distance", sizes=cells.sizes, **cells.apart)
    first, second = cells.occupied()
    p, q = first / cells.sizes["reference"], second / cells.sizes["current"]
    middle = (p + q) / 2.0
    nats = float(np.sum(special.rel_entr(p, middle)) + np.sum(special.rel_entr(q, middle))) / 2.0
    value = min(1.0, math.sqrt(max(0.0, nats / math.log(2.0))))
    what = "Jensen-Shannon distance, base 2"
    scale = 8.0 * math.log(2.0)
    return _divergence(cells, value, what, scale=scale, power=2, tolerances=tolerances, level=level, most=1.0)


def hellinger_distance(
    reference, current, *, bins: int = 10, tolerances: Sequence[float] = (), level: float = 0.95
) -> Estimate:
    """√(½ Σ (√pᵢ − √qᵢ)²); between 0 and 1.

    Arguments, shapes and errors as `population_stability_index`; empty cells need no smoothing. Interval, p-value and
    tolerance tests rest on 8·distance²/(1/N + 1/M) being noncentral chi-squared to first order. Source: Hellinger 1909.
    """
    cells = paired_cells(reference, current, bins=bins)
    if cells.reason:
        return could_not_compute(cells.reason, method="Hellinger distance", sizes=cells.sizes, **cells.apart)
    first, second = cells.occupied()
    root_p = np.sqrt(first / cells.sizes["reference"])
    root_q = np.sqrt(second / cells.sizes["current"])
    value = min(1.0, math.sqrt(float(np.sum((root_p - root_q) ** 2)) / 2.0))
    what = "Hellinger distance"
    return _divergence(cells, value, what, scale=8.0, power=2, tolerances=tolerances, level=level, most=1.0)


def l_infinity_distance(
    reference, current, *, bins: int = 10, tolerances: Sequence[float] = (), level: float = 0.95
) -> Estimate:
    """max |pᵢ − qᵢ|: the largest change of any single share; between 0 and 1.

    Arguments, shapes and errors as `population_stability_index`. The interval holds for all B shares at once
    (Bonferroni over the cells, normal with unpooled errors), so it covers the largest; p-values are Bonferroni-adjusted
    as well. Source: Bonferroni adjustment, Dunn 1961.
    """
    cells = paired_cells(reference, current, bins=bins)
    if cells.reason:
        return could_not_compute(cells.reason, method="L-infinity distance", sizes=cells.sizes, **cells.apart)
    first, second = cells.occupied()
    size_p, size_q = cells.sizes["reference"], cells.sizes["current"]
    p, q = first / size_p, second / size_q
    gaps = np.abs(p - q)
    # Half a row keeps the error of a share of exactly 0 or 1 above zero, as in the Agresti-Caffo interval.
    soft_p, soft_q = (first + 0.5) / (size_p + 1.0), (second + 0.5) / (size_q + 1.0)
    errors = np.sqrt(soft_p * (1.0 - soft_p) / size_p + soft_q * (1.0 - soft_q) / size_q)
    reach = special.ndtri(1.0 - (1.0 - level) / (2.0 * len(gaps)))
    largest = int(np.argmax(gaps))
    label = cells.labels[int(np.flatnonzero((cells.reference > 0) | (cells.current > 0))[largest])]

    def p_value_at_most(tolerance: float, sides: int) -> float:
        nearest = float(np.max((gaps - tolerance) / errors))
        return min(1.0, sides * len(gaps) * float(special.ndtr(-nearest)))

    alone = len(gaps) == 1
    return Estimate(
        value=float(gaps[largest]),
        low=None if alone else max(0.0, float(np.max(gaps - reach * errors))),
        high=None if alone else min(1.0, float(np.max(gaps + reach * errors))),
        level=level,
        statistic=0.0 if alone else float(np.max(gaps / errors)),
        p_value=1.0 if alone else p_value_at_most(0.0, 2),
        sizes=cells.sizes,
        method=cells.method("largest difference of a share, simultaneous normal interval over the cells"),
        detail={
            **cells.apart,
            "largest": label,
            "bins": cells.bins(),
            "tolerance": {f"{t:g}": 1.0 if alone else p_value_at_most(t, 1) for t in tolerances},
        },
    )


def _divergence(
    cells: PairedCells,
    value: float,
    what: str,
    *,
    scale: float,
    power: int,
    tolerances: Sequence[float],
    level: float,
    most: float = math.inf,
    **detail,
) -> Estimate:
    """An Estimate of a divergence for which scale·valueᵖᵒʷᵉʳ/(1/N + 1/M) is noncentral chi-squared to first order."""
    if any(tolerance < 0.0 for tolerance in tolerances):
        raise ValueError("A tolerance is the largest acceptable distance; it is not negative.")
    sampling = (1.0 / cells.sizes["reference"] + 1.0 / cells.sizes["current"]) / scale
    freedom = int(np.count_nonzero((cells.reference > 0) | (cells.current > 0))) - 1
    statistic = value**power / sampling
    facts = {**cells.apart, "cells": freedom + 1, "bins": cells.bins(), **detail}
    if freedom == 0:
        facts["tolerance"] = {f"{tolerance:g}": 1.0 for tolerance in tolerances}
        method = cells.method(f"{what}; both sides fill one and the same cell, so nothing can be tested")
        return Estimate(
            value=value, level=level, statistic=statistic, p_value=1.0, sizes=cells.sizes, method=method, detail=facts
        )
    facts["tolerance"] = {
        f"{tolerance:g}": upper_tail(statistic, freedom, tolerance**power / sampling) for tolerance in tolerances
    }
    facts["expected_without_change"] = (sampling * freedom) ** (1.0 / power)
    low, high = (
        (noncentrality * sampling) ** (1.0 / power)
        for noncentrality in noncentrality_interval(statistic, freedom, level)
    )
    return Estimate(
        value=value,
        low=min(low, value),
        # The sample value is biased upwards by about its expectation without change: where the interval of the true
        # value ends below the sample value, it is widened to contain it.
        high=min(max(high, value), most),
        level=level,
        statistic=statistic,
        p_value=upper_tail(statistic, freedom, 0.0),
        sizes=cells.sizes,
        method=cells.method(
            f"{what}, interval and tests from the noncentral chi-squared, degrees of freedom {freedom}"
        ),
        detail=facts,
    )


def upper_tail(statistic: float, freedom: int, noncentrality: float) -> float:
    """P(noncentral chi-squared ≥ statistic)."""
    if noncentrality == 0.0:
        return float(special.chdtrc(freedom, statistic))
    return min(1.0, max(0.0, 1.0 - float(special.chndtr(statistic, freedom, noncentrality))))


def noncentrality_interval(statistic: float, freedom: int, level: float) -> tuple[float, float]:
    """The noncentralities under which the observed statistic is neither too large nor too small."""
    tail = (1.0 - level) / 2.0
    if not 0.0 < tail < 0.5:
        raise ValueError(f"A confidence level lies between 0 and 1, not at {level}.")
    if statistic > max(LARGE_STATISTIC, 2.0 * freedom):
        reach = float(special.ndtri(1.0 - tail))
        return _large_noncentrality(statistic, freedom, reach), _large_noncentrality(statistic, freedom, -reach)
    below = float(special.chdtr(freedom, statistic))
    low = float(special.chndtrinc(statistic, freedom, 1.0 - tail)) if below > 1.0 - tail else 0.0
    high = float(special.chndtrinc(statistic, freedom, tail)) if below > tail else 0.0
    return low, high


def _large_noncentrality(statistic: float, freedom: int, z: float) -> float:
    """The noncentrality whose quantile at z is the statistic, by the Cornish-Fisher expansion with skewness."""
    value = max(0.0, statistic - freedom)
    for _ in range(30):
        spread = math.sqrt(2.0 * (freedom + 2.0 * value))
        skew = (z * z - 1.0) * 2.0 / 3.0 * (freedom + 3.0 * value) / (freedom + 2.0 * value)
        value = max(0.0, statistic - freedom - z * spread - skew)
    return value
