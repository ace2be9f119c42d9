"""Queries that are put together once and asked often: only their values change.

Putting a query of some joins together costs the ORM several times what the database needs to answer it, and the
database plans such a query for longer than it runs. What is asked with every request is therefore kept as SQL, per
thread, and by the database as a prepared statement, per connection; the query itself is still written as a QuerySet.
"""

import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass

import psycopg
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import F, JSONField, Lookup, QuerySet, UUIDField, Value
from django.db.models.expressions import BaseExpression
from psycopg import sql
from psycopg.types.datetime import TimestamptzLoader


class OneOf(Lookup):
    """That a column has one of these keys, which are one value of the query however many they are."""

    lookup_name = "one_of"

    def __init__(self, column: str, keys: list[uuid.UUID]):
        super().__init__(F(column), Value(keys, ArrayField(UUIDField())))

    def as_sql(self, compiler, connection):
        left, left_values = self.process_lhs(compiler, connection)
        right, right_values = self.process_rhs(compiler, connection)
        return f"{left} = ANY({right})", (*left_values, *right_values)


@dataclass(frozen=True)
class _Kept:
    converters: list[tuple[int, list[Callable], BaseExpression]]
    statement: str
    places: tuple[str, ...]  # The names of the values, in the order in which the statement wants them.
    names: list[str]


class Prepared:
    """`build(**values)` makes a QuerySet of `.values(…)`; calling this asks it of other values.

    They are texts, UUIDs, or lists of UUIDs, which `OneOf` compares with.
    """

    def __init__(self, build: Callable[..., QuerySet]):
        self._build, self._here = build, threading.local()

    def __call__(self, **values: str | uuid.UUID | list[uuid.UUID]) -> list[dict]:
        kept = getattr(self._here, "kept", None)
        if kept is None:
            kept = self._here.kept = self._prepared(values)
        rows = _asked(kept.statement, [values[name] for name in kept.places])
        if kept.converters:
            rows = [_converted(row, kept.converters) for row in rows]
        return [dict(zip(kept.names, row, strict=True)) for row in rows]

    def _prepared(self, values: dict) -> _Kept:
        """The SQL for values that nothing else can be, so that their places are known; all others stand in it."""
        stand_ins = {name: _stand_in(value) for name, value in values.items()}
        queryset = self._build(**stand_ins)
        compiler = queryset.query.get_compiler(connection=connection)
        statement, parameters = compiler.as_sql()
        names = {str(stand_in): name for name, stand_in in stand_ins.items()}
        places = tuple(names[str(one)] for one in parameters if str(one) in names)
        if missing := set(values) - set(places):
            raise ValueError(f"The query does not contain {', '.join(sorted(missing))} as they are.")
        written = ("%s" if str(one) in names else _literal(one) for one in parameters)
        first, *rest = statement.split("%s")
        statement = first + "".join(one + piece for one, piece in zip(written, rest, strict=True))
        converters = compiler.get_converters([column for column, *_ in compiler.select[: compiler.col_count]])
        quickened = [_quickened(place, *said) for place, said in converters.items()]
        return _Kept(quickened, statement, places, list(queryset.query.selected))


def _stand_in(value: str | uuid.UUID | list[uuid.UUID]) -> str | uuid.UUID | list[uuid.UUID]:
    one = uuid.uuid4()
    if isinstance(value, list):
        return [one]
    return one if isinstance(value, uuid.UUID) else str(one)


def _quickened(place: int, its: list[Callable], expression: BaseExpression) -> tuple:
    """Most JSON in a register is empty, and needs no parser."""
    if isinstance(expression.output_field, JSONField):
        its = [_unless_empty(converter) for converter in its]
    return place, its, expression


def _unless_empty(converter: Callable) -> Callable:
    def read(value, expression, connection):
        match value:
            case "[]":
                return []
            case "{}":
                return {}
        return converter(value, expression, connection)

    return read


def _converted(row: tuple, converters: list[tuple[int, list[Callable], BaseExpression]]) -> list:
    """A row as the ORM would give it."""
    row = list(row)
    for place, its, expression in converters:
        value = row[place]
        for converter in its:
            value = converter(value, expression, connection)
        row[place] = value
    return row


def _literal(value) -> str:
    connection.ensure_connection()
    return sql.Literal(value).as_string(connection.connection).replace("%", "%%")


def _asked(statement: str, values: list) -> list[tuple]:
    """The rows of a statement that the database keeps; Django's own cursors write the values into the statement."""
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    its = connection.connection
    make = connection.make_debug_cursor if connection.queries_logged else connection.make_cursor
    # Only for now: psycopg would keep a count of every other statement too, with its text.
    its.prepare_threshold = 0 if settings.PREPARED_STATEMENTS else None
    try:
        plain = psycopg.Cursor(its)
        plain.adapters.register_loader("timestamptz", TimestamptzLoader)  # Django's is slow, to give another zone.
        with make(plain) as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall()
    finally:
        its.prepare_threshold = None
