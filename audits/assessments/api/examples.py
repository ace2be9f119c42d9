"""The examples of the OpenAPI document, of the same story as those of registration."""

from inventory.api.examples import DIGEST, ID, MODEL, PERSON, WHEN
from inventory.api.paging import page_example

LATER = "2025-07-01T06:00:00Z"
WINDOW = {"window_start": "2025-06-01T00:00:00Z", "window_end": "2025-07-01T00:00:00Z"}

PLAN_IN = {"version": 1, "kind": "drift"}
PLAN_OFF_IN = {"reason": "The table is moved; operations watches the score daily until 1 March."}
PLAN = {
    "id": ID,
    "model": MODEL["slug"],
    **PLAN_IN,
    "enabled": True,
    "window_start": WINDOW["window_start"],
    "next_due_at": WINDOW["window_end"],
    "created_at": WHEN,
}
PLAN_OFF = PLAN | {"enabled": False}
PLAN_PAGE = page_example(PLAN)

RUN_IN = WINDOW
_RUN = {"id": ID, "plan": ID, "model": MODEL["slug"], "version": 1, "kind": "drift", **WINDOW}
_ASKED = {"policy_version": 1, "rerun_of": None, "requested_by": PERSON, "queued_at": LATER}
QUEUED = _RUN | {
    "state": "queued",
    "progress": 0,
    "step": "",
    "verdict": "",
    "reason": "",
    **_ASKED,
    "started_at": None,
    "finished_at": None,
}
RUN_QUEUED = QUEUED | {"inputs": {}, "environment": {}, "results": []}
_DONE = {"state": "succeeded", "progress": 100, "verdict": "amber", "started_at": LATER, "finished_at": LATER}
RUN_PAGE = page_example(QUEUED | _DONE)
RUN = (
    QUEUED
    | _DONE
    | {
        "inputs": {
            "reference": {"sha256": DIGEST, "rows": 1500, "grid": DIGEST},
            "batches": [{"sha256": DIGEST, "rows": 1200}],
            "rows": {"reference": 1500, "current": 1200},
            "not_examined": [],
        },
        "environment": {"python": "3.11.9", "libraries": {"numpy": "2.3.5"}, "seed": 1748736000},
        "results": [
            {
                "measure": "psi",
                "column": "score",
                "segment": "",
                "value": 0.143,
                "low": 0.109,
                "high": 0.184,
                "level": 0.95,
                "statistic": 171.6,
                "p_value": 0.0,
                "sizes": {"reference": 1500, "current": 1200},
                "method": "population stability index over 10 cells frozen from the reference",
                "verdict": "amber",
                "limit": {
                    "amber": 0.1,
                    "red": 0.25,
                    "direction": "upper",
                    "decided_by": "tolerance",
                    "minimum_size": 100,
                    "significance": 0.05,
                    "policy_version": 1,
                },
                "reason": "",
                "detail": {"tolerance": {"0.1": 0.004, "0.25": 0.99}},
            }
        ],
    }
)

BREACH = {
    "id": ID,
    "model": MODEL["slug"],
    "version": 1,
    "measure": "psi",
    "column": "score",
    "segment": "",
    "verdict": "amber",
    "first_run": ID,
    "last_run": ID,
    "occurrences": 1,
    "opened_at": LATER,
    "closed_at": None,
    "closing_reason": "",
    "state": "open",
    "evidence_digest": "3f2a9c1e" * 8,
    "steps": [],
}
BREACH_STEP_IN = {"kind": "root_cause", "text": "A campaign on a new channel brought other applicants."}
_TAKEN = {"decision": "", "person": PERSON, "taken_at": LATER, "signature": None}
BREACH_EXPLAINED = BREACH | {"state": "root_cause", "steps": [BREACH_STEP_IN | _TAKEN]}
BREACH_DECISION_IN = {
    "decision": "retrain",
    "text": "The new channel stays; the model must learn its applicants.",
    "evidence_digest": BREACH["evidence_digest"],
    "password": "correct horse battery",
}
_DECIDED = {name: BREACH_DECISION_IN[name] for name in ("decision", "text")} | {"kind": "decision", "signature": ID}
BREACH_DECIDED = BREACH_EXPLAINED | {
    "state": "decided",
    "steps": [*BREACH_EXPLAINED["steps"], _TAKEN | _DECIDED],
}
BREACH_PAGE = page_example(BREACH)
REASON = {"reason": "The campaign that brought other applicants ended in June; the July window lies within again."}
CLOSED = {
    "closing_reason": REASON["reason"],
    "state": "closed",
    "steps": [_TAKEN | _DECIDED],
}

_TALLY = {"before": {"within": 5, "amber": 1}, "after": {"within": 4, "amber": 2}, "worse": 1, "better": 0}
_FORETOLD = {
    "alerts": 2,
    "preceded": 1,
    "during": 0,
    "followed_by_none": 1,
    "not_known": 0,
    "falls": 1,
    "foretold": 1,
    "missed": 0,
    "unwatched": 0,
    "alarms": 2,
    "alarms_preceded": 1,
    "by_chance": 0.25,
    "evidence": "insufficient",
}
BACK_TEST = {
    "since": "2024-07-01T00:00:00Z",
    "until": LATER,
    "runs": 6,
    "runs_left_out": 0,
    "results": 6,
    "not_judged_again": 0,
    "why_not": {},
    "worse": 1,
    "better": 0,
    "opened_before": 1,
    "opened_after": 2,
    "not_opened": 0,
    "newly_opened": 1,
    "earlier": 0,
    "later": 0,
    "unsure": 0,
    "measures": [{"name": "psi", **_TALLY, "not_judged_again": 0}],
    "models": [{"name": MODEL["name"], **_TALLY, "not_judged_again": 0}],
    "weeks": [{"start": "2025-06-23", "before": 1, "after": 2}],
    "cases": [
        {
            "became": "opened",
            "week": "2025-06-23",
            "model": MODEL["slug"],
            "version": 1,
            "measure": "psi",
            "column": "score",
            "segment": "",
            "run": ID,
        }
    ],
    "foretold_before": _FORETOLD | {"alerts": 1, "followed_by_none": 0, "alarms": 1},
    "foretold_after": _FORETOLD,
    "digest": DIGEST,
}
