"""Rows that stay where they are: the table of a source under the names of its version's schema."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

import polars as pl

from audits.profiles.engines import tables
from audits.profiles.schema import Column, Kind, Role
from audits.profiles.sources import SourceError
from inventory.frames.kinds import stored_as
from inventory.frames.writing import derivable
from inventory.models import ModelVersion, Source
from mrm.adapters import warehouses
from mrm.errors import TookTooLong, UnusableData

if TYPE_CHECKING:
    import ibis.expr.types as ir

TIME = "mrm_time"  # Beside the columns of the schema, whether or not one of them bears the time.


@contextmanager
def opened(source: Source) -> Iterator[ir.Table]:
    """The table, with a column for each of the schema's that it has, and TIME. Raises UnusableData saying why not."""
    try:
        with warehouses.opened(source.url) as warehouse:
            schema, _, name = source.table.rpartition(".")
            yield _described(warehouse.table(name, database=schema or None), source)
    except (SourceError, warehouses.WarehouseFailed, warehouses.WarehouseRefused) as fault:
        refusal = TookTooLong if isinstance(fault, warehouses.WarehouseTimedOut) else UnusableData
        raise refusal({"message": f"The source {source.table} cannot be read. {fault}"}) from fault


def ends(table: ir.Table) -> tuple[int, datetime | None, datetime | None]:
    """How many rows bear a time, and the first and the last of these times."""
    return tables.ends(table, TIME)


def between(table: ir.Table, start: datetime, end: datetime) -> ir.Table:
    """The rows of the half-open window [start, end)."""
    return tables.between(table, TIME, start, end)


def sampled(table: ir.Table, version: ModelVersion, most: int) -> pl.DataFrame:
    """At most this many rows as they would be stored, the same every time; all of them where there are no more.

    What cannot be read as the kind of its column is missing. Raises UnusableData where the schema has no id, without
    which nothing tells which rows to take.
    """
    identity = version.column_with(Role.ID)
    if identity is None or identity.name not in table.columns:
        raise UnusableData({"message": "Without an id, nothing tells which rows of the source to take as a sample."})
    rows = pl.from_arrow(tables.sampled(table.drop(TIME), identity.name, most))
    stored = [_stored(rows[column.name], column) for column in version.columns() if column.name in rows.columns]
    absent = [
        pl.Series(column.name, [None] * rows.height, dtype=stored_as(column))
        for column in version.columns()
        if column.name not in rows.columns
    ]
    return pl.DataFrame([*stored, *absent]).select(column.name for column in version.columns())


def _described(table: ir.Table, source: Source) -> ir.Table:
    version, columns = source.version, source.version.columns()
    time, derived = version.column_with(Role.TIME), derivable(columns, version.decision_threshold)
    wanted = {column.name: source.columns.get(column.name, column.name) for column in columns}
    if time is not None:
        wanted[time.name] = source.time_column
    needless = {column.name for column in columns if not column.required or column.has_role(Role.LABEL)}
    needless |= {derived.name} if derived else set()
    kept = {ours: theirs for ours, theirs in wanted.items() if ours not in needless or theirs in table.columns}
    described = tables.named(table, {**kept, TIME: source.time_column})
    if derived is None or derived.name in kept:
        return described
    decided = described[version.column_with(Role.SCORE).name] >= version.decision_threshold
    if derived.categories:
        no, yes = derived.categories
        decided = decided.ifelse(yes, no)
    elif derived.kind == Kind.NUMERIC:
        decided = decided.cast("float64")
    return described.mutate(**{derived.name: decided})


def _stored(values: pl.Series, column: Column) -> pl.Series:
    due = stored_as(column)
    if due == pl.String and values.dtype.is_float():
        whole = (values.floor() == values).fill_null(True).all()
        values = values.cast(pl.Int64) if whole else values  # 1.0 is the category "1".
    if isinstance(due, pl.Datetime):
        if values.dtype == pl.Date:
            values = values.cast(pl.Datetime("us"))
        if isinstance(values.dtype, pl.Datetime):
            return values.dt.replace_time_zone("UTC") if values.dtype.time_zone is None else values.cast(due)
    stored = values.cast(due, strict=False)
    if due == pl.Float64:
        stored = stored.fill_nan(None)
        stored = pl.select(pl.when(stored.is_finite()).then(stored)).to_series().alias(values.name)
    return stored
