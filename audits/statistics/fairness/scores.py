"""Scores and probabilities by group: standardised mean difference, calibration within groups, scoring above the median.

Arrays have shape (n,); `group` names each row's group (any values, missing ones become "(not stated)"); `weights` says
how many rows each entry stands for. Groups below `minimum_size` have the reason instead of a value. All functions raise
ValueError on NaN, infinity or lengths that differ.
"""

import math

import numpy as np
from numpy.typing import ArrayLike

from audits.statistics.arrays import finite_vector, frequency_vector
from audits.statistics.calibration import calibration_intercept_slope
from audits.statistics.estimates import Estimate, could_not_compute
from audits.statistics.fairness.cells import group_codes, too_small
from audits.statistics.fairness.gaps import MINIMUM_SIZE
from audits.statistics.fairness.impact import LARGEST, impact_ratio
from audits.statistics.shares import normal_quantile


def standardized_mean_difference(
    score: ArrayLike,
    group: ArrayLike,
    *,
    reference: str = LARGEST,
    weights: ArrayLike | None = None,
    minimum_size: int = MINIMUM_SIZE,
    level: float = 0.95,
) -> dict[str, Estimate]:
    """Mean score of each group minus that of the reference group, in pooled standard deviations (Cohen's d).

    `reference` is "largest" or a group's name. Interval: large-sample normal. Also raises ValueError when the reference
    group does not occur. Source: Cohen 1988; Hedges & Olkin 1985 for the standard error.
    """
    score = finite_vector(score, "score")
    weights = frequency_vector(weights, length=len(score))
    names, place = _grouped(group, len(score))
    rows = np.bincount(place, weights, len(names))
    reasons = too_small(names, rows, max(2, minimum_size))
    able = [at for at, name in enumerate(names) if name not in reasons]
    if reference != LARGEST and reference not in names:
        raise ValueError(f"the reference group {reference!r} does not occur; there are {', '.join(names)}")
    chosen = max(able, key=lambda at: rows[at], default=None) if reference == LARGEST else names.index(reference)
    base = None if chosen not in able else chosen
    centre = np.bincount(place, weights * score, len(names)) / np.where(rows > 0, rows, 1)
    squares = np.bincount(place, weights * (score - centre[place]) ** 2, len(names))
    answers = {}
    for at, name in enumerate(names):
        method = f"mean score minus that of {'the reference group' if base is None else names[base]}, in pooled SD"
        sizes = {name: round(rows[at])}
        if name in reasons:
            answers[name] = could_not_compute(f"mean difference of {name}: {reasons[name]}", method=method, sizes=sizes)
        elif base is None or len(able) < 2:
            reason = f"mean difference of {name}: no other group is large enough to compare with"
            answers[name] = could_not_compute(reason, method=method, sizes=sizes)
        elif at == base:
            detail = {"reference": True, "mean": float(centre[at])}
            answers[name] = Estimate(value=0.0, level=level, sizes=sizes, method=method, detail=detail)
        else:
            sizes[names[base]] = round(rows[base])
            pair = [at, base]
            answers[name] = _cohens_d(name, rows[pair], centre[pair], squares[pair], method, sizes, level)
    return answers


def calibration_by_group(
    label: ArrayLike,
    probability: ArrayLike,
    group: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    minimum_size: int = MINIMUM_SIZE,
    clip: float | None = None,
    level: float = 0.95,
) -> dict[str, dict[str, Estimate]]:
    """`calibration_intercept_slope` within each group: {"group": {"intercept": ..., "slope": ...}}.

    Also raises as that function. Source: Kleinberg, Mullainathan & Raghavan 2016; Van Calster et al. 2016.
    """
    label, probability = np.asarray(label), finite_vector(probability, "probability")
    if len(label) != len(probability):
        raise ValueError(f"label has {len(label)} entries; {len(probability)} were expected, as in probability")
    weights = frequency_vector(weights, length=len(probability))
    names, place = _grouped(group, len(probability))
    reasons = too_small(names, np.bincount(place, weights, len(names)), minimum_size)
    answers = {}
    for at, name in enumerate(names):
        rows = place == at
        if name in reasons:
            answer = could_not_compute(
                f"calibration of {name}: {reasons[name]}",
                method="logistic recalibration within the group",
                sizes={name: round(weights[rows].sum())},
            )
            answers[name] = {"intercept": answer, "slope": answer}
        else:
            answers[name] = calibration_intercept_slope(
                label[rows], probability[rows], weights=weights[rows], clip=clip, level=level
            )
    return answers


def scoring_rate_ratio(
    score: ArrayLike,
    group: ArrayLike,
    *,
    reference: str = "best",
    minimum_size: int = MINIMUM_SIZE,
    level: float = 0.95,
) -> dict[str, Estimate]:
    """Impact ratio of scoring above the median of all rows, for models that score and do not select.

    Otherwise as `impact_ratio`. Source: New York City Local Law 144, 6 RCNY 5-300 and 5-301.
    """
    score = finite_vector(score, "score")
    if not len(score):
        return {}
    cells = {"group": np.asarray(group), "prediction": (score > np.median(score)).astype(int)}
    return impact_ratio(cells, "group", reference=reference, minimum_size=minimum_size, level=level)


def _grouped(group: ArrayLike, length: int) -> tuple[tuple[str, ...], np.ndarray]:
    names, place = group_codes({"group": np.asarray(group)}, "group")
    if len(place) != length:
        raise ValueError(f"group has {len(place)} entries; {length} were expected, as in the arrays beside it")
    return names, place


def _cohens_d(name, rows, centre, squares, method, sizes, level) -> Estimate:
    pooled = squares.sum() / (rows.sum() - 2)
    detail = {"mean": float(centre[0]), "reference_mean": float(centre[1])}
    if pooled <= 1e-24 * max(1.0, float((centre**2).max())):
        reason = f"mean difference of {name}: scores never vary within the groups"
        return could_not_compute(reason, method=method, sizes=sizes, **detail)
    value = float((centre[0] - centre[1]) / math.sqrt(pooled))
    spread = math.sqrt(rows.sum() / rows.prod() + value**2 / (2 * rows.sum()))
    half = normal_quantile(level) * spread
    return Estimate(
        value=value,
        low=value - half,
        high=value + half,
        level=level,
        sizes=sizes,
        method=f"{method}, normal interval",
        detail=detail | {"standard_error": spread, "pooled_sd": math.sqrt(pooled)},
    )
