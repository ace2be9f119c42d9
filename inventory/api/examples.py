"""The examples of the OpenAPI document: one story, whose requests work when they are sent in this order."""

from inventory import policies
from inventory.api.paging import page_example
from inventory.attributes import COLUMNS

ID = "0b9d3b0e-7d53-4d0e-9d6e-6f5a1a3c2b10"
DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
WHEN = "2025-06-02T09:30:00Z"
PERSON = {"id": ID, "name": "Omar Owner"}

MODEL_IN = {
    "name": "Instalment loan default",
    "slug": "instalment-loan-default",
    "purpose": "Probability that an instalment loan is not repaid.",
    "business_unit": "Retail lending",
    "exposure": "medium",
    "purpose_level": "medium",
    "complexity": "low",
}
MODEL_EDIT = {
    "methodology": "Logistic regression",
    "reliance": "medium",
    "affects_natural_persons": True,
    "regions": ["Austria"],
    "exposure_amount": "1200000.00",
    "exposure_on": "2025-05-31",
}
MODEL = {
    "id": ID,
    **MODEL_IN,
    "workspace": "main",
    "owner": PERSON,
    "status": "in_development",
    "is_model": True,
    "tier": 1,
    "tier_is_provisional": True,
    "description": "",
    "methodology": "",
    "reliance": "",
    "affects_natural_persons": False,
    "production_version": None,
    "missing": ["methodology", "reliance", "tier confirmation"],
    "registered_at": WHEN,
    "edited_at": WHEN,
    "retired_at": None,
    "baselined_until": None,
    "revision": 1,
}
MODEL_PAGE = page_example(MODEL)
MODEL_DETAIL = {name: attribute.empty for name, attribute in COLUMNS.items()} | {
    **MODEL,
    "regions": ["Austria"],
    "prohibited_uses": "Credit cards, and collection.",
    "developer": {"id": ID, "name": "Erin Engineer"},
    "model_type": "classification",
    "method_family": "linear",
    "uses_machine_learning": False,
    "exposure_amount": "1200000.00",
    "exposure_measure": "outstanding balance in EUR",
    "exposure_on": "2025-05-31",
}

BULK_IN = {
    "models": [
        {"name": "Card limit", "business_unit": "Cards"},
        {
            "name": "Card fraud",
            "versions": [{"schema": {"columns": [{"name": "score", "kind": "numeric", "role": "score"}]}}],
        },
    ]
}
_WANTED = [*policies.required_attributes(policies.standard(), 1), "tier confirmation"]
_LACKING = [name for name in _WANTED if name != "business_unit"]
BULK = {
    "results": [
        {"slug": "card-limit", "name": "Card limit", "tier": 1, "missing": _LACKING},
        {"slug": "card-fraud", "name": "Card fraud", "tier": 1, "missing": _WANTED},
    ]
}
SURVEY = {
    "id": ID,
    "workspace": "main",
    "filename": "survey.xlsx",
    "sha256": DIGEST,
    "models": 214,
    "state": "checked",
    "progress": 0,
    "faults": [],
    "fault_count": 0,
    "notes": ["Lines 3, 7: hidden in the workbook, and entered like the others."],
    "baselined_until": "2026-06-30",
    "reason": "",
    "uploaded_by": PERSON,
    "uploaded_at": WHEN,
    "finished_at": None,
}
REGISTER_DIFFERENCES = {
    "counts": {"added": 0, "retired": 0, "changed": 1, "removed": 0},
    "next": None,
    "results": [
        {
            "kind": "changed",
            "slug": MODEL["slug"],
            "name": MODEL["name"],
            "changes": [{"field": "methodology", "before": "", "after": "Logistic regression"}],
        }
    ],
}

