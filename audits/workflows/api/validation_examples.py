"""The examples of validations, of the same story as the others."""

from audits.workflows.api.examples import LATER, LATEST, VALIDATOR
from inventory.api.examples import DIGEST, ID, MODEL, PERSON, WHEN
from inventory.api.paging import page_example

SECOND = {"id": ID, "name": "Victor Validator"}
HEAD = {"id": ID, "name": "Hana Head"}
VALIDATION_IN = {
    "model": MODEL["slug"],
    "version": 1,
    "kind": "initial",
    "trigger": "The first version of the score; it is to decide on applications from August.",
}
VALIDATION = {
    "reference": "V-2025-0001",
    **VALIDATION_IN,
    "policy_version": 1,
    "state": "approved",
    "reason": "",
    "requested_by": PERSON,
    "requested_at": WHEN,
    "due_on": None,
    "closed_at": LATEST,
}
LISTED = {
    "components_planned": 7,
    "components_done": 7,
    "lead": VALIDATOR,
    "opinion": "fit",
    "holds_until": "2026-07-01",
}
VALIDATION_PAGE = page_example(VALIDATION | LISTED)
EVIDENCE = {
    "id": ID,
    "kind": "run",
    "title": "Performance re-performed run of version 1, 01 July 2025",
    "sha256": DIGEST,
    "run": ID,
    "verdict": "within",
    "reperformed": True,
    "withdrawn_at": None,
}
PLAN_IN = {"planned": True, "expectation": "Realised outcomes agree with what the model said.", "deviation_reason": ""}
CONCLUSION_IN = {"outcome": "met", "conclusion": "AUC 0.78 (0.75 to 0.81) on the holdout; re-performed to the digit."}
ITEM = {"component": "outcomes_analysis", "required": True, **PLAN_IN, **CONCLUSION_IN, "evidence": [EVIDENCE]}
ASSIGNMENT_IN = {"person": "vera.validator@bank.example", "role": "lead"}
ASSIGNMENT = {
    "id": ID,
    "person": VALIDATOR,
    "role": "lead",
    "assigned_at": WHEN,
    "attested_at": LATER,
    "ended_at": None,
    "ended_because": "",
}
CHALLENGE_IN = {"text": "Why does the holdout end in March?", "component": "outcomes_analysis"}
RESPONSE_IN = {"text": "Later loans had no outcome yet when it was drawn."}
RESOLUTION_IN = {"text": "Repeated in July with the outcomes of April and May; nothing changes.", "resolved": True}
CHALLENGE = {
    "number": 1,
    "component": CHALLENGE_IN["component"],
    "entries": [
        {"kind": "challenge", "text": CHALLENGE_IN["text"], "said_by": VALIDATOR, "said_at": WHEN},
        {"kind": "response", "text": RESPONSE_IN["text"], "said_by": PERSON, "said_at": LATER},
        {"kind": "resolution", "text": RESOLUTION_IN["text"], "said_by": VALIDATOR, "said_at": LATEST},
    ],
}
PROOF_IN = {"password": "correct horse battery staple", "code": ""}
CONDITION = {"text": "Loans under 10,000 only.", "due_on": "2025-12-31", "finding": "F-2025-0001"}
OPINION_IN = {
    **PROOF_IN,
    "outcome": "fit_with_conditions",
    "summary": "Sound for consumer loans; calibration above 10,000 is not shown yet.",
    "conditions": [CONDITION],
    "expires_on": "2027-07-31",
    "content_digest": DIGEST,
}
REVIEW_IN = {**PROOF_IN, "agreed": True, "comment": "The work is complete.", "content_digest": DIGEST}
REVIEW = {
    "step": "review",
    "person": SECOND,
    "role": "second validator",
    "agreed": True,
    "comment": REVIEW_IN["comment"],
    "signed_at": LATEST,
    "voided_because": "",
}
APPROVAL = REVIEW | {"step": "approval", "person": HEAD, "role": "head of validation", "comment": ""}
OPINION = {
    "outcome": OPINION_IN["outcome"],
    "summary": OPINION_IN["summary"],
    "conditions": [CONDITION],
    "realised": {},
    "person": VALIDATOR,
    "effective_on": "2025-08-01",
    "expires_on": OPINION_IN["expires_on"],
    "content_digest": DIGEST,
    "given_at": LATER,
    "approved_at": LATEST,
    "superseded_at": None,
    "voided_at": None,
    "voided_because": "",
    "reviews": [REVIEW, APPROVAL],
}
IN_FULL = VALIDATION | {
    "plan": [ITEM],
    "validators": [ASSIGNMENT, ASSIGNMENT | {"person": SECOND, "role": "second"}],
    "challenges": [CHALLENGE],
    "opinions": [OPINION],
    "missing": [],
    "content_digest": DIGEST,
}
