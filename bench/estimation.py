"""Performance without outcomes (CBPE): fitted on a million reference rows, estimated for a million more in chunks."""

from functools import cache

import numpy as np
from scipy import special
from sklearn.metrics import roc_auc_score

from audits.statistics.estimates import Estimate
from audits.statistics.estimation import ConfidenceBasedEstimator
from bench.measure import Row, cost_of, printed
from bench.tables import ROWS

CHUNKS = 12
MEASURES = ("auc", "accuracy", "precision", "recall", "specificity", "f1")
THRESHOLD = 0.5


@cache
def scored(rows: int, seed: int, shift: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Outcomes, and scores that are a little too sure of themselves; `shift` moves the population, not the concept."""
    rng = np.random.default_rng(seed)
    score = special.expit(rng.normal(shift - 1.0, 1.5, rows))
    return rng.random(rows) < special.expit(0.8 * special.logit(score)), score


def fit(rows: int) -> ConfidenceBasedEstimator:
    return ConfidenceBasedEstimator.fit(*scored(rows, 1))


@cache
def fitted(rows: int) -> ConfidenceBasedEstimator:
    return fit(rows)


def estimate(rows: int) -> list[dict[str, Estimate]]:
    estimator = fitted(rows)
    _, score = scored(rows, 2, 0.3)
    chunks = np.array_split(score, CHUNKS)
    return [estimator.estimate(chunk, threshold=THRESHOLD, measures=MEASURES) for chunk in chunks]


def realised_auc(rows: int) -> list[float]:
    """What it costs to be told: scikit-learn's AUC of the same chunks, once their outcomes are known."""
    label, score = scored(rows, 2, 0.3)
    chunks = np.array_split(np.arange(rows), CHUNKS)
    return [float(roc_auc_score(label[chunk], score[chunk])) for chunk in chunks]


def run(rows: int = ROWS, *, times: int = 4) -> str:
    estimates, realised = estimate(rows), realised_auc(rows)
    held = sum(one["auc"].low <= true <= one["auc"].high for one, true in zip(estimates, realised, strict=True))
    off = max(abs(one["auc"].value - true) for one, true in zip(estimates, realised, strict=True))
    fitting, estimating = cost_of(fit, rows, times=times), cost_of(estimate, rows, times=times)
    table = [
        Row("fit the isotonic calibration", fitting, "≤ 1 s"),
        Row(
            f"estimate {len(MEASURES)} measures with intervals, {CHUNKS} chunks", estimating, "≤ 0.2 s",
            f"AUC within {off:.4f} of what came true, which {held} of {CHUNKS} intervals hold",
        ),
        Row("for scale: scikit-learn's AUC of the chunks, outcomes known", cost_of(realised_auc, rows, times=2)),
    ]  # fmt: skip
    return printed(f"CBPE: {rows:,} reference rows, {rows:,} rows in {CHUNKS} chunks", table)
