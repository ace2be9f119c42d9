"""Lists: how long a page is, and rows as CSV."""

import csv
import itertools

from django.http import HttpResponse, StreamingHttpResponse

from mrm.pages.downloads import download

ROWS_PER_PAGE = 50
CSV = "text/csv; charset=utf-8"
STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001 - wide ones, too.


def csv_answer(filename: str, header: list[str], rows) -> HttpResponse:
    """Rows as a CSV download."""
    response = HttpResponse(content_type=CSV)
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
    return download(filename, pieces, CSV)


def harmless(value):
    """What a spreadsheet shows as text rather than runs: a text that would start a formula gets an apostrophe.

    Numbers stay numbers; only texts, which people type, can carry a formula (OWASP, CSV injection).
    """
    if isinstance(value, str) and value.startswith(STARTS_A_FORMULA):
        return f"'{value}"
    return value
