"""Parts of a table that lives elsewhere: its columns under our names, the rows of a window, and a few of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

import pyarrow as pa

from audits.profiles.sources import SourceError

if TYPE_CHECKING:
    import ibis.expr.types as ir


def named(table: ir.Table, columns: Mapping[str, str]) -> ir.Table:
    """The columns of a table under other names, {ours: theirs}. Raises SourceError naming all it does not have."""
    if missing := [theirs for theirs in columns.values() if theirs not in table.columns]:
        listed = ", ".join(map(repr, sorted(missing)))
        raise SourceError(f"The table has no column {listed}; say with `columns` what it is called there.")
    return table.select(**{ours: table[theirs] for ours, theirs in columns.items()})


def ends(table: ir.Table, time: str) -> tuple[int, datetime | None, datetime | None]:
    """How many rows bear a time, and the first and the last of these times."""
    moment = _moment(table, time)
    found = table.aggregate(rows=moment.count(), first=moment.min(), last=moment.max()).to_pyarrow().to_pylist()[0]
    return found["rows"], *(_in_utc(found[name]) for name in ("first", "last"))


def between(table: ir.Table, time: str, start: datetime, end: datetime) -> ir.Table:
    """The rows of the half-open window [start, end); times without a zone are read as UTC."""
    moment = _moment(table, time)
    if moment.type().timezone is None:
        start, end = (bound.astimezone(UTC).replace(tzinfo=None) for bound in (start, end))
    return table.filter((moment >= start) & (moment < end))


def sampled(table: ir.Table, identity: str, most: int) -> pa.Table:
    """At most this many rows, the same every time: those whose ids have the lowest digests, in that order."""
    key = _md5()(table[identity].cast("string"))
    return table.order_by(key, table[identity]).limit(most).to_pyarrow()


def _moment(table: ir.Table, time: str) -> ir.TimestampValue:
    value = table[time]
    if value.type().is_date():
        return value.cast("timestamp")
    if not value.type().is_timestamp():
        raise SourceError(f"The time column of the table holds {value.type()}; it must be a date or a timestamp.")
    return value


def _in_utc(moment: datetime | None) -> datetime | None:
    if moment is None:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


@cache
def _md5():
    """The function of this name that DuckDB, PostgreSQL, MySQL and Spark have in common."""
    import ibis

    @ibis.udf.scalar.builtin
    def md5(text: str) -> str: ...

    return md5
