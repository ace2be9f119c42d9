"""The built-in training pipeline: refit on labelled rows, register the candidate with its lineage, let it score what
training never saw.

It does what an outside pipeline would do through the API, by the same services, and may be started again at any time:
the request's reference is the candidate's origin, so nothing is trained or registered twice.
"""

import hashlib
import tempfile
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import polars as pl

from audits.profiles.schema import Role
from audits.workflows.models import Retraining
from inventory import artifacts, frames
from inventory.contents.making import sent_by_people
from inventory.models import ModelVersion, Policy
from inventory.services import attach_artifact, receive_batch, receive_reference, register_version
from mrm.adapters import storage

PARQUET = "application/vnd.apache.parquet"
FEWEST_ROWS = 200


class CannotTrain(Exception):
    """Training is not possible; the message says why."""


@dataclass(frozen=True)
class Split:
    """Labelled rows, cut by a hash of their id, so that the same rows always fall into the same part."""

    training: pl.DataFrame
    validation: pl.DataFrame  # Becomes the candidate's reference.
    holdout: pl.DataFrame  # Scored by the candidate and assessed by the gate.


def train_candidate(retraining: Retraining) -> tuple[ModelVersion, dict]:
    """The candidate, and the facts about its training. Raises CannotTrain, ArtifactRefused or ScoringFailed."""
    change = retraining.change
    version = change.version
    existing = version.model.versions.filter(origin=change.reference).first()
    rules = Policy.objects.in_force().section("retraining")
    window = timedelta(days=rules["window_days"])
    split = split_rows(
        _labelled_rows(version, change.requested_at - window, change.requested_at),
        id_column=version.column_with(Role.ID).name,
        reference=change.reference,
        validation_share=rules["validation_share"],
        holdout_share=rules["holdout_share"],
    )
    with tempfile.TemporaryDirectory(prefix="mrm-training-") as folder:
        if existing is None or not existing.artifact_sha256:
            existing = _register(retraining, version, split, Path(folder))
        if somebody := sent_by_people(existing):
            told = f"{existing} bears its reference and is of {somebody}; what it would say of its training is not so."
            raise CannotTrain(told)
        _score(existing, split, Path(folder))
    rows = {"training": split.training.height, "validation": split.validation.height, "holdout": split.holdout.height}
    return existing, {"rows": rows, "window_days": rules["window_days"]}


def split_rows(
    rows: pl.DataFrame, *, id_column: str, reference: str, validation_share: float, holdout_share: float
) -> Split:
    """Cut rows into training, validation and holdout by SHA-256 of the request's reference and the row's id."""
    place = pl.Series([_place(reference, key) for key in rows[id_column].cast(pl.String)], dtype=pl.Float64)
    holdout = place < holdout_share
    validation = ~holdout & (place < holdout_share + validation_share)
    return Split(rows.filter(~holdout & ~validation), rows.filter(validation), rows.filter(holdout))


def _place(reference: str, key: str) -> float:
    digest = hashlib.sha256(f"{reference}:{key}".encode()).digest()
    return int.from_bytes(digest[:8]) / 2**64


def _labelled_rows(version: ModelVersion, start, end) -> pl.DataFrame:
    rows = frames.labelled(version, start, end).collect()
    if rows.height < FEWEST_ROWS:
        raise CannotTrain(
            f"Only {rows.height} predictions between {start:%d %B %Y} and {end:%d %B %Y} have an outcome; "
            f"training needs {FEWEST_ROWS}."
        )
    return rows


def _register(retraining: Retraining, version: ModelVersion, split: Split, folder: Path) -> ModelVersion:
    """Refit in the confined process; then register the candidate and hand over its artifact."""
    training = folder / "training.parquet"
    split.training.write_parquet(training)
    refitted = artifacts.refit(version, split.training)
    artifact = folder / "artifact"
    artifact.write_bytes(refitted.artifact)
    candidate = register_version(
        version.model,
        schema=version.schema,
        framework=version.framework,
        code_ref=version.code_ref,
        training_data={
            "sha256": storage.put(training),
            "rows": split.training.height,
            "from_version": version.number,
            "request": retraining.change.reference,
        },
        params=refitted.hyper_parameters,
        metrics=refitted.metrics,
        decision_threshold=version.decision_threshold,
        origin=retraining.change.reference,
        predecessor=version,
        actor=None,
    )
    return attach_artifact(candidate, artifact, actor=None)


def _score(candidate: ModelVersion, split: Split, folder: Path) -> None:
    """The candidate's reference and its predictions on the holdout, received like anybody's, each once.

    An attempt that starts over may know more outcomes than the one before it, so neither is sent again.
    """
    if not hasattr(candidate, "reference"):
        reference = folder / "reference.parquet"
        scored(candidate, split.validation).write_parquet(reference)
        receive_reference(candidate, reference, content_type=PARQUET, actor=None)
    if candidate.batches.exists():
        return
    holdout = folder / "holdout.parquet"
    label = candidate.column_with(Role.LABEL).name
    scored(candidate, split.holdout).drop(label).write_parquet(holdout)
    receive_batch(candidate, holdout, content_type=PARQUET, actor=None)


def scored(version: ModelVersion, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with this version's output in place of the one they were logged with."""
    rows = rows.with_columns(pl.Series(artifacts.output_column(version).name, artifacts.predict(version, rows)))
    prediction = version.column_with(Role.PREDICTION)
    if version.column_with(Role.SCORE) and prediction:
        rows = rows.drop(prediction.name)  # Derived again from the score and the decision threshold.
    return rows
