"""A few rows of each side, the same ones every time, for what cannot be told from counts."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from audits.assessments.measures.sources import Readings
from audits.assessments.measures.subject import Subject
from audits.profiles.schema import Column, Kind, Role
from inventory import frames
from mrm.errors import UnusableData

MOST_ROWS = 2000  # A side.
MOST_CATEGORIES = 10  # Of a column that become a number each; the others of it share the last.


@dataclass(frozen=True)
class Sides:
    """At most MOST_ROWS rows of the reference and of the window; `lacking` says what could not be read and why."""

    reference: pl.DataFrame
    current: pl.DataFrame
    lacking: tuple[str, ...] = ()


def draw(subject: Subject, columns: Sequence[Column], rows: int, elsewhere: Readings) -> Sides:
    """Evenly spaced rows of these columns; `rows` is how many the window has."""
    names = [column.name for column in columns]
    logged = frames.window(subject.version, subject.start, subject.end, files=subject.files)
    drawn = [_thinned(logged.select(names), rows)]
    lacking: tuple[str, ...] = ()
    try:
        drawn += [sample.select(names) for sample in elsewhere.samples(MOST_ROWS)]
    except UnusableData as fault:
        if subject.took_rows:
            raise
        lacking = (f"What needs rows: {fault}",)
    current = _thinned(pl.concat(drawn).lazy(), sum(part.height for part in drawn))
    reference = _thinned(frames.reference(subject.version).select(names), subject.version.reference.rows)
    return Sides(reference, current, lacking)


def examined(subject: Subject) -> list[Column]:
    """The columns that a population is described by: features, segments and protected attributes."""
    roles = {Role.FEATURE, Role.SEGMENT, Role.PROTECTED}
    return [column for column in subject.version.columns() if roles & set(column.roles)]


def as_numbers(sides: Sides, columns: Sequence[Column]) -> tuple[np.ndarray, np.ndarray]:
    """Both sides as tables of numbers: each frequent category is a column of zeros and ones, and times are seconds.

    Texts and columns that the reference does not vary in are left out.
    """
    parts = [numbers for column in columns if (numbers := _numbers(sides, column)) is not None]
    empty = tuple(np.empty((side.height, 0)) for side in (sides.reference, sides.current))
    return tuple(np.column_stack(side) for side in zip(*parts, strict=True)) if parts else empty


def _numbers(sides: Sides, column: Column) -> tuple[np.ndarray, np.ndarray] | None:
    then, now = sides.reference[column.name], sides.current[column.name]
    match column.kind:
        case Kind.TEXT:
            return None
        case Kind.CATEGORICAL:
            frequent = then.drop_nulls().value_counts(sort=True).sort("count", column.name, descending=[True, False])
            known = frequent[column.name].head(MOST_CATEGORIES).to_list()
            return tuple(_indicators(side, known) for side in (then, now)) if len(known) > 1 else None
        case Kind.DATETIME:
            return tuple(side.dt.epoch("us").cast(pl.Float64).to_numpy() / 1e6 for side in (then, now))
        case _:
            return tuple(side.cast(pl.Float64).to_numpy() for side in (then, now))


def _indicators(values: pl.Series, known: list[str]) -> np.ndarray:
    return np.column_stack([(values == category).fill_null(False).to_numpy().astype(float) for category in known])


def _thinned(rows: pl.LazyFrame, count: int) -> pl.DataFrame:
    return rows.gather_every(max(1, -(-count // MOST_ROWS))).collect(engine="streaming")
