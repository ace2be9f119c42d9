"""How close predicted numbers come to realised ones.

`realised` and `predicted` hold finite numbers in the same unit, shape (n,); `weights` how many rows each entry stands
for. All functions raise ValueError on NaN, infinity or lengths that differ. Intervals are large-sample normal ones.
"""

import math

import numpy as np
import scipy
from numpy.typing import ArrayLike

from audits.statistics.arrays import finite_vector, frequency_vector, open_share
from audits.statistics.estimates import Estimate, could_not_compute
from audits.statistics.shares import normal_estimate, normal_quantile


def mae(
    realised: ArrayLike, predicted: ArrayLike, *, weights: ArrayLike | None = None, level: float = 0.95
) -> Estimate:
    """Mean absolute error, in the unit of the values. Source: Willmott & Matsuura 2005."""
    realised, predicted, weights = _checked(realised, predicted, weights)
    return _mean_loss(np.abs(realised - predicted), weights, "mean absolute error", level)


def mean_error(
    realised: ArrayLike, predicted: ArrayLike, *, weights: ArrayLike | None = None, level: float = 0.95
) -> Estimate:
    """Mean of predicted minus realised (bias), in the unit of the values; positive when predictions are too high."""
    realised, predicted, weights = _checked(realised, predicted, weights)
    return _mean_loss(predicted - realised, weights, "mean of predicted minus realised", level, floor=-math.inf)


