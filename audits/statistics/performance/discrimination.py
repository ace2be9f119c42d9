"""How well a score separates the two outcomes: AUC, Gini, KS, average precision, lift.

`label` holds 0 and 1, shape (n,); `score` rises with the chance of a 1, shape (n,). `weights`, shape (n,), says how
many rows each entry stands for, so cells of equal rows give the numbers of the rows they replace, interval included.
"""

import math
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import ArrayLike
from scipy import special

from audits.statistics.arrays import binary_vector, finite_vector, frequency_vector, open_share
from audits.statistics.estimates import Estimate, could_not_compute
from audits.statistics.shares import normal_estimate, normal_quantile, percentile_interval

BOOTSTRAP_CELLS = 1000  # Enough that grouping neighbouring scores moves a rank statistic by less than its rounding.


@dataclass(frozen=True, eq=False)
class ScoreCounts:
    """Positives and negatives per distinct score, scores rising: all that a rank statistic needs."""

    scores: np.ndarray
    positives: np.ndarray
    negatives: np.ndarray

    @property
    def sizes(self) -> dict[str, int]:
        return {"positives": round(self.positives.sum()), "negatives": round(self.negatives.sum())}

    @property
    def missing_class(self) -> str:
        """Why two outcomes cannot be told apart here; empty when they can."""
        if not len(self.scores):
            return "there are no rows"
        if self.positives.sum() <= 0:
            return "only negative outcomes occur, and separation needs both"
        if self.negatives.sum() <= 0:
            return "only positive outcomes occur, and separation needs both"
        return ""

    def placements(self) -> tuple[np.ndarray, np.ndarray]:
        """Per score: the share of negatives below it, and of positives above it, ties counting half."""
        below = (np.cumsum(self.negatives) - self.negatives / 2) / self.negatives.sum()
        above = 1 - (np.cumsum(self.positives) - self.positives / 2) / self.positives.sum()
        return below, above


def count_scores(label: ArrayLike, score: ArrayLike, weights: ArrayLike | None = None) -> ScoreCounts:
    """Count outcomes per distinct score. Raises ValueError on NaN, infinity, other labels or lengths that differ."""
    score = finite_vector(score, "score")
    positive = binary_vector(label, "label", length=len(score))
    weights = frequency_vector(weights, length=len(score))
    if not len(score):
        return ScoreCounts(score, score, score)
    order = np.argsort(score)
    ranked = score[order]
    starts = np.flatnonzero(np.concatenate(([True], ranked[1:] != ranked[:-1])))
    weights, positive = weights[order], positive[order]
    positives = np.add.reduceat(weights * positive, starts)
    negatives = np.add.reduceat(weights * ~positive, starts)
    occupied = positives + negatives > 0
    return ScoreCounts(ranked[starts][occupied], positives[occupied], negatives[occupied])


def auc(
    label: ArrayLike,
    score: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    level: float = 0.95,
    interval: str = "delong",
) -> Estimate:
    """Chance that a random positive outranks a random negative, ties half; interval from DeLong's variance.

    Unit: probability, 0.5 is chance. `interval` is "delong", the customary one, symmetric; or "logit", symmetric on the
    log-odds scale, which holds the truth as often as it says with few events and a high AUC too.
    Raises ValueError on NaN, infinity, other labels, lengths that differ or another interval.
    Source: DeLong, DeLong & Clarke-Pearson 1988, by the placements of Sun & Xu 2014 (n log n); logit Pepe 2003, Qin &
    Hotilovac 2008. Perfect separation has no DeLong variance; its interval is method 5 of Newcombe 2006.
    """
    if interval not in AUC_INTERVALS:
        raise ValueError(f"The interval of an AUC is one of {', '.join(AUC_INTERVALS)}, not {interval!r}.")
    method = "area under the ROC curve, ties half"
    counts = count_scores(label, score, weights)
    if counts.missing_class:
        return could_not_compute(f"AUC: {counts.missing_class}", method=method, sizes=counts.sizes)
    area, variance = auc_with_variance(counts)
    sizes = counts.sizes
    if variance is None:
        note = "DeLong's interval needs at least two positives and two negatives"
        return Estimate(value=area, level=level, sizes=sizes, method=method, detail={"no_interval": note})
    if variance > 0 and (interval == "delong" or 0.0 < area < 1.0):
        spread = math.sqrt(variance)
        low, high = AUC_INTERVALS[interval](area, normal_quantile(level) * spread)
        scale = " on the log-odds scale" if interval == "logit" else ""
        return Estimate(
            value=area,
            low=low,
            high=high,
            level=level,
            sizes=sizes,
            method=f"{method}, DeLong interval{scale}",
            detail={"standard_error": spread},
        )
    low, high = newcombe_auc_interval(area, counts.positives.sum(), counts.negatives.sum(), level=level)
    return Estimate(
        value=area, low=low, high=high, level=level, sizes=sizes, method=f"{method}, Newcombe 2006 interval (method 5)"
    )


