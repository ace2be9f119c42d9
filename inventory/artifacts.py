"""What a version's own artifact says, always asked in the confined process."""

import numpy as np
import polars as pl
from django.conf import settings

from audits.profiles.schema import Column, Role
from audits.scoring import service as scoring
from audits.scoring.limits import Limits
from inventory.models import ModelVersion
from mrm.adapters import storage


def limits() -> Limits:
    """What one confined process may use, from the settings."""
    return Limits(
        memory_bytes=settings.SCORING_MEMORY_MIB * 2**20,
        cpu_seconds=settings.SCORING_CPU_SECONDS,
        wall_seconds=settings.SCORING_WALL_SECONDS,
    )


def feature_names(version: ModelVersion) -> list[str]:
    return [column.name for column in version.columns_with(Role.FEATURE)]


def output_column(version: ModelVersion) -> Column | None:
    """The score; for a model that predicts a number and has no score, the prediction."""
    return version.column_with(Role.SCORE) or version.column_with(Role.PREDICTION)


def predict(version: ModelVersion, rows: pl.DataFrame) -> np.ndarray:
    """The output of the artifact on these rows, shape (rows,)."""
    names = feature_names(version)
    return scoring.predict(_path(version), rows.select(names), feature_names=names, limits=limits()).values


def explain(version: ModelVersion, rows: pl.DataFrame, *, background: pl.DataFrame, seed: int) -> scoring.Explanation:
    """SHAP values of these rows against the background, with the method that gave them."""
    names = feature_names(version)
    return scoring.explain(
        _path(version),
        rows.select(names),
        background=background.select(names),
        feature_names=names,
        max_rows=rows.height,
        seed=seed,
        limits=limits(),
    )


def refit(version: ModelVersion, rows: pl.DataFrame) -> scoring.Refit:
    """A new artifact of the same family and hyper-parameters, trained on these labelled rows."""
    names, label = feature_names(version), version.column_with(Role.LABEL).name
    training = rows.select(names).with_columns(pl.Series(label, target(version, rows)))
    return scoring.refit(_path(version), training, label, feature_names=names, limits=limits())


def target(version: ModelVersion, rows: pl.DataFrame) -> np.ndarray:
    """What the model learns from labelled rows: the event as 0 or 1 where it gives a score, else the number itself."""
    label = version.column_with(Role.LABEL)
    if version.column_with(Role.SCORE):
        return event(label, rows).astype(np.int64)
    return rows[label.name].to_numpy()


def event(label: Column, rows: pl.DataFrame) -> np.ndarray:
    """Whether the event happened, per row: 1 or true, or the last of the two categories that the schema lists."""
    values = rows[label.name]
    if label.categories:
        return (values == label.categories[-1]).to_numpy()
    return values.cast(pl.Float64).to_numpy() == 1.0


def _path(version: ModelVersion):
    return storage.local_path(version.artifact_sha256)