def quantile_loss(
    realised: ArrayLike,
    predicted: ArrayLike,
    *,
    quantile: float,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """Mean pinball loss of a predicted quantile, max(q e, (q - 1) e) with e = realised - predicted.

    Also raises ValueError when `quantile` is outside (0, 1). Source: Koenker & Bassett 1978.
    """
    open_share(quantile, "quantile")
    realised, predicted, weights = _checked(realised, predicted, weights)
    error = realised - predicted
    loss = np.maximum(quantile * error, (quantile - 1) * error)
    return _mean_loss(loss, weights, f"mean pinball loss of the {quantile:g} quantile", level)


def mean_absolute_percentage_error(
    realised: ArrayLike, predicted: ArrayLike, *, weights: ArrayLike | None = None, level: float = 0.95
) -> Estimate:
    """Mean of |error| over |realised|, a share. Could not be computed when a realised value is 0."""
    method = "mean absolute percentage error"
    realised, predicted, weights = _checked(realised, predicted, weights)
    zeros = int(np.count_nonzero(realised == 0))
    if zeros:
        reason = f"{method}: {zeros} realised values are 0, and an error has no share of nothing"
        return could_not_compute(reason, method=method, sizes={"rows": round(weights.sum())})
    return _mean_loss(np.abs((realised - predicted) / realised), weights, method, level)


def rmse(
    realised: ArrayLike, predicted: ArrayLike, *, weights: ArrayLike | None = None, level: float = 0.95
) -> Estimate:
    """Root of the mean squared error, in the unit of the values; the interval of the mean square, rooted.

    Source: Willmott & Matsuura 2005.
    """
    realised, predicted, weights = _checked(realised, predicted, weights)
    square = _mean_loss((realised - predicted) ** 2, weights, "root mean squared error", level)
    if square.value is None:
        return square
    return Estimate(
        value=math.sqrt(square.value),
        low=None if square.low is None else math.sqrt(square.low),
        high=None if square.high is None else math.sqrt(square.high),
        level=level,
        sizes=square.sizes,
        method=square.method,
        detail=square.detail,
    )


def r_squared(
    realised: ArrayLike, predicted: ArrayLike, *, weights: ArrayLike | None = None, level: float = 0.95
) -> Estimate:
    """Share of the realised variance that predictions account for, 1 - SSE / SST; below 0 when worse than the mean.

    Interval from the influence of each row on the ratio (delta method). Source: Wright 1921.
    """
    method = "1 - SSE/SST, delta-method interval"
    realised, predicted, weights = _checked(realised, predicted, weights)
    rows = weights.sum()
    sizes = {"rows": round(rows)}
    if rows < 2:
        return could_not_compute("R squared: needs at least two rows", method=method, sizes=sizes)
    centred = realised - weights @ realised / rows
    variance = weights @ centred**2 / rows
    if variance <= 0 or np.ptp(realised[weights > 0]) == 0:
        reason = "R squared: the realised values never vary, so there is nothing to account for"
        return could_not_compute(reason, method=method, sizes=sizes)
    squared = (realised - predicted) ** 2
    ratio = weights @ squared / rows / variance
    influence = (squared - ratio * centred**2) / variance
    spread = math.sqrt(weights @ influence**2 / rows / rows)
    return normal_estimate(1 - ratio, spread, method=method, sizes=sizes, level=level, bounds=(-math.inf, 1.0))


def somers_d(
    realised: ArrayLike, predicted: ArrayLike, *, weights: ArrayLike | None = None, level: float = 0.95
) -> Estimate:
    """Ordering of realised grades by predicted grades: (concordant - discordant) / pairs not tied in realised.

    The generalised AUC of LGD and CCF validation is (D + 1) / 2, in `detail`. Values are grades or numbers cut into few
    classes: the table of distinct values must have at most 1 000 000 cells (ValueError). Interval: asymptotic standard
    error of the ratio. Source: Somers 1962; ECB, Instructions for reporting the validation results, 2019, section
    2.6.3.
    """
    method = "Somers' D of realised given predicted grades, asymptotic interval"
    realised, predicted, weights = _checked(realised, predicted, weights)
    rows = weights.sum()
    sizes = {"rows": round(rows)}
    kinds, row = np.unique(realised, return_inverse=True)
    grades, column = np.unique(predicted, return_inverse=True)
    if len(kinds) * len(grades) > 1_000_000:
        raise ValueError(f"{len(kinds)} realised by {len(grades)} predicted values; cut them into grades first")
    table = np.zeros((len(kinds), len(grades)))
    np.add.at(table, (row, column), weights)
    untied = rows**2 - (table.sum(axis=1) ** 2).sum()
    if (table.sum(axis=1) > 0).sum() < 2:
        reason = "Somers' D: all realised values are the same, so there is nothing to order"
        return could_not_compute(reason, method=method, sizes=sizes)
    below = np.pad(np.cumsum(np.cumsum(table, 0), 1), ((1, 0), (1, 0)))
    total_rows, total_columns = below[:, -1:], below[-1:, :]
    agreeing = below[:-1, :-1] + (rows - total_rows[1:] - total_columns[:, 1:] + below[1:, 1:])
    opposing = (total_rows[:-1] - below[:-1, 1:]) + (total_columns[:, :-1] - below[1:, :-1])
    surplus = agreeing - opposing
    value = float((table * surplus).sum() / untied)
    slope = surplus - value * (rows - table.sum(axis=1, keepdims=True))
    spread = 2 / untied * math.sqrt(float((table * slope**2).sum()))
    estimate = normal_estimate(
        value,
        spread,
        method=method,
        sizes=sizes,
        level=level,
        bounds=(-1.0, 1.0),
        detail={"generalised_auc": (value + 1) / 2, "generalised_auc_standard_error": spread / 2},
    )
    return estimate


def predicted_realised_t_test(
    realised: ArrayLike, predicted: ArrayLike, *, weights: ArrayLike | None = None, level: float = 0.95
) -> Estimate:
    """Mean of realised minus predicted with its paired t-test, one-sided against under-prediction (LGD, EAD, CCF).

    The p-value is small when realised losses exceed the predicted. Source: ECB, Instructions for reporting the
    validation results, 2019, sections 2.6.2 and 2.9.3.
    """
    method = "mean of realised minus predicted, paired t-test, one-sided"
    realised, predicted, weights = _checked(realised, predicted, weights)
    rows = weights.sum()
    sizes = {"rows": round(rows)}
    if rows < 2:
        return could_not_compute("paired t-test: needs at least two rows", method=method, sizes=sizes)
    difference = realised - predicted
    mean = float(weights @ difference / rows)
    spread = math.sqrt(weights @ (difference - mean) ** 2 / (rows - 1) / rows)
    if spread <= 0:
        reason = "paired t-test: every row differs by the same amount, so there is no spread to test against"
        return could_not_compute(reason, method=method, sizes=sizes, mean_difference=mean)
    half = float(scipy.stats.t.ppf(0.5 + open_share(level, "level") / 2, rows - 1)) * spread
    return Estimate(
        value=mean,
        low=mean - half,
        high=mean + half,
        level=level,
        statistic=mean / spread,
        p_value=float(scipy.stats.t.sf(mean / spread, rows - 1)),
        sizes=sizes,
        method=method,
    )


def _checked(realised, predicted, weights) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    realised = finite_vector(realised, "realised")
    predicted = finite_vector(predicted, "predicted", length=len(realised))
    return realised, predicted, frequency_vector(weights, length=len(realised))


def _mean_loss(loss: np.ndarray, weights: np.ndarray, method: str, level: float, floor: float = 0.0) -> Estimate:
    rows = weights.sum()
    sizes = {"rows": round(rows)}
    if rows <= 0:
        return could_not_compute(f"{method}: there are no rows", method=method, sizes=sizes)
    value = float(weights @ loss / rows)
    if rows <= 1:
        return Estimate(value=value, level=level, sizes=sizes, method=method, detail={"no_interval": "one row only"})
    half = normal_quantile(level) * math.sqrt(weights @ (loss - value) ** 2 / (rows - 1) / rows)
    return Estimate(
        value=value,
        low=max(floor, value - half),
        high=value + half,
        level=level,
        sizes=sizes,
        method=f"{method}, normal interval",
    )