COLUMNS = [
    {"name": "application", "kind": "categorical", "role": "id"},
    {"name": "at", "kind": "datetime", "role": "time"},
    {"name": "income", "kind": "numeric", "role": "feature", "required": False},
    {"name": "purpose", "kind": "categorical", "role": "feature", "categories": ["home", "car", "other"]},
    {"name": "sex", "kind": "categorical", "role": "protected"},
    {"name": "score", "kind": "numeric", "role": "score", "minimum": 0, "maximum": 1},
    {"name": "defaulted", "kind": "boolean", "role": "label", "favourable": False},
]
VERSION_IN = {
    "schema": {"columns": COLUMNS},
    "framework": "onnx",
    "code_ref": "git:4f2c1e9",
    "training_data": {"name": "loans 2019 to 2024", "rows": 48211},
    "params": {"penalty": "l2", "C": 1.0},
    "metrics": {"auc": 0.79},
    "decision_threshold": 0.5,
    "tags": {"pipeline": "nightly"},
}
VERSION = {
    "id": ID,
    "model": MODEL["slug"],
    "number": 1,
    "stage": "candidate",
    **VERSION_IN,
    "artifact": {"uri": "", "sha256": "", "bytes": None},
    "origin": "",
    "predecessor": None,
    "copied_from": None,
    "reference": None,
    "registered_by": PERSON,
    "registered_at": WHEN,
    "promoted_at": None,
    "ended_at": None,
}
VERSION_PAGE = page_example(VERSION)

_ROWS = {
    "income": [31000, None, 52000, 27500],
    "purpose": ["car", "home", "home", "other"],
    "sex": ["female", "male", "female", "male"],
    "score": [0.12, 0.61, 0.08, 0.44],
}
REFERENCE_IN = {"columns": {**_ROWS, "defaulted": [False, True, False, False]}}
BATCH_IN = {
    "columns": {
        "application": ["A-1001", "A-1002", "A-1003", "A-1004"],
        "at": ["2025-06-02T08:00:00Z", "2025-06-02T08:20:00Z", "2025-06-02T08:41:00Z", "2025-06-02T09:05:00Z"],
        **_ROWS,
    }
}
OUTCOMES_IN = {"columns": {"application": ["A-1001", "A-1002"], "defaulted": [False, True]}}
_DATA = {"id": ID, "rows": 4, "sha256": DIGEST, "received_at": WHEN}
REFERENCE = _DATA | {"version": 1, "grid_sha256": DIGEST}
BATCH = _DATA | {"version": 1, "first_at": "2025-06-02T08:00:00Z", "last_at": "2025-06-02T09:05:00Z"}
OUTCOMES = _DATA | {"rows": 2, "unknown_ids": 0}
POINTS_IN = {
    "name": "latency_p95",
    "unit": "ms",
    "pillar": "operational",
    "points": [["2025-06-02T00:00:00Z", 41.5], ["2025-06-03T00:00:00Z", 44]],
}
SERIES = {
    "name": "latency_p95",
    "unit": "ms",
    "pillar": "operational",
    "points": 2,
    "first_at": "2025-06-02T00:00:00Z",
    "last_at": "2025-06-03T00:00:00Z",
    "last_value": 44.0,
}
SERIES_PAGE = page_example(SERIES)
POINTS = SERIES | {"received": 2, "changed": 0}
POINT_PAGE = page_example({"at": "2025-06-03T00:00:00Z", "value": 44.0, "received_at": WHEN})
USE_IN = {
    "title": "Pricing of instalment loans",
    "business_purpose": "Sets the interest rate that an applicant is offered.",
    "population": "Private persons who apply in branches or online.",
    "operating_boundaries": "Loans of 1,000 to 50,000 over at most 84 months.",
    "prohibited_uses": "Credit cards, and collection.",
    "reliance": "medium",
    "environment": "production",
    "users": "Retail lending",
}
USE_EDIT = {"frequency": "with each application", "volume": "about 4,000 a month"}
USE = {
    "id": ID,
    "model": MODEL["slug"],
    "number": 1,
    "state": "proposed",
    "state_because": "",
    "held": "",
    **USE_IN,
    "frequency": "",
    "volume": "",
    "proposed_by": PERSON,
    "proposed_at": WHEN,
    "edited_at": WHEN,
    "started_at": None,
    "ended_at": None,
    "revision": 1,
}
USE_PAGE = page_example(USE)
USE_WITHDRAWAL = {"reason": "Retail lending keeps its own tariff."}
USE_WITHDRAWN = USE | {"state": "ended", "state_because": USE_WITHDRAWAL["reason"], "ended_at": WHEN, "revision": 2}
_APPROVAL = {
    "id": ID,
    "version": 1,
    "change_reference": "CR-2025-0001",
    "conditions": ["Offers above 12 % are read by a person."],
    "approved_by": {"id": ID, "name": "Rita Riskofficer"},
    "effective_at": WHEN,
    "expires_at": "2026-06-02T09:30:00Z",
    "ended_at": None,
    "ended_because": "",
    "stands": True,
}
ENDED_APPROVAL = _APPROVAL | {
    "ended_at": WHEN,
    "ended_because": "The population of this use is another one by now.",
    "stands": False,
}
USE_APPROVALS = {
    "use": 1,
    "version": 1,
    "approved": True,
    "may_serve": True,
    "answer": [
        "Yes. Version 1 is approved for Pricing of instalment loans without an end by CR-2025-0001.",
        "Under the condition: Offers above 12 % are read by a person.",
    ],
    "standing": _APPROVAL,
    "approvals": [_APPROVAL],
}
SOURCE_IN = {
    "url": "postgresql://reader:env:SOURCE_PASSWORD@warehouse.example.com:5432/risk",
    "table": "scoring.loans",
    "columns": {"application": "application_id", "score": "probability_of_default"},
    "time_column": "scored_at",
    "version": 1,
}
SOURCE = {
    "id": ID,
    **SOURCE_IN,
    "state": "readable",
    "registered_at": WHEN,
    "closed_at": None,
    "read_at": WHEN,
    "rows": 1204511,
    "first_at": "2024-01-01T00:04:10Z",
    "last_at": "2025-06-02T09:29:58Z",
    "fault": "",
}
SOURCE_PAGE = page_example(SOURCE)
DOCUMENT = {
    "id": ID,
    "title": "Development report",
    "kind": "development",
    "edition": "1.2",
    "written_on": "2025-05-12",
    "review_by": "2026-05-12",
    "retention_class": "Model record",
    "filename": "development.pdf",
    "media_type": "application/pdf",
    "bytes": 482113,
    "sha256": DIGEST,
    "added_at": WHEN,
}
FACETS = {
    "total": 7,
    "facets": {
        "status": [
            {"value": "in_use", "label": "In use", "count": 5},
            {"value": "in_development", "label": "In development", "count": 2},
        ],
        "tier": [{"value": "1", "label": "Tier 1", "count": 7}],
        "business_unit": [{"value": "Retail lending", "label": "Retail lending", "count": 7}],
        "owner": [{"value": ID, "label": "Omar Owner", "count": 7}],
        "workspace": [{"value": "main", "label": "Main", "count": 7}],
    },
    "left_off": {"status": 0, "tier": 0, "business_unit": 0, "owner": 0, "workspace": 0},
}
SHARED = {
    "what": "data_source",
    "results": [{"name": "Credit bureau scores", "models": 7, "live": 5, "tier_1": 2}],
}
LIMITATION_IN = {
    "text": "Not estimated on the self-employed.",
    "significance": "medium",
    "answer": "Their applications are read by a person.",
}
POLICY = {
    "number": 1,
    "digest": DIGEST,
    "published_at": WHEN,
    "published_by": None,
    "document": policies.standard(),
}

