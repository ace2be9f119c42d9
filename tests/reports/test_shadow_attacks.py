"""Shadow attacks: content put aside before a report is sealed comes to light by an update after it, or hides."""

from io import BytesIO

import pytest
from pyhanko.pdf_utils.generic import ArrayObject, DictionaryObject, NumberObject, StreamObject, pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from audits.trail import chain
from reports import verification
from reports.verification.evidence import FORMAT
from reports.verification.judging import verify_pdf
from tests.reports import samples

OTHER = b"BT /F1 24 Tf 72 700 Td (No breach was found.) Tj ET"


@pytest.fixture(scope="module")
def prepared(small_pdf) -> bytes:
    """A report as a dishonest preparer hands it in for its seal: with a second page that nothing leads to."""
    evidence = chain.canonical({"format": FORMAT, "figures": {}, "trail": samples.trail_proofs()})
    return updated(small_pdf(evidence, {}), put_page_aside)


def updated(pdf: bytes, change) -> bytes:
    """The file with one incremental update behind it, which leaves every byte before it as it was."""
    writer, out = IncrementalPdfFileWriter(BytesIO(pdf)), BytesIO()
    change(writer)
    writer.write(out)
    assert out.getvalue().startswith(pdf) and len(out.getvalue()) > len(pdf)
    return out.getvalue()


def put_page_aside(writer: IncrementalPdfFileWriter) -> None:
    content = writer.add_object(StreamObject(stream_data=OTHER))
    box = ArrayObject(NumberObject(side) for side in (0, 0, 595, 842))
    page = {"/Type": pdf_name("/Page"), "/MediaBox": box, "/Contents": content}
    writer.root["/Aside"] = writer.add_object(DictionaryObject({pdf_name(key): each for key, each in page.items()}))
    writer.update_root()


def hide(writer: IncrementalPdfFileWriter) -> None:
    """What was sealed disappears: the page draws nothing any more."""
    draw(writer, b"")


def replace(writer: IncrementalPdfFileWriter) -> None:
    """What was sealed is drawn as something else."""
    draw(writer, OTHER)


def hide_and_replace(writer: IncrementalPdfFileWriter) -> None:
    """The page that was put aside takes the place of the one that was read before it was sealed."""
    pages = writer.root["/Pages"]
    pages["/Kids"] = ArrayObject([writer.root.raw_get("/Aside")])
    writer.update_container(pages)


def draw(writer: IncrementalPdfFileWriter, content: bytes) -> None:
    page = writer.root["/Pages"]["/Kids"][0]
    page["/Contents"] = writer.add_object(StreamObject(stream_data=content))
    writer.update_container(page)


def test_a_report_with_something_put_aside_is_what_was_sealed_as_long_as_nothing_follows(keyring, prepared):
    found = verify_pdf(keyring.seal(prepared, reason="Test"), trusted_roots=keyring.trusted_roots())
    assert next(check for check in found.checks if check.name == verification.WHOLE).holds, found


@pytest.mark.parametrize("attack", [hide, replace, hide_and_replace])
def test_what_an_update_hides_or_replaces_after_the_seal_is_named(keyring, prepared, attack):
    attacked = updated(keyring.seal(prepared, reason="Test"), attack)
    found = verify_pdf(attacked, trusted_roots=keyring.trusted_roots())
    whole = next(check for check in found.checks if check.name == verification.WHOLE)
    assert not found.holds and whole.holds is False
    assert "bytes were added after it" in whole.explanation
