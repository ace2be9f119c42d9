"""How good predicted probabilities are: Brier score with its decomposition, log loss.

`label` holds 0 and 1, `probability` the predicted chance of a 1, both shape (n,); `weights` how many rows each entry
stands for. All functions raise ValueError on NaN, infinity, values out of range or lengths that differ.
"""

import math

import numpy as np
from numpy.typing import ArrayLike

from audits.statistics.arrays import binary_vector, frequency_vector, probability_vector
from audits.statistics.estimates import Estimate, could_not_compute
from audits.statistics.shares import normal_estimate


def brier_score(
    label: ArrayLike, probability: ArrayLike, *, weights: ArrayLike | None = None, bins: int = 10, level: float = 0.95
) -> Estimate:
    """Mean squared distance of probability and outcome; 0 is perfect, lower is better. Source: Brier 1950.

    `detail` splits it exactly: reliability - resolution + uncertainty (Murphy 1973) + within_bin, the last being what
    grouping leaves over (Stephenson, Coelho & Jolliffe 2008) and 0 when there are no more than `bins` distinct
    probabilities, each then being its own group; otherwise groups hold equal mass. `skill` is 1 - score / uncertainty.
    """
    method = f"Brier score, normal interval; decomposition over at most {bins} groups of equal mass"
    label, probability, weights = checked_probabilities(label, probability, weights)
    rows = weights.sum()
    if rows <= 0:
        return could_not_compute("Brier score: there are no rows", method=method, sizes={"rows": 0})
    squared = (probability - label) ** 2
    value = float(weights @ squared / rows)
    group = equal_mass_groups(probability, weights, bins)
    mass = np.bincount(group, weights)
    observed, predicted = (np.bincount(group, weights * side) / mass for side in (label, probability))
    base = float(weights @ label / rows)
    reliability = float(mass @ (predicted - observed) ** 2 / rows)
    resolution = float(mass @ (observed - base) ** 2 / rows)
    uncertainty = base * (1 - base)
    detail = {
        "reliability": reliability,
        "resolution": resolution,
        "uncertainty": uncertainty,
        "within_bin": value - (reliability - resolution + uncertainty),
        "groups": len(mass),
    }
    if uncertainty > 0:
        detail["skill"] = 1 - value / uncertainty
    spread = math.sqrt(weights @ (squared - value) ** 2 / rows / max(rows - 1, 1))
    sizes = {"rows": round(rows)}
    return normal_estimate(value, spread, method=method, sizes=sizes, level=level, bounds=(0.0, 1.0), detail=detail)


def log_loss(
    label: ArrayLike, probability: ArrayLike, *, weights: ArrayLike | None = None, level: float = 0.95
) -> Estimate:
    """Mean of -ln(probability given to what happened), in nats; 0 is perfect. Source: Good 1952.

    Probabilities are kept at least 2.2e-16 away from 0 and 1, as scikit-learn does; `detail["clipped"]` counts them.
    """
    method = "log loss in nats, normal interval"
    label, probability, weights = checked_probabilities(label, probability, weights)
    rows = weights.sum()
    if rows <= 0:
        return could_not_compute("log loss: there are no rows", method=method, sizes={"rows": 0})
    edge = np.finfo(np.float64).eps
    loss = -np.log(np.clip(np.where(label, probability, 1 - probability), edge, 1 - edge))
    value = float(weights @ loss / rows)
    spread = math.sqrt(weights @ (loss - value) ** 2 / rows / max(rows - 1, 1))
    clipped = round(weights[(probability < edge) | (probability > 1 - edge)].sum())
    sizes = {"rows": round(rows)}
    return normal_estimate(
        value, spread, method=method, sizes=sizes, level=level, bounds=(0.0, math.inf), detail={"clipped": clipped}
    )


def equal_mass_groups(score: np.ndarray, weights: np.ndarray, groups: int) -> np.ndarray:
    """Group number per entry, 0 .. at most groups - 1, rising with score, ties never split and no group empty.

    With no more than `groups` distinct scores every score is a group of its own.
    """
    if groups < 1:
        raise ValueError(f"the number of groups must be at least 1, not {groups}")
    distinct, place = np.unique(score, return_inverse=True)
    if len(distinct) <= groups:
        return place
    mass = np.bincount(place, weights)
    middle = (np.cumsum(mass) - mass / 2) / mass.sum()
    cell = np.minimum((middle * groups).astype(int), groups - 1)
    return np.unique(cell, return_inverse=True)[1][place]


def checked_probabilities(label, probability, weights) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Label, probability and weights as numbers, entries that stand for no row left out."""
    probability = probability_vector(probability, "probability")
    label = binary_vector(label, "label", length=len(probability))
    weights = frequency_vector(weights, length=len(probability))
    if len(weights) and weights.min() == 0:
        kept = weights > 0
        label, probability, weights = label[kept], probability[kept], weights[kept]
    return label, probability, weights
