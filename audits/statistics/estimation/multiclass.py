"""Performance among several classes without outcomes: CBPE, one calibration per class (M-CBPE)."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from audits.statistics.arrays import category_vector, finite_matrix
from audits.statistics.estimates import Estimate, could_not_compute
from audits.statistics.estimation.confidence import BLIND_SPOTS, ConfidenceBasedEstimator
from audits.statistics.performance.discrimination import auc
from audits.statistics.performance.multiclass import f1_by_class, matthews_of_tables
from audits.statistics.shares import normal_estimate

# Measures of a table of rows, outcome down and decision across.
TABLE_MEASURES: dict[str, Callable[[np.ndarray], float]] = {
    "accuracy": lambda table: float(np.trace(table) / table.sum()),
    "macro_f1": lambda table: float(f1_by_class(table)[table.sum(0) + table.sum(1) > 0].mean()),
    "matthews_correlation": lambda table: float(matthews_of_tables(table)),
}
MEASURES = (*TABLE_MEASURES, "auc")


def multiclass_confidence_estimation(
    reference_label: ArrayLike,
    reference_probability: ArrayLike,
    current_probability: ArrayLike,
    classes: Sequence,
    *,
    prediction: ArrayLike | None = None,
    measures: Sequence[str] = ("accuracy", "auc"),
    calibration: str = "isotonic",
    rng: np.random.Generator | None = None,
    replicates: int = 100,
    level: float = 0.95,
) -> dict[str, Estimate]:
    """What accuracy, macro F1, Matthews correlation or AUC (mean over classes) would be on rows without outcomes.

    `reference_label` holds class names, shape (n,), the probabilities have shape (n, k) and (m, k), their columns in
    the order of `classes`; `prediction` the class decided per current row, shape (m,), the most probable by default.
    Each class is calibrated against the rest on the reference (as `ConfidenceBasedEstimator.fit`), and the chances of a
    row scaled to sum to 1. With `rng` the normal interval is for the performance these very rows will turn out to have:
    its spread is that of `replicates` draws of their outcomes, each with the reference resampled. Blind spots in
    `detail`. Raises ValueError on NaN, infinity, shapes that do not fit, a class not in `classes`, a class the
    reference never or always shows, or an unknown measure. Source: NannyML's CBPE for multiclass; Białek et al. 2024.
    """
    names = [str(name) for name in classes]
    if unknown := [name for name in measures if name not in MEASURES]:
        raise ValueError(f"measures: {', '.join(unknown)} is not among {', '.join(MEASURES)}")
    reference = finite_matrix(reference_probability, "reference_probability", columns=len(names))
    current = finite_matrix(current_probability, "current_probability", columns=len(names))
    label = _places(reference_label, "reference_label", names, len(reference))
    decided = current.argmax(1) if prediction is None else _places(prediction, "prediction", names, len(current))
    sizes = {"reference": len(reference), "current": len(current)}
    method = f"expected under {calibration} calibration of each of {len(names)} classes (M-CBPE)"
    if not len(current):
        reason = "performance estimation: there are no rows"
        return dict.fromkeys(measures, could_not_compute(reason, method=method, sizes=sizes))
    chances = _chances(label, reference, current, calibration, np.ones(len(label)))
    drawn = {name: [] for name in measures}
    for _ in range(replicates if rng is not None else 0):
        weights = rng.multinomial(len(label), np.full(len(label), 1 / len(label)))
        if np.bincount(label, weights, len(names)).min() > 0:
            outcome = _draw(_chances(label, reference, current, calibration, weights), rng)
            for name in measures:
                drawn[name].append(_measured(name, np.eye(len(names))[outcome], current, decided))
    return {name: _estimate(name, chances, current, decided, drawn[name], method, sizes, level) for name in measures}


def _estimate(name, chances, current, decided, drawn, method, sizes, level) -> Estimate:
    detail = {"blind_spots": list(BLIND_SPOTS)}
    value = _measured(name, chances, current, decided)
    if value is None:
        reason = f"{name}: some class is either impossible or certain in every current row"
        return could_not_compute(reason, method=f"{name} {method}", sizes=sizes, **detail)
    known = [one for one in drawn if one is not None]
    if len(known) < 2:
        return Estimate(value=value, level=level, sizes=sizes, method=f"{name} {method}", detail=detail)
    spread = float(np.std(known, ddof=1))
    return normal_estimate(
        value,
        spread,
        method=f"{name} {method}, normal interval from {len(known)} draws of outcomes and reference",
        sizes=sizes,
        level=level,
        bounds=(-1.0 if name == "matthews_correlation" else 0.0, 1.0),
        detail=detail | {"standard_error": spread},
    )


def _chances(label, reference, current, calibration: str, weights) -> np.ndarray:
    """Chance of each class per current row, shape (m, k), every row summing to 1."""
    columns = [
        ConfidenceBasedEstimator.fit(label == place, reference[:, place], calibration=calibration, weights=weights)
        for place in range(reference.shape[1])
    ]
    chances = np.column_stack([fitted.chance(current[:, place]) for place, fitted in enumerate(columns)])
    total = chances.sum(1, keepdims=True)
    return np.where(total > 0, chances / np.where(total > 0, total, 1), 1 / len(columns))


def _draw(chances: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One class per row, drawn with its chances."""
    above = rng.random(len(chances))[:, None] > np.cumsum(chances, axis=1)
    return np.minimum(above.sum(1), chances.shape[1] - 1)


def _measured(name: str, chances: np.ndarray, current: np.ndarray, decided: np.ndarray) -> float | None:
    """A measure where each row is of each class with the weight given; None for an AUC without both outcomes."""
    if name in TABLE_MEASURES:
        table = np.column_stack([np.bincount(decided, column, chances.shape[1]) for column in chances.T]).T
        return TABLE_MEASURES[name](table)
    both = np.repeat([True, False], len(current))
    areas = [
        auc(both, np.tile(score, 2), weights=np.concatenate((chance, 1 - chance))).value
        for score, chance in zip(current.T, chances.T, strict=True)
    ]
    return None if any(area is None for area in areas) else float(np.mean(areas))


def _places(labels: ArrayLike, name: str, names: list[str], length: int) -> np.ndarray:
    text = category_vector(labels, name, length=length).astype(str)
    if strangers := sorted(set(text.tolist()) - set(names)):
        raise ValueError(f"{name} holds {', '.join(strangers)}, which is not among classes")
    order = np.argsort(names)
    return order[np.searchsorted(np.asarray(names)[order], text)]
