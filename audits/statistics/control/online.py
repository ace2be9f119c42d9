"""Tests that arrive over time: the false discovery rate over all of them, without knowing how many will come."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

# Normalises Javanmard & Montanari's spending sequence to a sum of 1.
LORD_CONSTANT = 0.07720838
SAFFRON_EXPONENT = 1.6
SAFFRON_CONSTANT = 0.4374901658  # 1 / zeta(1.6)


@dataclass(frozen=True, kw_only=True)
class OnlineDecisions:
    """Each test's own level, fixed before it was seen, and what that decided.

    levels      the level of each p-value, in order of arrival
    rejected    p-value <= level
    next_level  the level that the next p-value will meet
    """

    levels: tuple[float, ...]
    rejected: tuple[bool, ...]
    next_level: float
    significance: float
    method: str


def lord(
    p_values: Sequence[float], *, significance: float = 0.05, initial_wealth: float | None = None
) -> OnlineDecisions:
    """LORD++: αₜ = γₜ·w₀ + (α − w₀)·γₜ₋τ₁ + α·Σⱼ₌₂ γₜ₋τⱼ, with the past rejections at times τ.

    p_values: in order of arrival, all of them so far; independent for the guarantee. `initial_wealth` w₀ lies in (0, α]
    and is α/10 unless given. Raises ValueError for a p-value outside [0, 1], a significance outside (0, 1) or another
    wealth. Source: Ramdas et al. 2017; spending sequence Javanmard & Montanari 2018.
    """
    wealth = significance / 10.0 if initial_wealth is None else initial_wealth
    values = _checked(p_values, significance, wealth)
    spending = _lord_spending(len(values) + 1)
    levels, rejections = [], []
    for time in range(1, len(values) + 2):
        level = spending[time - 1] * wealth
        if rejections:
            level += (significance - wealth) * spending[time - rejections[0] - 1]
            level += significance * sum(spending[time - earlier - 1] for earlier in rejections[1:])
        levels.append(float(level))
        if time <= len(values) and values[time - 1] <= level:
            rejections.append(time)
    return _decisions(values, levels, significance, f"LORD++ with an initial wealth of {wealth:g}")


def saffron(
    p_values: Sequence[float],
    *,
    significance: float = 0.05,
    initial_wealth: float | None = None,
    candidate: float = 0.5,
) -> OnlineDecisions:
    """SAFFRON: LORD++ that spends wealth only on tests that are no candidates (p > λ), and so adapts to many effects.

    αₜ = min(λ, (1 − λ)·(w₀·γ(t − C₀) + (α − w₀)·γ(t − τ₁ − C₁) + α·Σⱼ₌₂ γ(t − τⱼ − Cⱼ))), Cⱼ counting the candidates
    since τⱼ and γⱼ ∝ j^−1.6. p_values: as `lord`. `candidate` λ lies in (0, 1); `initial_wealth` in (0, α], and is α/2
    unless given. Raises as `lord`, and for another λ. Source: Ramdas et al. 2018.
    """
    wealth = significance / 2.0 if initial_wealth is None else initial_wealth
    values = _checked(p_values, significance, wealth)
    if not 0.0 < candidate < 1.0:
        raise ValueError(f"The candidate threshold lies between 0 and 1, not at {candidate}.")
    spending = SAFFRON_CONSTANT * np.arange(1.0, len(values) + 2) ** -SAFFRON_EXPONENT
    candidates = np.concatenate(([0], np.cumsum(values <= candidate)))  # candidates[t]: among the first t
    levels, rejections = [], []
    for time in range(1, len(values) + 2):
        level = wealth * spending[time - candidates[time - 1] - 1]
        for number, earlier in enumerate(rejections):
            since = candidates[time - 1] - candidates[earlier]
            share = significance - wealth if number == 0 else significance
            level += share * spending[time - earlier - since - 1]
        level = min(candidate, (1.0 - candidate) * float(level))
        levels.append(level)
        if time <= len(values) and values[time - 1] <= level:
            rejections.append(time)
    method = f"SAFFRON with an initial wealth of {wealth:g} and candidates up to {candidate:g}"
    return _decisions(values, levels, significance, method)


def _lord_spending(length: int) -> np.ndarray:
    times = np.arange(1.0, length + 1)
    return LORD_CONSTANT * np.log(np.maximum(times, 2.0)) / (times * np.exp(np.sqrt(np.log(times))))


def _checked(p_values, significance: float, wealth: float) -> np.ndarray:
    values = np.asarray(p_values, dtype=float)
    if values.ndim != 1 or not np.all((values >= 0.0) & (values <= 1.0)):
        raise ValueError("The p-values are a one-dimensional sequence of numbers between 0 and 1.")
    if not 0.0 < significance < 1.0:
        raise ValueError(f"A significance lies between 0 and 1, not at {significance}.")
    if not 0.0 < wealth <= significance:
        raise ValueError(f"The initial wealth lies above 0 and is at most {significance:g}, not {wealth}.")
    return values


def _decisions(values: np.ndarray, levels: list[float], significance: float, method: str) -> OnlineDecisions:
    rejected = tuple((values <= np.array(levels[:-1])).tolist())
    return OnlineDecisions(
        levels=tuple(levels[:-1]), rejected=rejected, next_level=levels[-1], significance=significance, method=method
    )
