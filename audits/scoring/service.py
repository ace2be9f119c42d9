"""Describe, score, explain and refit a model file, each in a confined process of its own.

Everything raises ArtifactRefused when the file is not one that may be opened, and ScoringFailed when it did not
answer; both carry a sentence for the person. Nothing here is ever unpickled.
"""

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars
import pyarrow

from audits.scoring.answers import MALFORMED
from audits.scoring.confinement import Answer, run_confined
from audits.scoring.errors import ArtifactRefused, ScoringFailed
from audits.scoring.formats import Framework, identify_open, open_artifact
from audits.scoring.limits import Limits
from audits.scoring.tables import EncodedTable, Rows, column_names, encode, joined, sample

DEFAULT_LIMITS = Limits()
DEFAULT_EXPLAINED_ROWS = 500
BACKGROUND_ROWS = 100


@dataclass(frozen=True)
class ArtifactFacts:
    """What a model file says about itself. ``feature_names`` is None when the training gave none."""

    framework: Framework
    digest: str
    size: int
    feature_names: list[str] | None
    n_features: int | None
    hyper_parameters: dict[str, Any]
    family: str
    is_classifier: bool
    confinement: tuple[str, ...]


@dataclass(frozen=True)
class Scores:
    """One number per row: the probability of the positive class, or the value of a regression."""

    values: np.ndarray
    confinement: tuple[str, ...]


@dataclass(frozen=True)
class Explanation:
    """SHAP values of some rows, in ``method["output_space"]``.

    ``row_positions`` says which rows were explained. ``additivity_gap`` is the largest difference between what the
    values add up to and what the model gave (``outputs``); a sound explanation has next to none. ``scores`` are what
    `predict` gives on the same rows, so that nobody has to ask twice.
    """

    shap_values: np.ndarray
    base_values: np.ndarray
    outputs: np.ndarray
    scores: np.ndarray
    feature_names: list[str]
    row_positions: np.ndarray
    additivity_gap: float
    method: dict[str, Any]
    confinement: tuple[str, ...]


@dataclass(frozen=True)
class Refit:
    """A newly trained artifact of the same family; ``metrics`` compare old and new on the training rows only."""

    artifact: bytes
    framework: Framework
    digest: str
    hyper_parameters: dict[str, Any]
    metrics: dict[str, Any]
    notes: list[str] = field(default_factory=list)
    confinement: tuple[str, ...] = ()


