"""Workbooks for the tests, written by hand, so that they hold what no well-meaning library would write."""

import io
import zipfile
from xml.sax.saxutils import escape

HEADER = ("name", "owner", "business_unit", "exposure", "affects_natural_persons")
BOOK = (
    '<workbook xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
    '<sheets><sheet name="Survey" sheetId="1" r:id="rId1"/></sheets></workbook>'
)
RELATIONS = '<Relationships><Relationship Id="rId1" Target="worksheets/sheet1.xml"/></Relationships>'


def with_sheet(book: bytes, change) -> bytes:
    """The workbook with the XML of its sheet changed."""
    body = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as old, zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name).decode()
            new.writestr(name, change(content) if name.endswith("sheet1.xml") else content)
    return body.getvalue()


def with_further(book: bytes, name: str, sheet: str) -> bytes:
    """The workbook with one more sheet behind the first."""
    body, number = io.BytesIO(), 2
    with zipfile.ZipFile(io.BytesIO(book)) as old, zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            content = old.read(part).decode()
            content = content.replace("</sheets>", f'<sheet name="{name}" sheetId="{number}" r:id="rId2"/></sheets>')
            target = f'<Relationship Id="rId2" Target="worksheets/sheet{number}.xml"/></Relationships>'
            new.writestr(part, content.replace("</Relationships>", target))
        new.writestr(f"xl/worksheets/sheet{number}.xml", f"<worksheet><sheetData>{sheet}</sheetData></worksheet>")
    return body.getvalue()


def make_csv(*lines: tuple, header: tuple = HEADER) -> bytes:
    return "\n".join(",".join(map(str, line)) for line in (header, *lines)).encode()


def make_xlsx(*lines: tuple, header: tuple = HEADER, merged: str = "", formula: str = "", head: str = "") -> bytes:
    """The first half of the texts is shared, the second inline, as programs differ in this."""
    shared, rows = [], []
    for number, line in enumerate((header, *lines), start=1):
        cells = []
        for index, value in enumerate(line):
            place = f"{chr(ord('A') + index)}{number}"
            if place == formula:
                cells.append(f'<c r="{place}" t="str"><f>1+1</f><v>2</v></c>')
            elif isinstance(value, bool):
                cells.append(f'<c r="{place}" t="b"><v>{int(value)}</v></c>')
            elif index % 2:
                cells.append(f'<c r="{place}" t="inlineStr"><is><t>{escape(value)}</t></is></c>')
            else:
                cells.append(f'<c r="{place}" t="s"><v>{len(shared)}</v></c>')
                shared.append(f"<si><r><t>{escape(value[:1])}</t></r><r><t>{escape(value[1:])}</t></r></si>")
        rows.append(f'<row r="{number}">{"".join(cells)}</row>')
    areas = f'<mergeCells><mergeCell ref="{merged}"/></mergeCells>' if merged else ""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/workbook.xml", BOOK)
        book.writestr("xl/_rels/workbook.xml.rels", RELATIONS)
        book.writestr("xl/sharedStrings.xml", f"<sst>{''.join(shared)}</sst>")
        sheet = f"<worksheet><sheetData>{''.join(rows)}</sheetData>{areas}</worksheet>"
        book.writestr("xl/worksheets/sheet1.xml", head + sheet)
    return body.getvalue()
