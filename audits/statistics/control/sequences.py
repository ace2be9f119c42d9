"""Watching a mean for ever: confidence sequences and betting e-processes, valid at every look (Ville 1939)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

LARGEST_BET = 0.5  # of what could be staked: keeps every factor of the process at least one half


@dataclass(frozen=True, kw_only=True)
class ConfidenceSequence:
    """Intervals of the running mean, one per observation; with probability `level` all of them hold at once."""

    low: tuple[float, ...]
    high: tuple[float, ...]
    level: float
    method: str


@dataclass(frozen=True, kw_only=True)
class EProcess:
    """The evidence against what `method` names, such as "the mean is at most the tolerance", after each observation.

    wealth    what a gambler who bets against it holds after starting with 1; at no time above 1/α with probability
              more than α if it is true
    alarm_at  the 1-based observation at which the wealth first reached 1/significance; None if it never did
    p_value   1 / the largest wealth so far, at most 1: valid whenever one stops to look
    """

    wealth: tuple[float, ...]
    alarm_at: int | None
    p_value: float
    significance: float
    method: str


def confidence_sequence(
    values: Sequence[float], *, lowest: float = 0.0, highest: float = 1.0, level: float = 0.95
) -> ConfidenceSequence:
    """Predictable plug-in empirical Bernstein intervals of a mean, of which all hold at once with probability `level`.

    values: observations in order, each within [lowest, highest], in the unit of the result; their conditional mean is
    constant. Each interval is intersected with those before it. Raises ValueError for a value outside its range or a
    level outside (0, 1). Source: Waudby-Smith & Ramdas 2024, theorem 2; Howard et al. 2021.
    """
    x = _scaled(values, lowest, highest)
    if not 0.0 < level < 1.0:
        raise ValueError(f"A confidence level lies between 0 and 1, not at {level}.")
    log_odds = math.log(2.0 / (1.0 - level))
    means, variances = _running_moments(x)
    times = np.arange(1, len(x) + 1)
    stakes = np.minimum(np.sqrt(2.0 * log_odds / (variances[:-1] * times * np.log1p(times))), LARGEST_BET)
    surprise = (-np.log1p(-stakes) - stakes) * (x - means[:-1]) ** 2
    staked = np.cumsum(stakes)
    centre = np.cumsum(stakes * x) / staked
    half = (log_odds + np.cumsum(surprise)) / staked
    low = np.maximum.accumulate(np.clip(centre - half, 0.0, 1.0))
    high = np.minimum.accumulate(np.clip(centre + half, 0.0, 1.0))
    span = highest - lowest
    return ConfidenceSequence(
        low=tuple((lowest + span * low).tolist()),
        high=tuple((lowest + span * high).tolist()),
        level=level,
        method=f"predictable plug-in empirical Bernstein confidence sequence on [{lowest:g}, {highest:g}]",
    )


def betting_e_process(
    values: Sequence[float],
    *,
    tolerance: float,
    lowest: float = 0.0,
    highest: float = 1.0,
    significance: float = 0.05,
) -> EProcess:
    """Π (1 + λᵢ(xᵢ − tolerance)): alarms with probability at most `significance`, ever, while the mean is tolerable.

    values: observations in order, each within [lowest, highest]: losses, errors, misses. The bets λᵢ are set from the
    observations before i. Raises ValueError for a value outside its range, a tolerance not strictly inside it, or a
    significance outside (0, 1). Source: Waudby-Smith & Ramdas 2024; Podkopaev & Ramdas 2022; Ville 1939.
    """
    x = _scaled(values, lowest, highest)
    if not lowest < tolerance < highest:
        raise ValueError(f"The tolerance lies between {lowest:g} and {highest:g}, not at {tolerance}.")
    if not 0.0 < significance < 1.0:
        raise ValueError(f"A significance lies between 0 and 1, not at {significance}.")
    limit = (tolerance - lowest) / (highest - lowest)
    _, variances = _running_moments(x)
    times = np.arange(1, len(x) + 1)
    stakes = np.sqrt(2.0 * math.log(1.0 / significance) / (variances[:-1] * times * np.log1p(times)))
    stakes = np.minimum(stakes, LARGEST_BET / limit)
    log_wealth = np.cumsum(np.log1p(stakes * (x - limit)))
    most = np.log(np.finfo(float).max)
    reached = np.flatnonzero(log_wealth >= -math.log(significance))
    return EProcess(
        wealth=tuple(np.exp(np.minimum(log_wealth, most)).tolist()),
        alarm_at=int(reached[0]) + 1 if len(reached) else None,
        p_value=math.exp(-max(0.0, float(log_wealth.max()))) if len(x) else 1.0,
        significance=significance,
        method=f"betting e-process against a mean of at most {tolerance:g} on [{lowest:g}, {highest:g}]",
    )


def _scaled(values, lowest: float, highest: float) -> np.ndarray:
    x = np.asarray(values, dtype=float)
    if not lowest < highest:
        raise ValueError("The lowest possible value lies below the highest.")
    if x.ndim != 1 or not np.all((x >= lowest) & (x <= highest)):
        raise ValueError(f"Every observation is a number from {lowest:g} to {highest:g}; scale or clip them first.")
    return (x - lowest) / (highest - lowest)


def _running_moments(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance after 0, 1, ... n observations, each starting from half and a quarter: shape (n + 1,)."""
    times = np.arange(1, len(x) + 2)
    means = np.concatenate(([0.5], 0.5 + np.cumsum(x))) / times
    squares = np.concatenate(([0.25], 0.25 + np.cumsum((x - means[1:]) ** 2)))
    return means, squares / times
