"""The same weeks a year ago: what the season alone does to scores and features, beside the frozen reference.

Measured where the policy sets a limit for it. Rows of whichever version scored then, counted on this version's grid.
"""

from datetime import timedelta

from audits.assessments.measures.columns import watched_columns
from audits.assessments.measures.subject import Measurement, Subject
from audits.assessments.measures.windows import counted
from audits.profiles.grid import Grid
from audits.profiles.profile import Profile, merge
from audits.statistics import drift
from audits.statistics.drift.divergences import TOLERANCES
from inventory.models import ModelVersion, PredictionBatch

MEASURE, TITLE = "psi_of_season", "The same weeks a year ago"
A_YEAR = timedelta(weeks=52)  # So that weekdays are compared with the same.


def measure_season(
    subject: Subject, grid: Grid, current: Profile
) -> tuple[list[Measurement], list[PredictionBatch], list[str]]:
    """The distance of each column from the same weeks a year ago, the batches read for it, and what is not measured."""
    asked = [(column, role) for column, role in watched_columns(subject.version) if subject.limit(MEASURE, role)]
    if not asked:
        return [], [], []
    if subject.sources():
        return [], [], [f"{TITLE}: not measured, because of tables read where they lie nothing is kept so long."]
    start, end = subject.start - A_YEAR, subject.end - A_YEAR
    batches = _batches(subject, start, end)
    profiles = counted(subject, grid, batches, start, end)
    then = merge(profiles) if profiles else None
    if then is None or then.rows == 0:
        told = f"between {start:%d %B %Y} and {end:%d %B %Y} no version with the same columns logged predictions"
        return [], [], [f"{TITLE}: not measured, because {told}."]
    measurements = []
    for column, role in asked:
        for cells in (cells for cells in grid.columns if cells.source == column.name):
            tolerances = subject.tolerances(MEASURE, role, customary=TOLERANCES)
            sides = (profile.counts(cells.name) for profile in (then, current))
            estimate = drift.population_stability_index(*sides, tolerances=tolerances)
            limit = subject.limit(MEASURE, role)
            measurements.append(Measurement(measure=MEASURE, column=cells.name, estimate=estimate, limit=limit))
    return measurements, batches, []


def _batches(subject: Subject, start, end) -> list[PredictionBatch]:
    """Of the version that scored most then and has the same columns; of two that scored alike, of this one."""
    logged = PredictionBatch.objects.filter(version__model=subject.version.model_id).within(start, end)
    if subject.files is not None:
        logged = logged.filter(sha256__in=subject.files)
    by_version: dict[ModelVersion, list[PredictionBatch]] = {}
    for batch in logged.select_related("version__model"):
        by_version.setdefault(batch.version, []).append(batch)
    alike = [version for version in by_version if _kinds(subject.version).items() <= _kinds(version).items()]
    if not alike:
        return []
    most = {version: sum(batch.rows for batch in by_version[version]) for version in alike}
    chosen = max(alike, key=lambda version: (most[version], version.pk == subject.version.pk, version.number))
    return by_version[chosen]


def _kinds(version: ModelVersion) -> dict:
    """Every column that a grid counts, and of which kind it is."""
    return {column.name: column.kind for column, _ in watched_columns(version)}
