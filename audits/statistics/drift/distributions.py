"""Distances between two cumulative distributions: Kolmogorov–Smirnov and Wasserstein, exact or bounded by a grid."""

import math
import warnings
from collections.abc import Callable, Sequence

import numpy as np
import scipy
from scipy import special

from audits.statistics.counts import Counts
from audits.statistics.drift.cells import NO_ORDER, PairedRows, are_counts, counted_apart, paired_cells, paired_rows
from audits.statistics.estimates import Estimate, could_not_compute

LARGEST_EXACT = 10_000  # rows of the larger side up to which scipy, too, computes the p-value exactly
BEYOND_RANGE = "The values lie too far apart: their distances are beyond the range of a 64-bit number."
NO_RANGE = "The Counts carry no minimum and maximum, so their outer cells have no end to measure a distance to."


def kolmogorov_smirnov(
    reference,
    current,
    *,
    tolerances: Sequence[float] = (),
    level: float = 0.95,
    rng: np.random.Generator | None = None,
    permutations: int = 999,
) -> Estimate:
    """D = sup |F − G|, the largest gap between the two cumulative shares; between 0 and 1.

    reference, current: two 1-d arrays of numbers or times, or two numeric Counts over the same grid. From Counts D is
    taken at the edges of the grid; the true D is at most `detail["bound"]` larger. The p-value is exact up to 10 000
    rows a side without ties, asymptotic above; with ties it is conservative, and with `rng` it comes from permutations
    instead. The interval is D ± the two-sample Kolmogorov band, and so covers at least at `level`; so do the p-values
    of "the true D is at most t" in `detail["tolerance"]`.
    Raises TypeError for rows against Counts, ValueError for differing grids or a column of two dimensions.
    Source: Smirnov 1948; Hodges 1958; permutation under ties Pratt & Gibbons 1981.
    """
    name = "two-sample Kolmogorov-Smirnov D"
    if are_counts(reference, current):
        cells = paired_cells(reference, current, bins=2)
        reason = cells.reason or ("" if reference.is_numeric else NO_ORDER)
        if reason:
            return could_not_compute(reason, method=name, sizes=cells.sizes, **cells.apart)
        value, bound = _gap_on_grid(reference, current)
        n, m = cells.sizes.values()
        p_value = float(special.kolmogorov(value / math.sqrt(1.0 / n + 1.0 / m)))
        what = f"{name} at the edges of the frozen grid of {len(reference.cells)} cells, at most {bound:.4g} too small"
        how = f"{what}, p-value from the limiting Kolmogorov distribution{counted_apart(cells.apart)}"
        return _smirnov(value, p_value, cells.sizes, how, tolerances, level, **cells.apart, bound=bound)
    rows = paired_rows(reference, current, ordered=True)
    if rows.reason:
        return could_not_compute(rows.reason, method=name, sizes=rows.sizes, **rows.apart)
    points, first, second = counted(rows)
    n, m = rows.sizes.values()
    value = _largest_gap(first, second)
    tied = len(points) < n + m
    if tied and rng is not None:
        p_value = permuted_tail(_largest_gap, value, first, second, rng, permutations)
        how = f"p-value from {permutations} permutations because of ties"
    else:
        exact = max(n, m) <= LARGEST_EXACT
        p_value = _exact_tail(rows) if exact else _asymptotic_tail(value, n, m)
        how = f"{'exact' if exact else 'asymptotic'} p-value{', conservative because of ties' if tied else ''}"
    method = rows.method(f"{name} from rows, {how}")
    return _smirnov(value, p_value, rows.sizes, method, tolerances, level, **rows.apart, bound=0.0, tied=tied)


