"""A sheet that people filled in, CSV or XLSX, as rows of text; what cannot be read for certain is named, not guessed.

XLSX is a zip of XML. Only cells are read from it: no formula is computed, no link followed, no macro looked at, and no
document with a type definition is opened, for which a workbook has no use and an attacker several.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from inventory.frames import dates
from inventory.frames.dates import Styles
from inventory.frames.faults import shown
from mrm.errors import TooLarge, UnusableData

CSV = "text/csv"
MOST_LINES = 20_000
MOST_COLUMNS = 200
MOST_SHEETS = 100
MOST_NAMED = 20
LARGEST_PART = 128 * 2**20
LONGEST_CELL = 32_767  # Characters; no program that makes workbooks writes more.
CELL = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
WRITTEN = re.compile("_x((?![dD][89a-fA-F])[0-9A-Fa-f]{4})_")  # How a text says a character that XML cannot hold.
MOST_FAULTS = 500


class SheetFaults:
    """What is wrong with a sheet: all of it counted, with the lines that are concerned; the first by line kept."""

    def __init__(self):
        self.total, self.lines, self._kept = 0, set(), []

    def add(self, faults: Iterable[dict]) -> None:
        for one in faults:
            self.total += 1
            self.lines.add(one["row"] + 1)
            self._kept.append(one)
            if len(self._kept) >= 2 * MOST_FAULTS:
                self._kept = self.first

    @property
    def first(self) -> list[dict]:
        return sorted(self._kept, key=lambda one: one["row"])[:MOST_FAULTS]


@dataclass
class Sheet:
    """The header, the filled lines below it by their number in the sheet, and what is wrong with the sheet as such.

    hidden  which of its lines and columns whoever opens the workbook does not see, in words
    """

    header: list[str] = field(default_factory=list)
    lines: dict[int, list[str]] = field(default_factory=dict)
    faults: SheetFaults = field(default_factory=SheetFaults)
    hidden: list[str] = field(default_factory=list)

    def column(self, index: int) -> str:
        return self.header[index] if index < len(self.header) else f"number {index + 1}"


def fault(line: int, column: str, message: str) -> dict:
    """One thing wrong with a cell; `row` counts from 1 below the header, the message as the sheet does."""
    return {"message": f"Line {line}, column {column}: {message}", "row": line - 1, "column": column}


def read_sheet(path: Path) -> Sheet:
    """The first sheet of a workbook, or a CSV file, told apart by how the file begins."""
    content = path.read_bytes()
    cells = _Workbook(content).cells() if content.startswith(b"PK\x03\x04") else _csv(content)
    sheet = Sheet()
    for line, values in cells.lines:
        values = [value.strip() for value in values]
        if not any(values):
            continue
        if len(values) > MOST_COLUMNS:
            raise _unusable(f"Line {line} has more than {MOST_COLUMNS} columns. Keep those that the template names.")
        if not sheet.header:
            if line != 1:
                raise _unusable("The first line must name the columns, and it is empty. Begin from the template.")
            sheet.header = values
        else:
            sheet.lines[line] = values
            if len(sheet.lines) > MOST_LINES:
                raise TooLarge(f"The sheet has more than {MOST_LINES} lines. Import it in several parts.")
    if not sheet.header:
        raise _unusable("The sheet is empty. Begin from the template.")
    sheet.faults.add(_faults_in(cells, sheet))
    sheet.hidden = _hidden_in(cells, sheet)
    return sheet


def _faults_in(cells: "_Cells", sheet: Sheet) -> Iterable[dict]:
    for line, index in cells.formulas:
        message = "holds a formula, whose result nobody can check here; paste it as a value."
        yield fault(line, sheet.column(index), message)
    for line, index, error in cells.errors:
        yield fault(line, sheet.column(index), f"holds the error {error[:20]}; write the value, or leave it empty.")
    for line, index in cells.beyond:
        message = f"stands beyond the {MOST_COLUMNS} columns that are read; move it, or remove it."
        yield fault(line, _letters(index), message)
    for area in cells.merged:
        line, index = _place(area.partition(":")[0])
        message = f"the cells {area} are merged, so it is unclear whose value it is; unmerge and fill each."
        yield fault(line, sheet.column(index), message)
    for name, (line, index) in cells.elsewhere:
        message = f"Sheet {shown(name)}, cell {_letters(index)}{line}: only the first sheet of a workbook is read; "
        message += "move what it holds there, or remove the sheet."
        yield {"message": message, "row": line - 1, "column": f"{name[:60]}!{_letters(index)}"}


def _hidden_in(cells: "_Cells", sheet: Sheet) -> list[str]:
    """Only what is filled in: an empty line or column that is hidden hides nothing."""
    lines = [str(line) for line in cells.hidden_lines if line in sheet.lines]
    filled = max((len(values) for values in (sheet.header, *sheet.lines.values())), default=0)
    columns = [sheet.column(index) for index in sorted(cells.hidden_columns) if index < filled]
    told = [("Line", lines), ("Column", columns)]
    return [f"{what}{'s' * (len(named) > 1)} {_in_words(named)}" for what, named in told if named]


def _in_words(named: list[str]) -> str:
    more = f" and {len(named) - MOST_NAMED} more" if len(named) > MOST_NAMED else ""
    return ", ".join(named[:MOST_NAMED]) + more


@dataclass
class _Cells:
    """What a sheet holds, by line and index of the column.

    beyond     what is filled in further right than is read
    elsewhere  the further sheets that hold anything, each with its first filled cell
    """

    lines: list[tuple[int, list[str]]] = field(default_factory=list)
    formulas: list[tuple[int, int]] = field(default_factory=list)
    errors: list[tuple[int, int, str]] = field(default_factory=list)
    beyond: list[tuple[int, int]] = field(default_factory=list)
    merged: list[str] = field(default_factory=list)
    hidden_lines: list[int] = field(default_factory=list)
    hidden_columns: set[int] = field(default_factory=set)
    elsewhere: list[tuple[str, tuple[int, int]]] = field(default_factory=list)


def _unusable(message: str) -> UnusableData:
    return UnusableData({"message": message, "field": "file"})


def _csv(content: bytes) -> _Cells:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        line = content.count(b"\n", 0, wrong.start) + 1
        message = f"The file is neither a workbook (.xlsx) nor CSV in UTF-8, as its line {line} shows"
        raise _unusable(f"{message}. Save it as one of the two; Excel calls the second “CSV UTF-8”.") from None
    if "\x00" in text:
        raise _unusable("The file holds a NUL character, which no text has. Save it again as CSV in UTF-8.")
    head = text.partition("\n")[0]
    delimiter = max(",;\t", key=head.count)
    cells = _Cells()
    try:
        for values in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True):
            if len(cells.lines) > 5 * MOST_LINES:
                raise TooLarge(f"The sheet has more than {MOST_LINES} lines. Import it in several parts.")
            cells.lines.append((len(cells.lines) + 1, values[: MOST_COLUMNS + 1]))
    except csv.Error as wrong:
        raise _unusable(f"The file is not CSV: {wrong}, at line {len(cells.lines) + 1}.") from None
    for line, values in cells.lines:
        cells.formulas += [(line, index) for index, value in enumerate(values) if value.lstrip().startswith("=")]
    return cells


class _Workbook:
    """The parts of a workbook that say what its first sheet's cells hold."""

    def __init__(self, content: bytes):
        try:
            self.zip = zipfile.ZipFile(io.BytesIO(content))
        except (zipfile.BadZipFile, ValueError):
            raise _unusable("The file begins like a workbook but cannot be opened. Save it again as .xlsx.") from None

    def cells(self) -> _Cells:
        place, *others = self._sheets()
        shared = _Strings()
        if "xl/sharedStrings.xml" in self.zip.namelist():
            self._parse("xl/sharedStrings.xml", shared)
        styles, book = Styles(), _Attributes("workbookPr")
        if "xl/styles.xml" in self.zip.namelist():
            self._parse("xl/styles.xml", styles)
        self._parse("xl/workbook.xml", book)
        since_1904 = any(one.get("date1904") in ("1", "true") for one in book.found)
        reading = _Reading(shared.texts, styles.dates, since_1904=since_1904)
        self._parse(place[1], reading)
        sizes = {info.filename: info.file_size for info in self.zip.infolist()}
        if sum(sizes.get(part, 0) for _, part in others) > LARGEST_PART:
            raise TooLarge("The further sheets of the workbook unpack to more than 128 MiB. Remove them.")
        for name, part in others:
            self._parse(part, first := _FirstFilled())
            if first.found:
                reading.found.elsewhere.append((name, first.found))
        return reading.found

    def _sheets(self) -> list[tuple[str, str]]:
        """The name of each sheet and its part of the file, in their order; the first is there or refused."""
        book, relations = _Attributes("sheet"), _Attributes("Relationship")
        self._parse("xl/workbook.xml", book)
        self._parse("xl/_rels/workbook.xml.rels", relations)
        targets = {one.get("Id"): one.get("Target", "") for one in relations.found}
        places = [(sheet.get("name", ""), targets.get(sheet.get("r:id"), "")) for sheet in book.found] or [("", "")]
        if len(places) > MOST_SHEETS:
            raise _unusable(f"The workbook has more than {MOST_SHEETS} sheets. Keep the one that is filled in.")
        return [(name, target.lstrip("/") if target.startswith("/") else f"xl/{target}") for name, target in places]

    def _parse(self, name: str, handler) -> None:
        try:
            info = self.zip.getinfo(name)
            if info.file_size > LARGEST_PART:
                raise TooLarge("The workbook unpacks to more than 128 MiB. Import it in several parts.")
            parser = expat.ParserCreate()
            parser.StartDoctypeDeclHandler = _refuse_doctype
            parser.StartElementHandler, parser.EndElementHandler = handler.start, handler.end
            parser.CharacterDataHandler = handler.text
            parser.buffer_text = True
            with self.zip.open(info) as part:
                parser.ParseFile(part)
        except (KeyError, expat.ExpatError, zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError,
                EOFError, OSError, ValueError):  # fmt: skip
            raise _unusable("The workbook is damaged, protected by a password, or no .xlsx. Save it again.") from None


