"""Queries that are put together once and asked often: only their values change.

Putting a query of some joins together costs the ORM several times what the database needs to answer it. What is asked
with every request is therefore kept as SQL, per thread; the query itself is still written as a QuerySet.
"""

import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from django.db import connection
from django.db.models import QuerySet
from django.db.models.sql.compiler import SQLCompiler


@dataclass(frozen=True)
class _Kept:
    compiler: SQLCompiler
    sql: str
    parameters: tuple
    names: list[str]


class Prepared:
    """`build(**values)` makes a QuerySet of `.values(…)` from texts and UUIDs; calling this asks it of other ones."""

    def __init__(self, build: Callable[..., QuerySet]):
        self._build, self._here = build, threading.local()

    def __call__(self, **values: str | uuid.UUID) -> list[dict]:
        kept = getattr(self._here, "kept", None)
        if kept is None:
            kept = self._here.kept = self._prepared(values)
        parameters = [values[one.name] if isinstance(one, _Place) else one for one in kept.parameters]
        with connection.cursor() as cursor:
            cursor.execute(kept.sql, parameters)
            rows = cursor.fetchall()
        return [dict(zip(kept.names, row, strict=True)) for row in kept.compiler.results_iter(results=[rows])]

    def _prepared(self, values: dict) -> _Kept:
        """The SQL for values that nothing else can be, so that their places are known."""
        stand_ins = {name: uuid.uuid4() for name in values}
        queryset = self._build(
            **{
                name: stand_ins[name] if isinstance(value, uuid.UUID) else str(stand_ins[name])
                for name, value in values.items()
            }
        )
        compiler = queryset.query.get_compiler(connection=connection)
        sql, parameters = compiler.as_sql()
        places = {str(stand_in): _Place(name) for name, stand_in in stand_ins.items()}
        found = tuple(places.get(str(one), one) for one in parameters)
        if missing := set(values) - {one.name for one in found if isinstance(one, _Place)}:
            raise ValueError(f"The query does not contain {', '.join(sorted(missing))} as they are.")
        return _Kept(compiler, sql, found, list(queryset.query.selected))


@dataclass(frozen=True)
class _Place:
    """Where a value goes."""

    name: str
