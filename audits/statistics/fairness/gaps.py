"""Gaps between groups: the largest difference of a rate, with an interval and a test of equality.

All functions take a cells table (see `cells`) and the protected attributes, one name or several to intersect. Groups
with fewer than `minimum_size` rows are left out of the gap and listed with the reason in `detail["excluded"]`. The
p-value is of the chi-square test that all groups share one rate. Intervals: with `rng`, a bootstrap of the decisions
within each group and condition; without, Newcombe's for two groups and none for more. All raise ValueError as
`count_groups`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special

from audits.statistics.arrays import open_share
from audits.statistics.estimates import Estimate, could_not_compute
from audits.statistics.fairness.cells import GroupCounts, count_groups, too_small
from audits.statistics.shares import newcombe_difference, percentile_interval

MINIMUM_SIZE = 30  # Rows below which a group is named but not judged (display; gating asks for 100).

Shares = tuple[np.ndarray, np.ndarray]  # successes and totals, per group


def demographic_parity(
    cells: Any,
    attributes: str | Sequence[str],
    *,
    favourable: int = 1,
    minimum_size: int = MINIMUM_SIZE,
    rng: np.random.Generator | None = None,
    replicates: int = 1000,
    level: float = 0.95,
) -> Estimate:
    """Largest difference of selection rates between groups; 0 is parity, 1 the worst.

    Outcomes are not needed. Source: Calders & Verwer 2010; Fairlearn's demographic_parity_difference.
    """
    counts = count_groups(cells, attributes, favourable=favourable)
    return _largest_gap(
        "difference of selection rates",
        counts,
        {"selection_rate": counts.selected},
        minimum_size,
        rng,
        replicates,
        level,
    )


def equal_opportunity(
    cells: Any,
    attributes: str | Sequence[str],
    *,
    favourable: int = 1,
    minimum_size: int = MINIMUM_SIZE,
    rng: np.random.Generator | None = None,
    replicates: int = 1000,
    level: float = 0.95,
) -> Estimate:
    """Largest difference between groups of the favourable decisions among those whose outcome was favourable.

    Source: Hardt, Price & Srebro 2016.
    """
    counts = count_groups(cells, attributes, favourable=favourable)
    rates = {"true_positive_rate": counts.decided(1)}
    return _largest_gap("difference of true positive rates", counts, rates, minimum_size, rng, replicates, level)


def predictive_parity(
    cells: Any,
    attributes: str | Sequence[str],
    *,
    favourable: int = 1,
    minimum_size: int = MINIMUM_SIZE,
    rng: np.random.Generator | None = None,
    replicates: int = 1000,
    level: float = 0.95,
) -> Estimate:
    """Largest difference between groups of the favourable outcomes among those decided favourably (precision).

    Source: Chouldechova 2017.
    """
    counts = count_groups(cells, attributes, favourable=favourable)
    rates = {"precision": counts.favoured_and_right}
    return _largest_gap("difference of precisions", counts, rates, minimum_size, rng, replicates, level)


def equalized_odds(
    cells: Any,
    attributes: str | Sequence[str],
    *,
    favourable: int = 1,
    minimum_size: int = MINIMUM_SIZE,
    rng: np.random.Generator | None = None,
    replicates: int = 1000,
    level: float = 0.95,
) -> Estimate:
    """The larger of the gaps in true and in false positive rates between groups; 0 is parity.

    The interval bootstraps both gaps together, then their maximum. `detail` holds each gap with its own.
    Source: Hardt, Price & Srebro 2016; Fairlearn's equalized_odds_difference.
    """
    counts = count_groups(cells, attributes, favourable=favourable)
    rates = {"true_positive_rate": counts.decided(1), "false_positive_rate": counts.decided(0)}
    method = "maximum of the gaps in true and false positive rates"
    return _largest_gap(method, counts, rates, minimum_size, rng, replicates, level)


@dataclass(frozen=True, eq=False)
class Resampled:
    """Bootstrap of one rate over groups: the gap in each resample, and how far the worst pair strayed in each.

    gaps     shape (replicates,): largest minus smallest rate
    strays   shape (replicates,): largest distance of a pair's difference from the observed one, in standard errors
    surest   the largest over pairs of difference minus `critical` standard errors, as a function of `critical`
    """

    gaps: np.ndarray
    strays: np.ndarray
    surest: Callable[[float], float]


def resample_rates(successes: np.ndarray, totals: np.ndarray, rng: np.random.Generator, replicates: int) -> Resampled:
    """Draw the decisions of every group anew, the groups' totals staying as they are."""
    shares = successes / totals
    drawn = rng.binomial(np.rint(totals).astype(np.int64), shares, size=(replicates, len(totals))) / totals
    # Half a decision on each side (Jeffreys) keeps a group in which all were decided alike from looking certain.
    smoothed = (successes + 0.5) / (totals + 1)
    variance = smoothed * (1 - smoothed) / totals
    errors = np.sqrt(variance[:, None] + variance)
    deviations = drawn - shares
    strays = np.zeros(replicates)
    for place in range(len(totals) - 1):
        distance = np.abs(deviations[:, place + 1 :] - deviations[:, place, None]) / errors[place, place + 1 :]
        np.maximum(strays, distance.max(axis=1), out=strays)
    differences = np.abs(shares[:, None] - shares)
    return Resampled(np.ptp(drawn, axis=1), strays, lambda critical: float((differences - critical * errors).max()))


