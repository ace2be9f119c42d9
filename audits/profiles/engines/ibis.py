"""The engine for tables that live elsewhere: their own engine counts, through Ibis, and only counts travel.

The answer is the same to the last count as from a file. Means and squared deviations agree but for rounding.
"""

from collections.abc import Sequence
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa

from audits.profiles.grid import Grid, GridColumn
from audits.profiles.groups import Groups, Key, keyed, split
from audits.profiles.profile import Profile
from audits.profiles.schema import Kind
from audits.profiles.sources import SourceError
from audits.profiles.tally import Tally, profile_of
from audits.profiles.values import fits, label

# Names of our own in a query; beside the cells, what else a value may be.
CELL, ROWS, VALUE, STATE = "mrm_cell", "mrm_rows", "mrm_value", "mrm_state"
MISSING, NONFINITE, UNSEEN = -1, -2, -3

# A double beyond this is an infinity, however an engine spells that.
LARGEST = float(np.finfo(np.float64).max)

# Engines refuse to square doubles beyond this; a column that has any is summed again in units of 2^520, in which what
# is small would be refused for vanishing, and so is taken as nothing.
LARGEST_SQUARED = 1e150
HUGE_UNIT = 520
SMALLEST_BESIDE_HUGE = 1.0

# Texts read at a time, where they are measured.
BATCH_TEXTS = 1 << 16

# Distinct values of a column of codes that may travel; texts are compared where they are and have no such bound.
MOST_DISTINCT = 100_000


def scan(table: ir.Table, grid: Grid, *, by: str | Sequence[str] | None = None) -> Profile | dict[Key, Profile]:
    """As `audits.profiles.engines.arrow.scan`, for a table of any Ibis backend; one query per column.

    Texts are the exception: engines disagree on what a letter is, so they are read in batches, measured and let go.
    """
    names = [] if by is None else [by] if isinstance(by, str) else list(by)
    for name in names:
        if name not in table.columns:
            raise SourceError(f"The table has no column {name!r} to group by.")
    groups = Groups(names, grid)
    rows = _rows_by_group(table, groups)
    counted = [_scan_column(table, column, groups, rows) for column in grid.columns]
    profiles = [profile_of(grid, [tallies[code] for tallies in counted]) for code in range(len(rows))]
    return profiles[0] if by is None else keyed(groups, profiles, by)


def _rows_by_group(table: ir.Table, groups: Groups) -> list[int]:
    if not groups.names:
        groups.code_of(())
        return [table.count().to_pyarrow().as_py()]
    counted = table.group_by(groups.names).agg(**{ROWS: lambda t: t.count()}).limit(MOST_DISTINCT).to_pyarrow()
    rows: dict[int, int] = {}
    for record in counted.to_pylist():
        code = _group(record, groups)
        rows[code] = rows.get(code, 0) + record[ROWS]
    return [rows[code] for code in range(len(rows))]


def _group(record: dict[str, Any], groups: Groups) -> int:
    return groups.code_of(tuple(groups.label(name, record[name]) for name in groups.names))


def _scan_column(table: ir.Table, column: GridColumn, groups: Groups, rows: list[int]) -> list[Tally]:
    """A tally per group."""
    tallies = [Tally(column) for _ in rows]
    if column.source not in table.columns:
        for tally, absent in zip(tallies, rows, strict=True):
            tally.add_absent(absent)
        return tallies
    value = table[column.source]
    if not fits(column.kind, value.type().to_pyarrow()):
        _count_mistyped(table, value, groups, tallies)
    elif value.type().is_null():
        for tally, missing in zip(tallies, rows, strict=True):
            tally.add(pa.nulls(missing))
    elif column.measure is not None:
        _measure_texts(table, column, groups, tallies)
    elif column.is_numeric:
        _count_numbers(table, _double(value), column, groups, tallies)
    else:
        _count_categories(table, value, column, groups, tallies)
    return tallies


def _count_mistyped(table: ir.Table, value: ir.Value, groups: Groups, tallies: list[Tally]) -> None:
    there = value.notnull().ifelse(1, 0)
    for record in _grouped(table, groups, {VALUE: there}):
        tally = tallies[_group(record, groups)]
        tally.rows += record[ROWS]
        tally.missing += record[ROWS]
        tally.mistyped += record[ROWS] * record[VALUE]


