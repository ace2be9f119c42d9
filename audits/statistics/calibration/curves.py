"""The reliability curve: predicted against observed rate, group by group."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from audits.statistics.estimates import Estimate
from audits.statistics.performance.probability import checked_probabilities, equal_mass_groups
from audits.statistics.shares import share_estimate


@dataclass(frozen=True, kw_only=True)
class ReliabilityPoint:
    """One group of rows with similar probabilities: where it lies, what was predicted on average, what came true."""

    lowest: float
    highest: float
    predicted: float
    observed: Estimate


def reliability_curve(
    label: ArrayLike,
    probability: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    bins: int = 10,
    level: float = 0.95,
) -> tuple[ReliabilityPoint, ...]:
    """Observed rate with a Wilson interval in at most `bins` groups of equal mass, probabilities rising; () without
    rows.

    `label` holds 0 and 1, `probability` the predicted chance of a 1, both shape (n,); `weights` how many rows each
    entry stands for. Raises ValueError on NaN, infinity, values out of range or lengths that differ.
    Source: Naeini, Cooper & Hauskrecht 2015 (equal mass); Bröcker & Smith 2007 (intervals).
    """
    label, probability, weights = checked_probabilities(label, probability, weights)
    if not len(label):
        return ()
    group = equal_mass_groups(probability, weights, bins)
    order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.diff(group[order], prepend=-1))
    lowest, highest = (side.reduceat(probability[order], starts) for side in (np.minimum, np.maximum))
    rows, observed, predicted = group_by_probability(label, probability, weights, bins)
    return tuple(
        ReliabilityPoint(
            lowest=float(lowest[place]),
            highest=float(highest[place]),
            predicted=float(predicted[place]),
            observed=share_estimate(
                observed[place] * rows[place], rows[place], method="observed rate", empty="no rows", level=level
            ),
        )
        for place in range(len(rows))
    )


def group_by_probability(
    label: np.ndarray, probability: np.ndarray, weights: np.ndarray, bins: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows, observed rate and mean probability of each group of equal mass, probabilities rising, none empty."""
    group = equal_mass_groups(probability, weights, bins)
    rows = np.bincount(group, weights)
    return rows, np.bincount(group, weights * label) / rows, np.bincount(group, weights * probability) / rows