def equality_test(successes: np.ndarray, totals: np.ndarray) -> tuple[float, int]:
    """Chi-square that all groups share one rate, and its degrees of freedom; (0, 0) where overall it is 0 or 1."""
    pooled = successes.sum() / totals.sum()
    if pooled <= 0 or pooled >= 1:
        return 0.0, 0
    return float(((successes - totals * pooled) ** 2 / (totals * pooled * (1 - pooled))).sum()), len(totals) - 1


def _largest_gap(
    method: str,
    counts: GroupCounts,
    rates: dict[str, Shares],
    minimum_size: int,
    rng: np.random.Generator | None,
    replicates: int,
    level: float,
) -> Estimate:
    sizes = {name: round(size) for name, size in zip(counts.names, counts.rows, strict=True)}
    excluded = too_small(counts.names, counts.rows, minimum_size)
    for rate, (_, totals) in rates.items():
        for name, total in zip(counts.names, totals, strict=True):
            if total <= 0:
                excluded.setdefault(name, f"the group has no row that its {rate.replace('_', ' ')} could be taken over")
    kept = np.array([name not in excluded for name in counts.names], dtype=bool)
    names = [name for name in counts.names if name not in excluded]
    detail: dict[str, Any] = {"excluded": excluded}
    if counts.without_outcome:
        detail["rows_without_outcome"] = counts.without_outcome
    sizes = {name: size for name, size in sizes.items() if name not in excluded} or sizes
    if len(names) < 2:
        found = "no group is" if not names else f"only the group {names[0]} is"
        reason = f"{method}: {found} large enough to compare"
        if excluded:
            reason += "; " + "; ".join(f"{name}: {why}" for name, why in excluded.items())
        return could_not_compute(reason, method=method, sizes=sizes, **detail)
    statistic, freedom, draws, gaps = 0.0, 0, [], {}
    for rate, (successes, totals) in rates.items():
        successes, totals = successes[kept], totals[kept]
        shares = successes / totals
        gap: dict[str, Any] = {"value": float(np.ptp(shares))}
        detail[rate] = dict(zip(names, shares.tolist(), strict=True))
        gap["lowest"], gap["highest"] = names[int(shares.argmin())], names[int(shares.argmax())]
        addition, more = equality_test(successes, totals)
        statistic, freedom = statistic + addition, freedom + more
        if rng is not None:
            draws.append(resample_rates(successes, totals, rng, replicates))
            gap["low"], gap["high"] = _bootstrap_interval(draws[-1:], gap["value"], level)
        elif len(names) == 2:
            gap["low"], gap["high"] = _folded_newcombe(successes, totals, level)
        gaps[rate] = gap
    detail["gaps"] = gaps
    widest = max(gaps.values(), key=lambda gap: gap["value"])
    low, high = widest.get("low"), widest.get("high")
    if rng is not None:
        low, high = _bootstrap_interval(draws, widest["value"], level)
        method += f", stratified bootstrap, {replicates} replicates"
    elif len(rates) > 1:
        # Two gaps looked at together: the interval of the wider one alone would be too hopeful.
        low = high = None
    elif len(names) == 2:
        method += ", Newcombe interval"
    return Estimate(
        value=widest["value"],
        low=low,
        high=high,
        level=level,
        statistic=statistic,
        p_value=float(special.chdtrc(freedom, statistic)) if freedom else 1.0,
        sizes=sizes,
        method=method,
        detail=detail,
    )


def _bootstrap_interval(draws: list[Resampled], value: float, level: float) -> tuple[float, float]:
    """Interval of the widest gap over pairs of groups and over rates.

    A resampled maximum of absolute differences lies above the true one, at equality always. So the lower end is the
    best that simultaneous bands of all pairs allow; the upper end is the percentile of the resampled maximum.
    """
    critical = float(np.quantile(np.max([draw.strays for draw in draws], axis=0), open_share(level, "level")))
    low = max(0.0, *(draw.surest(critical) for draw in draws))
    _, high = percentile_interval(np.max([draw.gaps for draw in draws], axis=0), value, level=level)
    return low, high


def _folded_newcombe(successes: np.ndarray, totals: np.ndarray, level: float) -> tuple[float, float]:
    """Newcombe's interval of a difference of two rates, as an interval of its absolute value."""
    low, high = newcombe_difference(successes[0], totals[0], successes[1], totals[1], level=level)
    ends = abs(low), abs(high)
    return (0.0 if low <= 0 <= high else min(ends)), max(ends)
