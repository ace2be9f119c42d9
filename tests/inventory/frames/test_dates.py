"""A workbook keeps its dates as numbers; whoever reads them tells a date from a number by the style of the cell."""

import io
import zipfile
from datetime import UTC, date, datetime

import pytest

from inventory.frames import dates
from inventory.frames.sheets import read_sheet
from mrm.errors import UnusableData
from mrm.pages.workbook import workbook
from tests.inventory.sheets import make_xlsx, with_sheet

CELL = '<c r="A2" t="s"><v>1</v></c>'


def one_cell(cell: str, *, book: str = "", styles: str = "") -> bytes:
    """A workbook with this cell below the header; `book` goes into the element of the workbook."""
    content = io.BytesIO(with_sheet(make_xlsx(("x",), header=("day",)), lambda sheet: sheet.replace(CELL, cell)))
    changed = io.BytesIO()
    with zipfile.ZipFile(content) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            text = old.read(name).decode()
            new.writestr(name, text.replace("<sheets>", f"{book}<sheets>") if name == "xl/workbook.xml" else text)
        new.writestr("xl/styles.xml", f"<styleSheet>{styles}</styleSheet>")
    return changed.getvalue()


def read(tmp_path, content: bytes) -> str:
    path = tmp_path / "book.xlsx"
    path.write_bytes(content)
    return read_sheet(path).lines[2][0]


STYLES = (
    '<numFmts><numFmt numFmtId="164" formatCode="dd\\.mm\\.yyyy;@"/>'
    '<numFmt numFmtId="165" formatCode="0.0&quot;days&quot;"/></numFmts>'
    '<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/>'
    '<xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="20"/></cellXfs>'
)


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ('<c r="A2" s="1"><v>45291</v></c>', "2023-12-31"),
        ('<c r="A2" s="2"><v>45291</v></c>', "2023-12-31"),
        ('<c r="A2" s="2"><v>45291.5</v></c>', "2023-12-31T12:00:00"),
        ('<c r="A2" s="0"><v>45291</v></c>', "45291"),
        ('<c r="A2" s="3"><v>45291</v></c>', "45291"),
        ('<c r="A2" s="4"><v>0.5</v></c>', "0.5"),
        ('<c r="A2"><v>45291</v></c>', "45291"),
        ('<c r="A2" t="d"><v>2023-12-31T00:00:00</v></c>', "2023-12-31"),
    ],
    ids=["usual date", "own format", "with a time", "number", "the word days", "a time only", "no style", "ISO"],
)
def test_a_cell_that_shows_a_date_is_read_as_that_date(tmp_path, cell, text):
    assert read(tmp_path, one_cell(cell, styles=STYLES)) == text


def test_a_workbook_may_count_its_days_from_1904(tmp_path):
    cell = '<c r="A2" s="1"><v>43829</v></c>'
    assert read(tmp_path, one_cell(cell, book='<workbookPr date1904="1"/>', styles=STYLES)) == "2023-12-31"


@pytest.mark.parametrize("number", ["1e999", "-4", "60", "2958466", "nan"])
def test_a_number_that_is_no_day_there_was_stays_a_number(number):
    assert dates.told(number, since_1904=False) == number


def test_the_last_day_there_is_is_read_and_none_after_it():
    assert dates.told("2958465", since_1904=False) == dates.told("2957003", since_1904=True) == "9999-12-31"
    assert dates.told("2958465.9999999", since_1904=False) == "9999-12-31T23:59:59"
    assert dates.told("2957004", since_1904=True) == "2957004"


def test_the_first_days_of_1900_are_those_that_programs_show():
    assert [dates.told(number, since_1904=False) for number in ("1", "59", "61")] == [
        "1900-01-01", "1900-02-28", "1900-03-01",
    ]  # fmt: skip


@pytest.mark.parametrize("styles", ['<cellXfs><xf numFmtId="x"/></cellXfs>', '<numFmt formatCode="d"/>'])
def test_styles_that_cannot_be_read_are_said_and_not_guessed(tmp_path, styles):
    with pytest.raises(UnusableData, match="damaged"):
        read(tmp_path, one_cell('<c r="A2" s="1"><v>1</v></c>', styles=styles))


def test_what_we_write_as_dates_we_read_as_dates(tmp_path):
    rows = [[date(2026, 3, 31), datetime(2026, 3, 31, 13, 5, 7, tzinfo=UTC), 46112]]
    path = tmp_path / "ours.xlsx"
    path.write_bytes(b"".join(workbook("Rows", ("day", "moment", "number"), rows, about=lambda written: [])))
    assert _second_sheet(path) == ["2026-03-31", "2026-03-31T13:05:07", "46112"]


def _second_sheet(path) -> list[str]:
    """Ours says first what the workbook is; with the sheets the other way round the rows are read."""
    content = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(content, "w") as new:
        for name in old.namelist():
            other = {"xl/worksheets/sheet1.xml": "sheet2", "xl/worksheets/sheet2.xml": "sheet1"}.get(name)
            new.writestr(f"xl/worksheets/{other}.xml" if other else name, old.read(name))
    path.write_bytes(content.getvalue())
    return read_sheet(path).lines[2]
