"""Dates in a workbook: it keeps numbers of days, and only the style of a cell says that such a number is a date.

The numbers of the formats are those of ECMA-376, part 1, 18.8.30.
"""

import re
from datetime import date, datetime, timedelta

DATE_FORMATS = {*range(14, 18), 22, *range(27, 37), *range(50, 59)}
SAID_AS_IT_IS = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')
SINCE_1900, SINCE_1904 = date(1899, 12, 30), date(1904, 1, 1)
NEVER = 60  # The programs count 29 February 1900, which there was not.
LAST = {False: 2_958_465, True: 2_957_003}  # 31 December 9999, as days are counted since 1900 and since 1904.


class Styles:
    """The styles of a workbook, as its XML is read: `dates` holds the numbers of those that show a date."""

    def __init__(self):
        self.dates: set[int] = set()
        self._own, self._count, self._inside = set(), 0, False

    def start(self, name, attributes):
        if name == "numFmt" and _shows_a_date(attributes.get("formatCode", "")):
            self._own.add(int(attributes["numFmtId"]))
        elif name == "cellXfs":
            self._inside = True
        elif name == "xf" and self._inside:
            if int(attributes.get("numFmtId", 0)) in DATE_FORMATS | self._own:
                self.dates.add(self._count)
            self._count += 1

    def end(self, name):
        if name == "cellXfs":
            self._inside = False

    def text(self, data):
        """Only attributes count."""


def _shows_a_date(code: str) -> bool:
    """Whether a format shows days or years; what stands in quotes or names a colour shows nothing."""
    return bool(set(SAID_AS_IT_IS.sub("", code.split(";")[0]).lower()) & set("yd"))


def told(number: str, *, since_1904: bool) -> str:
    """A number of days as a date, with the time where it has one; the number itself where it is no day there was."""
    days = float(number)
    if not 1 <= days < LAST[since_1904] + 1 or (not since_1904 and NEVER <= days < NEVER + 1):
        return number
    if not since_1904 and days < NEVER:
        days += 1
    whole = int(days)
    day = (SINCE_1904 if since_1904 else SINCE_1900) + timedelta(days=whole)
    seconds = min(round((days - whole) * 86_400), 86_399)  # Rounding begins no other day.
    if not seconds:
        return day.isoformat()
    return (datetime.combine(day, datetime.min.time()) + timedelta(seconds=seconds)).isoformat()
