"""What a document whose bytes are vouched for contains: its permissions, its attachment, its figures."""

import zlib
from dataclasses import dataclass
from io import BytesIO

from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import MDPPerm
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel

from reports.verification.evidence import EVIDENCE
from reports.verification.printed import printed_figures

# What pyHanko raises on a file that is no proper PDF.
UNREADABLE = (
    PdfError,
    zlib.error,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    RecursionError,
    NotImplementedError,
)


class Unreadable(Exception):
    """The document cannot be read; the message says what stood in the way."""


@dataclass(frozen=True)
class Document:
    """The parts of a sealed report that verification compares.

    complete   readers see the same seal as we do: one, over the whole file
    locked     the seal forbids every later change
    evidence   the attached evidence.json; None where there is none or more than one
    keywords   the document's keywords, which state the digest of the evidence
    figures    identifier to the texts printed under it
    """

    complete: bool
    locked: bool
    evidence: bytes | None
    keywords: str
    figures: dict[str, list[str]]


def read(data: bytes, signature: bytes) -> Document:
    """Read a document that carries this signature (DER)."""
    try:
        reader = PdfFileReader(BytesIO(data), strict=True)
        if reader.encrypted:
            raise Unreadable("The document is encrypted; a report is always open to its readers.")
        signatures = reader.embedded_signatures
        return Document(
            complete=len(signatures) == 1 and _covers_everything(signatures[0], signature),
            locked=len(signatures) == 1 and signatures[0].docmdp_level == MDPPerm.NO_CHANGES,
            evidence=_evidence(reader),
            keywords=str(reader.trailer_view["/Info"]["/Keywords"]),
            figures=printed_figures(reader),
        )
    except UNREADABLE as fault:
        raise Unreadable(f"The document cannot be read as a report ({fault}).") from fault


def attached_evidence(data: bytes) -> bytes | None:
    """The attached evidence.json of a document; None where there is none or more than one."""
    try:
        return _evidence(PdfFileReader(BytesIO(data), strict=True))
    except UNREADABLE as fault:
        raise Unreadable(f"The document cannot be read as a report ({fault}).") from fault


def _covers_everything(found: EmbeddedPdfSignature, signature: bytes) -> bool:
    found.compute_integrity_info()
    same = found.pkcs7_content[: len(signature)] == signature
    return same and found.coverage == SignatureCoverageLevel.ENTIRE_FILE


def _evidence(reader: PdfFileReader) -> bytes | None:
    names = reader.root
    for step in ("/Names", "/EmbeddedFiles", "/Names"):
        if step not in names:
            return None
        names = names[step]
    files = [names[index] for index in range(1, len(names), 2)]
    found = [file for file in files if str(file["/UF"]) == EVIDENCE]
    return bytes(found[0]["/EF"]["/F"].data) if len(found) == 1 else None
