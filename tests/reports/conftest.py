"""One sealed sample report for all: rendering it takes seconds, and nobody changes it."""

from dataclasses import dataclass

import pytest

from mrm.adapters.keys import Keyring
from reports.contents import MonitoringReport
from reports.pdf import Attachment, render
from tests.reports import samples


@dataclass(frozen=True)
class Issued:
    report: MonitoringReport
    evidence: bytes
    pdf: bytes
    sealed: bytes


@pytest.fixture(scope="session")
def keyring(tmp_path_factory) -> Keyring:
    return Keyring(tmp_path_factory.mktemp("reports") / "keys", "Example Bank")


@pytest.fixture(scope="session")
def issued(keyring) -> Issued:
    report = samples.make_report()
    evidence = samples.make_evidence(report)
    pdf = samples.make_pdf(report, evidence)
    return Issued(report, evidence, pdf, keyring.seal(pdf, reason=report.title, location="mrm.example.bank"))


@pytest.fixture(scope="session")
def small_pdf():
    """A one-page document that prints these figures and carries this evidence; a tenth of a second each."""

    def make(evidence: bytes, printed: dict[str, str]) -> bytes:
        lines = "".join(
            f'<p id="figure:{name}"><a href="#figure:{name}">{text}</a></p>' for name, text in printed.items()
        )
        html = f'<html lang="en"><title>A report</title><body>{lines}</body></html>'
        attached = [Attachment("evidence.json", evidence, "Evidence")]
        return render(html, attachments=attached, document_id="R-1", at=samples.ISSUED)

    return make
