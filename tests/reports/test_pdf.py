"""Documents as PDF/A-3b: what archives, readers and screen readers rely on."""

import re
import subprocess
import sys
from dataclasses import replace
from io import BytesIO
from xml.etree import ElementTree

import pytest
from pyhanko.pdf_utils.generic import ArrayObject, DictionaryObject
from pyhanko.pdf_utils.reader import PdfFileReader

from mrm.errors import RuleBroken
from reports.pdf import Attachment, render
from reports.pdf.pages import pages
from tests.reports import samples

PDFA = "{http://www.aiim.org/pdfa/ns/id/}"


def make(body: str, attachments=()) -> bytes:
    html = f'<html lang="en"><head><title>A report</title></head><body>{body}</body></html>'
    return render(html, attachments=attachments, document_id="R-1", at=samples.ISSUED)


@pytest.fixture(scope="module")
def reader(issued) -> PdfFileReader:
    return PdfFileReader(BytesIO(issued.pdf))


def elements(element: DictionaryObject):
    """A structure element and everything below it."""
    yield element
    if "/K" not in element or not isinstance(element["/K"], ArrayObject):
        return
    kids = element["/K"]
    for index in range(len(kids)):
        if isinstance(kids[index], DictionaryObject) and "/S" in kids[index]:
            yield from elements(kids[index])


def test_the_document_says_that_it_is_pdf_a_3b(reader):
    described = ElementTree.fromstring(re.search(rb"<rdf:RDF.*</rdf:RDF>", reader.root["/Metadata"].data, re.S)[0])
    attributes = {name: text for element in described for name, text in element.attrib.items()}
    assert (attributes[f"{PDFA}part"], attributes[f"{PDFA}conformance"]) == ("3", "B")


def test_colours_have_an_output_intent(reader):
    intent = reader.root["/OutputIntents"][0]
    assert intent["/S"] == "/GTS_PDFA1"
    assert intent["/DestOutputProfile"]["/N"] == 3


def test_dates_and_title_agree_between_both_kinds_of_metadata(reader):
    xmp, info = reader.root["/Metadata"].data.decode(), reader.trailer_view["/Info"]
    assert info["/CreationDate"] == info["/ModDate"] == "D:20261008073000Z"
    assert xmp.count("2026-10-08T07:30:00Z") == 2
    assert str(info["/Title"]) in xmp


def test_every_font_is_embedded_and_ours(reader):
    fonts = reader.root["/Pages"]["/Kids"][0]["/Resources"]["/Font"]
    names = {str(fonts[name]["/BaseFont"]).partition("+")[2] for name in fonts}
    assert names == {"Report", "Report-Semi-Bold"}
    assert all("/FontFile2" in fonts[name]["/DescendantFonts"][0]["/FontDescriptor"] for name in fonts)


def test_the_evidence_is_attached_as_data_of_the_document(reader, issued):
    files = reader.root["/AF"]
    assert len(files) == 1
    assert (files[0]["/UF"], files[0]["/AFRelationship"]) == ("evidence.json", "/Data")
    assert files[0]["/EF"]["/F"]["/Subtype"] == "/application/json"
    assert files[0]["/EF"]["/F"].data == issued.evidence


def test_a_screen_reader_finds_language_headings_tables_and_words_for_every_chart(reader, issued):
    assert reader.root["/Lang"] == "en"
    assert reader.root["/MarkInfo"]["/Marked"]
    found = list(elements(reader.root["/StructTreeRoot"]["/K"][0]))
    kinds = {str(element["/S"]) for element in found}
    assert {"/H1", "/H2", "/H3", "/Table", "/TH", "/Caption", "/L", "/Link", "/Figure"} <= kinds
    charts = [element for element in found if element["/S"] == "/Figure"]
    drawn = len(issued.report.trends) + sum(len(section.charts) for section in issued.report.sections) + 1
    assert len(charts) == drawn
    assert all(len(str(chart["/Alt"])) > 40 for chart in charts)


