"""A long list as an .xlsx workbook, written while its rows are still being read: nothing of it is held but one row.

The libraries that write workbooks (XlsxWriter, openpyxl) keep the rows in files of their own and answer at the end. All
models of a large register take minutes, and proxies hang up on whoever says nothing for one.

A workbook is a zip of XML (ECMA-376). Every text is an inline string, which no program computes, whatever it begins
with; there is no way here to write a formula, a link or a macro. A first sheet says what the workbook is. It is written
last, when the number of rows is known: the order of the sheets is not the order of their parts in the zip.
"""

import itertools
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from xml.sax.saxutils import escape, quoteattr

from mrm.pages.downloads import Sink
from mrm.pages.tables import STARTS_A_FORMULA

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ROWS = 1_048_575  # That a sheet holds below its header.
LARGEST_SHEET = 2**30  # Bytes of XML; what goes beyond 2 GiB needs a kind of zip that not every program opens.
LONGEST_TEXT = 32_767  # That a cell holds, counted as UTF-16 does.
CUT = " … (cut: a cell holds no more)"
MOST_DIGITS = 15  # That a number of a spreadsheet keeps.
FIRST_DAY = date(1900, 3, 1)  # Before it spreadsheets disagree, as some count a 29 February 1900.
DAY_ZERO = date(1899, 12, 30)
STRETCH = 2**16  # Bytes that are handed on at once.
SAMPLED = 200  # Rows that the widths of the columns are taken from.
NARROWEST, WIDEST = 9, 60
HEADING, DAY, TIME, QUOTED = 1, 2, 3, 4  # Places among the styles below.

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
RELATIONSHIPS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
CONTENT = "application/vnd.openxmlformats-officedocument.spreadsheetml"
PROLOGUE = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
FROZEN = '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
STYLES = (
    f'{PROLOGUE}<styleSheet xmlns="{MAIN}">'
    '<numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/>'
    '<numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="5"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>'
    '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" quotePrefix="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
# Every part is a sheet, but for those named: so this can stand first in the zip, where programs look for it.
TYPES = (
    f'{PROLOGUE}<Types xmlns="{PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Default Extension="xml" ContentType="{CONTENT}.worksheet+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{CONTENT}.sheet.main+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{CONTENT}.styles+xml"/></Types>'
)
# What XML cannot hold is written as the number of the character, and so is what only looks so written (ST_Xstring).
UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")
LOOKS_WRITTEN = re.compile("_(?=x[0-9A-Fa-f]{4}_)")


@dataclass
class Written:
    """What went into a workbook: its rows, and how many of its texts were longer than a cell holds."""

    rows: int = 0
    cut: int = 0


def workbook(
    name: str, header: Sequence[str], rows: Iterable[Sequence], *, about: Callable[[Written], list]
) -> Iterator[bytes]:
    """The bytes of a workbook, a piece at a time: the sheet About with the pairs that `about` gives once the rows are
    written, then the rows below their header; those that one sheet does not hold follow on the next."""
    sink, written, left, names = Sink(), Written(), iter(rows), ["About"]
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as book:
        book.writestr("[Content_Types].xml", TYPES)
        while left is not None:
            names.append(f"{name} {len(names)}" if len(names) > 1 else name)
            yield from _table(book, sink, len(names), header, left, written)
            beyond = next(left, None)
            left = None if beyond is None else itertools.chain([beyond], left)
        with book.open("xl/worksheets/sheet1.xml", "w") as part:
            part.write(_about(about(written), written))
        for place, text in _parts(names).items():
            book.writestr(place, text)
    yield sink.taken()


def _table(book, sink: Sink, number: int, header: Sequence[str], rows: Iterator, written: Written):
    """One sheet with a header and as many of the rows as it holds."""
    letters = [_letters(place) for place in range(len(header))]
    sample = list(itertools.islice(rows, min(SAMPLED, MOST_ROWS)))
    line, size = 1, 0
    with book.open(f"xl/worksheets/sheet{number}.xml", "w") as part:
        widths = [_width(label, [row[place] for row in sample]) for place, label in enumerate(header)]
        heads = "".join(_text(letters[place], 1, label, HEADING, written) for place, label in enumerate(header))
        part.write(f'{_opening(widths, FROZEN)}<row r="1">{heads}</row>'.encode())
        for row in itertools.chain(sample, itertools.islice(rows, MOST_ROWS - len(sample))):
            line += 1
            cells = "".join(_cell(letters[place], line, value, written) for place, value in enumerate(row))
            told = f'<row r="{line}">{cells}</row>'.encode()
            part.write(told)
            written.rows, size = written.rows + 1, size + len(told)
            if sink.size > STRETCH:
                yield sink.taken()
            if size > LARGEST_SHEET and line > len(sample):
                break
        part.write(f'</sheetData><autoFilter ref="A1:{letters[-1]}{line}"/></worksheet>'.encode())


def _about(pairs: list[tuple], written: Written) -> bytes:
    labels = [label for label, _ in pairs]
    body = "".join(
        f'<row r="{line}">{_text("A", line, label, HEADING, written)}{_cell("B", line, value, written)}</row>'
        for line, (label, value) in enumerate(pairs, start=1)
    )
    widths = [_width("", labels), _width("", [value for _, value in pairs])]
    return f"{_opening(widths)}{body}</sheetData></worksheet>".encode()


def _opening(widths: list[int], pane: str = "") -> str:
    columns = "".join(
        f'<col min="{place}" max="{place}" width="{width}" customWidth="1"/>'
        for place, width in enumerate(widths, start=1)
    )
    view = f'<sheetViews><sheetView workbookViewId="0">{pane}</sheetView></sheetViews>'
    return f'{PROLOGUE}<worksheet xmlns="{MAIN}">{view}<cols>{columns}</cols><sheetData>'


def _width(label: str, values: list) -> int:
    """Wide enough for most of what stands there, and no wider than one reads at a glance."""
    longest = max((max(map(len, str(value).split("\n"))) for value in (label, *values) if value is not None), default=0)
    return min(max(longest + 2, NARROWEST), WIDEST)


def _cell(letters: str, line: int, value, written: Written) -> str:
    """One value in its own type; nothing where there is none."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return f'<c r="{letters}{line}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, int | float | Decimal) and (number := _number(value)):
        return f'<c r="{letters}{line}"><v>{number}</v></c>'
    if isinstance(value, datetime):
        value = value.astimezone(UTC)
        if value.date() >= FIRST_DAY:
            since = value.replace(tzinfo=None) - datetime.combine(DAY_ZERO, datetime.min.time())
            return f'<c r="{letters}{line}" s="{TIME}"><v>{since.total_seconds() / 86400:.10f}</v></c>'
        value = value.isoformat()
    if isinstance(value, date):
        if value >= FIRST_DAY:
            return f'<c r="{letters}{line}" s="{DAY}"><v>{(value - DAY_ZERO).days}</v></c>'
        value = value.isoformat()
    text = str(value)
    return _text(letters, line, text, QUOTED if text.startswith(STARTS_A_FORMULA) else 0, written)


def _number(value: int | float | Decimal) -> str:
    """A number as a spreadsheet keeps it to the last digit; empty for one that it would round, which stays text."""
    told = repr(value) if isinstance(value, float) else f"{value:f}" if isinstance(value, Decimal) else str(value)
    digits = told.lstrip("-0.").replace(".", "")
    is_kept = isinstance(value, float) or len(digits.rstrip("0")) <= MOST_DIGITS
    return told if is_kept and told[-1].isdigit() else ""


def _text(letters: str, line: int, text: str, style: int, written: Written) -> str:
    if len(text) > LONGEST_TEXT // 2 and len(units := text.encode("utf-16-le", "surrogatepass")) > 2 * LONGEST_TEXT:
        text = units[: 2 * (LONGEST_TEXT - len(CUT))].decode("utf-16-le", "ignore") + CUT
        written.cut += 1
    text = UNWRITABLE.sub(lambda found: f"_x{ord(found[0]):04X}_", LOOKS_WRITTEN.sub("_x005F_", text))
    styled = f' s="{style}"' if style else ""
    return f'<c r="{letters}{line}"{styled} t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'


def _letters(place: int) -> str:
    """What a spreadsheet calls its columns: A to Z, AA and so on."""
    letters, place = "", place + 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _parts(names: list[str]) -> dict[str, str]:
    """What a workbook needs besides its sheets: which they are, in their order, and how cells look."""
    sheets = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{place}" r:id="rId{place}"/>' for place, name in enumerate(names, 1)
    )
    parts = [(f"rId{place}", "worksheet", f"worksheets/sheet{place}.xml") for place in range(1, len(names) + 1)]
    return {
        "xl/workbook.xml": f'{PROLOGUE}<workbook xmlns="{MAIN}" xmlns:r="{RELATIONSHIPS}"><sheets>{sheets}</sheets>'
        "</workbook>",
        "xl/_rels/workbook.xml.rels": _relations([*parts, ("styles", "styles", "styles.xml")]),
        "xl/styles.xml": STYLES,
        "_rels/.rels": _relations([("rId1", "officeDocument", "xl/workbook.xml")]),
    }


def _relations(relations: list[tuple]) -> str:
    told = "".join(
        f'<Relationship Id="{name}" Type="{RELATIONSHIPS}/{kind}" Target="{target}"/>'
        for name, kind, target in relations
    )
    return f'{PROLOGUE}<Relationships xmlns="{PACKAGE}/relationships">{told}</Relationships>'
