"""Would the version before have told the same people the same reasons?"""

import numpy as np
import polars as pl

from audits.assessments.measures.bias import favourable_code
from audits.assessments.measures.subject import Measurement, Subject
from audits.profiles.schema import Role
from audits.statistics import explanation
from inventory import artifacts
from inventory.models import ModelVersion

MOST_ROWS = 500
BOUNDARY_SHARE = 0.25  # The quarter of the rows whose scores lie nearest to the threshold.
REASONS = 4


def reason_stability(
    subject: Subject, before: ModelVersion, rows: pl.DataFrame, values: np.ndarray, names: list[str],
    *, background: pl.DataFrame,
) -> list[Measurement]:  # fmt: skip
    """The same rows explained by both versions; `values` are this version's SHAP values of them."""
    rows, values = rows.head(MOST_ROWS), values[:MOST_ROWS]
    explained = artifacts.explain(before, rows, background=background, seed=subject.seed)
    every = list(dict.fromkeys([*explained.feature_names, *names]))
    then, now = (
        _aligned(of_version, known, every)
        for of_version, known in ((explained.shap_values, explained.feature_names), (values, names))
    )
    adverse = -1 if favourable_code(subject.version) else 1
    found = explanation.reason_code_stability(
        then, now, every, count=REASONS, adverse=adverse, near_boundary=_near_boundary(subject.version, rows)
    )
    wired = {"reason_code_stability": "identical_set", "top_reason_changed": "top_reason_changed"}
    segments = {"": ""} | ({"near the threshold": "near_boundary_"} if "near_boundary_identical_set" in found else {})
    return [
        Measurement(measure=measure, segment=segment, estimate=found[prefix + name], limit=subject.limit(measure))
        for segment, prefix in segments.items()
        for measure, name in wired.items()
    ]


def _aligned(values: np.ndarray, names: list[str], every: list[str]) -> np.ndarray:
    """The columns in a common order; a feature that a version does not take contributes nothing."""
    at = {name: place for place, name in enumerate(names)}
    nothing = np.zeros(len(values))
    return np.column_stack([values[:, at[name]] if name in at else nothing for name in every])


def _near_boundary(version: ModelVersion, rows: pl.DataFrame) -> np.ndarray | None:
    score, threshold = version.column_with(Role.SCORE), version.decision_threshold
    if score is None or threshold is None:
        return None
    distance = np.abs(rows[score.name].to_numpy() - threshold)
    return (distance <= np.quantile(distance, BOUNDARY_SHARE)).astype(np.int64)
