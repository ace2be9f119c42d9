"""Before a version replaces another: does it do at least as well on the very rows that it was measured on?"""

import numpy as np
import polars as pl

from audits.assessments.measures.subject import Measurement, Subject
from audits.profiles.schema import Role
from audits.scoring.errors import ArtifactRefused, ScoringFailed
from audits.statistics import performance
from audits.statistics.estimates import Estimate, could_not_compute
from inventory import artifacts
from inventory.artifacts import event
from inventory.models import ModelVersion

MOST_ROWS = 20_000


def champion_of(subject: Subject, *, what: str) -> tuple[ModelVersion | None, str]:
    """The version to compare with, or why there is none.

    Only before the version went into production: from then on the change is a decision that was taken.
    """
    version, before = subject.version, subject.replaces
    if before is None:
        return None, ""
    if version.promoted_at is not None and version.promoted_at < subject.end:
        return None, ""
    if before.artifact_bytes is None:
        return None, f"{what}: the artifact of {before} is not here."
    own = {column.name for column in version.columns()}
    if lacking := [name for name in artifacts.feature_names(before) if name not in own]:
        return None, f"{what}: {before} also took {', '.join(lacking[:3])}, which rows now lack."
    return before, ""


def named_champion(subject: Subject) -> dict:
    """What a run keeps of it: its number, where there is one."""
    return {"replaces": subject.replaces.number} if subject.replaces else {}


def against_champion(subject: Subject, rows: pl.DataFrame) -> tuple[list[Measurement], list[str]]:
    """Both versions on the same rows with known outcomes; and, as sentences, what could not be compared."""
    what = "Against the version before"
    before, lacking = champion_of(subject, what=what)
    if before is None:
        return [], [lacking] if lacking else []
    version, rows = subject.version, rows.tail(MOST_ROWS)
    try:
        then = artifacts.predict(before, rows)
    except (ArtifactRefused, ScoringFailed) as failure:
        return [], [f"{what}: {before} could not score these rows: {failure}"]
    label, score = version.column_with(Role.LABEL), version.column_with(Role.SCORE)
    if score:
        name, column = "gain_on_champion", score.name
        estimate = performance.delong_test(event(label, rows), then, rows[score.name].to_numpy())
    else:
        name, column = "error_against_champion", version.column_with(Role.PREDICTION).name
        known = rows[label.name].to_numpy()
        estimate = _more_error((known - then) ** 2, (known - rows[column].to_numpy()) ** 2)
    return [Measurement(measure=name, column=column, estimate=estimate, limit=subject.limit(name))], []


def _more_error(then: np.ndarray, now: np.ndarray) -> Estimate:
    """How much the mean squared error grew, as a part of what it was."""
    usual = float(then.mean())
    if usual <= 0:
        return could_not_compute("the version before made no error on these rows, so nothing compares with it")
    return performance.diebold_mariano_test(then / usual, now / usual)