def _count_numbers(
    table: ir.Table, value: ir.FloatingColumn, column: GridColumn, groups: Groups, tallies: list[Tally]
) -> None:
    infinite = _is_infinite(value)
    finite = infinite.ifelse(ibis.null("float64"), value)
    # DuckDB has a function for it; halving would make it visit every branch for every couple of thousand rows.
    by_function = value.get_backend().name == "duckdb" and len(column.edges) > 0
    cell = ibis.literal(0) if by_function else _cell(value, column.edges)
    # In this order, because Ibis calls a NaN null on Spark.
    cell = ibis.cases((infinite, NONFINITE), (value.isnull(), MISSING), else_=cell)

    def lots(unit: int) -> list[dict[str, Any]]:
        if unit:
            moderate = (finite.abs() < SMALLEST_BESIDE_HUGE).ifelse(finite * 0.0, finite * 2.0**-unit)
        else:
            moderate = (finite.abs() < LARGEST_SQUARED).ifelse(finite, ibis.null("float64"))
        named = table.mutate(**{CELL: cell, "mrm_finite": finite, "mrm_moderate": moderate})
        measures = {
            ROWS: named.count(),
            "least": named.mrm_finite.min(),
            "most": named.mrm_finite.max(),
            "mean": named.mrm_moderate.mean(),
            "variance": named.mrm_moderate.var(how="pop"),
        }
        if by_function:
            with np.errstate(over="ignore"):
                lasts = np.nextafter(column.edges, -np.inf)
            measures["histogram"] = histogram(named.mrm_finite, ibis.array([_exact(last) for last in lasts]))
        return named.group_by([*groups.names, CELL]).agg(**measures).to_pyarrow().to_pylist()

    unit, records = 0, lots(0)
    if any(max(-record["least"], record["most"]) >= LARGEST_SQUARED for record in records if record[CELL] >= 0):
        unit, records = HUGE_UNIT, lots(HUGE_UNIT)
    by_group: dict[int, list[dict[str, Any]]] = {}
    for record in records:
        by_group.setdefault(_group(record, groups), []).append(record)
    for code, of_group in by_group.items():
        _add_numbers(tallies[code], of_group, unit)


def _add_numbers(tally: Tally, records: list[dict[str, Any]], unit: int) -> None:
    for record in records:
        tally.rows += record[ROWS]
        if record[CELL] == MISSING:
            tally.missing += record[ROWS]
        elif record[CELL] == NONFINITE:
            tally.nonfinite += record[ROWS]
        elif "histogram" in record:
            rows = [rows for _, rows in record["histogram"]]  # with those beyond the last edge, if there are any
            tally.add_cells(range(len(rows)), rows)
        else:
            tally.add_cells([record[CELL]], [record[ROWS]])
    finite = [record for record in records if record[CELL] >= 0]
    if not finite:
        return
    rows = np.array([record[ROWS] for record in finite])
    means = np.array([record["mean"] for record in finite], dtype=np.float64)
    variances = np.array([record["variance"] for record in finite], dtype=np.float64)
    with np.errstate(over="ignore"):
        tally.add_moments(
            rows,
            least=min(record["least"] for record in finite),
            most=max(record["most"] for record in finite),
            means=np.ldexp(means, unit),
            squares=np.ldexp(rows * variances, 2 * unit),
        )


