"""The examples of the OpenAPI document about findings, of the same story as the others."""

from audits.workflows.api.examples import LATER, LATEST, VALIDATOR
from inventory.api.examples import DIGEST, ID, MODEL, PERSON
from inventory.api.paging import page_example

SECOND_OFFICER = {"id": ID, "name": "Rita Risk"}
RUN_CITED = f"run {ID}"

FINDING_IN = {
    "model": MODEL["slug"],
    "version": 1,
    "severity": "medium",
    "title": "Income is missing more often than at development",
    "observation": "Four of ten applications since May came without an income; the reference has one in twenty.",
    "criterion": "limits.missing_rate",
    "impact": "Approvals fall where the income is missing.",
    "effect_percent": 2.5,
    "required_outcome": "Show that the score ranks as well without an income, or complete the interface.",
}
FINDING_CHANGE = {"severity": "high", "impact": "One in eight applicants would be decided otherwise."}
FINDING = {
    "reference": "F-2025-0001",
    "model": MODEL["slug"],
    "version": 1,
    "breach": None,
    "severity": "medium",
    "title": FINDING_IN["title"],
    "required_outcome": FINDING_IN["required_outcome"],
    "state": "issued",
    "owner": PERSON,
    "raised_by": VALIDATOR,
    "raised_at": LATER,
    "issued_at": LATER,
    "due_at": "2026-03-29",
    "overdue": False,
    "closed_by": None,
    "closed_at": None,
}
FINDING_PAGE = page_example(FINDING)
FINDING_IN_FULL = FINDING | {
    "observation": FINDING_IN["observation"],
    "criterion": FINDING_IN["criterion"],
    "policy": 1,
    "evidence": [{"kind": "run", "reference": ID, "digest": DIGEST, "told": "Drift run of Consumer credit version 1"}],
    "impact": FINDING_IN["impact"],
    "effect_percent": 2.5,
    "class_change_percent": None,
    "severity_reason": "",
    "first_due_at": "2026-03-29",
    "extensions": 0,
    "plan_due_at": "2025-08-01",
    "response": "",
    "rebutted_by": None,
    "rebuttal_answer": "",
    "plans": [],
    "submissions": [],
    "validated_by": None,
    "validated_at": None,
    "signature": None,
    "closing_reason": "",
}
DRAFT = FINDING_IN_FULL | {"state": "draft", "issued_at": None, "policy": None, "due_at": None, "plan_due_at": None}

ANSWER = {"response": "The branch interface dropped the field in release 12.", "disputed": False}
ANSWERED = FINDING_IN_FULL | {"state": "action_plan_due", "response": ANSWER["response"]}
REBUTTAL = ANSWER | {"response": "Applications without an income are decided by hand.", "disputed": True}
REBUTTAL_ANSWER = {"reason": "The score is shown to those who decide by hand."}
UPHELD = ANSWERED | {
    "response": REBUTTAL["response"],
    "rebutted_by": PERSON,
    "rebuttal_answer": REBUTTAL_ANSWER["reason"],
}

ITEM_IN = {"what": "Send the income again from the branches.", "owner": ID, "due_at": "2025-08-31"}
PLAN_IN = {"items": [ITEM_IN]}
ITEM = {
    "number": 1,
    "what": ITEM_IN["what"],
    "owner": PERSON,
    "due_at": ITEM_IN["due_at"],
    "done_by": None,
    "done_at": None,
    "outcome": "",
}
PLAN = {
    "number": 1,
    "standing": "review",
    "planned_by": PERSON,
    "planned_at": LATER,
    "reviewed_by": None,
    "reviewed_at": None,
    "review": "",
    "items": [ITEM],
}
PLANNED = ANSWERED | {"state": "action_plan_review", "plans": [PLAN]}
PLAN_REVIEW = {"accepted": True, "reason": "Complete and in time."}
ACCEPTED_PLAN = PLAN | {
    "standing": "accepted",
    "reviewed_by": VALIDATOR,
    "reviewed_at": LATER,
    "review": PLAN_REVIEW["reason"],
}
PLAN_REVIEWED = ANSWERED | {"state": "open", "plans": [ACCEPTED_PLAN]}
ITEM_DONE = {"outcome": "Release 14 sends it; see the interface log of 12 July."}
ITEM_IS_DONE = PLAN_REVIEWED | {
    "plans": [
        ACCEPTED_PLAN | {"items": [ITEM | {"done_by": PERSON, "done_at": LATEST, "outcome": ITEM_DONE["outcome"]}]}
    ]
}

SUBMISSION_IN = {"response": "Since 12 July no income is missing.", "evidence": [RUN_CITED]}
SUBMISSION = {
    "number": 1,
    "told": SUBMISSION_IN["response"],
    "evidence": FINDING_IN_FULL["evidence"],
    "submitted_by": PERSON,
    "submitted_at": LATEST,
    "returned_by": None,
    "returned_at": None,
    "returned_because": "",
    "reperformances": [],
}
SUBMITTED = ITEM_IS_DONE | {"state": "submitted_for_closure", "submissions": [SUBMISSION]}
RETURN = {"reason": "The July batch still lacks it for branch applications."}
RETURNED = ITEM_IS_DONE | {
    "submissions": [
        SUBMISSION | {"returned_by": VALIDATOR, "returned_at": LATEST, "returned_because": RETURN["reason"]}
    ]
}
REPERFORMANCE_IN = {"run": ID, "told": "Measured August again: the missing rate is that of the reference."}
REPERFORMED = SUBMITTED | {
    "submissions": [
        SUBMISSION
        | {
            "reperformances": [
                {
                    "run": ID,
                    "results_digest": DIGEST,
                    "told": REPERFORMANCE_IN["told"],
                    "performed_by": VALIDATOR,
                    "performed_at": LATEST,
                }
            ]
        }
    ]
}
CLOSURE = {"reason": "Missing rate of August is that of the reference."}
FINDING_CLOSED = SUBMITTED | {
    "state": "closed",
    "closed_by": VALIDATOR,
    "closed_at": LATEST,
    "closing_reason": CLOSURE["reason"],
}
DROP = {"reason": "The rows in question were a test of the interface."}
DROPPED = DRAFT | {
    "state": "dropped",
    "closed_by": VALIDATOR,
    "closed_at": LATEST,
    "closing_reason": DROP["reason"],
}
SIGN_OFF = {
    "may_sign": True,
    "reasons_not_to": [],
    "shown_by": [],
    "evidence_digest": DIGEST,
    "evidence": {"finding": FINDING["reference"], "severity": "high"},
}
SIGN_OFF_IN = {"comment": "Seen.", "evidence_digest": DIGEST, "password": "correct horse battery"}
SIGNED_OFF = REPERFORMED | {
    "severity": "high",
    "state": "closed",
    "validated_by": VALIDATOR,
    "validated_at": LATEST,
    "signature": ID,
    "closed_by": SECOND_OFFICER,
    "closed_at": LATEST,
    "closing_reason": CLOSURE["reason"],
}
