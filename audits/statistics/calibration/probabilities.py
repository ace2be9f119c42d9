"""Do predicted probabilities come true? Tests and errors over rows.

`label` holds 0 and 1, `probability` the predicted chance of a 1, both shape (n,); `weights` how many rows each entry
stands for. All functions raise ValueError on NaN, infinity, values out of range or lengths that differ.
"""

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from audits.statistics.calibration.curves import group_by_probability
from audits.statistics.estimates import Estimate, could_not_compute
from audits.statistics.logistic import fit_logistic, log_likelihood
from audits.statistics.performance.probability import checked_probabilities
from audits.statistics.shares import normal_estimate, normal_quantile


def hosmer_lemeshow(
    label: ArrayLike,
    probability: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    groups: int = 10,
    out_of_sample: bool = False,
) -> Estimate:
    """Chi-square of observed against expected outcomes over `groups` groups of predicted risk.

    Groups are cut at the quantiles of the probability, ties never split. Degrees of freedom are groups - 2 for the rows
    the model was fitted on and groups when `out_of_sample`. The power grows with the number of rows and the answer
    depends on the grouping (Paul, Pennell & Lemeshow 2013), so `detail` carries that warning and the table.
    Source: Hosmer & Lemeshow 1980.
    """
    method = f"Hosmer-Lemeshow chi-square over {groups} quantile groups"
    if groups < 3:
        raise ValueError(f"groups must be at least 3, not {groups}")
    label, probability, weights = checked_probabilities(label, probability, weights)
    sizes = {"rows": round(weights.sum())}
    group = group_by_quantile(probability, weights, groups)
    rows = np.bincount(group, weights)
    if len(rows) < 3:
        reason = f"Hosmer-Lemeshow: the probabilities fill only {len(rows)} groups, and 3 are needed"
        return could_not_compute(reason, method=method, sizes=sizes)
    observed, expected = np.bincount(group, weights * label), np.bincount(group, weights * probability)
    variance = expected * (1 - expected / rows)
    if (variance <= 0).any():
        reason = "Hosmer-Lemeshow: a group expects no outcome, or nothing but outcomes, so its chi-square is undefined"
        return could_not_compute(reason, method=method, sizes=sizes)
    statistic = float(((observed - expected) ** 2 / variance).sum())
    freedom = len(rows) if out_of_sample else len(rows) - 2
    return Estimate(
        value=statistic,
        statistic=statistic,
        p_value=float(special.chdtrc(freedom, statistic)),
        sizes=sizes,
        method=f"{method}, {freedom} degrees of freedom",
        detail={
            "degrees_of_freedom": freedom,
            "table": [
                {"rows": float(n), "observed": float(seen), "expected": float(due)}
                for n, seen, due in zip(rows, observed, expected, strict=True)
            ],
            "warning": "power grows with the number of rows, and the p-value depends on the grouping",
        },
    )


def calibration_intercept_slope(
    label: ArrayLike,
    probability: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    clip: float | None = None,
    level: float = 0.95,
) -> dict[str, Estimate]:
    """Logistic recalibration: "intercept" (calibration in the large, ideal 0) and "slope" (ideal 1), in logits.

    The intercept is fitted with the slope held at 1, the slope with a free intercept; p-values test the ideal, and the
    slope's `detail` holds the free intercept and the joint likelihood-ratio test of (0, 1). Intervals are Wald ones.
    Probabilities of exactly 0 or 1 have no logit: `clip` pulls them that far inside, without it the reason counts them.
    Also raises ValueError when `clip` is outside (0, 0.5). Source: Cox 1958; Van Calster et al. 2016.
    """
    method = "logistic recalibration" if clip is None else f"logistic recalibration, probabilities clipped by {clip:g}"
    if clip is not None and not 0 < clip < 0.5:
        raise ValueError(f"clip must lie between 0 and 0.5, not {clip}")
    label, probability, weights = checked_probabilities(label, probability, weights)
    sizes = {"positives": round(weights @ label), "negatives": round(weights @ ~label)}
    if clip is not None:
        probability = np.clip(probability, clip, 1 - clip)
    reason = _why_not_recalibrate(label, probability)
    if reason:
        answer = could_not_compute(f"logistic recalibration: {reason}", method=method, sizes=sizes)
        return {"intercept": answer, "slope": answer}
    logit = special.logit(probability)
    shift, information = fit_logistic(label, np.ones((len(logit), 1)), weights, logit)
    intercept = _wald(shift[0], 1 / information[0, 0], 0.0, f"{method}, intercept at slope 1", sizes, level, {})
    return {"intercept": intercept, "slope": _slope(label, logit, weights, method, sizes, level)}


def spiegelhalter_z(label: ArrayLike, probability: ArrayLike, *, weights: ArrayLike | None = None) -> Estimate:
    """Distance of the Brier score from what calibrated probabilities would give, in standard deviations; two-sided.

    Source: Spiegelhalter 1986.
    """
    method = "Spiegelhalter's z, two-sided"
    label, probability, weights = checked_probabilities(label, probability, weights)
    sizes = {"rows": round(weights.sum())}
    tilt = 1 - 2 * probability
    variance = float(weights @ (tilt**2 * probability * (1 - probability)))
    if variance <= 0:
        reason = "Spiegelhalter's z: every probability is 0, one half or 1, so the score has no spread to test against"
        return could_not_compute(reason, method=method, sizes=sizes)
    z = float(weights @ ((label - probability) * tilt)) / math.sqrt(variance)
    return Estimate(value=z, statistic=z, p_value=float(2 * special.ndtr(-abs(z))), sizes=sizes, method=method)


