"""Django's SQL for PostgreSQL, put together faster where rows are ordered."""

from django.db.backends.postgresql import compiler
from django.db.backends.postgresql.compiler import (
    SQLAggregateCompiler,
    SQLDeleteCompiler,
    SQLInsertCompiler,
    SQLUpdateCompiler,
)

__all__ = ["SQLAggregateCompiler", "SQLCompiler", "SQLDeleteCompiler", "SQLInsertCompiler", "SQLUpdateCompiler"]


class SQLCompiler(compiler.SQLCompiler):
    def get_order_by(self) -> list:
        """What rows are ordered by.

        To find out whether it is one of the columns, Django makes each of them comparable first: a fifth of the time in
        which it puts a query together. What is ordered by names, as most is, can only be a column that was given one:
        meanwhile a number stands for every other, so that no place changes.
        """
        if not self._is_ordered_by_names():
            return super().get_order_by()
        select = self.select
        self.select = [one if one[2] else (place, *one[1:]) for place, one in enumerate(select)]
        try:
            return super().get_order_by()
        finally:
            self.select = select

    def _is_ordered_by_names(self) -> bool:
        its = self.query
        if its.combinator or its.extra_order_by:
            return False
        ordering = its.order_by or (its.default_ordering and its.get_meta().ordering)
        return bool(ordering) and all(isinstance(one, str) for one in ordering)
