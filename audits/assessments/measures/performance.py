"""Performance, once outcomes are there: discrimination and calibration, or errors, against those on the reference."""

from dataclasses import replace

import numpy as np
import polars as pl

from audits.assessments.measures.champion import against_champion, named_champion
from audits.assessments.measures.estimation import realised_against_estimated
from audits.assessments.measures.segments import (
    excess_error_of_numbers,
    excess_error_of_scores,
    failing_segments,
)
from audits.assessments.measures.subject import Measured, Measurement, NotEnoughData, Subject, environment, told
from audits.assessments.measures.windows import inputs, logged_rows, nothing_logged, outcome_files
from audits.profiles.schema import Role
from audits.statistics import calibration, changes, performance
from audits.statistics.estimates import Estimate
from inventory import frames
from inventory.artifacts import event

MOST_CURVE_POINTS = 10


def measure_performance(subject: Subject) -> Measured:
    """AUC, Brier score and calibration of a score, or errors of a predicted number, on rows whose outcome is known."""
    version = subject.version
    subject.report_progress(10, "Joining outcomes to predictions")
    window, elsewhere = logged_rows(subject)
    logged = window.select(pl.len()).collect().item()
    if not logged:
        raise NotEnoughData(nothing_logged(subject))
    rows = frames.with_outcomes(version, window, files=subject.files).collect()
    if rows.is_empty():
        raise NotEnoughData(f"Outcomes are known for none of the {logged} predictions of this window yet.")
    subject.report_progress(50, "Measuring against the outcomes")
    reference = frames.reference(version).drop_nulls(version.column_with(Role.LABEL).name).collect()
    of_kind = _of_score if version.column_with(Role.SCORE) else _of_number
    measurements = of_kind(subject, reference, rows)
    subject.report_progress(80, "Looking for segments where it fails")
    segments, lacking = told(failing_segments(subject, _excess(subject, reference, rows), rows))
    compared, not_compared = against_champion(subject, rows)
    measurements += [*compared, *segments]
    facts = inputs(
        subject,
        elsewhere,
        outcomes=outcome_files(subject),
        not_examined=[*lacking, *not_compared],
        **named_champion(subject),
        rows={"reference with outcome": reference.height, "logged": logged, "with outcome": rows.height},
    )
    return Measured(measurements=measurements, inputs=facts, environment=environment(subject))


def _of_score(subject: Subject, reference: pl.DataFrame, current: pl.DataFrame) -> list[Measurement]:
    label, score = subject.version.column_with(Role.LABEL), subject.version.column_with(Role.SCORE)
    then, now = ((event(label, rows), rows[score.name].to_numpy()) for rows in (reference, current))
    area, area_then = (performance.auc(*rows, interval="logit") for rows in (now, then))
    recalibration = calibration.calibration_intercept_slope(*now, clip=1e-6)
    curve = [
        {
            "predicted": point.predicted,
            "observed": point.observed.value,
            "low": point.observed.low,
            "high": point.observed.high,
            "rows": point.observed.sizes.get("rows"),
        }
        for point in calibration.reliability_curve(*now, bins=MOST_CURVE_POINTS)
    ]
    slope = changes.distance_from(recalibration["slope"], 1.0)
    measured = {
        "auc": area,
        "auc_change": changes.difference(area_then, area),
        "brier_score": performance.brier_score(*now),
        "calibration_in_the_large": changes.distance_from(recalibration["intercept"], 0.0),
        "calibration_slope_deviation": replace(slope, detail={**slope.detail, "curve": curve}),
    }
    promised, _ = told([realised_against_estimated(subject, *now)])
    return [*_limited(subject, score.name, measured), *promised]


def _of_number(subject: Subject, reference: pl.DataFrame, current: pl.DataFrame) -> list[Measurement]:
    label, predicted = subject.version.column_with(Role.LABEL), subject.version.column_with(Role.PREDICTION)
    then, now = ((rows[label.name].to_numpy(), rows[predicted.name].to_numpy()) for rows in (reference, current))
    error = performance.rmse(*now)
    measured = {
        "rmse": error,
        "rmse_ratio": changes.ratio(performance.rmse(*then), error),
        "mae": performance.mae(*now),
        "mean_error": performance.mean_error(*now),
        "r_squared": performance.r_squared(*now),
    }
    return _limited(subject, predicted.name, measured)


def _excess(subject: Subject, reference: pl.DataFrame, current: pl.DataFrame) -> np.ndarray:
    """Per row, the error beyond what the score itself, or the reference, gave reason to expect."""
    version, label = subject.version, subject.version.column_with(Role.LABEL)
    if score := version.column_with(Role.SCORE):
        return excess_error_of_scores(event(label, current), current[score.name].to_numpy())
    predicted = version.column_with(Role.PREDICTION).name
    usual = ((reference[label.name] - reference[predicted]) ** 2).mean() or 0.0
    return excess_error_of_numbers(current[label.name].to_numpy(), current[predicted].to_numpy(), usual)


def _limited(subject: Subject, column: str, measured: dict[str, Estimate]) -> list[Measurement]:
    return [
        Measurement(measure=name, column=column, estimate=estimate, limit=subject.limit(name))
        for name, estimate in measured.items()
    ]
