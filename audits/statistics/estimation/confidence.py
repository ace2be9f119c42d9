"""Performance without outcomes, from how confident the model is: CBPE."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import ArrayLike
from scipy import special

from audits.statistics.arrays import binary_vector, finite_vector, frequency_vector
from audits.statistics.estimates import Estimate, could_not_compute
from audits.statistics.estimation.expectation import MEASURES, Batch, expected
from audits.statistics.logistic import fit_logistic
from audits.statistics.shares import normal_estimate

BLIND_SPOTS = (
    "blind to concept drift: outcomes are assumed to follow the score as they did in the reference",
    "blind to changes of the inputs that the score does not show",
)
CALIBRATIONS = ("isotonic", "logistic", "none")


LOWEST = {"matthews_correlation": -1.0}


@dataclass(frozen=True, eq=False, kw_only=True)
class ConfidenceBasedEstimator:
    """What the reference says about the chance of a 1 at each score. Made by `fit`.

    method           the calibration, in words
    reference        rows that it rests on
    lowest, highest  the scores that they show
    points, chances  isotonic: scores and the chance there, to interpolate between
    edges, variances isotonic: first score of each block of equal chance, and the variance of that chance
    coefficients, covariance  logistic: intercept and slope on the scores, centred and scaled, and their covariance
    on_logits, centre, scale  logistic: whether scores enter as logits, and what they are centred and scaled by
    """

    method: str
    reference: int
    lowest: float
    highest: float
    points: np.ndarray
    chances: np.ndarray
    edges: np.ndarray
    variances: np.ndarray
    coefficients: np.ndarray | None = None
    covariance: np.ndarray | None = None
    on_logits: bool = False
    centre: float = 0.0
    scale: float = 1.0

    @classmethod
    def fit(
        cls,
        label: ArrayLike,
        score: ArrayLike,
        *,
        calibration: str = "isotonic",
        weights: ArrayLike | None = None,
        importance: ArrayLike | None = None,
    ) -> "ConfidenceBasedEstimator":
        """Learn the calibration from reference rows: `label` 0 and 1, `score`, both shape (n,).

        `calibration` is "isotonic" (the score's order is right), "logistic" (its shape too; on logits where all scores
        lie strictly between 0 and 1) or "none" (the score is the chance). `weights` says how many rows each entry
        stands for, `importance` how much each should count for the population to be estimated. Raises ValueError on
        NaN, infinity, lengths that differ, another calibration, or a reference with one outcome only.
        Source: Zadrozny & Elkan 2002 (isotonic); Platt 1999 (logistic).
        """
        if calibration not in CALIBRATIONS:
            raise ValueError(f"calibration must be one of {', '.join(CALIBRATIONS)}, not {calibration!r}")
        score = finite_vector(score, "score")
        label = binary_vector(label, "label", length=len(score))
        rows = frequency_vector(weights, length=len(score))
        mass = rows * frequency_vector(importance, length=len(score), name="importance")
        square = mass * (mass / np.where(rows > 0, rows, 1))
        if not (mass @ label > 0 and mass @ ~label > 0):
            raise ValueError("label: the reference must show both outcomes")
        seen = {
            "method": f"{calibration} calibration",
            "reference": round(rows.sum()),
            "lowest": float(score.min()),
            "highest": float(score.max()),
        }
        if calibration == "isotonic":
            return cls(**seen, **_isotonic(label, score, mass, square))
        empty = {name: np.zeros(0) for name in ("points", "chances", "edges", "variances")}
        if calibration == "none":
            if score.min() < 0 or score.max() > 1:
                raise ValueError("score must lie between 0 and 1 to be taken as a chance without calibration")
            return cls(**seen, **empty)
        on_logits = bool(score.min() > 0 and score.max() < 1)
        value = special.logit(score) if on_logits else score
        if value[label].min() >= value[~label].max() or value[label].max() <= value[~label].min():
            raise ValueError("score separates the reference outcomes perfectly; a logistic calibration has no bound")
        # Centred and scaled, so that scores of any size do not spoil the arithmetic.
        centre, scale = float(value.mean()), float(value.std()) or 1.0
        design = np.column_stack([np.ones(len(value)), (value - centre) / scale])
        fitted, information = fit_logistic(label, design, mass)
        chance = special.expit(design @ fitted)
        bread = np.linalg.inv(information)
        covariance = bread @ (design.T @ (design * (square * chance * (1 - chance))[:, None])) @ bread
        return cls(
            **seen, **empty, coefficients=fitted, covariance=covariance, on_logits=on_logits, centre=centre, scale=scale
        )

    def chance(self, score: ArrayLike) -> np.ndarray:
        """Calibrated chance of a 1 at each score, shape (n,). Raises ValueError on NaN and infinity."""
        return self._chance(finite_vector(score, "score"))

    def estimate(
        self,
        score: ArrayLike,
        *,
        prediction: ArrayLike | None = None,
        threshold: float | None = None,
        measures: Sequence[str] = ("auc", "accuracy"),
        level: float = 0.95,
    ) -> dict[str, Estimate]:
        """What each measure would be on rows whose outcomes are not known yet.

        `score` has shape (n,). Measures of decisions need `prediction`, 0 and 1, shape (n,), or a `threshold` from
        which on the score decides 1. The interval is for the performance these very rows will turn out to have, if
        outcomes still follow the score: it counts the chance in their outcomes and the calibration's own error.
        `detail["blind_spots"]` says what the estimate cannot see. Raises ValueError on NaN, infinity, lengths that
        differ or an unknown measure. Source: Białek, Kuberski, Perrakis & Bifet 2024 (CBPE).
        """
        unknown = [name for name in measures if name not in MEASURES]
        if unknown:
            raise ValueError(f"measures: {', '.join(unknown)} is not among {', '.join(MEASURES)}")
        score = finite_vector(score, "score")
        sizes = {"reference": self.reference, "current": len(score)}
        if not len(score):
            answer = could_not_compute("performance estimation: there are no rows", method=self.method, sizes=sizes)
            return dict.fromkeys(measures, answer)
        batch = Batch.of(score, prediction, threshold)
        chances = self._chance(batch.scores)
        error = _Error(self, batch, chances)
        outside = int(batch.rows[(batch.scores < self.lowest) | (batch.scores > self.highest)].sum())
        detail = {"blind_spots": list(BLIND_SPOTS), "scores_outside_reference": outside}
        answers = {}
        for name in measures:
            method = f"{name} expected under {self.method} of {self.reference} reference rows (CBPE)"
            found = expected(name, batch, chances)
            if found.reason:
                answers[name] = could_not_compute(f"{name}: {found.reason}", method=method, sizes=sizes, **detail)
                continue
            spread = math.sqrt(error.variance(found.slopes))
            bounds = (LOWEST.get(name, 0.0), 1.0)
            answers[name] = normal_estimate(
                found.value,
                spread,
                method=method,
                sizes=sizes,
                level=level,
                bounds=bounds,
                detail=detail | {"standard_error": spread},
            )
        return answers

    def _chance(self, score: np.ndarray) -> np.ndarray:
        if self.coefficients is not None:
            return special.expit(self.coefficients[0] + self.coefficients[1] * self._regressor(score))
        if not len(self.points):
            return np.clip(score, 0.0, 1.0)
        return np.interp(score, self.points, self.chances)

    def _regressor(self, score: np.ndarray) -> np.ndarray:
        edge = np.finfo(np.float64).eps
        value = special.logit(np.clip(score, edge, 1 - edge)) if self.on_logits else score
        return (value - self.centre) / self.scale

    def _pull(self, batch: Batch, spreads: np.ndarray, change: np.ndarray) -> np.ndarray:
        """A change per distinct score, gathered by what the calibration estimated: its blocks or its coefficients."""
        if self.coefficients is not None:
            return np.array([(change * spreads).sum(), (change * spreads * self._regressor(batch.scores)).sum()])
        if not len(self.edges):
            return np.zeros(0)
        block = np.clip(np.searchsorted(self.edges, batch.scores, side="right") - 1, 0, None)
        return np.bincount(block, change, len(self.edges))


class _Error:
    """Variance of realised minus estimated performance over one batch: chance in its outcomes, error of the
    calibration."""

    def __init__(self, estimator: ConfidenceBasedEstimator, batch: Batch, chances: np.ndarray):
        self.estimator, self.batch, self.spreads = estimator, batch, chances * (1 - chances)
        self.parts: tuple[np.ndarray, ...] = ()
        if batch.decided is not None:
            self.parts = (batch.decided, batch.rows - batch.decided)
        self.noises = [float((part * self.spreads).sum()) for part in self.parts]
        self.pulls = [estimator._pull(batch, self.spreads, part) for part in self.parts]

    def variance(self, slopes: np.ndarray | tuple[float, float]) -> float:
        """By the delta method, from the slopes of a measure in the chance of one row (see `Expectation`)."""
        if isinstance(slopes, tuple):
            noise = sum(slope**2 * noise for slope, noise in zip(slopes, self.noises, strict=True))
            pull = sum(slope * pull for slope, pull in zip(slopes, self.pulls, strict=True))
        else:
            change = self.batch.rows * slopes
            noise = float((change * slopes * self.spreads).sum())
            pull = self.estimator._pull(self.batch, self.spreads, change)
        if self.estimator.covariance is not None:
            return noise + max(0.0, float(pull @ self.estimator.covariance @ pull))
        return noise + float((pull**2 * self.estimator.variances).sum())


def _isotonic(label: np.ndarray, score: np.ndarray, mass: np.ndarray, square: np.ndarray) -> dict[str, np.ndarray]:
    """Isotonic calibration: interpolation points, and per block its first score and the variance of its chance.

    `square` sums to the variance of a weighted mean in units of p (1 - p), times the squared mass.
    """
    order = np.argsort(score)
    ranked = score[order]
    starts = np.flatnonzero(np.concatenate(([True], ranked[1:] != ranked[:-1])))
    distinct = ranked[starts]
    mass, square, hits = (np.add.reduceat(side[order], starts) for side in (mass, square, mass * label))
    counted = mass > 0
    distinct, mass, square, hits = distinct[counted], mass[counted], square[counted], hits[counted]
    fitted = scipy.optimize.isotonic_regression(hits / mass, weights=mass)
    first, last = fitted.blocks[:-1], fitted.blocks[1:] - 1
    chances = fitted.x[first]
    block_mass, block_square = np.add.reduceat(mass, first), np.add.reduceat(square, first)
    # Half an outcome on each side (Jeffreys): a block of one kind of outcome only is not certain.
    rows = block_mass**2 / block_square
    smoothed = (chances * rows + 0.5) / (rows + 1)
    both = np.column_stack([first, last]).ravel()
    kept = np.concatenate(([True], both[1:] != both[:-1]))
    return {
        "points": distinct[both[kept]],
        "chances": fitted.x[both[kept]],
        "edges": distinct[first],
        "variances": smoothed * (1 - smoothed) / rows,
    }
