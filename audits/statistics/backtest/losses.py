"""Predicted losses against realised ones, and how concentrated a portfolio is."""

import math

from numpy.typing import ArrayLike
from scipy import special

from audits.statistics.arrays import finite_vector, frequency_vector
from audits.statistics.estimates import Estimate, could_not_compute
from audits.statistics.shares import normal_estimate


def loss_shortfall(
    realised: ArrayLike, predicted: ArrayLike, exposure: ArrayLike | None = None, *, level: float = 0.95
) -> Estimate:
    """1 - predicted loss / realised loss over the portfolio: positive when too little was predicted.

    `realised` and `predicted` hold loss rates, shape (n,), `exposure` the amounts they apply to, shape (n,), 1 each by
    default. Interval and one-sided p-value (against too little predicted) by the delta method over facilities. Raises
    ValueError on NaN, infinity, lengths that differ or a negative exposure. Source: Li, Bhariok, Keenan & Santilli
    2009; ECB 2019.
    """
    method = "1 - predicted loss / realised loss, delta-method interval"
    realised = finite_vector(realised, "realised")
    predicted = finite_vector(predicted, "predicted", length=len(realised))
    exposure = frequency_vector(exposure, length=len(realised), name="exposure")
    sizes = {"facilities": len(realised)}
    lost, expected = exposure * realised, exposure * predicted
    if len(lost) < 2 or lost.sum() <= 0:
        why = (
            "needs at least two facilities"
            if len(lost) < 2
            else "no loss was realised, so there is nothing to divide by"
        )
        return could_not_compute(f"loss shortfall: {why}", method=method, sizes=sizes)
    ratio = float(expected.sum() / lost.sum())
    influence = (expected - ratio * lost) / lost.mean()
    spread = float(influence.std(ddof=1) / math.sqrt(len(lost)))
    detail = {"realised_loss": float(lost.sum()), "predicted_loss": float(expected.sum())}
    if spread <= 0:
        return Estimate(value=1 - ratio, level=level, sizes=sizes, method=method, detail=detail)
    statistic = (1 - ratio) / spread
    return normal_estimate(
        1 - ratio,
        spread,
        method=method,
        sizes=sizes,
        level=level,
        statistic=statistic,
        p_value=float(special.ndtr(-statistic)),
        detail=detail,
    )


def herfindahl_index(amounts: ArrayLike, *, initial: float | None = None) -> Estimate:
    """Sum of squared shares over grades (or names): 1/k when spread evenly over k, 1 when all is in one.

    `amounts` holds numbers of obligors or exposures per grade, at least 0, shape (k,). `detail` holds the index
    normalised to 0 to 1, the ECB's form of it, 1 + ln(index) / ln(k), and the coefficient of variation of the shares.
    With `initial`, the index at validation, the p-value is of the ECB's one-sided test that concentration has not
    risen. Raises ValueError on NaN, infinity, a negative amount, or an initial index outside (0, 1). Source:
    Herfindahl 1950; ECB, Instructions for reporting the validation results, 2019, section 2.5.5.3.
    """
    method = "sum of squared shares (Herfindahl-Hirschman)"
    amounts = finite_vector(amounts, "amounts")
    if len(amounts) and amounts.min() < 0:
        raise ValueError("amounts must not be negative")
    sizes, grades = {"grades": len(amounts)}, len(amounts)
    if initial is not None and not 0 < initial <= 1:
        raise ValueError(f"initial must lie between 0 and 1, not {initial}")
    if amounts.sum() <= 0:
        return could_not_compute("Herfindahl index: there is nothing in any grade", method=method, sizes=sizes)
    shares = amounts / amounts.sum()
    value = float((shares**2).sum())
    detail = {"largest_share": float(shares.max())}
    if grades < 2:
        return Estimate(value=value, sizes=sizes, method=method, detail=detail)
    variation = _variation(value, grades)
    detail |= {"normalised": max(0.0, (value - 1 / grades) / (1 - 1 / grades)), "coefficient_of_variation": variation}
    detail["ecb_index"] = 1 + math.log(value) / math.log(grades)
    if initial is None:
        return Estimate(value=value, sizes=sizes, method=method, detail=detail)
    statistic, p_value = None, 1.0  # Spread evenly, nothing can have become more concentrated.
    if variation > 0:
        spread = math.sqrt(variation**2 * (0.5 + variation**2))
        statistic = math.sqrt(grades - 1) * (variation - _variation(initial, grades)) / spread
        p_value = float(special.ndtr(-statistic))
    return Estimate(
        value=value,
        statistic=statistic,
        p_value=p_value,
        sizes=sizes,
        method=f"{method}, ECB test against the initial index {initial:g}",
        detail=detail,
    )


def _variation(index: float, grades: int) -> float:
    """Coefficient of variation of the shares, from index = (1 + CV²) / grades."""
    return math.sqrt(max(0.0, grades * index - 1))
