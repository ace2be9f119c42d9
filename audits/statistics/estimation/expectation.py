"""Performance measures in expectation, each row being positive with a chance of its own."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from audits.statistics.arrays import binary_vector
from audits.statistics.performance.discrimination import ScoreCounts


def _accuracy(tp, fp, fn, tn):
    return (tp + tn) / (tp + fp + fn + tn)


def _precision(tp, fp, fn, tn):
    return tp / (tp + fp)


def _recall(tp, fp, fn, tn):
    return tp / (tp + fn)


def _specificity(tp, fp, fn, tn):
    return tn / (tn + fp)


def _f1(tp, fp, fn, tn):
    return 2 * tp / (2 * tp + fp + fn)


def _matthews(tp, fp, fn, tn):
    return (tp * tn - fp * fn) / ((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)) ** 0.5


# Measures of the expected confusion cells; the others need the scores themselves.
CELL_MEASURES: dict[str, Callable] = {
    "accuracy": _accuracy,
    "precision": _precision,
    "recall": _recall,
    "specificity": _specificity,
    "f1": _f1,
    "matthews_correlation": _matthews,
}
MEASURES = ("auc", *CELL_MEASURES, "brier_score", "outcome_rate")


@dataclass(frozen=True, eq=False)
class Batch:
    """Rows per distinct score, scores rising, and how many of them are decided 1 (None without decisions)."""

    scores: np.ndarray
    rows: np.ndarray
    decided: np.ndarray | None

    @classmethod
    def of(cls, score: np.ndarray, prediction: ArrayLike | None, threshold: float | None) -> "Batch":
        """Sort the rows of a batch that has at least one. Raises ValueError when `prediction` does not fit."""
        ordered = np.sort(score)
        starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
        distinct, rows = ordered[starts], np.diff(starts, append=len(ordered)).astype(np.float64)
        if prediction is not None:
            chosen = np.sort(score[binary_vector(prediction, "prediction", length=len(score))])
            decided = np.bincount(np.searchsorted(distinct, chosen), minlength=len(distinct)).astype(np.float64)
            return cls(distinct, rows, decided)
        return cls(distinct, rows, None if threshold is None else rows * (distinct >= threshold))


@dataclass(frozen=True, eq=False)
class Expectation:
    """A measure in expectation, or the reason why there is none.

    slopes  how it changes with the chance of one row: an array, one per distinct score, or for measures of decisions
    two
            numbers, for rows decided 1 and rows decided 0
    """

    value: float = 0.0
    slopes: np.ndarray | tuple[float, float] = (0.0, 0.0)
    reason: str = ""


def expected(name: str, batch: Batch, chances: np.ndarray) -> Expectation:
    """One of MEASURES in expectation, `chances` being those of a positive outcome at the batch's scores."""
    positives = batch.rows * chances
    negatives = batch.rows - positives
    total = batch.rows.sum()
    if name == "auc":
        counts = ScoreCounts(batch.scores, positives, negatives)
        if counts.missing_class:
            return Expectation(reason=counts.missing_class)
        below, above = counts.placements()
        area = float((positives * below).sum() / positives.sum())
        return Expectation(area, (below - area) / positives.sum() - (above - area) / negatives.sum())
    if name == "outcome_rate":
        return Expectation(float(positives.sum() / total), np.full(len(chances), 1 / total))
    if name == "brier_score":
        if batch.scores[0] < 0 or batch.scores[-1] > 1:
            return Expectation(reason="the scores are not probabilities")
        value = (positives * (1 - batch.scores) ** 2 + negatives * batch.scores**2).sum() / total
        return Expectation(float(value), (1 - 2 * batch.scores) / total)
    if batch.decided is None:
        return Expectation(reason="needs decisions: pass `prediction` or `threshold`")
    right, decided = float((batch.decided * chances).sum()), float(batch.decided.sum())
    missed = max(0.0, float(positives.sum()) - right)
    return _of_cells(CELL_MEASURES[name], (right, decided - right, missed, max(0.0, float(total) - decided - missed)))


def _of_cells(measure: Callable, cells: tuple[float, float, float, float]) -> Expectation:
    """A measure of the four expected cells, with slopes by complex steps, which are exact to rounding."""
    step = 1e-30
    try:
        value = measure(*cells)
        slopes = [
            complex(measure(*(cell + 1j * step * (place == at) for place, cell in enumerate(cells)))).imag / step
            for at in range(4)
        ]
    except ZeroDivisionError:
        return Expectation(reason="one of the outcomes or decisions it divides by never occurs")
    return Expectation(value, (slopes[0] - slopes[1], slopes[2] - slopes[3]))
