"""Many tests in one run: family-wise error and false discovery rate."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, kw_only=True)
class Adjustment:
    """What a family of tests says once its size is accounted for.

    adjusted  p-values that may be compared with `significance` directly, in the order given; None where there was none
    rejected  whether each null is rejected; False where there was no p-value
    """

    adjusted: tuple[float | None, ...]
    rejected: tuple[bool, ...]
    significance: float
    method: str


def holm(p_values: Sequence[float | None], *, significance: float = 0.05) -> Adjustment:
    """Step-down Bonferroni: the chance of even one false rejection is at most `significance`, whatever the dependence.

    p_values: one per test, None for a test that could not be computed, which then is no member of the family.
    Raises ValueError for a p-value or significance outside [0, 1] or (0, 1). Source: Holm 1979.
    """
    return _adjust(p_values, significance, "Holm's step-down", _holm)


def benjamini_hochberg(p_values: Sequence[float | None], *, significance: float = 0.05) -> Adjustment:
    """Step-up: of the rejections, in expectation at most the share `significance` is false, for independent tests.

    Also valid under positive regression dependence. Arguments and errors as `holm`. Source: Benjamini & Hochberg 1995.
    """
    return _adjust(p_values, significance, "Benjamini-Hochberg step-up", _benjamini_hochberg)


def benjamini_yekutieli(p_values: Sequence[float | None], *, significance: float = 0.05) -> Adjustment:
    """As `benjamini_hochberg`, at the price of a factor Σ 1/i valid under any dependence.

    Arguments and errors as `holm`. Source: Benjamini & Yekutieli 2001.
    """
    return _adjust(p_values, significance, "Benjamini-Yekutieli step-up", _benjamini_yekutieli)


def _holm(ordered: np.ndarray) -> np.ndarray:
    return np.maximum.accumulate(ordered * np.arange(len(ordered), 0, -1))


def _benjamini_hochberg(ordered: np.ndarray) -> np.ndarray:
    scaled = ordered * len(ordered) / np.arange(1, len(ordered) + 1)
    return np.minimum.accumulate(scaled[::-1])[::-1]


def _benjamini_yekutieli(ordered: np.ndarray) -> np.ndarray:
    return _benjamini_hochberg(ordered) * np.sum(1.0 / np.arange(1, len(ordered) + 1))


def _adjust(p_values, significance: float, name: str, rule) -> Adjustment:
    if not 0.0 < significance < 1.0:
        raise ValueError(f"A significance lies between 0 and 1, not at {significance}.")
    given = [place for place, p_value in enumerate(p_values) if p_value is not None]
    family = np.array([p_values[place] for place in given], dtype=float)
    if len(family) and not np.all((family >= 0.0) & (family <= 1.0)):
        raise ValueError("A p-value lies between 0 and 1.")
    order = np.argsort(family, kind="stable")
    adjusted: list[float | None] = [None] * len(p_values)
    for place, value in zip(order.tolist(), np.minimum(rule(family[order]), 1.0).tolist(), strict=True):
        adjusted[given[place]] = value
    without = len(p_values) - len(given)
    method = f"{name} over {len(given)} tests" + (f", {without} without a p-value left out" if without else "")
    rejected = tuple(value is not None and value <= significance for value in adjusted)
    return Adjustment(adjusted=tuple(adjusted), rejected=rejected, significance=significance, method=method)
