"""Tests on tables of counts: chi-squared, G, and Cramér's V."""

import math

import numpy as np
from scipy import special

from audits.statistics.drift.cells import PairedCells, paired_cells
from audits.statistics.drift.divergences import noncentrality_interval, upper_tail
from audits.statistics.estimates import Estimate, could_not_compute

MINIMUM_EXPECTED = 5.0


def chi_square_test(
    reference,
    current,
    *,
    bins: int = 10,
    minimum_expected: float = MINIMUM_EXPECTED,
    reference_is_known: bool = False,
) -> Estimate:
    """χ² = Σ (observed − expected)²/expected over the cells of both sides; unitless.

    reference, current: two 1-d arrays of rows, or two Counts over the same grid. By default the test of homogeneity of
    two samples; with `reference_is_known` the reference's shares are proportions without sampling error, and only the
    current counts are random. Cells whose expected count lies below `minimum_expected` are merged (0 switches that
    off). `detail` carries degrees of freedom, Cramér's V and the smallest expected count; `detail["tolerance"]["0"]`
    is the p-value. Raises ValueError for fewer than 2 bins or differing grids, TypeError for rows against Counts.
    Source: Pearson 1900; merging Cochran 1954.
    """
    return _test(reference, current, bins, minimum_expected, reference_is_known, "chi-squared", _pearson)


def g_test(
    reference,
    current,
    *,
    bins: int = 10,
    minimum_expected: float = MINIMUM_EXPECTED,
    reference_is_known: bool = False,
) -> Estimate:
    """G = 2 Σ observed·ln(observed/expected): the likelihood-ratio twin of the chi-squared test; unitless.

    Arguments, shapes, merging, detail and errors as `chi_square_test`. Source: Wilks 1938; Woolf 1957.
    """
    return _test(reference, current, bins, minimum_expected, reference_is_known, "G", _likelihood_ratio)


def cramers_v(reference, current, *, bins: int = 10, level: float = 0.95) -> Estimate:
    """V = √(χ²/n) for two sides (n rows in all): the strength of association of side and value, between 0 and 1.

    Arguments, shapes and errors as `chi_square_test`; no cells are merged, and no continuity correction is made. The
    interval inverts the noncentral chi-squared distribution of χ². Source: Cramér 1946; interval Smithson 2003.
    """
    cells = paired_cells(reference, current, bins=bins)
    if cells.reason:
        return could_not_compute(cells.reason, method="Cramér's V", sizes=cells.sizes, **cells.apart)
    first, second = cells.occupied()
    freedom = len(first) - 1
    if freedom == 0:
        return could_not_compute(
            "Both sides hold one and the same value, so there is no association to measure.",
            method=cells.method("Cramér's V"), sizes=cells.sizes, **cells.apart,
        )  # fmt: skip
    observed, expected = _homogeneity(first, second)
    statistic = _pearson(observed, expected)
    rows = sum(cells.sizes.values())
    value = math.sqrt(statistic / rows)
    low, high = (math.sqrt(lam / rows) for lam in noncentrality_interval(statistic, freedom, level))
    return Estimate(
        value=min(1.0, value),
        low=min(low, value),
        high=min(1.0, max(high, value)),
        level=level,
        statistic=statistic,
        p_value=upper_tail(statistic, freedom, 0.0),
        sizes=cells.sizes,
        method=cells.method(f"Cramér's V without merging of cells, {freedom} degrees of freedom"),
        detail={
            **cells.apart,
            "degrees_of_freedom": freedom,
            "smallest_expected": float(expected.min()),
            "bins": cells.bins(),
        },
    )


def _test(reference, current, bins, minimum_expected, reference_is_known, name, measure) -> Estimate:
    cells = paired_cells(reference, current, bins=bins)
    against = "against the reference's proportions" if reference_is_known else "of homogeneity"
    what = f"{name} test {against}"
    if cells.reason:
        return could_not_compute(cells.reason, method=what, sizes=cells.sizes, **cells.apart)
    first, second = cells.occupied()
    build = _against_proportions if reference_is_known else _homogeneity
    groups = _merged_groups(build(first, second)[1].min(axis=0), minimum_expected)
    merged = len(first) - (int(groups.max()) + 1)
    first, second = (np.bincount(groups, weights=side) for side in (first, second))
    what += f", {merged} cells with fewer than {minimum_expected:g} expected rows merged away" if merged else ""
    freedom = len(first) - 1
    if freedom == 0:
        return could_not_compute(_why_one_cell(cells, merged, minimum_expected), method=cells.method(what),
                                 sizes=cells.sizes, **cells.apart)  # fmt: skip
    observed, expected = build(first, second)
    if float(expected.min()) == 0.0:
        return could_not_compute(
            "The current side holds values that the reference gives a proportion of zero, under which they are "
            "impossible; merge them by a minimum expected count above 0.",
            method=cells.method(what), sizes=cells.sizes, **cells.apart,
        )  # fmt: skip
    statistic = measure(observed, expected)
    p_value = float(special.chdtrc(freedom, statistic))
    pearson = _pearson(observed, expected)
    return Estimate(
        value=statistic,
        statistic=statistic,
        p_value=p_value,
        sizes=cells.sizes,
        method=cells.method(f"{what}, {freedom} degrees of freedom"),
        detail={
            **cells.apart,
            "degrees_of_freedom": freedom,
            "merged": merged,
            "smallest_expected": float(expected.min()),
            "cramers_v": math.sqrt(pearson / (observed.sum() * (freedom if reference_is_known else 1))),
            "tolerance": {"0": p_value},
            "bins": cells.bins(),
        },
    )


def _homogeneity(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    observed = np.vstack((first, second)).astype(float)
    expected = np.outer(observed.sum(axis=1), observed.sum(axis=0)) / observed.sum()
    return observed, expected


def _against_proportions(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    observed = np.asarray(second, dtype=float)[None, :]
    return observed, observed.sum() * np.asarray(first, dtype=float)[None, :] / first.sum()


def _merged_groups(expected: np.ndarray, minimum: float) -> np.ndarray:
    """The group of each cell: cells below the minimum share one, joined by the next smallest until it reaches it."""
    order = np.argsort(expected, kind="stable")
    small = int(np.count_nonzero(expected < minimum))
    groups = np.arange(len(expected))
    if small == 0:
        return groups
    reached = int(np.searchsorted(np.cumsum(expected[order]), minimum)) + 1
    pooled = min(max(small, reached), len(expected))
    groups[order[:pooled]] = order[0]
    return np.unique(groups, return_inverse=True)[1]


def _pearson(observed: np.ndarray, expected: np.ndarray) -> float:
    return float(np.sum((observed - expected) ** 2 / expected))


def _likelihood_ratio(observed: np.ndarray, expected: np.ndarray) -> float:
    return max(0.0, 2.0 * float(np.sum(special.xlogy(observed, observed / expected))))


def _why_one_cell(cells: PairedCells, merged: int, minimum_expected: float) -> str:
    if merged:
        return (
            f"Too few rows: after merging cells with fewer than {minimum_expected:g} expected rows, one cell is left."
        )
    return f"Both sides hold one and the same value in all {sum(cells.sizes.values())} rows, so nothing can be tested."
