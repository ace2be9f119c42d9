"""Drift: how far each feature and the score lie from the reference, from counts alone."""

from audits.assessments.measures.sources import Readings
from audits.assessments.measures.subject import Measured, Measurement, Subject, environment
from audits.assessments.measures.windows import inputs, reference_profile, window_profile
from audits.profiles.schema import Column, Role
from audits.statistics import drift, quality
from audits.statistics.counts import Counts
from audits.statistics.drift.divergences import TOLERANCES


def measure_drift(subject: Subject) -> Measured:
    """PSI with tolerance test, KS or chi-square, Jensen–Shannon, and the change of the missing rate, per column."""
    subject.report_progress(5, "Reading the profiles of the window")
    grid, reference = reference_profile(subject)
    elsewhere = Readings(subject)
    current = window_profile(subject, grid, elsewhere)
    columns = watched_columns(subject)
    measurements, not_examined = [], []
    for position, (column, role) in enumerate(columns):
        subject.report_progress(10 + 85 * position // len(columns), f"Comparing {column.name} with the reference")
        if column.name not in grid.positions:
            not_examined.append(f"{column.name}: the grid holds no counts for a column of kind {column.kind}.")
            continue
        measurements += _of_column(subject, column, role, reference.counts(column.name), current.counts(column.name))
    facts = inputs(
        subject, elsewhere, rows={"reference": reference.rows, "current": current.rows}, not_examined=not_examined
    )
    return Measured(
        measurements=measurements, inputs=facts, environment=environment(subject), kept=tuple(elsewhere.kept)
    )


def watched_columns(subject: Subject) -> list[tuple[Column, str]]:
    """Every feature, and the output of the model under the role "score", which for a regression is its prediction."""
    version = subject.version
    output = version.column_with(Role.SCORE) or version.column_with(Role.PREDICTION)
    features = [(column, "feature") for column in version.columns_with(Role.FEATURE) if column != output]
    return [(output, "score"), *features] if output else features


def _of_column(subject: Subject, column: Column, role: str, reference: Counts, current: Counts) -> list[Measurement]:
    measured = {
        "psi": drift.population_stability_index(
            reference, current, tolerances=subject.tolerances("psi", role, customary=TOLERANCES)
        ),
        "jensen_shannon": drift.jensen_shannon_distance(reference, current),
        "missing_rate": quality.missing_rate(reference, current),
    }
    if reference.is_numeric:
        tolerances = subject.tolerances("kolmogorov_smirnov", role)
        measured["kolmogorov_smirnov"] = drift.kolmogorov_smirnov(reference, current, tolerances=tolerances)
    else:
        measured["chi_square"] = drift.chi_square_test(reference, current)
    return [
        Measurement(measure=name, column=column.name, estimate=estimate, limit=subject.limit(name, role))
        for name, estimate in measured.items()
    ]
