"""Segments that nobody named in advance: where the population grew, and where the model fails."""

from dataclasses import replace

import numpy as np
import polars as pl

from audits.assessments.measures.samples import Sides, examined
from audits.assessments.measures.subject import Measurement, Subject
from audits.profiles.schema import Column, Kind, Role
from audits.statistics.estimates import Estimate
from audits.statistics.segments import SegmentScan, worst_segments

MOST_COLUMNS_IN_PAIRS = 20  # Beyond these, segments of one column each: pairs grow with the square.
MOST_SEGMENTS = 3
FEWEST_ROWS = 30


def new_segments(subject: Subject, sides: Sides) -> list[Measurement]:
    """Segments with a larger share of the window than elsewhere: half of all rows compared are the reference's."""
    rows = min(sides.reference.height, sides.current.height)
    columns = _columns(subject)
    if not columns or rows < FEWEST_ROWS:
        return []
    drawn = [side.gather_every(max(1, side.height // rows)).head(rows) for side in (sides.reference, sides.current)]
    is_current = np.repeat([0.0, 1.0], rows)
    what = "share of the window among the rows of the segment less that among all others, as many rows of each side"
    return _found(subject, "new_segment", is_current, pl.concat(drawn), columns, what)


def failing_segments(subject: Subject, loss: np.ndarray, rows: pl.DataFrame) -> list[Measurement]:
    """Segments whose errors exceed what was to be expected by more than elsewhere; `loss` is that excess, per row."""
    columns = _columns(subject)
    what = "excess of squared error, in units of what was to be expected"
    return _found(subject, "segment_error", loss, rows, columns, what) if columns else []


def excess_error_of_scores(labels: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Squared error beyond s(1 - s), which a right score s makes on average, in units of that average."""
    usual = float(np.mean(scores * (1.0 - scores)))
    return ((labels - scores) ** 2 - scores * (1.0 - scores)) / usual if usual > 0 else np.zeros(len(scores))


def excess_error_of_numbers(labels: np.ndarray, predicted: np.ndarray, usual: float) -> np.ndarray:
    """Squared error beyond the reference's mean, in units of that."""
    return (labels - predicted) ** 2 / usual - 1.0 if usual > 0 else np.zeros(len(labels))


def _columns(subject: Subject) -> list[Column]:
    return [column for column in examined(subject) if column.kind != Kind.TEXT and not column.has_role(Role.SCORE)]


def _found(
    subject: Subject, measure: str, loss: np.ndarray, rows: pl.DataFrame, columns: list[Column], what: str
) -> list[Measurement]:
    """What the scan found, each under its name; where it found nothing, the worst of all, under none and not judged:
    of many segments some lie beyond any limit by chance, which is what finding rules out."""
    depth = 2 if len(columns) <= MOST_COLUMNS_IN_PAIRS else 1
    scan = worst_segments(
        loss, {column.name: _values(rows[column.name]) for column in columns}, depth=depth,
        minimum_size=subject.minimum_group("display"),
    )  # fmt: skip
    limit = subject.limit(measure) if scan.found else None
    found = _named_once(scan) or {"": scan.worst}
    return [
        Measurement(
            measure=measure, segment=name[:300], estimate=replace(one, method=f"{what}; {one.method}"), limit=limit
        )
        for name, one in found.items()
    ]


def _named_once(scan: SegmentScan) -> dict[str, Estimate]:
    """The segments found, without those that only narrow another one: they are the same finding again."""
    ordered = sorted(scan.segments, key=lambda name: len(scan.segments[name].detail["features"]))
    kept: list[str] = []
    for name in ordered:
        if not any(name.startswith(f"{wider} and ") or name.endswith(f" and {wider}") for wider in kept):
            kept.append(name)
    return {name: scan.segments[name] for name in scan.segments if name in kept[:MOST_SEGMENTS]}


def _values(values: pl.Series):
    if values.dtype == pl.String:
        return np.array(values.to_list(), dtype=object)
    if values.dtype == pl.Boolean:
        return np.array(values.cast(pl.String).to_list(), dtype=object)
    return values.to_numpy()