POLICY_PAGE = page_example({name: value for name, value in POLICY.items() if name != "document"})
DIFFERENCE = {
    "section": "limits",
    "sentence": "Limit on PSI of the score: red 0.25 → 0.2 for tier 1.",
    "loosens": False,
}
DIFFERENCES = {"before": 1, "after": 2, "differences": [DIFFERENCE]}
POLICY_DRAFT_IN = {"document": POLICY["document"], "reason": "Earlier alarms for the models that matter most."}
POLICY_DRAFT = {
    "id": ID,
    "state": "proposed",
    "based_on": 1,
    "digest": DIGEST,
    "reason": POLICY_DRAFT_IN["reason"],
    "differences": [DIFFERENCE],
    "proposed_by": PERSON,
    "proposed_at": WHEN,
    "ended_by": None,
    "ended_at": None,
    "ended_because": "",
    "published_as": None,
}
POLICY_DRAFT_PAGE = page_example(POLICY_DRAFT)

TIER_ASSESSMENT_IN = {
    "answers": {
        "exposure": {"amount": "notable", "people": "many", "error": "noticeable"},
        "purpose_level": {"use": "business", "people": "access", "published": "no"},
        "complexity": {"method": "statistical", "inputs": "few", "judgement": "none", "opacity": "open"},
        "reliance": {"driver": "main", "override": "sometimes"},
    }
}
TIER_ASSESSMENT = {
    "id": ID,
    "state": "proposed",
    "policy_version": 1,
    "scorecard": POLICY["document"]["tiering"]["scorecard"],
    **TIER_ASSESSMENT_IN,
    "exposure": "medium",
    "purpose_level": "high",
    "complexity": "low",
    "reliance": "medium",
    "computed": 2,
    "tier": 2,
    "reason": "",
    "steps": [
        "Exposure is medium: 2 + 1 + 1 = 4 points; medium from 2, high from 5.",
        "Purpose is high: 2 + 3 + 0 = 5 points; medium from 2, high from 5.",
        "Complexity is low: 1 + 0 + 0 + 0 = 1 points; medium from 3, high from 6.",
        "Reliance is medium: 2 + 1 = 3 points; medium from 2, high from 4.",
        "Materiality is high, the worse of exposure and purpose; with low complexity the matrix gives tier 2.",
    ],
    "proposed_by": PERSON,
    "proposed_at": WHEN,
    "confirmed_by": None,
    "confirmed_at": None,
}
OFFICER = {"person": PERSON, "role": "", "on_behalf_of": None, "may_decide": True, "reasons_not_to": [], "shown_by": []}
TIER = {
    "tier": 2,
    "is_provisional": True,
    "tier_hint": "2",
    "assess_again": [],
    "assessments": [TIER_ASSESSMENT],
    "deciders": [OFFICER],
}

