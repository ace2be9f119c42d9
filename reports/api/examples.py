"""The examples of the OpenAPI document, of the same story as those of registration."""

from inventory.api.examples import DIGEST, ID, MODEL, PERSON
from inventory.api.paging import page_example
from inventory.regimes import DISCLAIMER
from reports.verification import QUESTIONS

REPORT_IN = {"model": MODEL["slug"], "period_start": "2025-04-01", "period_end": "2025-06-30"}
REQUESTED = {
    "id": ID,
    "reference": "R-2025-0001",
    "kind": "monitoring",
    **REPORT_IN,
    "version": None,
    "state": "requested",
    "signatures": [],
    "published_by": None,
    "published_at": None,
    "superseded_by": None,
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
    "version": 7,
    "sealed_at": "2025-07-01T08:00:09Z",
    "pdf_sha256": DIGEST,
    "pdf_bytes": 241_903,
    "evidence_sha256": DIGEST,
}
SIGNED = REPORT | {
    "state": "signed",
    "signatures": [
        {
            "person": PERSON,
            "role": "risk_officer",
            "method": "password+totp",
            "signed_at": "2025-07-02T09:00:00Z",
            "statement_digest": DIGEST,
        }
    ],
}
PUBLISHED = SIGNED | {"state": "published", "published_by": PERSON, "published_at": "2025-07-02T09:05:00Z"}
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
    "standing": {
        name: PUBLISHED[name] for name in ("state", "signatures", "published_by", "published_at", "superseded_by")
    },
}
REGIME = {
    "code": "nist-ai-rmf",
    "version": "1.0",
    "title": "AI Risk Management Framework 1.0",
    "issuer": "National Institute of Standards and Technology",
    "source": "NIST AI 100-1, 26 January 2023",
    "note": "Voluntary.",
    "verification": {"dates": "secondary source", "clauses": "not checked against the primary text"},
    "effective_from": "2023-01-26",
    "effective_to": None,
    "digest": DIGEST,
    "requirements": [
        {
            "clause": "GOVERN 1.6",
            "requirement": "There is an inventory of AI systems.",
            "evidence": ["registered"],
        }
    ],
}
REGIME_PAGE = page_example(REGIME)
INSTRUMENTS = {
    "read_on": "2026-11-20",
    "instruments": [
        {
            "code": "osfi-e-23",
            "title": "Guideline E-23: model risk management (2027)",
            "issuer": "Office of the Superintendent of Financial Institutions, Canada",
            "standing": "from 1 May 2027",
            "effective_from": "2027-05-01",
            "effective_to": None,
            "source": "primary text",
            "note": "Final since 11 September 2025.",
            "followed_by": "",
            "pack": "osfi-e-23",
        }
    ],
}
COVERAGE = {
    "disclaimer": DISCLAIMER,
    "code": REGIME["code"],
    "version": REGIME["version"],
    "digest": DIGEST,
    "clauses": "not checked against the primary text",
    "with_evidence": 1,
    "without": 0,
    "not_measured": 0,
    "requirements": [
        {
            "clause": "GOVERN 1.6",
            "requirement": "There is an inventory of AI systems.",
            "standing": "evidence",
            "answers": [
                {
                    "kind": "registered",
                    "question": "Is the model registered with an owner and a purpose?",
                    "standing": "evidence",
                    "sentence": "Registered on 2 June 2025, answered for by Omar Owner.",
                    "links": [{"text": "The model", "address": f"/models/{MODEL['slug']}/"}],
                }
            ],
        }
    ],
}