def _symmetric(area: float, half: float) -> tuple[float, float]:
    return max(0.0, area - half), min(1.0, area + half)


def _on_log_odds(area: float, half: float) -> tuple[float, float]:
    centre, reach = special.logit(area), half / (area * (1.0 - area))
    return float(special.expit(centre - reach)), float(special.expit(centre + reach))


AUC_INTERVALS = {"delong": _symmetric, "logit": _on_log_odds}


def auc_with_variance(counts: ScoreCounts) -> tuple[float, float | None]:
    """AUC and its DeLong variance; the variance is None with fewer than two rows on a side."""
    positives, negatives = counts.positives.sum(), counts.negatives.sum()
    below, above = counts.placements()
    area = float(min(1.0, max(0.0, (counts.positives * below).sum() / positives)))
    if positives < 2 or negatives < 2:
        return area, None
    of_positives = (counts.positives * (below - area) ** 2).sum() / (positives - 1) / positives
    of_negatives = (counts.negatives * (above - area) ** 2).sum() / (negatives - 1) / negatives
    variance = float(of_positives + of_negatives)
    return area, variance if variance > 1e-24 else 0.0


def newcombe_auc_interval(
    area: float, positives: float, negatives: float, *, level: float = 0.95
) -> tuple[float, float]:
    """Score-type interval from the Hanley-McNeil variance, never of length zero (Newcombe 2006, method 5)."""
    z = normal_quantile(level)
    larger = (positives + negatives) / 2 - 1

    def excess(candidate: float) -> float:
        shape = 1 + larger * (1 - candidate) / (2 - candidate) + larger * candidate / (1 + candidate)
        return (candidate - area) ** 2 - z * z * candidate * (1 - candidate) * shape / (positives * negatives)

    low = 0.0 if area <= 0 else scipy.optimize.brentq(excess, 0.0, area)
    high = 1.0 if area >= 1 else scipy.optimize.brentq(excess, area, 1.0)
    if area >= 1:
        low = scipy.optimize.brentq(excess, 0.0, 1 - 1e-12)
    if area <= 0:
        high = scipy.optimize.brentq(excess, 1e-12, 1.0)
    return float(low), float(high)


def gini(
    label: ArrayLike,
    score: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    level: float = 0.95,
    interval: str = "delong",
) -> Estimate:
    """Gini coefficient, that is accuracy ratio: 2 AUC - 1, with the interval of the AUC carried over.

    Unit: -1 to 1, 0 is chance. Raises as `auc`. Source: Engelmann, Hayden & Tasche 2003.
    """
    area = auc(label, score, weights=weights, level=level, interval=interval)
    if area.value is None:
        return could_not_compute(area.reason.replace("AUC", "Gini"), method="2 AUC - 1", sizes=area.sizes)
    detail = dict(area.detail)
    if "standard_error" in detail:
        detail["standard_error"] *= 2
    return Estimate(
        value=2 * area.value - 1,
        low=None if area.low is None else 2 * area.low - 1,
        high=None if area.high is None else 2 * area.high - 1,
        level=level,
        sizes=area.sizes,
        method=f"2 AUC - 1; {area.method}",
        detail=detail,
    )