ENTRY = {
    "position": 41,
    "body": {
        "position": 41,
        "at": "2025-06-02T09:30:00.000000+00:00",
        "actor": {"id": ID, "name": PERSON["name"], "authenticated_by": "token"},
        "action": "version.registered",
        "subject": {
            "id": f"inventory.ModelVersion:{ID}",
            "name": f"{MODEL['name']} version 1",
            "model": MODEL["slug"],
        },
        "details": {"number": 1, "schema": DIGEST, "artifact": "", "origin": "", "predecessor": None},
        "request_id": "9f0c3e5d",
        "previous": DIGEST,
    },
    "leaf_hash": DIGEST,
}
ENTRY_PAGE = page_example(ENTRY)
CHECKPOINT = "mrm.example.com\n42\nn4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=\n\n— mrm.example.com kQ3…\n"
INCLUSION = {"position": 41, "size": 42, "leaf_hash": DIGEST, "root": DIGEST, "proof": [DIGEST, DIGEST, DIGEST]}
CONSISTENCY = {"old": 40, "new": 42, "old_root": DIGEST, "new_root": DIGEST, "proof": [DIGEST, DIGEST]}
STORY_LINE = {
    "position": 43,
    "at": WHEN,
    "action": "change.decided",
    "subject": f"workflows.ChangeRequest:{ID}",
    "sentence": (
        f"On 2 June 2025 {PERSON['name']} approved CR-2025-0004 (promotion of {MODEL['name']} version 1) "
        "as risk officer, signing by passkey. “Within appetite for its tier.”"
    ),
    "quote": "Within appetite for its tier.",
    "changes": [],
    "evidence": [{"label": "the statement that was signed", "address": "/trail/43/#signed", "digest": DIGEST}],
    "leaf_hash": DIGEST,
}
STORY = page_example(STORY_LINE)

DEPENDENCIES = {
    "upstream": [],
    "downstream": [
        {
            "model": "mortgage-approval",
            "name": "Mortgage approval",
            "status": "in_use",
            "tier": 2,
            "kind": "input",
            "criticality": "high",
            "note": "The score of the applicant's other loans.",
        }
    ],
    "impact": [
        {"model": "mortgage-approval", "name": "Mortgage approval", "owner": PERSON, "steps": 1, "is_live": True}
    ],
    "hidden": 0,
    "shared": [{"what": "data source", "name": "Credit bureau file", "models": ["mortgage-approval"], "total": 1}],
}
