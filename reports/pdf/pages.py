"""The pages of a report as HTML, from its contents and the digest of the evidence that will be attached."""

import hashlib

from django.template.loader import render_to_string


def pages(kind: str, report, *, evidence: bytes) -> str:
    """The HTML of one report; `kind` names the template, `report` is one of the values of `reports.contents`."""
    digest = hashlib.sha256(evidence).hexdigest()
    return render_to_string(f"reports/pdf/{kind}.html", {"report": report, "evidence_sha256": digest})