def describe(artifact_path: Path | str, *, limits: Limits = DEFAULT_LIMITS) -> ArtifactFacts:
    """Open the file once and say what model it holds."""
    framework, digest, size, answer = _ask(artifact_path, {"action": "describe"}, None, limits)
    facts = answer.facts
    try:
        return ArtifactFacts(
            framework=framework,
            digest=digest,
            size=size,
            feature_names=None if facts["feature_names"] is None else [str(name) for name in facts["feature_names"]],
            n_features=None if facts["n_features"] is None else int(facts["n_features"]),
            hyper_parameters=dict(facts["hyper_parameters"]),
            family=str(facts["family"]),
            is_classifier=bool(facts["is_classifier"]),
            confinement=answer.confinement,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ScoringFailed(MALFORMED) from error


def predict(
    artifact_path: Path | str,
    rows: Rows,
    *,
    feature_names: Sequence[str] | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> Scores:
    """Score every row.

    Columns are found by name where the model knows its features' names, else taken in the order of ``feature_names``
    (or of the table). A skops pipeline gets a data frame, texts included; a booster takes texts only in columns it
    was trained on as categories; everything else takes numbers, and a text where a number belongs is an error that
    names the column.
    """
    table = encode(rows, feature_names)
    *_, answer = _ask(artifact_path, {"action": "predict"}, table, limits)
    return Scores(_array(answer, "scores", (table.rows,)), answer.confinement)


def explain(
    artifact_path: Path | str,
    rows: Rows,
    *,
    background: Rows,
    feature_names: Sequence[str] | None = None,
    max_rows: int = DEFAULT_EXPLAINED_ROWS,
    background_rows: int = BACKGROUND_ROWS,
    seed: int = 0,
    limits: Limits = DEFAULT_LIMITS,
) -> Explanation:
    """SHAP values of at most ``max_rows`` rows, drawn by ``seed`` and kept in order.

    Boosters and bare tree ensembles are explained exactly, path dependent, without looking at ``background``; linear
    models exactly, against it; all others by permutations against it. ``method`` says which it was.
    """
    positions = sample(rows, max_rows, seed)
    behind = sample(background, background_rows, seed)
    table, explained = joined((rows, positions), (background, behind), feature_names)
    *_, answer = _ask(artifact_path, {"action": "explain", "explained": explained, "seed": seed}, table, limits)
    method, names = answer.facts.get("method"), answer.facts.get("feature_names")
    if not isinstance(method, dict) or not isinstance(names, list):
        raise ScoringFailed(MALFORMED)
    values = _array(answer, "values", (explained, len(names)))
    base, outputs, scores = (_array(answer, name, (explained,)) for name in ("base", "outputs", "scores"))
    return Explanation(
        shap_values=values,
        base_values=base,
        outputs=outputs,
        scores=scores,
        feature_names=[str(name) for name in names],
        row_positions=positions,
        additivity_gap=float(np.abs(base + values.sum(axis=1) - outputs).max()),
        method=method | {"explained_rows": explained, "row_seed": seed},
        confinement=answer.confinement,
    )


def refit(
    artifact_path: Path | str,
    training_rows: pyarrow.Table | polars.DataFrame,
    label: str,
    *,
    feature_names: Sequence[str] | None = None,
    hyper_parameters: Mapping[str, Any] | None = None,
    seed: int = 0,
    limits: Limits = DEFAULT_LIMITS,
) -> Refit:
    """Train the same family with the same hyper-parameters on other rows; ``label`` is the column to learn.

    ``hyper_parameters`` go on top of those the file tells. An ONNX file cannot be trained again and says so.
    """
    columns = feature_names or [name for name in column_names(training_rows) if name != label]
    table = encode(training_rows, [*columns, label])
    task = {"action": "refit", "label": label, "hyper_parameters": dict(hyper_parameters or {}), "seed": seed}
    framework, _, _, answer = _ask(artifact_path, task, table, limits)
    artifact, facts = answer.blobs.get("artifact"), answer.facts
    if not isinstance(artifact, bytes):
        raise ScoringFailed(MALFORMED)
    return Refit(
        artifact=artifact,
        framework=framework,
        digest=hashlib.sha256(artifact).hexdigest(),
        hyper_parameters=facts["hyper_parameters"],
        metrics=facts["metrics"],
        notes=facts["notes"],
        confinement=answer.confinement,
    )


def _ask(
    artifact_path: Path | str, task: dict, table: EncodedTable | None, limits: Limits
) -> tuple[Framework, str, int, Answer]:
    """Identify the file and run the task on that same open file, so that nobody can exchange it in between."""
    with ExitStack() as files:
        artifact = files.enter_context(open_artifact(artifact_path, largest=limits.artifact_bytes))
        framework = identify_open(artifact)
        digest = hashlib.file_digest(artifact, "sha256").hexdigest()
        size = artifact.seek(0, 2)
        inputs = {"artifact": artifact}
        task = task | {"framework": framework}
        if table is not None:
            inputs["rows"] = files.enter_context(table.as_file())
            task["table"] = table.description()
        return framework, digest, size, run_confined(task, inputs=inputs, limits=limits)


def _array(answer: Answer, name: str, shape: tuple[int, ...]) -> np.ndarray:
    """An array of the answer, if it has the shape it must have and holds only numbers."""
    array = answer.blobs.get(name)
    if not isinstance(array, np.ndarray) or array.shape != shape or not np.isfinite(array).all():
        raise ScoringFailed(MALFORMED)
    return array


__all__ = [
    "ArtifactFacts",
    "ArtifactRefused",
    "Explanation",
    "Framework",
    "Limits",
    "Refit",
    "Scores",
    "ScoringFailed",
    "describe",
    "explain",
    "predict",
    "refit",
]