def _refuse_doctype(*_) -> None:
    raise _unusable("The workbook declares a document type, which none has use for; it is not opened.")


class _Attributes:
    """The attributes of every element of one name."""

    def __init__(self, name: str):
        self.name, self.found = name, []

    def start(self, name, attributes):
        if name.rpartition(":")[2] == self.name:
            self.found.append(attributes)

    def end(self, name):
        """Nothing ends that matters here."""

    def text(self, data):
        """Only attributes count."""


class _FirstFilled:
    """Where the first cell of a sheet stands that holds anything; None in an empty sheet."""

    def __init__(self):
        self.found, self.line, self.index, self.inside = None, 0, -1, False

    def start(self, name, attributes):
        if name == "row":
            self.line, self.index = int(attributes.get("r", self.line + 1)), -1
        elif name == "c":
            self.index = _place(attributes["r"])[1] if "r" in attributes else self.index + 1
        self.inside = name in ("v", "t", "f")

    def end(self, name):
        self.inside = False

    def text(self, data):
        if self.inside and data.strip() and self.found is None:
            self.found = (self.line, self.index)


class _Strings:
    """The shared strings: each the texts of its runs, without the phonetic ones."""

    def __init__(self):
        self.texts, self.inside, self.phonetic = [], False, False

    def start(self, name, attributes):
        if name == "si":
            self.texts.append("")
        elif name == "rPh":
            self.phonetic = True
        self.inside = name == "t" and not self.phonetic

    def end(self, name):
        self.inside = False
        if name == "rPh":
            self.phonetic = False

    def text(self, data):
        if self.inside and self.texts:
            self.texts[-1] = _longer(self.texts[-1], data)


