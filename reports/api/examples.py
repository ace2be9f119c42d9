"""The examples of the OpenAPI document, of the same story as those of registration."""

from inventory.api.examples import DIGEST, ID, MODEL, PERSON
from inventory.api.paging import page_example
from reports.verification import QUESTIONS

REPORT_IN = {"model": MODEL["slug"], "period_start": "2025-04-01", "period_end": "2025-06-30"}
REQUESTED = {
    "id": ID,
    "reference": "R-2025-0001",
    "kind": "monitoring",
    **REPORT_IN,
    "state": "requested",
    "step": "",
    "reason": "",
    "requested_by": PERSON,
    "requested_at": "2025-07-01T08:00:00Z",
    "sealed_at": None,
    "pdf_sha256": "",
    "pdf_bytes": None,
    "evidence_sha256": "",
}
REPORT = REQUESTED | {
    "state": "sealed",
    "sealed_at": "2025-07-01T08:00:09Z",
    "pdf_sha256": DIGEST,
    "pdf_bytes": 241_903,
    "evidence_sha256": DIGEST,
}
REPORT_PAGE = page_example(REPORT)
EVIDENCE = {
    "report": {"reference": REPORT["reference"], "model": {"slug": MODEL["slug"], "name": MODEL["name"]}},
    "figures": [{"id": "opinion.verdict", "text": "within"}],
}
VERIFICATION = {
    "holds": True,
    "checks": [{"name": question, "holds": True, "explanation": "It does."} for question in QUESTIONS],
    "sha256": DIGEST,
    "signer": "Example Bank, sealing",
    "sealed_at": REPORT["sealed_at"],
    "report": REPORT["reference"],
}