def expected_calibration_error(
    label: ArrayLike,
    probability: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    bins: int = 15,
    level: float = 0.95,
) -> Estimate:
    """Mean gap between predicted and observed rate over groups of equal mass, less the part that chance alone makes.

    Unit: probability, 0 is perfect. The plain error of Naeini, Cooper & Hauskrecht 2015 (`detail["plain"]`) is above 0
    even for perfect probabilities; as in Kumar, Liang & Ma 2019 the expected excess, here from the folded normal
    distribution of each group's rate, is taken off (never below 0). `detail["squared"]` is their debiased squared
    error, which may fall below 0. The normal interval counts the uncertainty of what was taken off;
    in simulations of 300 to 20 000 rows it held the truth 90 % to 99 % of the time.
    """
    method = f"expected calibration error over {bins} groups of equal mass, debiased"
    label, probability, weights = checked_probabilities(label, probability, weights)
    sizes = {"rows": round(weights.sum())}
    if not len(label):
        return could_not_compute("expected calibration error: there are no rows", method=method, sizes=sizes)
    rows, observed, predicted = group_by_probability(label, probability, weights, bins)
    value, plain, spread = _debiased_error(rows, observed, predicted)
    noise = observed * (1 - observed) / np.maximum(rows - 1, 1)
    squared = float((rows * ((observed - predicted) ** 2 - noise)).sum() / rows.sum())
    return normal_estimate(
        value,
        spread,
        method=f"{method}, normal interval",
        sizes=sizes,
        level=level,
        bounds=(0.0, 1.0),
        detail={"plain": plain, "squared": squared, "groups": len(rows)},
    )


def group_by_quantile(probability: np.ndarray, weights: np.ndarray, groups: int) -> np.ndarray:
    """Group per entry, cut at the quantiles (linear interpolation) of the rows, right-closed, empty groups left out."""
    if not len(probability):
        return np.zeros(0, dtype=np.int64)
    order = np.argsort(probability)
    last = np.cumsum(weights[order])
    place = np.arange(1, groups) / groups * (last[-1] - 1)
    whole = np.floor(place)
    lower, upper = (
        probability[order][np.searchsorted(last, at, side="right").clip(max=len(last) - 1)] for at in (whole, whole + 1)
    )
    edges = lower + (place - whole) * (upper - lower)
    return np.unique(np.searchsorted(edges, probability, side="left"), return_inverse=True)[1]


def _debiased_error(rows: np.ndarray, observed: np.ndarray, predicted: np.ndarray) -> tuple[float, float, float]:
    """Debiased error of group rates, plain error, and a standard error on the safe side for both."""
    gap = np.abs(observed - predicted)
    share = rows / rows.sum()
    # A group that saw only one outcome still has a spread: add half an outcome to each side (Jeffreys).
    smoothed = (observed * rows + 0.5) / (rows + 1)
    spread = np.sqrt(smoothed * (1 - smoothed) / rows)
    # How far the groups truly stray is estimated from all of them together: gap^2 exceeds it by the sampling variance.
    stray = max(0.0, float(share @ (gap**2 - spread**2)))
    likely = gap * np.sqrt(stray / (stray + spread**2))
    folded = spread * math.sqrt(2 / math.pi) * np.exp(-((likely / spread) ** 2) / 2)
    folded += likely * (1 - 2 * special.ndtr(-likely / spread))
    plain = float(share @ gap)
    excess = float(share @ (folded - likely))
    # The size of a gap varies at most as much as the gap itself; the excess is itself known to about half its size.
    return max(0.0, plain - excess), plain, math.sqrt(float(share**2 @ spread**2) + (excess / 2) ** 2)


def _why_not_recalibrate(label: np.ndarray, probability: np.ndarray) -> str:
    if not len(label):
        return "there are no rows"
    if label.all() or not label.any():
        return "only one outcome occurs"
    extreme = int(((probability <= 0) | (probability >= 1)).sum())
    if extreme:
        return f"{extreme} probabilities are exactly 0 or 1 and have no logit; pass `clip` to pull them inside"
    return ""


def _slope(label, logit, weights, method, sizes, level) -> Estimate:
    method = f"{method}, slope with a free intercept"
    if np.ptp(logit) == 0:
        return could_not_compute("calibration slope: all probabilities are the same", method=method, sizes=sizes)
    if logit[label].min() >= logit[~label].max() or logit[label].max() <= logit[~label].min():
        reason = "calibration slope: the probabilities separate the outcomes perfectly, so the slope has no bound"
        return could_not_compute(reason, method=method, sizes=sizes)
    # Centred and scaled, so that probabilities that differ little do not spoil the arithmetic.
    centre, scale = weights @ logit / weights.sum(), logit.std()
    design = np.column_stack([np.ones(len(logit)), (logit - centre) / scale])
    fitted, information = fit_logistic(label, design, weights, np.zeros(len(logit)))
    covariance = np.linalg.inv(information)
    slope = fitted[1] / scale
    free_intercept = float(fitted[0] - slope * centre)
    gain = 2 * (log_likelihood(label, design @ fitted, weights) - log_likelihood(label, logit, weights))
    detail = {"free_intercept": free_intercept, "joint_p_value": float(special.chdtrc(2, max(0.0, gain)))}
    return _wald(slope, covariance[1, 1] / scale**2, 1.0, method, sizes, level, detail)


def _wald(value, variance, ideal, method, sizes, level, detail) -> Estimate:
    spread = math.sqrt(variance)
    half, z = normal_quantile(level) * spread, (value - ideal) / spread
    return Estimate(
        value=float(value),
        low=float(value - half),
        high=float(value + half),
        level=level,
        statistic=float(z),
        p_value=float(2 * special.ndtr(-abs(z))),
        sizes=sizes,
        method=f"{method}, Wald interval",
        detail=detail | {"standard_error": spread},
    )