def _count_categories(
    table: ir.Table, value: ir.Value, column: GridColumn, groups: Groups, tallies: list[Tally]
) -> None:
    state: ir.IntegerValue = ibis.literal(0)
    if value.type().is_floating():
        state = _is_infinite(value).ifelse(NONFINITE, 0)
    elif value.type().is_string() and column.kind is Kind.CATEGORICAL and _is_literal(column.categories):
        # Unknown texts need not travel: one state stands for them all.
        is_known = value.isin(column.categories) if column.categories else ibis.literal(False)
        state = (value.isnull() | is_known).ifelse(0, UNSEEN)
    records = _grouped(table, groups, {VALUE: (state == 0).ifelse(value, ibis.null(value.type())), STATE: state})
    if len(records) > MOST_DISTINCT:
        message = f"Column {column.source!r} holds more than {MOST_DISTINCT} distinct values; describe it as numeric."
        raise SourceError(message)
    for record in records:
        tally, rows = tallies[_group(record, groups)], record[ROWS]
        tally.rows += rows
        if record[STATE] == UNSEEN:
            tally.cells[-1] += rows
        elif record[STATE] == NONFINITE:
            tally.nonfinite += rows
        elif record[VALUE] is None:
            tally.missing += rows
        else:
            tally.add_labels(pa.array([label(record[VALUE], column.kind)], pa.string()), np.array([rows]))


def _measure_texts(table: ir.Table, column: GridColumn, groups: Groups, tallies: list[Tally]) -> None:
    texts = table.select(list(dict.fromkeys([*groups.names, column.source])))
    for batch in texts.to_pyarrow_batches(chunk_size=BATCH_TEXTS):
        codes = groups.codes_of(batch) if groups.names else np.zeros(batch.num_rows, dtype=np.int16)
        for code, piece in split(batch.column(column.source), codes):
            tallies[code].add(piece)


def _grouped(table: ir.Table, groups: Groups, values: dict[str, ir.Value]) -> list[dict[str, Any]]:
    """The distinct combinations of some values, per group, with their rows."""
    named = table.mutate(**values)
    counted = named.group_by([*groups.names, *values]).agg(**{ROWS: named.count()})
    return counted.limit(MOST_DISTINCT + 1).to_pyarrow().to_pylist()


def _double(value: ir.Value) -> ir.FloatingColumn:
    """As `audits.profiles.values.numbers` reads it: dates as seconds since 1970, to the microsecond."""
    stored = value.type()
    if stored.is_date():
        value, stored = value.cast("timestamp"), ibis.dtype("timestamp")
    if stored.is_timestamp() and value.get_backend().name == "pyspark":  # whose Ibis backend extracts no microseconds
        # A time without a zone is a type of its own there; Ibis has set the session to UTC, so it is read as UTC.
        return unix_micros(value.cast("timestamp('UTC')")).cast("float64") / 1e6
    if stored.is_timestamp():
        seconds = value.truncate("s").epoch_seconds().cast("int64")
        return (seconds * 1_000_000 + value.microsecond().cast("int64")).cast("float64") / 1e6
    if stored.is_boolean():
        value = value.cast("int32")
    return value.cast("float64")


def _cell(value: ir.FloatingColumn, edges: np.ndarray) -> ir.IntegerValue:
    """The cell of a finite value, by halving: about ten comparisons a row, in any engine."""

    def between(first: int, last: int) -> ir.IntegerValue:
        if first == last:
            return ibis.literal(first, type="int32")
        middle = (first + last) // 2
        return (value < _exact(edges[middle])).ifelse(between(first, middle), between(middle + 1, last))

    return between(0, len(edges))


def _is_infinite(value: ir.FloatingValue) -> ir.BooleanValue:
    """Whether it is NaN or an infinity; some engines find NaN above every number, and others nowhere."""
    value = value.cast("float64")
    return value.isnan() | (value > _exact(LARGEST)) | (value < _exact(-LARGEST))


def _exact(number: float) -> ir.FloatingScalar:
    """As a text: engines read 0.1 as a decimal, whose conversion is not always to the nearest double."""
    return ibis.literal(repr(float(number))).cast("float64")


@ibis.udf.agg.builtin
def histogram(number: ibis.dtype("float64"), lasts: ibis.dtype("array<float64>")) -> ibis.dtype("map<float64, int64>"):
    """DuckDB's own function of this name: the rows up to each of some numbers, in their order."""


@ibis.udf.scalar.builtin
def unix_micros(moment: ibis.dtype("timestamp")) -> ibis.dtype("int64"):
    """Spark's own function of this name."""


def _is_literal(categories: tuple[str, ...]) -> bool:
    """Whether every category can be written into a query: no engine takes a NUL there."""
    return not any("\x00" in category for category in categories)
