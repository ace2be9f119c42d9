"""The examples of the OpenAPI document, of the same story as those of registration and assessing."""

from inventory.api.examples import DIGEST, ID, MODEL, PERSON, WHEN
from inventory.api.paging import page_example

LATER, LATEST = "2025-07-02T08:00:00Z", "2025-08-01T08:00:00Z"
VALIDATOR = {"id": ID, "name": "Vera Validator"}

CHANGE_IN = {
    "kind": "retirement",
    "model": MODEL["slug"],
    "version": 1,
    "reason": "The product is no longer sold; the last application was decided in June.",
    "terms": {
        "cause": "business_exit",
        "checklist": {
            "users_told": "Branches were told on 1 June.",
            "jobs_stopped": "The scoring job is off; ticket 4711.",
            "overlays_disposed": "There are none.",
            "records_archived": "In the archive until 2035.",
            "consumers_moved": "Nothing took its output.",
            "access_revoked": "The credential of the job is revoked, ticket 4711.",
            "monitoring_ended": "The report of June is the last.",
            "vendor_closed": "There is no vendor.",
            "data_settled": "The batches stay until 2036.",
            "downstream_watched": "Nothing stands downstream.",
        },
    },
}
CHANGE = {
    "reference": "CR-2025-0001",
    **CHANGE_IN,
    "breach": None,
    "renews": None,
    "requester": PERSON,
    "policy_version": 1,
    "roles_required": ["risk_officer", "validator"],
    "evidence_digest": DIGEST,
    "state": "pending",
    "outcome": "",
    "requested_at": WHEN,
    "expires_at": LATER,
    "decided_at": None,
    "completed_at": None,
}
CHANGE_PAGE = page_example(CHANGE)
EVIDENCE = {
    "kind": "retirement",
    "reason": CHANGE_IN["reason"],
    "terms": CHANGE_IN["terms"],
    "renews": None,
    "policy": {"version": 1, "sha256": DIGEST},
    "model": {
        "slug": MODEL["slug"],
        "name": MODEL["name"],
        "purpose": MODEL["purpose"],
        "owner": PERSON["name"],
        "tier": 2,
        "status": "in_use",
    },
    "version": {
        "number": 1,
        "stage": "production",
        "framework": "onnx",
        "artifact_sha256": DIGEST,
        "code_ref": "git:4f2c1e9",
        "origin": "",
    },
    "replaces": None,
    "breach": None,
    "gate": None,
    "waived": None,
    "assessments": None,
    "impact": {"versions": [1], "uses": [], "findings": [], "models_downstream": [], "arrangements": ["AP-2025-0001"]},
}
CHANGE_IN_FULL = CHANGE | {
    "evidence": EVIDENCE,
    "minutes": {},
    "classification": None,
    "arrangements": [],
    "decisions": [],
    "retraining": None,
}
WITHDRAWAL = {"reason": "Sales found another year of applications to decide."}
CHANGE_WITHDRAWN = CHANGE_IN_FULL | {"state": "withdrawn", "outcome": WITHDRAWAL["reason"], "decided_at": LATER}
_COMPARED = {
    "baseline": 1,
    "because": "It is in use.",
    "criteria": [
        {"name": "target", "standing": "same", "told": "Both predict repaid, described alike."},
        {
            "name": "output",
            "standing": "within",
            "told": "The mean output moves by 1.2 % (0.9 % to 1.5 %) of 4000 cases; material beyond 5.0 %.",
        },
    ],
    "effect": {"output": 0.015, "classes": 0.021, "population": 0.04},
}
CHANGE_CLASS_IN = {"change_class": "material", "remark": "The bureau behind two of the drivers is another since May."}
CHANGE_CLASSIFIED = CHANGE_IN_FULL | {
    "kind": "promotion",
    "version": 2,
    "classification": CHANGE_CLASS_IN
    | {
        "proposed": "non_material",
        "step": _COMPARED,
        "cumulative": _COMPARED,
        "confirmed_by": VALIDATOR,
        "confirmed_at": LATER,
    },
}
MINUTES_IN = {"minutes": "The compensating control was discussed; the committee found it enough until June."}
CHANGE_CONCLUDED = CHANGE_IN_FULL | {
    "state": "completed",
    "decided_at": LATER,
    "completed_at": LATER,
    "minutes": MINUTES_IN
    | {
        "outcome": "approved",
        "votes": [{"name": VALIDATOR["name"], "vote": "reviewed", "line": "second"}],
        "dissent": [],
        "concluded_by": "Carla Chair",
        "concluded_at": "2025-07-02T08:00:00+00:00",
    },
}

