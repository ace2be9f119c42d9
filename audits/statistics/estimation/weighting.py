"""Performance without outcomes where the population has shifted: importance weighting (PAPE)."""

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike
from threadpoolctl import threadpool_limits

from audits.statistics.arrays import finite_matrix, finite_vector
from audits.statistics.estimates import Estimate, could_not_compute
from audits.statistics.estimation.confidence import ConfidenceBasedEstimator

MINIMUM_EFFECTIVE_SIZE = 100


def density_ratio(
    reference_features: ArrayLike, current_features: ArrayLike, *, rng: np.random.Generator, largest: float = 50.0
) -> np.ndarray:
    """How much likelier each reference row is in the current population than in the reference, shape (reference rows,).

    Features have shape (rows, k), numeric, the same columns on both sides. Odds of an out-of-fold gradient-boosted
    classifier telling the two apart, scaled to mean 1 and cut at `largest`. Raises ValueError on NaN, infinity,
    columns that differ or fewer than 20 rows on a side. Source: Bickel, Brückner & Scheffer 2009.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    reference = finite_matrix(reference_features, "reference_features")
    current = finite_matrix(current_features, "current_features", columns=reference.shape[1])
    if min(len(reference), len(current)) < 20:
        raise ValueError("reference_features and current_features must hold at least 20 rows each")
    side = np.repeat([0, 1], [len(reference), len(current)])
    seed = int(rng.integers(2**31))
    model = HistGradientBoostingClassifier(max_iter=60, max_leaf_nodes=15, min_samples_leaf=40, random_state=seed)
    folds = StratifiedKFold(n_splits=3, shuffle=True, random_state=seed)
    # One thread: several fight over the cores when workers share a machine, at a hundred times the cost.
    with threadpool_limits(1, user_api="openmp"):
        chance = cross_val_predict(model, np.vstack([reference, current]), side, cv=folds, method="predict_proba")[:, 1]
    chance = np.clip(chance[: len(reference)], 1e-9, 1 - 1e-9)
    ratio = chance / (1 - chance) * len(reference) / len(current)
    return np.minimum(ratio / ratio.mean(), largest)


def effective_size(importance: ArrayLike) -> float:
    """Rows of equal weight that would be worth as much, (Σw)² / Σw². Source: Kish 1965."""
    importance = finite_vector(importance, "importance")
    squares = float(importance @ importance)
    return float(importance.sum() ** 2 / squares) if squares > 0 else 0.0


def importance_weighted_estimation(
    reference_label: ArrayLike,
    reference_score: ArrayLike,
    current_score: ArrayLike,
    *,
    reference_features: ArrayLike,
    current_features: ArrayLike,
    rng: np.random.Generator,
    minimum_effective_size: float = MINIMUM_EFFECTIVE_SIZE,
    calibration: str = "isotonic",
    **options,
) -> dict[str, Estimate]:
    """CBPE with the reference weighted to look like the current population, so that the calibration is the one needed
    there.

    Labels and scores have shape (n,) and (m,), features (n, k) and (m, k). `options` go to
    `ConfidenceBasedEstimator.estimate` (prediction, threshold, measures, level). `detail` holds the effective sample
    size and the largest weight; below `minimum_effective_size` the populations hardly overlap and the reason says so.
    Still blind to concept drift. Raises ValueError as `density_ratio` and `ConfidenceBasedEstimator`.
    Source: Białek et al. 2024 (arXiv 2401.08348).
    """
    importance = density_ratio(reference_features, current_features, rng=rng)
    reference_score = finite_vector(reference_score, "reference_score", length=len(importance))
    current_score = finite_vector(current_score, "current_score", length=len(np.asarray(current_features)))
    size, heaviest = effective_size(importance), float(importance.max())
    fitted = ConfidenceBasedEstimator.fit(
        reference_label, reference_score, calibration=calibration, importance=importance
    )
    answers = fitted.estimate(current_score, **options)
    extra = {"effective_size": size, "largest_weight": heaviest}
    sizes = {"reference (effective)": round(size), "current": len(current_score)}
    if size < minimum_effective_size:
        reason = f"the reference is worth only {size:.0f} rows of the current population, fewer than "
        reason += f"{minimum_effective_size:g}: the two hardly overlap"
        return {
            name: could_not_compute(f"{name}: {reason}", method=answer.method, sizes=sizes, **extra)
            for name, answer in answers.items()
        }
    return {
        name: replace(
            answer,
            sizes=sizes,
            method=f"{answer.method.replace('(CBPE)', '')}weighted by density ratio (PAPE)",
            detail=_with_blind_spot(answer.detail) | extra,
        )
        for name, answer in answers.items()
    }


def _with_blind_spot(detail) -> dict:
    """PAPE sees changes of the given inputs; what remains is what nobody gave it."""
    spots = [spot for spot in detail.get("blind_spots", []) if not spot.startswith("blind to changes of the inputs")]
    return dict(detail) | {"blind_spots": [*spots, "blind to changes of inputs that were not given"]}