def test_readers_can_jump_to_every_chapter(reader):
    item = reader.root["/Outlines"]["/First"]
    titles = [str(item["/Title"])]
    while "/Next" in item:
        item = item["/Next"]
        titles.append(str(item["/Title"]))
    assert titles[0] == "In this report"
    assert titles[-1] == "How to verify this document"
    assert len(titles) == 10


def test_the_same_input_gives_the_same_bytes_in_another_process_at_another_time():
    program = (
        "import sys; from datetime import UTC, datetime; from reports.pdf import Attachment, render;"
        "sys.stdout.buffer.write(render('<html lang=en><title>A</title><p>Ωmega', document_id='R-1',"
        " attachments=[Attachment('a.json', b'{}', 'A')], at=datetime(2026, 10, 8, 7, 30, tzinfo=UTC)))"
    )
    environment = {"PYTHONHASHSEED": "7", "PYTHONPATH": "."}
    there = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, check=True).stdout
    attached = [Attachment("a.json", b"{}", "A")]
    here = render("<html lang=en><title>A</title><p>Ωmega", document_id="R-1", attachments=attached, at=samples.ISSUED)
    assert here == there


def test_another_document_has_another_identity():
    first, second = (
        render("<html lang=en><title>A</title>", attachments=[], document_id=name, at=samples.ISSUED) for name in "ab"
    )
    assert first != second


@pytest.mark.parametrize(
    "smuggled",
    [
        '<img src="file:///etc/passwd" alt="x">',
        '<img src="http://127.0.0.1:9/x.png" alt="x">',
        '<img src="data:image/png;base64,AAAA" alt="x">',
        '<link rel="stylesheet" href="https://example.com/x.css">',
        '<link rel="attachment" href="file:///etc/passwd">',
        "<style>@import url(ftp://example.com/x.css)</style>",
        '<style>p { background: url("file:///etc/passwd") }</style>',
        '<style>@font-face { font-family: X; src: local("Inter"), url(http://127.0.0.1:9/x) }</style>',
        '<style>@font-face { font-family: X; src: url("font:../../secret-400") }</style>',
        '<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd" width="9" height="9"/></svg>',
        '<object data="file:///etc/passwd"></object>',
        '<embed src="file:///etc/passwd">',
    ],
)
def test_a_page_can_fetch_nothing_but_our_fonts(smuggled):
    with pytest.raises(RuleBroken, match="only use its own fonts"):
        make(f"<p>Text{smuggled}")


def test_a_figure_without_a_source_stops_the_document():
    with pytest.raises(RuleBroken, match="would not be complete"):
        make('<p><a href="#figure:nowhere">0.2</a>')


def test_markup_in_a_name_is_printed_as_text(issued):
    hostile = '<img src="file:///etc/passwd"><style>*{display:none}</style>'
    report = replace(issued.report, model=replace(issued.report.model, name=hostile))
    html = pages("monitoring", report, evidence=issued.evidence)
    assert hostile not in html
    assert html.count("&lt;img src=&quot;file:///etc/passwd&quot;&gt;") == html.count("*{display:none}") > 0


def test_a_document_without_attachments_can_be_made():
    assert make("<p>Text").startswith(b"%PDF-1.7")


def test_letters_of_other_scripts_are_embedded_too():
    fonts = PdfFileReader(BytesIO(make("<p>Ωμέγα Москва Việt")))
    fonts = fonts.root["/Pages"]["/Kids"][0]["/Resources"]["/Font"]
    assert {str(fonts[name]["/BaseFont"]).partition("+")[2] for name in fonts} == {"Report"}


def test_two_attachments_keep_their_names_and_digests():
    pdf = make("<p>Text", [Attachment("a.json", b"{}", "A"), Attachment("b.json", b"[]", "B")])
    keywords = str(PdfFileReader(BytesIO(pdf)).trailer_view["/Info"]["/Keywords"])
    assert re.fullmatch(r"a\.json SHA-256 [0-9a-f]{64}, b\.json SHA-256 [0-9a-f]{64}", keywords)