def auc_decline_test(
    label: ArrayLike, score: ArrayLike, *, initial_auc: float, weights: ArrayLike | None = None, level: float = 0.95
) -> Estimate:
    """Fall of AUC since initial validation, S = (AUC at validation - AUC now) / s, one-sided p-value.

    `initial_auc` is taken as known; s is the DeLong standard error of the current AUC. A positive value is a loss.
    `detail["relative_gini_fall"]` is the fall as a share of the initial Gini. Raises as `auc`, and ValueError when
    `initial_auc` is outside (0, 1). Source: ECB, Instructions for reporting the validation results, 2019, section
    2.5.3.
    """
    open_share(initial_auc, "initial_auc")
    method = f"initial AUC {initial_auc:g} minus current AUC, DeLong standard error, one-sided"
    current = auc(label, score, weights=weights, level=level)
    spread = current.detail.get("standard_error")
    if current.value is None or spread is None:
        reason = (
            current.reason
            or "AUC decline: the current AUC has no DeLong standard error (perfect separation or one row)"
        )
        return could_not_compute(reason, method=method, sizes=current.sizes)
    fall = initial_auc - current.value
    detail = {"current_auc": current.value, "standard_error": spread}
    if initial_auc != 0.5:
        detail["relative_gini_fall"] = fall / (initial_auc - 0.5)
    statistic = fall / spread
    return normal_estimate(
        fall,
        spread,
        method=method,
        sizes=current.sizes,
        level=level,
        statistic=statistic,
        p_value=float(special.ndtr(-statistic)),
        detail=detail,
    )


def ks_separation(
    label: ArrayLike,
    score: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    rng: np.random.Generator | None = None,
    replicates: int = 1000,
    level: float = 0.95,
) -> Estimate:
    """Largest gap between the score distributions of positives and negatives, sup|F1 - F0|.

    Unit: share, 0 to 1. With `rng`, a percentile interval bootstrapped within each outcome. The p-value is the
    asymptotic Kolmogorov-Smirnov one, conservative where scores tie. Raises as `auc`. Source: Smirnov 1948.
    """
    method = "largest gap between the score distributions of the two outcomes"
    counts = count_scores(label, score, weights)
    if counts.missing_class:
        return could_not_compute(f"KS separation: {counts.missing_class}", method=method, sizes=counts.sizes)
    positives, negatives = counts.positives.sum(), counts.negatives.sum()
    value = float(_ks(counts.positives, counts.negatives))
    low, high, suffix = _rank_bootstrap(counts, _ks, value, rng, replicates, level)
    gaps = np.abs(np.cumsum(counts.positives) / positives - np.cumsum(counts.negatives) / negatives)
    return Estimate(
        value=value,
        low=low,
        high=high,
        level=level,
        statistic=value,
        p_value=float(special.kolmogorov(value * math.sqrt(positives * negatives / (positives + negatives)))),
        sizes=counts.sizes,
        method=method + suffix,
        detail={"at_score": float(counts.scores[int(np.argmax(gaps))])},
    )


def average_precision(
    label: ArrayLike,
    score: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    rng: np.random.Generator | None = None,
    replicates: int = 1000,
    level: float = 0.95,
) -> Estimate:
    """Area under the precision-recall steps, sum of (recall gained) x precision, as scikit-learn defines it.

    Unit: share, chance is the share of positives (in `detail`). Interval: the logit interval of Boyd, Eng & Page 2013;
    with `rng`, a percentile bootstrap within each outcome. Raises as `auc`. Source: Davis & Goadrich 2006.
    """
    method = "average precision"
    counts = count_scores(label, score, weights)
    positives, negatives = counts.positives.sum(), counts.negatives.sum()
    if positives <= 0:
        reason = "average precision: there are no positive outcomes to find"
        return could_not_compute(reason, method=method, sizes=counts.sizes)
    value = float(min(1.0, _average_precision(counts.positives, counts.negatives)))
    low, high, suffix = _rank_bootstrap(counts, _average_precision, value, rng, replicates, level)
    if rng is None and value < 1:
        half = normal_quantile(level) / math.sqrt(positives * value * (1 - value))
        low, high = (float(special.expit(special.logit(value) + side * half)) for side in (-1, 1))
        suffix = ", logit interval"
    chance = float(positives / (positives + negatives))
    return Estimate(
        value=value,
        low=low,
        high=high,
        level=level,
        sizes=counts.sizes,
        method=method + suffix,
        detail={"chance": chance},
    )


