"""Errors of predicted numbers without outcomes: direct loss estimation (DLE)."""

import math

import numpy as np
import scipy
from numpy.typing import ArrayLike
from threadpoolctl import threadpool_limits

from audits.statistics.arrays import finite_matrix, finite_vector
from audits.statistics.estimates import Estimate, could_not_compute
from audits.statistics.estimation.confidence import BLIND_SPOTS
from audits.statistics.shares import normal_estimate

LOSSES = {"mae": np.abs, "mse": np.square, "rmse": np.square}
MINIMUM_REFERENCE = 100


def direct_loss_estimation(
    reference_features: ArrayLike,
    reference_realised: ArrayLike,
    reference_predicted: ArrayLike,
    current_features: ArrayLike,
    current_predicted: ArrayLike,
    *,
    rng: np.random.Generator,
    measure: str = "mae",
    level: float = 0.95,
) -> Estimate:
    """Mean loss that a second model, trained on the reference's losses, expects on rows whose outcomes are not known
    yet.

    Features have shape (n, k) and (m, k), the other arrays (n,) or (m,). `measure` is "mae", "mse" or "rmse". The
    second model is gradient-boosted on features and prediction; its mean error out of fold is taken off. The interval
    is for the loss these rows will turn out to have: its spread is that of the out-of-fold errors at losses as large
    as expected here. Blind spots in `detail`. Raises ValueError on NaN, infinity, shapes that do not fit or another
    measure. Source: NannyML's Direct Loss Estimation (2022).
    """
    from sklearn.ensemble import HistGradientBoostingRegressor
    from sklearn.model_selection import KFold, cross_val_predict

    if measure not in LOSSES:
        raise ValueError(f"measure must be one of {', '.join(LOSSES)}, not {measure!r}")
    reference = finite_matrix(reference_features, "reference_features")
    predicted = finite_vector(reference_predicted, "reference_predicted", length=len(reference))
    realised = finite_vector(reference_realised, "reference_realised", length=len(reference))
    current = finite_matrix(current_features, "current_features", columns=reference.shape[1])
    expected = finite_vector(current_predicted, "current_predicted", length=len(current))
    sizes = {"reference": len(reference), "current": len(current)}
    method = f"{measure} expected by a gradient-boosted loss model (DLE)"
    if len(reference) < MINIMUM_REFERENCE or not len(current):
        reason = f"{measure}: needs at least {MINIMUM_REFERENCE} reference rows and one current row"
        return could_not_compute(reason, method=method, sizes=sizes)
    loss = LOSSES[measure](realised - predicted)
    design = np.column_stack([reference, predicted])
    seed = int(rng.integers(2**31))
    model = HistGradientBoostingRegressor(max_iter=100, max_leaf_nodes=15, min_samples_leaf=40, random_state=seed)
    # One thread: several fight over the cores when workers share a machine, at a hundred times the cost.
    with threadpool_limits(1, user_api="openmp"):
        held_out = cross_val_predict(model, design, loss, cv=KFold(n_splits=3, shuffle=True, random_state=seed))
        estimated = model.fit(design, loss).predict(np.column_stack([current, expected]))
    residual = loss - held_out
    value = max(0.0, float(estimated.mean() + residual.mean()))
    variance = _variance_at(estimated, held_out, residual**2)
    spread = math.sqrt(variance * (1 / len(current) + 1 / len(reference)))
    detail = {"blind_spots": [BLIND_SPOTS[0].replace("the score", "the inputs")], "reference_loss": float(loss.mean())}
    estimate = normal_estimate(
        value, spread, method=method, sizes=sizes, level=level, bounds=(0.0, math.inf), detail=detail
    )
    if measure != "rmse":
        return estimate
    return Estimate(
        value=math.sqrt(estimate.value),
        low=math.sqrt(estimate.low),
        high=math.sqrt(estimate.high),
        level=level,
        sizes=sizes,
        method=method,
        detail=detail | {"reference_loss": math.sqrt(loss.mean())},
    )


def _variance_at(estimated: np.ndarray, held_out: np.ndarray, squares: np.ndarray) -> float:
    """Mean squared error to expect at these estimated losses: errors grow with the loss, so it is fitted
    isotonically."""
    order = np.argsort(held_out)
    return float(np.interp(estimated, held_out[order], scipy.optimize.isotonic_regression(squares[order]).x).mean())