def wasserstein_distance(
    reference, current, *, scaled: bool = False, rng: np.random.Generator | None = None, permutations: int = 199
) -> Estimate:
    """∫ |F − G| dx: how far the mass has to be moved, in the column's unit; `scaled` divides by the reference's SD.

    reference, current: two 1-d arrays of numbers or times (microseconds), or two numeric Counts over the same grid.
    From Counts the rows of a cell are taken as spread evenly over it, the outer cells ending at the minimum and
    maximum; the true distance differs by at most `detail["bound"]`. `detail` carries `raw` and `scaled`; the SD is
    that of the reference rows (divisor n). With `rng`, rows get a p-value from permutations.
    Raises as `kolmogorov_smirnov`. Source: Vallender 1974.
    """
    name = "Wasserstein distance"
    p_value = None
    if are_counts(reference, current):
        cells = paired_cells(reference, current, bins=2)
        sizes, apart = cells.sizes, cells.apart
        reason = cells.reason or why_no_area(reference, current)
        if reason:
            return could_not_compute(reason, method=name, sizes=sizes, **apart)
        raw, bound = _area_on_grid(reference, current)
        deviation = math.sqrt(reference.second_moment or 0.0)
        how = f"{name} from the frozen grid of {len(reference.cells)} cells, within {bound:.4g}{counted_apart(apart)}"
    else:
        rows = paired_rows(reference, current, ordered=True)
        sizes, apart = rows.sizes, rows.apart
        if rows.reason:
            return could_not_compute(rows.reason, method=name, sizes=sizes, **apart)
        points, first, second = counted(rows)
        with np.errstate(over="ignore", invalid="ignore"):
            lengths = steps(points)

            def area(one: np.ndarray, other: np.ndarray) -> float:
                return float(np.sum(np.abs(gaps_between(one, other)[:-1]) * lengths))

            raw, bound = area(first, second), 0.0
            deviation = float(np.std(rows.reference.astype(float)))
        how = rows.method(f"{name} from rows")
        if rng is not None and math.isfinite(raw):
            p_value = permuted_tail(area, raw, first, second, rng, permutations)
            how += f", p-value from {permutations} permutations"
    if not (math.isfinite(raw) and math.isfinite(deviation)):
        return could_not_compute(BEYOND_RANGE, method=how, sizes=sizes, **apart)
    in_deviations = raw / deviation if deviation > 0.0 else None
    detail = {**apart, "raw": raw, "scaled": in_deviations, "bound": bound, "reference_deviation": deviation}
    if not scaled:
        return Estimate(value=raw, p_value=p_value, sizes=sizes, method=how, detail=detail)
    how += f", divided by the reference's standard deviation {deviation:.6g}"
    if in_deviations is None:
        reason = "The reference is constant, so its standard deviation of 0 cannot scale the distance; use the raw one."
        return could_not_compute(reason, method=how, sizes=sizes, **detail)
    detail["bound"] = bound / deviation
    return Estimate(value=in_deviations, p_value=p_value, sizes=sizes, method=how, detail=detail)


def why_no_area(reference: Counts, current: Counts) -> str:
    """Why no area between the two cumulative shares can be measured from these Counts; empty when it can."""
    if not reference.is_numeric:
        return NO_ORDER
    ends = (reference.minimum, reference.maximum, current.minimum, current.maximum)
    if None in ends:
        return NO_RANGE
    return "" if max(ends) / 2.0 - min(ends) / 2.0 < np.finfo(np.float64).max / 2.0 else BEYOND_RANGE


def gaps_on_grid(reference: Counts, current: Counts) -> tuple[np.ndarray, np.ndarray]:
    """(widths of the cells, shape (k,); gaps F − G before each cell and after the last, shape (k + 1,)).

    The outer cells end at the smallest minimum and the largest maximum.
    """
    start = min(reference.minimum, current.minimum)
    end = max(reference.maximum, current.maximum)
    points = np.concatenate(([start], np.clip(reference.edges, start, end), [end]))
    first, second = _cumulative(reference, current)
    return np.diff(points), first - second


