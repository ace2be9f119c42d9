"""Drift and faults of the data: column by column from counts, together and in segments from a few rows."""

from dataclasses import replace

from audits.assessments.measures.columns import watched_columns
from audits.assessments.measures.estimation import can_be_estimated, estimated_change
from audits.assessments.measures.multivariate import measure_together, measure_words
from audits.assessments.measures.quality import earlier_batches, faults_of_arrival, faults_of_column, newest_row
from audits.assessments.measures.samples import draw
from audits.assessments.measures.season import MEASURE as OF_SEASON
from audits.assessments.measures.season import measure_season
from audits.assessments.measures.segments import new_segments
from audits.assessments.measures.sources import Readings
from audits.assessments.measures.subject import Measured, Measurement, Subject, environment, told
from audits.assessments.measures.windows import inputs, reference_profile, scores_of, window_profile
from audits.profiles.profile import Profile
from audits.profiles.schema import Kind, Role
from audits.statistics import drift
from audits.statistics.control import benjamini_hochberg
from audits.statistics.counts import Counts
from audits.statistics.drift.divergences import TOLERANCES

TESTED = ("kolmogorov_smirnov", "chi_square")


def measure_drift(subject: Subject) -> Measured:
    """Distances of every column from the reference, faults of the data, features together, new segments, and the AUC
    that the scores promise."""
    subject.report_progress(5, "Reading the profiles of the window")
    grid, reference = reference_profile(subject)
    elsewhere = Readings(subject)
    current = window_profile(subject, grid, elsewhere)
    columns = watched_columns(subject.version)
    measurements, not_examined = [], []
    for position, (column, role) in enumerate(columns):
        subject.report_progress(10 + 50 * position // len(columns), f"Comparing {column.name} with the reference")
        counted = [cells for cells in grid.columns if cells.source == column.name]
        if not counted:
            not_examined.append(f"{column.name}: the grid holds no counts for a column of kind {column.kind}.")
        for cells in counted:
            sides = (profile.counts(cells.name) for profile in (reference, current))
            measurements += _distances(subject, cells.name, role, *sides)
        if counted and column.kind != Kind.TEXT:
            measurements += faults_of_column(subject, column, role, reference, current)
    subject.report_progress(62, "Comparing with the same weeks a year ago")
    found, season, lacking = measure_season(subject, grid, current)
    measurements, not_examined = measurements + found, not_examined + lacking
    measurements = adjusted(measurements, {column.name for column, role in columns if role == "score"})
    subject.report_progress(65, "Looking at arrival")
    earlier = earlier_batches(subject)
    found, lacking = faults_of_arrival(subject, current.rows, newest_row(subject, current), earlier)
    measurements, not_examined = measurements + found, not_examined + lacking
    found, lacking = _from_rows(subject, current, elsewhere)
    measurements, not_examined = measurements + found, not_examined + lacking
    facts = inputs(
        subject,
        elsewhere,
        rows={"reference": reference.rows, "current": current.rows},
        earlier=[{"sha256": batch.sha256, "rows": batch.rows} for batch in earlier],
        **({"season": [{"sha256": batch.sha256, "rows": batch.rows} for batch in season]} if season else {}),
        not_examined=not_examined,
    )
    made = environment(subject, multiple_tests="Benjamini-Hochberg across the features of the run, per threshold")
    return Measured(measurements=measurements, inputs=facts, environment=made, kept=tuple(elsewhere.kept))


def adjusted(measurements: list[Measurement], alone: set[str]) -> list[Measurement]:
    """The same with the p-values of the many features adjusted for there being many; columns of `alone` are not one of
    many."""
    measurements = list(measurements)
    for measure in ("psi", OF_SEASON, *TESTED):
        places = [place for place, one in enumerate(measurements) if one.measure == measure and one.column not in alone]
        for key in [*_thresholds(measurements, measure), *([None] if measure in TESTED else [])]:
            given = [_p_value(measurements[place], key) for place in places]
            family = benjamini_hochberg(given)
            for place, p_value, unadjusted in zip(places, family.adjusted, given, strict=True):
                measurements[place] = _with_adjusted(measurements[place], key, unadjusted, p_value, family.method)
    return measurements


def _distances(subject: Subject, name: str, role: str, reference: Counts, current: Counts) -> list[Measurement]:
    measured = {
        "psi": drift.population_stability_index(
            reference, current, tolerances=subject.tolerances("psi", role, customary=TOLERANCES)
        ),
        "jensen_shannon": drift.jensen_shannon_distance(reference, current),
    }
    if reference.is_numeric:
        tolerances = subject.tolerances("kolmogorov_smirnov", role)
        measured["kolmogorov_smirnov"] = drift.kolmogorov_smirnov(reference, current, tolerances=tolerances)
        measured["wasserstein"] = drift.wasserstein_distance(reference, current, scaled=True)
    else:
        measured["chi_square"] = drift.chi_square_test(reference, current)
    return [
        Measurement(measure=measure, column=name, estimate=estimate, limit=subject.limit(measure, role))
        for measure, estimate in measured.items()
    ]


def _from_rows(subject: Subject, current: Profile, elsewhere: Readings) -> tuple[list[Measurement], list[str]]:
    """What counts cannot tell, from a few rows of each side."""
    version = subject.version
    wanted = [column for column in version.columns() if not {Role.ID, Role.TIME, Role.LABEL} & set(column.roles)]
    sides = draw(subject, wanted, current.rows, elsewhere)
    subject.report_progress(70, "Comparing features together")
    together, lacking = measure_together(subject, sides)
    words, no_words = measure_words(subject, sides)
    subject.report_progress(85, "Looking for segments that grew")
    segments, no_segments = told(new_segments(subject, sides))
    promised: list[Measurement] = []
    if can_be_estimated(version):
        promised, no_promise = told(estimated_change(subject, scores_of(subject, sides.current)))
        lacking += no_promise
    return [*together, *words, *segments, *promised], [*sides.lacking, *lacking, *no_words, *no_segments]


def _thresholds(measurements: list[Measurement], measure: str) -> list[str]:
    keys = (key for one in measurements if one.measure == measure for key in one.estimate.detail.get("tolerance", {}))
    return list(dict.fromkeys(keys))


def _p_value(measurement: Measurement, threshold: str | None) -> float | None:
    estimate = measurement.estimate
    return estimate.p_value if threshold is None else estimate.detail.get("tolerance", {}).get(threshold)


def _with_adjusted(
    measurement: Measurement, threshold: str | None, unadjusted: float | None, p_value: float | None, method: str
) -> Measurement:
    if p_value is None:
        return measurement
    detail = dict(measurement.estimate.detail)
    if threshold is None:
        detail["adjusted_p_value"] = p_value
    else:
        detail["tolerance"] = {**detail["tolerance"], threshold: p_value}
        detail["unadjusted"] = {**detail.get("unadjusted", {}), threshold: unadjusted}
    told = measurement.estimate.method
    told = told if method in told else f"{told}; p-values adjusted by {method}"
    return replace(measurement, estimate=replace(measurement.estimate, detail=detail, method=told))
