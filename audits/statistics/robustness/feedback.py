"""Do the model's decisions make the data it is judged and trained on?"""

import math

import numpy as np
import scipy
from numpy.typing import ArrayLike

from audits.statistics.arrays import binary_vector, finite_vector, open_share, outcome_vector
from audits.statistics.estimates import Estimate, could_not_compute
from audits.statistics.shares import newcombe_difference, two_share_test

MINIMUM_SIDE = 30  # rows with an outcome on each side of the threshold below which no line is fitted


def feedback_loop_check(
    score: ArrayLike,
    decision: ArrayLike,
    outcome: ArrayLike,
    *,
    threshold: float,
    bandwidth: float | None = None,
    level: float = 0.95,
) -> dict[str, Estimate]:
    """Two signs that decisions shape the outcomes: who has an outcome at all, and a jump of its rate at the threshold.

    `score` has shape (n,), `decision` holds 0 and 1, `outcome` 0, 1 or missing where it is not known. "outcome_known"
    is the share of known outcomes among those decided 1 less that among those decided 0 (Newcombe interval, test of two
    shares): away from 0, the model learns only from whom it selected. "jump" is the outcome rate just above `threshold`
    less just below it, from a straight line on each side within `bandwidth` (by default 1.84·SD·n^(-1/5)), with errors
    that allow for unequal variances (HC1): without feedback, people with nearly the same score fare alike whatever was
    decided. `detail` shows the share decided 1 on both sides. Raises ValueError on NaN scores, other values, lengths
    that differ or a bandwidth not above 0. Source: Lakkaraju et al. 2017 (selective labels); Ensign et al. 2018
    (feedback loops); Thistlethwaite & Campbell 1960 (discontinuity); Imbens & Kalyanaraman 2012 (bandwidth).
    """
    score = finite_vector(score, "score")
    decided = binary_vector(decision, "decision", length=len(score))
    known, positive = outcome_vector(outcome, "outcome", length=len(score))
    open_share(level, "level")
    if bandwidth is not None and not (bandwidth > 0 and math.isfinite(bandwidth)):
        raise ValueError(f"bandwidth must be above 0, not {bandwidth}")
    return {
        "outcome_known": _known_gap(decided, known, level),
        "jump": _jump(score[known] - threshold, positive[known].astype(float), decided[known], bandwidth, level),
    }


def _known_gap(decided: np.ndarray, known: np.ndarray, level: float) -> Estimate:
    method = "share with a known outcome among those decided 1 less that among those decided 0"
    numbers = [float(count) for side in (decided, ~decided) for count in ((known & side).sum(), side.sum())]
    sizes = {"decided 1": int(numbers[1]), "decided 0": int(numbers[3])}
    if not min(sizes.values()):
        reason = "feedback: everyone was decided alike, so known outcomes cannot be compared"
        return could_not_compute(reason, method=method, sizes=sizes)
    rates = (numbers[0] / numbers[1], numbers[2] / numbers[3])
    detail = {"known_among_decided_1": rates[0], "known_among_decided_0": rates[1]}
    low, high = newcombe_difference(*numbers, level=level)
    statistic, p_value, test = two_share_test(*numbers) if 0 < numbers[0] + numbers[2] < len(known) else (None, 1.0, "")
    return Estimate(
        value=rates[0] - rates[1],
        low=low,
        high=high,
        level=level,
        statistic=statistic,
        p_value=p_value,
        sizes=sizes,
        method=f"{method}, Newcombe interval" + (f", {test}" if test else ""),
        detail=detail,
    )


def _jump(
    distance: np.ndarray, outcome: np.ndarray, decided: np.ndarray, bandwidth: float | None, level: float
) -> Estimate:
    method = "outcome rate just above the threshold less just below it, a line on each side"
    if bandwidth is None:
        bandwidth = 1.84 * float(distance.std()) * len(distance) ** -0.2 if len(distance) else 0.0
    near = np.abs(distance) <= bandwidth
    distance, outcome, decided = distance[near], outcome[near], decided[near]
    above = distance >= 0
    sizes = {"above": int(above.sum()), "below": int((~above).sum())}
    method += f", bandwidth {bandwidth:.4g}, HC1 errors"
    if min(sizes.values()) < MINIMUM_SIDE:
        reason = f"feedback: fewer than {MINIMUM_SIDE} known outcomes on a side of the threshold"
        return could_not_compute(
            f"{reason} (above: {sizes['above']}, below: {sizes['below']})", method=method, sizes=sizes
        )
    if min(len(np.unique(distance[side])) for side in (above, ~above)) < 2:
        reason = "feedback: all scores on a side of the threshold are the same, so no line can be fitted"
        return could_not_compute(reason, method=method, sizes=sizes)
    if np.ptp(outcome) == 0:
        reason = "feedback: every known outcome near the threshold is the same"
        return could_not_compute(reason, method=method, sizes=sizes)
    scaled = distance / bandwidth
    design = np.column_stack([np.ones(len(scaled)), above, scaled, scaled * above])
    inverse = np.linalg.inv(design.T @ design)
    fitted = inverse @ design.T @ outcome
    residual = outcome - design @ fitted
    freedom = len(outcome) - design.shape[1]
    covariance = inverse @ (design.T @ (design * residual[:, None] ** 2)) @ inverse * len(outcome) / freedom
    value, error = float(fitted[1]), math.sqrt(float(covariance[1, 1]))
    half = float(scipy.stats.t.ppf(0.5 + level / 2, freedom)) * error
    return Estimate(
        value=value,
        low=value - half,
        high=value + half,
        level=level,
        statistic=value / error,
        p_value=float(2 * scipy.stats.t.sf(abs(value / error), freedom)),
        sizes=sizes,
        method=method,
        detail={
            "standard_error": error,
            "decided_1_above": float(decided[above].mean()),
            "decided_1_below": float(decided[~above].mean()),
        },
    )