def lift(
    label: ArrayLike, score: ArrayLike, *, share: float = 0.1, weights: ArrayLike | None = None, level: float = 0.95
) -> Estimate:
    """Rate of positives among the top `share` of scores over the overall rate; a tie at the cut enters in proportion.

    Unit: ratio, 1 is chance. Interval: Wilson limits of the share of positives captured, divided by `share`. Raises as
    `auc`, and ValueError when `share` is outside (0, 1). Source: Sobehart & Keenan 2001 (cumulative accuracy profile).
    """
    open_share(share, "share")
    method = f"lift of the top {100 * share:.3g} % of scores"
    counts = count_scores(label, score, weights)
    positives = counts.positives.sum()
    if positives <= 0:
        return could_not_compute("lift: there are no positive outcomes to find", method=method, sizes=counts.sizes)
    rows = (counts.positives + counts.negatives)[::-1]
    reached = np.cumsum(rows)
    taken = np.clip((share * reached[-1] - (reached - rows)) / rows, 0, 1)
    captured = float(taken @ counts.positives[::-1] / positives)
    z2n = normal_quantile(level) ** 2 / positives
    half = math.sqrt(z2n * (captured * (1 - captured) + z2n / 4))
    low, high = ((captured + z2n / 2 + side * half) / (1 + z2n) for side in (-1, 1))
    return Estimate(
        value=captured / share,
        low=float(max(0.0, low) / share),
        high=float(min(1.0, high) / share),
        level=level,
        sizes=counts.sizes,
        method=f"{method}, Wilson interval of the captured share",
        detail={"captured": captured},
    )


def _ks(positives: np.ndarray, negatives: np.ndarray) -> np.ndarray:
    """KS of counts per score, scores along the last axis."""
    gap = np.cumsum(positives, -1) / positives.sum(-1, keepdims=True)
    gap = gap - np.cumsum(negatives, -1) / negatives.sum(-1, keepdims=True)
    return np.abs(gap).max(-1)


def _average_precision(positives: np.ndarray, negatives: np.ndarray) -> np.ndarray:
    """Average precision of counts per score, scores along the last axis."""
    positives, negatives = positives[..., ::-1], negatives[..., ::-1]
    found = np.cumsum(positives, -1, dtype=float)
    reached = found + np.cumsum(negatives, -1)
    precision = np.divide(found, reached, out=np.zeros_like(found), where=reached > 0)
    return (positives * precision).sum(-1) / positives.sum(-1)


def _rank_bootstrap(counts, statistic, value, rng, replicates, level):
    """Percentile interval of a rank statistic, resampling counts within each outcome; nothing without `rng`."""
    if rng is None or counts.missing_class:
        return None, None, ""
    positives, negatives = counts.positives, counts.negatives
    if len(counts.scores) > BOOTSTRAP_CELLS:
        rows = np.cumsum(positives + negatives)
        cell = np.minimum((rows / rows[-1] * BOOTSTRAP_CELLS).astype(int), BOOTSTRAP_CELLS - 1)
        positives, negatives = (np.bincount(cell, side, BOOTSTRAP_CELLS) for side in (positives, negatives))
    drawn = [
        rng.multinomial(max(1, round(side.sum())), side / side.sum(), size=replicates).astype(float)
        for side in (positives, negatives)
    ]
    low, high = percentile_interval(statistic(*drawn), value, level=level)
    return low, high, f", percentile bootstrap within outcomes, {replicates} replicates"
