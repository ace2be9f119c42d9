"""How good two-way decisions are: every measure of the confusion counts.

`label` and `prediction` hold 0 and 1, shape (n,). `weights`, shape (n,), says how many rows each entry stands for, so
the four cells of a confusion table with their counts give the numbers of the rows they replace. All functions raise
ValueError on NaN, infinity, other values or lengths that differ. Shares carry Wilson intervals (Wilson 1927).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from audits.statistics.arrays import binary_vector, frequency_vector
from audits.statistics.estimates import Estimate, could_not_compute
from audits.statistics.shares import normal_estimate, normal_quantile, percentile_interval, share_estimate, wilson


@dataclass(frozen=True, kw_only=True)
class Confusion:
    """Rows by outcome and decision."""

    true_positives: float
    false_positives: float
    false_negatives: float
    true_negatives: float

    @property
    def rows(self) -> float:
        return self.true_positives + self.false_positives + self.false_negatives + self.true_negatives

    @property
    def cells(self) -> np.ndarray:
        """Shape (4,): true positives, false positives, false negatives, true negatives."""
        return np.array([self.true_positives, self.false_positives, self.false_negatives, self.true_negatives])


def confusion(label: ArrayLike, prediction: ArrayLike, *, weights: ArrayLike | None = None) -> Confusion:
    """Count rows by outcome and decision."""
    label = binary_vector(label, "label")
    prediction = binary_vector(prediction, "prediction", length=len(label))
    cells = np.bincount(2 * label + prediction, frequency_vector(weights, length=len(label)), 4)
    true_negatives, false_positives, false_negatives, true_positives = (float(cell) for cell in cells)
    return Confusion(
        true_positives=true_positives,
        false_positives=false_positives,
        false_negatives=false_negatives,
        true_negatives=true_negatives,
    )


def accuracy(
    label: ArrayLike, prediction: ArrayLike, *, weights: ArrayLike | None = None, level: float = 0.95
) -> Estimate:
    """Share of decisions that were right."""
    counts = confusion(label, prediction, weights=weights)
    right = counts.true_positives + counts.true_negatives
    return share_estimate(right, counts.rows, method="accuracy", empty="accuracy: there are no rows", level=level)


def precision(
    label: ArrayLike, prediction: ArrayLike, *, weights: ArrayLike | None = None, level: float = 0.95
) -> Estimate:
    """Share of positive decisions that were right (positive predictive value)."""
    counts = confusion(label, prediction, weights=weights)
    return share_estimate(
        counts.true_positives,
        counts.true_positives + counts.false_positives,
        method="precision",
        empty="precision: no decision was positive",
        size_name="positive decisions",
        level=level,
    )


def negative_predictive_value(
    label: ArrayLike, prediction: ArrayLike, *, weights: ArrayLike | None = None, level: float = 0.95
) -> Estimate:
    """Share of negative decisions that were right."""
    counts = confusion(label, prediction, weights=weights)
    return share_estimate(
        counts.true_negatives,
        counts.true_negatives + counts.false_negatives,
        method="negative predictive value",
        empty="negative predictive value: no decision was negative",
        size_name="negative decisions",
        level=level,
    )


def recall(
    label: ArrayLike, prediction: ArrayLike, *, weights: ArrayLike | None = None, level: float = 0.95
) -> Estimate:
    """Share of positive outcomes that were found (true positive rate, sensitivity)."""
    counts = confusion(label, prediction, weights=weights)
    return share_estimate(
        counts.true_positives,
        counts.true_positives + counts.false_negatives,
        method="recall",
        empty="recall: no outcome is positive",
        size_name="positives",
        level=level,
    )


def specificity(
    label: ArrayLike, prediction: ArrayLike, *, weights: ArrayLike | None = None, level: float = 0.95
) -> Estimate:
    """Share of negative outcomes that were recognised (true negative rate)."""
    counts = confusion(label, prediction, weights=weights)
    return share_estimate(
        counts.true_negatives,
        counts.true_negatives + counts.false_positives,
        method="specificity",
        empty="specificity: no outcome is negative",
        size_name="negatives",
        level=level,
    )


def false_positive_rate(
    label: ArrayLike, prediction: ArrayLike, *, weights: ArrayLike | None = None, level: float = 0.95
) -> Estimate:
    """Share of negative outcomes decided as positive."""
    counts = confusion(label, prediction, weights=weights)
    return share_estimate(
        counts.false_positives,
        counts.true_negatives + counts.false_positives,
        method="false positive rate",
        empty="false positive rate: no outcome is negative",
        size_name="negatives",
        level=level,
    )


def false_negative_rate(
    label: ArrayLike, prediction: ArrayLike, *, weights: ArrayLike | None = None, level: float = 0.95
) -> Estimate:
    """Share of positive outcomes decided as negative."""
    counts = confusion(label, prediction, weights=weights)
    return share_estimate(
        counts.false_negatives,
        counts.true_positives + counts.false_negatives,
        method="false negative rate",
        empty="false negative rate: no outcome is positive",
        size_name="positives",
        level=level,
    )


def f1(label: ArrayLike, prediction: ArrayLike, *, weights: ArrayLike | None = None, level: float = 0.95) -> Estimate:
    """Harmonic mean of precision and recall, 2TP / (2TP + FP + FN).

    Interval: F1 = 2J / (1 + J) rises with J = TP / (TP + FP + FN), a share of the rows that are not true negatives, so
    the Wilson limits of J are carried over. Source: van Rijsbergen 1979.
    """
    counts = confusion(label, prediction, weights=weights)
    concerned = counts.rows - counts.true_negatives
    sizes = {"rows": round(counts.rows)}
    if concerned <= 0:
        return could_not_compute("F1: no outcome and no decision is positive", method="F1", sizes=sizes)
    low, high = (2 * end / (1 + end) for end in wilson(counts.true_positives, concerned, level=level))
    return Estimate(
        value=2 * counts.true_positives / (counts.true_positives + concerned),
        low=low,
        high=high,
        level=level,
        sizes=sizes,
        method="F1, Wilson interval of TP/(TP+FP+FN) carried over",
    )


def balanced_accuracy(
    label: ArrayLike, prediction: ArrayLike, *, weights: ArrayLike | None = None, level: float = 0.95
) -> Estimate:
    """Mean of recall and specificity; the two Wilson intervals joined by MOVER (Zou & Donner 2008)."""
    method = "mean of recall and specificity, Wilson intervals joined by MOVER"
    found = recall(label, prediction, weights=weights, level=level)
    recognised = specificity(label, prediction, weights=weights, level=level)
    sizes = dict(found.sizes) | dict(recognised.sizes)
    if found.value is None or recognised.value is None:
        reason = f"balanced accuracy: {found.reason or recognised.reason}"
        return could_not_compute(reason, method=method, sizes=sizes)
    value = (found.value + recognised.value) / 2
    return Estimate(
        value=value,
        low=value - math.hypot(found.value - found.low, recognised.value - recognised.low) / 2,
        high=value + math.hypot(found.high - found.value, recognised.high - recognised.value) / 2,
        level=level,
        sizes=sizes,
        method=method,
    )


def matthews_correlation(
    label: ArrayLike,
    prediction: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    rng: np.random.Generator | None = None,
    replicates: int = 1000,
    level: float = 0.95,
) -> Estimate:
    """Correlation of outcome and decision, (TP TN - FP FN) / sqrt of the four margins' product; -1 to 1.

    Interval: delta method on Fisher's z; with `rng`, a percentile bootstrap of the four cells. Source: Matthews 1975.
    """
    method = "Matthews correlation"
    counts = confusion(label, prediction, weights=weights)
    sizes = {"rows": round(counts.rows)}
    tp, fp, fn, tn = counts.cells
    margins = np.array([tp + fp, tp + fn, tn + fp, tn + fn])
    if (margins <= 0).any():
        reason = "Matthews correlation: needs both outcomes and both decisions, and one of them never occurs"
        return could_not_compute(reason, method=method, sizes=sizes)
    root = math.sqrt(margins.prod())
    value = float((tp * tn - fp * fn) / root)
    if rng is not None:
        drawn = rng.multinomial(round(counts.rows), counts.cells / counts.rows, size=replicates).astype(float)
        low, high = percentile_interval(_matthews(drawn), value, level=level)
        method += f", percentile bootstrap of the four cells, {replicates} replicates"
        return Estimate(value=value, low=low, high=high, level=level, sizes=sizes, method=method)
    if abs(value) >= 1:
        return Estimate(
            value=value, level=level, sizes=sizes, method=method, detail={"no_interval": "every row agrees"}
        )
    reciprocal = 1 / margins
    slope = np.array([tn, -fn, -fp, tp]) / root - value / 2 * np.array(
        [
            reciprocal[0] + reciprocal[1],
            reciprocal[0] + reciprocal[2],
            reciprocal[1] + reciprocal[3],
            reciprocal[2] + reciprocal[3],
        ]
    )
    # The measure does not change when all cells grow together, so the mean slope is zero and the variance is one sum.
    half = normal_quantile(level) * math.sqrt(counts.cells @ slope**2) / (1 - value**2)
    low, high = (math.tanh(math.atanh(value) + side * half) for side in (-1, 1))
    method += ", delta method on Fisher's z"
    return Estimate(value=value, low=low, high=high, level=level, sizes=sizes, method=method)


def cohen_kappa(
    label: ArrayLike, prediction: ArrayLike, *, weights: ArrayLike | None = None, level: float = 0.95
) -> Estimate:
    """Agreement beyond chance, (observed - expected) / (1 - expected).

    Source: Cohen 1960; Fleiss, Cohen & Everitt 1969.
    """
    method = "Cohen's kappa, large-sample interval"
    counts = confusion(label, prediction, weights=weights)
    sizes = {"rows": round(counts.rows)}
    if counts.rows <= 0:
        return could_not_compute("Cohen's kappa: there are no rows", method=method, sizes=sizes)
    tp, fp, fn, tn = counts.cells / counts.rows
    decided, occurred = np.array([tn + fn, tp + fp]), np.array([tn + fp, tp + fn])
    expected = float(decided @ occurred)
    if expected >= 1:
        reason = "Cohen's kappa: outcome and decision never vary"
        return could_not_compute(reason, method=method, sizes=sizes)
    kappa = (tp + tn - expected) / (1 - expected)
    table = np.array([[tn, fp], [fn, tp]])
    agreeing = sum(table[i, i] * (1 - (decided[i] + occurred[i]) * (1 - kappa)) ** 2 for i in range(2))
    differing = sum(table[i, 1 - i] * (decided[i] + occurred[1 - i]) ** 2 for i in range(2)) * (1 - kappa) ** 2
    variance = (agreeing + differing - (kappa - expected * (1 - kappa)) ** 2) / (1 - expected) ** 2 / counts.rows
    return normal_estimate(
        kappa, math.sqrt(max(0.0, variance)), method=method, sizes=sizes, level=level, bounds=(-1.0, 1.0)
    )


BINARY_MEASURES: dict[str, Callable[..., Estimate]] = {
    "accuracy": accuracy,
    "balanced_accuracy": balanced_accuracy,
    "precision": precision,
    "negative_predictive_value": negative_predictive_value,
    "recall": recall,
    "specificity": specificity,
    "false_positive_rate": false_positive_rate,
    "false_negative_rate": false_negative_rate,
    "f1": f1,
    "matthews_correlation": matthews_correlation,
    "cohen_kappa": cohen_kappa,
}


def _matthews(cells: np.ndarray) -> np.ndarray:
    """Matthews correlation of cells along the last axis; 0 where a margin is empty, as scikit-learn has it."""
    tp, fp, fn, tn = np.moveaxis(cells, -1, 0)
    product = (tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)
    return (tp * tn - fp * fn) / np.sqrt(np.where(product > 0, product, 1)) * (product > 0)
