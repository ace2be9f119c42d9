"""Performance before outcomes are known, and how the estimate held once they are."""

from dataclasses import replace

import numpy as np

from audits.assessments.measures.subject import Measurement, Subject
from audits.profiles.schema import Kind, Role
from audits.statistics import changes, performance
from audits.statistics.estimates import Estimate, could_not_compute
from audits.statistics.estimation import ConfidenceBasedEstimator
from inventory import frames
from inventory.artifacts import event
from inventory.models import ModelVersion

METHOD = "AUC expected from the scores (CBPE)"


def can_be_estimated(version: ModelVersion) -> bool:
    """Whether a score stands for the chance of an event that the schema names."""
    label = version.column_with(Role.LABEL)
    names_event = label is not None and (label.kind != Kind.CATEGORICAL or len(label.categories or ()) == 2)
    return names_event and version.column_with(Role.SCORE) is not None


def estimated_change(subject: Subject, scores: np.ndarray) -> list[Measurement]:
    """The AUC that the scores of the window promise, against the AUC on the reference; needs no outcome."""
    version = subject.version
    label, score = reference_outcomes(version)
    estimate = estimated_auc(label, score, scores)
    if estimate.value is not None:
        blind = estimate.detail["blind_spots"]
        change = changes.difference(performance.auc(label, score), estimate)
        estimate = replace(change, detail={**change.detail, "blind_spots": blind})
    limit = subject.limit("estimated_auc_change")
    name = version.column_with(Role.SCORE).name
    return [Measurement(measure="estimated_auc_change", column=name, estimate=estimate, limit=limit)]


def realised_against_estimated(subject: Subject, labels: np.ndarray, scores: np.ndarray) -> Measurement:
    """The AUC that came true less the one that the same rows' scores promised; below 0 the concept may have changed."""
    label, score = reference_outcomes(subject.version)
    estimate = changes.difference(estimated_auc(label, score, scores), performance.auc(labels, scores))
    return Measurement(
        measure="realised_against_estimated",
        column=subject.version.column_with(Role.SCORE).name,
        estimate=estimate,
        limit=subject.limit("realised_against_estimated"),
    )


def reference_outcomes(version: ModelVersion) -> tuple[np.ndarray, np.ndarray]:
    """Outcome and score of the reference rows that have both."""
    label, score = version.column_with(Role.LABEL), version.column_with(Role.SCORE)
    rows = frames.reference(version).select(label.name, score.name).drop_nulls().collect()
    return event(label, rows), rows[score.name].to_numpy()


def estimated_auc(label: np.ndarray, score: np.ndarray, current: np.ndarray) -> Estimate:
    """What CBPE says of the current scores after learning from the reference's outcomes, or why it says nothing."""
    sizes = {"reference": len(label), "current": len(current)}
    if not (label.any() and not label.all()):
        reason = "The reference does not show both outcomes, so nothing says what a score is worth."
        return could_not_compute(reason, method=METHOD, sizes=sizes)
    return ConfidenceBasedEstimator.fit(label, score).estimate(current, measures=("auc",))["auc"]