MEANING = "I reviewed the evidence and take responsibility for this decision"
_STATEMENT = {
    "id": ID,
    "subject": {
        "id": f"workflows.ChangeRequest:{ID}",
        "title": f"{CHANGE['reference']}: retirement of {MODEL['name']} version 1",
    },
    "evidence_digest": DIGEST,
    "outcome": "approved",
    "meaning": MEANING,
    "comment": "No live consumer is left.",
    "policy_version": 1,
    "signer": VALIDATOR | {"role": "validator"},
    "time_window": {"from": "2025-07-02T08:00:00+00:00", "until": "2025-07-02T08:10:00+00:00"},
}
STATEMENT = {
    "may_decide": True,
    "reasons_not_to": [],
    "shown_by": [],
    "evidence_digest": DIGEST,
    "evidence": EVIDENCE,
    "statement": _STATEMENT,
}
DECISION_IN = {
    "approved": True,
    "meaning": "reviewed",
    "comment": _STATEMENT["comment"],
    "evidence_digest": DIGEST,
    "password": "your password, again",
    "code": "123456",
}
DECISION_MADE = {
    "decision": {
        "id": ID,
        "person": VALIDATOR,
        "printed_name": VALIDATOR["name"],
        "role": "validator",
        "on_behalf_of": None,
        "approved": True,
        "meaning": "reviewed",
        "comment": _STATEMENT["comment"],
        "conditions": [],
        "statement": _STATEMENT,
        "statement_digest": DIGEST,
        "authentication": "password+totp",
        "decided_at": LATER,
        "voided_at": None,
        "voided_because": "",
    },
    "change": CHANGE,
}

GATE = {
    "allowed": False,
    "policy_version": 2,
    "blockers": [
        f"The tier of {MODEL['name']} is provisional; a risk officer must confirm it.",
        f"No performance assessment of {MODEL['name']} version 1 is finished yet.",
    ],
    "waived": [
        f"The policy requires a bias assessment, and {MODEL['name']} version 1 cannot have one: its schema has no "
        "protected attribute. Waived by EX-2025-0001 until 2026-06-30."
    ],
    "warnings": [
        f"No validation with a fit opinion is in force for {MODEL['name']} version 1. The policy does not require it "
        "for tier 2."
    ],
}
KIND = {
    "kind": "risk_acceptance",
    "about": "model",
    "purpose": "Live with an open finding until a day, knowing its risk.",
    "roles_required": ["validator", "risk_officer"],
    "terms": [
        {
            "name": "ends_on",
            "label": "Until",
            "shape": "day",
            "required": True,
            "help": "",
            "choices": {},
        }
    ],
    "if_approved": "The finding stays open; until the end it does not block a promotion.",
    "if_not": "The finding is put right by its due date.",
    "on_lapse": "At its end the finding counts again, the use is restricted, and a task is raised.",
}
NOTHING_AGAINST = {"reasons_not_to": [], "shown_by": []}
ASKED = "Whoever asks for a change does not decide it: you asked for it on 1 July 2025."
DECIDERS = {
    "deciders": [
        {"person": VALIDATOR, "role": "validator", "on_behalf_of": None, "may_decide": True} | NOTHING_AGAINST,
        {
            "person": {"id": ID, "name": "Rita Riskofficer"},
            "role": "risk_officer",
            "on_behalf_of": None,
            "may_decide": False,
            "reasons_not_to": [ASKED],
            "shown_by": [{"reason": ASKED, "entry": 57}],
        },
    ]
}
ARRANGEMENT = {
    "reference": "EX-2025-0001",
    "kind": "exception",
    "model": MODEL["slug"],
    "version": None,
    "use": None,
    "title": "without: a bias assessment with results",
    "clause": "assessment.bias",
    "terms": {
        "clause": "assessment.bias",
        "risk": "A difference between groups would be seen late.",
        "compensating_control": "Compliance samples fifty decisions a month.",
        "ends_on": "2026-06-30",
    },
    "change": "CR-2025-0002",
    "validation": None,
    "renews": None,
    "state": "active",
    "begun_by": VALIDATOR,
    "starts_at": LATER,
    "ends_at": "2026-07-01T00:00:00Z",
    "ended_at": None,
    "ended_because": "",
}
ARRANGEMENT_PAGE = page_example(ARRANGEMENT)
ARRANGEMENT_CLOSURE = {"reason": "Sex is recorded since June; the assessment of August has results."}
ARRANGEMENT_CLOSED = ARRANGEMENT | {
    "state": "closed",
    "ended_at": LATEST,
    "ended_because": ARRANGEMENT_CLOSURE["reason"],
}
SUSPENSION_IN = {"reason": "Scores of the morning batch are constant."}
SUSPENSION = ARRANGEMENT | {
    "reference": "SU-2025-0001",
    "kind": "suspension",
    "title": SUSPENSION_IN["reason"],
    "clause": "",
    "terms": SUSPENSION_IN,
    "change": None,
    "ends_at": None,
}
USE_SUSPENSION = SUSPENSION | {"title": f"Pricing of instalment loans: {SUSPENSION_IN['reason']}", "use": 1}
APPROVAL_END_IN = {"reason": "The population of this use is another one by now."}
RESTRICTION_IN = {"reason": "Only up to 20 000, until the outcomes of the spring are known."}
RESTRICTION = USE_SUSPENSION | {
    "reference": "RE-2025-0001",
    "kind": "restriction",
    "title": f"Pricing of instalment loans: {RESTRICTION_IN['reason']}",
    "terms": RESTRICTION_IN,
}
SUPERVISION_IN = {
    "said": "approved",
    "on": "2025-06-02",
    "document": DIGEST,
    "remark": "Letter of 2 June, no conditions.",
}
SUPERVISION = {"version": 2} | SUPERVISION_IN | {"recorded_by": VALIDATOR, "recorded_at": LATER}
ROLL_BACK_IN = {"reason": "Version 2 refuses everybody from the new branch."}
ROLL_BACK = ARRANGEMENT | {
    "reference": "RB-2025-0001",
    "kind": "rollback",
    "title": "From version 2 back to 1: " + ROLL_BACK_IN["reason"],
    "clause": "",
    "terms": ROLL_BACK_IN | {"left": 2, "approval": "AP-2025-0001", "conditions": [], "passed_over": []},
}

