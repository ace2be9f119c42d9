"""Faults of the data themselves: what is missing, out of range, new, of another type, repeated, late or too little."""

from datetime import UTC, datetime

import polars as pl

from audits.assessments.measures.subject import Measurement, Subject, told
from audits.profiles.profile import Profile
from audits.profiles.schema import Column, Kind, Role
from audits.statistics import quality
from audits.statistics.estimates import Estimate, could_not_compute
from audits.statistics.quality.rates import Tally, rate_estimate
from inventory import frames
from inventory.models import PredictionBatch

MOST_ROWS_COMPARED = 1_000_000  # Rows are compared with one another in memory.
EARLIER_WINDOWS = 3


def faults_of_column(
    subject: Subject, column: Column, role: str, reference: Profile, current: Profile
) -> list[Measurement]:
    """Rates of faulty values of one column, from counts."""
    then, now = reference.counts(column.name), current.counts(column.name)
    measured = {"missing_rate": quality.missing_rate(then, now, increase=True)}
    if column.kind == Kind.NUMERIC:
        measured["out_of_range_rate"] = quality.out_of_range_rate(then, now)
    if column.kind == Kind.CATEGORICAL:
        measured["new_category_rate"] = quality.new_category_rate(then, now)
    # What comes in as a batch is refused where its type is wrong, so only what was counted elsewhere can show any.
    if mistyped := current.mistyped_rows(column.name):
        tally = Tally(events=mistyped, rows=current.rows)
        measured["type_mismatch_rate"] = rate_estimate(
            None, tally, what=f"share of values that are not {column.kind}", increase=False, tolerances=(), level=0.95
        )
    return [
        Measurement(measure=name, column=column.name, estimate=estimate, limit=subject.limit(name, role))
        for name, estimate in measured.items()
    ]


def faults_of_arrival(
    subject: Subject, rows: int, newest: datetime | None, earlier: list[PredictionBatch]
) -> tuple[list[Measurement], list[str]]:
    """Whether rows came late, too few or twice; and what of that could not be examined."""
    measured, lacking = {}, []
    if subject.version.column_with(Role.TIME) is None or newest is None:
        lacking.append("freshness and duplicates: the rows bear no time of their own.")
    else:
        measured["freshness"] = quality.freshness(newest, subject.end)
        if rows > MOST_ROWS_COMPARED:
            lacking.append(f"duplicates: the window has {rows} rows; at most {MOST_ROWS_COMPARED} are compared.")
        elif subject.sources():
            lacking.append("duplicates: rows that stay in a source are not compared with one another.")
        else:
            measured["duplicate_rate"] = _duplicates(subject)
    if subject.sources():
        lacking.append("volume: how many rows a source had in earlier windows is not known.")
    else:
        measured["volume_change"] = volume_change(subject, rows, earlier)
    found = [
        Measurement(measure=name, estimate=estimate, limit=subject.limit(name)) for name, estimate in measured.items()
    ]
    found, without = told(found)
    return found, [*lacking, *without]


def newest_row(subject: Subject, current: Profile) -> datetime | None:
    """The time of the newest row of the window, from its counts."""
    time = subject.version.column_with(Role.TIME)
    if time is None or time.name not in current.grid.positions:
        return None
    seconds = current.counts(time.name).maximum
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def earlier_batches(subject: Subject) -> list[PredictionBatch]:
    """What was logged in the windows before this one, of the same length, that the version was logged to at all."""
    length = subject.end - subject.start
    batches = subject.version.batches.within(subject.start - EARLIER_WINDOWS * length, subject.start)
    return [batch for batch in batches if subject.files is None or batch.sha256 in subject.files]


def volume_change(subject: Subject, rows: int, earlier: list[PredictionBatch]) -> Estimate:
    """Rows of the window against those of the windows before it; a batch counts in the window it begins in."""
    length = subject.end - subject.start
    counts = [0] * EARLIER_WINDOWS
    for batch in earlier:
        place = -((batch.first_at - subject.start) // length) - 1
        if place < EARLIER_WINDOWS:
            counts[place] += batch.rows
    while counts and not counts[-1]:
        counts.pop()  # Before the first batch there was nothing to be logged.
    if not counts:
        reason = "Nothing was logged before this window, so there is no usual number of rows."
        return could_not_compute(reason, method="change of the number of rows", sizes={"current": rows})
    return quality.volume_change(counts, rows)


def _duplicates(subject: Subject) -> Estimate:
    """Rows that repeat an earlier one in everything but the id, the time included."""
    compared = [column.name for column in subject.version.columns() if not column.has_role(Role.ID)]
    logged = frames.window(subject.version, subject.start, subject.end, files=subject.files).select(compared)
    rows, distinct = (
        logged.select(pl.len(), pl.struct(compared).hash(seed=0).n_unique().alias("distinct")).collect().row(0)
    )
    what = "share of rows that repeat an earlier one in everything but the id, by 64-bit hashes"
    tally = Tally(events=rows - distinct, rows=rows)
    return rate_estimate(None, tally, what=what, increase=False, tolerances=(), level=0.95)
