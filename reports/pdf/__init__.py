"""HTML to PDF/A-3b: tagged, with the evidence attached, byte for byte the same for the same input."""

import hashlib
import logging
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pydyf
import weasyprint
import weasyprint.logger
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from mrm.errors import RuleBroken
from reports.pdf import fonts

PRINT_STYLE = Path(__file__).resolve().parents[2] / "static" / "reports" / "print.css"
GENERATOR = "mrm"
VARIANT = "pdf/a-3b"


@dataclass(frozen=True)
class Attachment:
    """A file inside the document. `relationship` is PDF/A-3's word for what it is to the pages: their data, usually."""

    name: str
    content: bytes
    description: str
    relationship: str = "Data"


def render(html: str, *, attachments: Sequence[Attachment], document_id: str, at: datetime) -> bytes:
    """The document as PDF/A-3b. Its identity and its date are given, never taken from the surroundings.

    The digest of every attachment stands in the document's keywords, so that an attachment exchanged for another one
    is found by any reader of metadata.
    """
    at = at.astimezone(UTC).replace(microsecond=0)
    font_config, fetcher = FontConfiguration(), BundledOnly()
    styles = [
        weasyprint.CSS(string=style, font_config=font_config, url_fetcher=fetcher)
        for style in (fonts.faces(html), PRINT_STYLE.read_text())
    ]
    files = [
        weasyprint.Attachment(
            string=one.content,
            name=one.name,
            description=one.description,
            relationship=one.relationship,
            created=at,
            modified=at,
            url_fetcher=fetcher,
        )
        for one in attachments
    ]
    complaints = Complaints()
    weasyprint.logger.LOGGER.addHandler(complaints)
    try:
        document = weasyprint.HTML(string=html, url_fetcher=fetcher).render(
            stylesheets=styles, font_config=font_config, pdf_variant=VARIANT, pdf_tags=True
        )
        metadata = document.metadata
        metadata.generator = GENERATOR
        metadata.created = metadata.modified = at.strftime("%Y-%m-%dT%H:%M:%SZ")
        metadata.keywords = [f"{one.name} SHA-256 {hashlib.sha256(one.content).hexdigest()}" for one in attachments]
        with warnings.catch_warnings():
            # WeasyPrint leaves the file of its colour profile to the garbage collector.
            warnings.filterwarnings("ignore", "unclosed file", ResourceWarning)
            pdf = document.write_pdf(
                pdf_variant=VARIANT,
                pdf_tags=True,
                pdf_identifier=hashlib.sha256(document_id.encode()).hexdigest()[:32].encode(),
                uncompressed_pdf=True,
                finisher=_finish,
                attachments=files,
            )
    except FatalURLFetchingError as refused:
        raise RuleBroken(str(refused)) from refused
    finally:
        weasyprint.logger.LOGGER.removeHandler(complaints)
    if complaints.messages or fetcher.refused:
        raise RuleBroken("The report would not be complete.", *fetcher.refused, *complaints.messages)
    return pdf


def _finish(_document, pdf: pydyf.PDF) -> None:
    """Compress what is long, but keep every object on its own and the metadata in plain sight.

    Objects packed into one stream take a reader a quadratic time to find, and archives prefer what a person can read.
    """
    for part in pdf.objects:
        if isinstance(part, pydyf.Stream) and part.extra.get("Type") != "/Metadata":
            part.compress = True
    # WeasyPrint lists each attachment twice: once by name, once by file.
    if "AF" in pdf.catalog:
        pdf.catalog["AF"] = pydyf.Array(dict.fromkeys(pdf.catalog["AF"]))


class BundledOnly(URLFetcher):
    """Gives out our own fonts and nothing else.

    Whatever a model's name or a comment may smuggle into a page, it can neither read a file of this machine nor call
    out of it. A refused address stops the document: nothing may be missing from it without anyone noticing.
    """

    def __init__(self):
        super().__init__()
        self.refused: list[str] = []

    def fetch(self, url, headers=None):
        if url.startswith(fonts.SCHEME):
            name = url.removeprefix(fonts.SCHEME)
            if fonts.is_known(name):
                return URLFetcherResponse(url, fonts.font(name), {"Content-Type": "font/ttf"})
        self.refused.append(f"A report may only use its own fonts and styles; it asked for {url[:200]}.")
        # Inside an SVG, WeasyPrint swallows even this; `refused` remembers.
        raise FatalURLFetchingError(self.refused[-1])


class Complaints(logging.Handler):
    """Collects what WeasyPrint could not draw: it would go on without it, and a sealed report must lack nothing."""

    def __init__(self):
        super().__init__(logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())