class _Reading:
    """The cells of a sheet as text, and where formulas and merged cells stand."""

    def __init__(self, shared: list[str], dates: set[int], *, since_1904: bool):
        self.shared, self.dates, self.since_1904, self.found = shared, dates, since_1904, _Cells()
        self.line, self.index, self.kind, self.value, self.inside = 0, -1, "", "", False
        self.is_date = False

    def start(self, name, attributes):
        if name == "row":
            self.line, self.index = _after(self.line, int(attributes.get("r", self.line + 1))), -1
            self.found.lines.append((self.line, []))
            if _is_yes(attributes, "hidden"):
                self.found.hidden_lines.append(self.line)
            if len(self.found.lines) > 5 * MOST_LINES:
                raise TooLarge(f"The sheet has more than {MOST_LINES} lines. Import it in several parts.")
        elif name == "c":
            self.index = _after(self.index, _place(attributes["r"])[1] if "r" in attributes else self.index + 1)
            self.kind, self.value = attributes.get("t", "n"), ""
            self.is_date = int(attributes.get("s", 0)) in self.dates
        elif name == "f":
            self.found.formulas.append((self.line, self.index))
        elif name == "col" and _is_yes(attributes, "hidden"):
            first, last = int(attributes.get("min", 1)), int(attributes.get("max", 1))
            self.found.hidden_columns.update(range(first - 1, min(last, MOST_COLUMNS)))
        elif name == "mergeCell":
            area = attributes.get("ref", "")
            _place(area.partition(":")[0])
            self.found.merged.append(area)
        self.inside = name in ("v", "t")

    def end(self, name):
        self.inside = False
        if name != "c" or not self.value or not self.found.lines:
            return
        if self.kind == "e":
            self.found.errors.append((self.line, self.index, self.value))
        if self.index >= MOST_COLUMNS:
            if self._told().strip():
                self.found.beyond.append((self.line, self.index))
        else:
            values = self.found.lines[-1][1]
            values += [""] * (self.index + 1 - len(values))
            values[self.index] = self._told()

    def text(self, data):
        if self.inside:
            self.value = _longer(self.value, data)

    def _told(self) -> str:
        if self.kind == "b":
            return "yes" if self.value == "1" else "no"
        if self.kind == "n" and self.is_date:
            return dates.told(self.value, since_1904=self.since_1904)
        if self.kind == "d":
            return self.value.removesuffix("T00:00:00")
        if self.kind == "n":
            return self.value.removesuffix(".0")
        text = self.value
        if self.kind == "s":
            text = self.shared[int(text)] if int(text) < len(self.shared) else ""
        return WRITTEN.sub(lambda found: chr(int(found[1], 16)), text)


def _is_yes(attributes: dict[str, str], name: str) -> bool:
    return attributes.get(name) in ("1", "true")


def _after(last: int, place: int) -> int:
    """The place of what comes next; one that comes twice would silently take the place of the first."""
    if place <= last:
        raise ValueError(place)
    return place


def _longer(text: str, more: str) -> str:
    if len(text) + len(more) > LONGEST_CELL:
        raise _unusable(f"A cell holds more than {LONGEST_CELL:,} characters, as none of a workbook does. Shorten it.")
    return text + more


def _place(reference: str) -> tuple[int, int]:
    """Line and index of the column of a cell such as C5."""
    match = CELL.fullmatch(reference)
    if match is None:
        raise ValueError(reference)
    index = 0
    for letter in match[1]:
        index = 26 * index + ord(letter) - ord("A") + 1
    return int(match[2]), index - 1


def _letters(index: int) -> str:
    """What a workbook calls a column."""
    letters = ""
    while index >= 0:
        index, letter = index // 26 - 1, index % 26
        letters = chr(ord("A") + letter) + letters
    return letters
