"""A list told once: its columns, what it is sorted and searched by; for its page, its API and its spreadsheet."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.urls import reverse

from mrm.pages.keyset import KeysetPage, keyset_page
from mrm.pages.tables import ROWS_PER_PAGE, csv_stream

PIECE = 1000
MOST_WORDS = 10
PREPOSITION = re.compile("_(at|on|by|from|until)$")


def check_number(words: list[str]) -> None:
    if len(words) > MOST_WORDS:
        raise ValidationError(f"These are {len(words)} words; at most {MOST_WORDS} are looked for together.")


def check_words(text: str) -> None:
    """That a search has no more words than are looked for; for fields of forms and of the API."""
    check_number(text.split())


@dataclass(frozen=True)
class Column:
    """One column: its name in addresses and spreadsheets, its head on the page, and what it holds.

    sorted_by  the field to sort by; empty where nothing can
    says       what a spreadsheet reads; without it the column is only shown
    on_page    whether the page shows it, too
    holds      date or datetime, where rows can be narrowed to those between two days
    days       what these are called in addresses before _since and _until; by default its name without its preposition
    """

    name: str
    label: str
    sorted_by: str = ""
    says: Callable | None = None
    on_page: bool = True
    holds: type | None = None
    days: str = ""

    @property
    def first_and_last(self) -> tuple[str, str]:
        """What the first day and the last are called in addresses."""
        stem = self.days or PREPOSITION.sub("", self.name)
        return f"{stem}_since", f"{stem}_until"


@dataclass(frozen=True)
class Head:
    """The head of a column: what a click on it asks for, and how the list is sorted by it now."""

    label: str
    turned: str
    direction: str  # ascending, descending, or empty


@dataclass(frozen=True)
class Listing:
    """A list with its columns.

    usual     how it is sorted where nobody asks
    searched  where words are found
    ties      what rows that are alike are sorted by; the last tells any two apart
    """

    columns: tuple[Column, ...]
    usual: str
    searched: tuple[str, ...] = ()
    ties: tuple[str, ...] = ("id",)

    @property
    def orderings(self) -> list[str]:
        """Everything that may be asked for, a dash in front turning it round."""
        return [f"{dash}{column.name}" for column in self.columns if column.sorted_by for dash in ("", "-")]

    def ordering(self, asked: str) -> tuple[str, ...]:
        """The fields to sort by; the last tells any two rows apart."""
        asked = asked if asked in self.orderings else self.usual
        dash = "-" if asked.startswith("-") else ""
        field = next(column.sorted_by for column in self.columns if column.name == asked.removeprefix("-"))
        return tuple(f"{dash}{name}" for name in dict.fromkeys((field, *self.ties)))

    @property
    def dated(self) -> list[Column]:
        """The columns whose rows can be narrowed to those between two days."""
        return [column for column in self.columns if column.holds]

    def between(self, rows: QuerySet, days: Mapping[str, date]) -> QuerySet:
        """The rows whose days lie between those asked for by name, both included."""
        for column in self.dated:
            first, last = map(days.get, column.first_and_last)
            is_moment = column.holds is datetime
            if isinstance(first, date):
                since = datetime.combine(first, time(), UTC) if is_moment else first
                rows = rows.filter(**{f"{column.sorted_by}__gte": since})
            if isinstance(last, date):
                until = datetime.combine(last, time.max, UTC) if is_moment else last
                rows = rows.filter(**{f"{column.sorted_by}__lte": until})
        return rows

    def holding(self, rows: QuerySet, text: str) -> QuerySet:
        """The rows that hold every word of a search, each in any of the searched fields."""
        for word in text.split():
            found = Q()
            for field in self.searched:
                found |= Q(**{f"{field}__icontains": word})
            rows = rows.filter(found)
        return rows

    def page(self, request: HttpRequest, rows: QuerySet) -> KeysetPage:
        """The page that an address asks for; raises CursorUnknown, which `mrm.http` answers."""
        order = self.ordering(request.GET.get("ordering", ""))
        return keyset_page(rows, order, cursor=request.GET.get("cursor", ""), size=ROWS_PER_PAGE)

    def shown(self, request: HttpRequest, rows: QuerySet, csv: str = "", **narrowed: str) -> dict:
        """What the templates of a list need: its page, its heads, how it is sorted, and the address of its CSV.

        `narrowed` is what the page shows only, beside what its own address asks for.
        """
        asked = request.GET.get("ordering", "")
        asked = asked if asked in self.orderings else self.usual
        return {
            "page": self.page(request, rows),
            "heads": [head_of(column, asked) for column in self.columns if column.on_page],
            "ordering": asked,
            "csv": f"{reverse(csv)}?{urlencode(request.GET.dict() | narrowed)}" if csv else "",
        }

    def spreadsheet(
        self, request: HttpRequest, rows: QuerySet, filename: str, *, made: Callable | None = None
    ) -> StreamingHttpResponse:
        """All rows as CSV, in the order of the page. `made` gives for each row the one that is told."""
        told = [column for column in self.columns if column.says]
        every = self._all(request, rows)
        cells = ([_cell(column.says(row)) for column in told] for row in (map(made, every) if made else every))
        return csv_stream(filename, [column.name for column in told], cells)

    def _all(self, request: HttpRequest, rows: QuerySet) -> Iterator:
        order, cursor, started = self.ordering(request.GET.get("ordering", "")), "", False
        while cursor or not started:
            page, started = keyset_page(rows, order, cursor=cursor, size=PIECE), True
            yield from page.rows
            cursor = page.next


def head_of(column: Column, asked: str) -> Head:
    """The head of a column in a list that is sorted as asked."""
    if not column.sorted_by:
        return Head(column.label, "", "")
    if asked == column.name:
        return Head(column.label, f"-{column.name}", "ascending")
    return Head(column.label, column.name, "descending" if asked == f"-{column.name}" else "")


def _cell(value):
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if value is None:
        return ""
    return value if isinstance(value, str | int | float) else str(value)
