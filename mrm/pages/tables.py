"""Lists: one page of a queryset, and the same rows as CSV."""

import csv
import itertools

from django.core.paginator import Page, Paginator
from django.http import HttpResponse, StreamingHttpResponse
from django.utils.functional import cached_property

ROWS_PER_PAGE = 50
STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def numbered_page(request, rows, *, total: int | None = None, size: int = ROWS_PER_PAGE) -> Page:
    """The page of a queryset that `?page=` asks for, with the numbers to link to; the nearest where it asks for
    nonsense. `total` where it was counted already."""
    paginator = _PaginatorOfMany(rows, size, total)
    page = paginator.get_page(request.GET.get("page"))
    page.numbers = list(paginator.get_elided_page_range(page.number))
    return page


class _PaginatorOfMany(Paginator):
    """Sorts keys alone and then looks up the rows of one page; beyond the middle it sorts from the end."""

    def __init__(self, rows, size: int, total: int | None):
        super().__init__(rows, size)
        self._total = total

    @cached_property
    def count(self) -> int:
        return self.object_list.order_by().count() if self._total is None else self._total

    def page(self, number) -> Page:
        number = self.validate_number(number)
        first = (number - 1) * self.per_page
        last, keys = min(first + self.per_page, self.count), self.object_list.values("pk")
        if first > self.count // 2:
            keys, first, last = keys.reverse(), self.count - last, self.count - first
        return self._get_page(self.object_list.filter(pk__in=keys[first:last]), number, self)


def csv_answer(filename: str, header: list[str], rows) -> HttpResponse:
    """Rows as a CSV download."""
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    writer = csv.writer(response)
    writer.writerow(header)
    writer.writerows([harmless(value) for value in row] for row in rows)
    return response


class _Echo:
    """A file that hands back what is written to it, for the csv module to format one row at a time."""

    def write(self, text: str) -> str:
        return text


def csv_stream(filename: str, header: list[str], rows) -> StreamingHttpResponse:
    """The same for a list of any length, row by row."""
    writer = csv.writer(_Echo())
    pieces = (writer.writerow([harmless(value) for value in row]) for row in itertools.chain([header], rows))
    response = StreamingHttpResponse(pieces, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response


def harmless(value):
    """What a spreadsheet shows as text rather than runs: a text that would start a formula gets an apostrophe.

    Numbers stay numbers; only texts, which people type, can carry a formula (OWASP, CSV injection).
    """
    if isinstance(value, str) and value.startswith(STARTS_A_FORMULA):
        return f"'{value}"
    return value