def counted(rows: PairedRows) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The distinct values of both sides together and how often each side holds them."""
    points, place = np.unique(np.concatenate((rows.reference, rows.current)), return_inverse=True)
    cut = len(rows.reference)
    first = np.bincount(place[:cut], minlength=len(points))
    return points, first, np.bincount(place[cut:], minlength=len(points))


def gaps_between(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """F − G at each of the values that both sides are counted at."""
    return np.cumsum(first) / first.sum() - np.cumsum(second) / second.sum()


def permuted_tail(
    statistic: Callable[[np.ndarray, np.ndarray], float],
    value: float,
    first: np.ndarray,
    second: np.ndarray,
    rng: np.random.Generator,
    permutations: int,
) -> float:
    """The share of random splits of the pooled cells, the observed one included, whose statistic is at least `value`.

    Splitting cells costs as much as they are, whatever the number of rows in them.
    """
    pooled, size = first + second, int(first.sum())
    reached = 0
    for _ in range(permutations):
        drawn = rng.multivariate_hypergeometric(pooled, size, method="marginals")
        reached += statistic(drawn, pooled - drawn) >= value * (1.0 - 1e-12)
    return (1 + int(reached)) / (permutations + 1)


def steps(points: np.ndarray) -> np.ndarray:
    """The distances between neighbouring distinct values, float64, shape (k - 1,); infinite beyond its range."""
    if points.dtype.kind == "i":  # read as unsigned, a difference beyond 2^63 is the right one
        return np.diff(points).view(np.uint64).astype(np.float64)
    with np.errstate(over="ignore"):
        return np.diff(points).astype(np.float64)


def _smirnov(value, p_value, sizes, method, tolerances, level, **detail) -> Estimate:
    n, m = sizes.values()
    unit = math.sqrt(1.0 / n + 1.0 / m)
    reach = unit * float(special.kolmogi(1.0 - level))
    bound = detail["bound"]
    detail["tolerance"] = {f"{t:g}": float(special.kolmogorov(max(0.0, value - t) / unit)) for t in tolerances}
    return Estimate(
        value=value,
        low=max(0.0, value - reach),
        high=min(1.0, value + bound + reach),
        level=level,
        statistic=value,
        p_value=p_value,
        sizes=sizes,
        method=method,
        detail=detail,
    )


def _asymptotic_tail(value: float, n: int, m: int) -> float:
    return min(1.0, max(0.0, float(scipy.stats.kstwo.sf(value, np.round(n * m / (n + m))))))


def _exact_tail(rows: PairedRows) -> float:
    with warnings.catch_warnings():  # scipy warns when rounding makes it fall back to the asymptotic p-value
        warnings.simplefilter("ignore", RuntimeWarning)
        return float(scipy.stats.ks_2samp(rows.reference, rows.current, method="exact").pvalue)


def _largest_gap(first: np.ndarray, second: np.ndarray) -> float:
    return float(np.max(np.abs(gaps_between(first, second))))


def _cumulative(reference: Counts, current: Counts) -> tuple[np.ndarray, np.ndarray]:
    """Both cumulative shares before each cell and after the last: shape (k + 1,)."""
    return tuple(np.concatenate(([0.0], np.cumsum(side.cells) / side.observed)) for side in (reference, current))


def _gap_on_grid(reference: Counts, current: Counts) -> tuple[float, float]:
    """(D at the edges, how much larger the true D can be)."""
    first, second = _cumulative(reference, current)
    value = float(np.max(np.abs(first - second)))
    inside = np.maximum(np.abs(first[1:] - second[:-1]), np.abs(first[:-1] - second[1:]))
    inside[_cannot_part(reference, current)] = 0.0
    return value, max(0.0, float(np.max(inside)) - value)


def _cannot_part(reference: Counts, current: Counts) -> np.ndarray:
    """The cells inside which the gap is never larger than at their ends: empty on one side, or one number wide."""
    cannot = (reference.cells == 0) | (current.cells == 0)
    edges = reference.edges
    cannot[1:-1] |= edges[1:] <= np.nextafter(edges[:-1], np.inf)
    return cannot


def _area_on_grid(reference: Counts, current: Counts) -> tuple[float, float]:
    """(∫ |F − G| with the rows spread evenly over their cells, how far the true area can be from it)."""
    widths, gaps = gaps_on_grid(reference, current)
    before, after = gaps[:-1], gaps[1:]
    size = np.abs(before) + np.abs(after)
    crossing = before * after < 0.0
    mean_gap = np.where(crossing, (before**2 + after**2) / (2.0 * np.where(size > 0.0, size, 1.0)), size / 2.0)
    area = float(np.sum(widths * mean_gap))
    first, second = _cumulative(reference, current)
    largest = np.maximum(np.abs(first[1:] - second[:-1]), np.abs(first[:-1] - second[1:]))
    smallest = np.maximum(0.0, np.maximum(first[:-1] - second[1:], second[:-1] - first[1:]))
    most, least = float(np.sum(widths * largest)), float(np.sum(widths * smallest))
    if reference.mean is not None and current.mean is not None:
        # The distance of the means is never larger than the distance of the distributions, and the Counts know it.
        least = max(least, abs(reference.mean - current.mean))
        area = max(area, least)
        most = max(most, area)
    return area, max(most - area, area - least)
