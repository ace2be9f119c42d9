"""A list as a workbook: every value in its own type, no text that anything computes, however long the list."""

import zipfile
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from io import BytesIO
from xml.etree import ElementTree

import pytest

from inventory.frames.sheets import read_sheet
from mrm.pages import workbook as module
from mrm.pages.workbook import CUT, DAY_ZERO, LONGEST_TEXT, workbook

HOSTILE = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "=cmd|'/c calc'!A1",
    "<f>1+1</f>",
    "]]><f>&amp;",
    "_x003D_1+1",
    "a\rb\nc\x01",
    " two  spaces ",
    "٣ 😀 \ufffe",
]
NAMED = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def made(rows: list[list], header=("first", "second")) -> bytes:
    return b"".join(
        workbook("Rows", header, rows, about=lambda written: [("Rows", written.rows), ("Cut", written.cut)])
    )


def cells(content: bytes, sheet: int = 2) -> list[dict]:
    """Each cell of a sheet as it is written: its place, kind, style and text."""
    with zipfile.ZipFile(BytesIO(content)) as book:
        assert book.testzip() is None
        root = ElementTree.fromstring(book.read(f"xl/worksheets/sheet{sheet}.xml"))  # noqa: S314 - our own
    assert not list(root.iter(f"{NAMED}f")), "a formula"
    return [cell.attrib | {"text": "".join(cell.itertext())} for cell in root.iter(f"{NAMED}c")]


def told(value) -> dict:
    """How one value is written below the header; empty where there is no cell."""
    _, _, *below = cells(made([[value, None]]))
    return below[0] if below else {}


def test_hostile_texts_stay_texts_and_are_read_back_as_they_were(tmp_path):
    content = made([[text, "x"] for text in HOSTILE], header=("=head", "b"))
    written = cells(content)
    assert {cell["t"] for cell in written} == {"inlineStr"}
    assert [cell.get("s") == "4" for cell in written[2::2]] == [text[0] in "=+-@\t" for text in HOSTILE]
    path = tmp_path / "book.xlsx"
    path.write_bytes(turned(content))
    sheet = read_sheet(path)
    assert sheet.header == ["=head", "b"]
    assert ["only the first sheet" in fault["message"] for fault in sheet.faults.first] == [True], "that about the rows"
    assert [values[0] for values in sheet.lines.values()] == [text.strip() for text in HOSTILE]


def turned(content: bytes) -> bytes:
    """The same workbook with its two sheets in the other order: our own reader reads the first."""
    body, relations = BytesIO(), "xl/_rels/workbook.xml.rels"
    with zipfile.ZipFile(BytesIO(content)) as book, zipfile.ZipFile(body, "w") as other:
        for name in book.namelist():
            part = book.read(name)
            if name == relations:
                first, second, third = (b"worksheets/sheet%d.xml" % number for number in (1, 2, 3))
                part = part.replace(first, third).replace(second, first).replace(third, second)
            other.writestr(name, part)
    return body.getvalue()


@pytest.mark.parametrize(
    ("value", "kind", "style", "text"),
    [
        (7, None, None, "7"),
        (-1.5, None, None, "-1.5"),
        (Decimal("1250000.50"), None, None, "1250000.50"),
        (Decimal("12345678901234567.12"), "inlineStr", None, "12345678901234567.12"),
        (10**17, None, None, "1" + 17 * "0"),
        (10**17 + 1, "inlineStr", None, "1" + 16 * "0" + "1"),
        (float("nan"), "inlineStr", None, "nan"),
        (True, "b", None, "1"),
        (date(1900, 3, 1), None, "2", "61"),
        (date(2026, 11, 21), None, "2", "46347"),
        (date(1899, 12, 31), "inlineStr", None, "1899-12-31"),
        ("2026-11-21", "inlineStr", None, "2026-11-21"),
    ],
    ids=str,
)
def test_each_value_keeps_its_type(value, kind, style, text):
    cell = told(value)
    assert (cell.get("t"), cell.get("s"), cell["text"]) == (kind, style, text)


def test_a_time_is_told_in_utc_to_the_millisecond():
    moment = datetime(2026, 11, 21, 1, 30, 15, 123000, tzinfo=timezone(timedelta(hours=2)))
    cell = told(moment)
    since = timedelta(days=float(cell["text"]))
    assert cell["s"] == "3"
    assert abs(datetime.combine(DAY_ZERO, datetime.min.time(), UTC) + since - moment) < timedelta(milliseconds=1)


@pytest.mark.parametrize("nothing", [None, ""], ids=["none", "empty"])
def test_nothing_is_no_cell(nothing):
    assert told(nothing) == {}


def test_what_is_longer_than_a_cell_holds_is_cut_and_said_to_be():
    fits, too_long = "x" * LONGEST_TEXT, "😀" * LONGEST_TEXT
    content = made([[fits, too_long]])
    _, _, first, second = (cell["text"] for cell in cells(content))
    assert first == fits
    assert second.endswith("😀" + CUT) and len(second.encode("utf-16-le")) <= 2 * LONGEST_TEXT
    assert [cell["text"] for cell in cells(content, 1)] == ["Rows", "1", "Cut", "1"]


def test_rows_that_one_sheet_does_not_hold_follow_on_the_next(monkeypatch):
    monkeypatch.setattr(module, "MOST_ROWS", 3)
    content = made([[number, "x"] for number in range(7)])
    assert [len(cells(content, sheet)) for sheet in (2, 3, 4)] == [8, 8, 4]
    assert zipfile.ZipFile(BytesIO(content)).read("xl/workbook.xml").count(b"<sheet ") == 4
    assert cells(content, 1)[1]["text"] == "7"


def test_a_sheet_that_grows_too_large_is_followed_by_another(monkeypatch):
    monkeypatch.setattr(module, "LARGEST_SHEET", 1000)
    monkeypatch.setattr(module, "SAMPLED", 2)
    content = made([["x" * 900, number] for number in range(5)])
    numbers = [int(cell["text"]) for sheet in (2, 3, 4) for cell in cells(content, sheet)[3::2]]
    assert numbers == list(range(5))


def test_an_empty_list_is_a_header_and_no_row():
    assert [cell["text"] for cell in cells(made([]))] == ["first", "second"]


def test_the_header_stays_in_sight_and_a_long_list_is_handed_on_in_pieces():
    rows = ([f"{number * 7919 % 10_007:05}" * 20, number] for number in range(20_000))
    pieces = list(workbook("Rows", ("first", "second"), rows, about=lambda written: [("Rows", written.rows)]))
    assert len(pieces) > 3 and max(map(len, pieces)) < 2**20
    with zipfile.ZipFile(BytesIO(b"".join(pieces))) as book:
        sheet = book.read("xl/worksheets/sheet2.xml").decode()
        assert book.namelist()[0] == "[Content_Types].xml"
    assert '<pane ySplit="1" topLeftCell="A2"' in sheet and 'width="60"' in sheet and "A1:B20001" in sheet