RETRAINING_EVENT = {"state": "succeeded", "external_id": "run-1841", "metrics": {"auc": 0.81}}
RETRAINING = {
    "reference": CHANGE["reference"],
    "state": "succeeded",
    "pipeline": "built-in",
    "external_id": RETRAINING_EVENT["external_id"],
    "candidate": 2,
    "candidate_stage": "candidate",
    "metrics": RETRAINING_EVENT["metrics"],
    "reason": "",
    "dispatched_at": LATER,
    "finished_at": LATEST,
    "promoted_at": None,
    "abandoned_at": None,
}

HYGIENE = {
    "results": [
        {
            "rule": "tier_provisional",
            "title": "Tier provisional",
            "remedy": "Have a risk officer confirm the tier.",
            "broken": 3,
            "dated": 211,
            "asked": 240,
        }
    ]
}
BROKEN_PAGE = page_example(
    {
        "slug": "instalment-loan-default",
        "name": "Instalment loan default",
        "tier": 2,
        "status": "in_use",
        "owner": PERSON,
        "baselined_until": None,
    }
)
ATTESTATION_IN = {"statement": "The entry is right; the new owner of the data is named.", "evidence_digest": DIGEST}
ATTESTATION = {
    "id": ID,
    "model": "instalment-loan-default",
    "state": "open",
    "covers_from": "2025-03-01",
    "opened_at": WHEN,
    "due_at": "2025-07-01",
    "overdue": "current",
    "owner": PERSON,
    "statement": "",
    "changes": [{"field": "purpose", "before": "Loans.", "after": "Loans and cards."}],
    "revision": None,
    "attested_by": None,
    "attested_at": None,
}
ATTESTATION_PAGE = page_example(ATTESTATION)
_ATTRIBUTE = {
    "number": 8,
    "name": "purpose",
    "label": "Business purpose",
    "group": "purpose",
    "kind": "text",
    "value": "Probability that an instalment loan is not repaid.",
    "required": True,
    "missing": False,
    "kept": True,
    "changed_by_roles": ["engineer", "owner", "risk_officer"],
}
ATTRIBUTES = {"model": "instalment-loan-default", "tier": 1, "missing": ["sponsor"], "attributes": [_ATTRIBUTE]}
ATTRIBUTE = _ATTRIBUTE | {
    "retention": [],
    "history": [
        {
            "at": "2025-06-02T09:30:00Z",
            "by": "Omar Owner",
            "before": None,
            "after": "Probability that an instalment loan is not repaid.",
            "effective_on": None,
            "entry": 12,
        }
    ],
}
LIMITATIONS = _ATTRIBUTE | {
    "number": 45,
    "name": "limitations",
    "label": "Limitations",
    "group": "construction",
    "kind": "rows",
    "value": [
        {
            "id": "0b9d3b0e-7d53-4d0e-9d6e-6f5a1a3c2b10",
            "text": "Not estimated on the self-employed.",
            "significance": "medium",
            "answer": "Their applications are read by a person.",
            "added_by": "Omar Owner",
            "added_at": "2025-06-02T09:30:00Z",
            "valid_from": "2025-06-02",
        }
    ],
    "changed_by_roles": ["engineer", "owner", "risk_officer", "validator"],
    "retention": [],
    "history": [
        {
            "at": "2025-06-02T09:30:00Z",
            "by": "Omar Owner",
            "before": None,
            "after": "Not estimated on the self-employed. (medium) – Their applications are read by a person.",
            "effective_on": None,
            "entry": 14,
        }
    ],
}

COMPARISON = {
    "before": 1,
    "after": 2,
    "different": 1,
    "sections": [
        {
            "name": "parameters",
            "title": "Parameters",
            "different": 1,
            "before_run": None,
            "after_run": None,
            "facts": [{"name": "max_depth", "before": 3, "after": 4, "differs": True}],
            "measures": [],
            "notes": [],
        }
    ],
    "swap_set": {
        "value": 0.0512,
        "low": 0.0471,
        "high": 0.0556,
        "level": 0.95,
        "sizes": {"rows": 10_000},
        "detail": {"swapped_in": 287, "swapped_out": 225, "accepted_by_both": 1120, "labelled": 0},
        "method": "swap set of the newest rows that both versions scored, joined by their id",
        "reason": "",
    },
}
