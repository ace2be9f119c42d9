"""The examples of retirements in the OpenAPI document."""

from audits.workflows.api.examples import CHANGE, LATER
from inventory.api.examples import ID, MODEL, PERSON

ITEM_IN = {"item": "jobs_stopped", "evidence": "The nightly job is deleted: commit 4f2c1e9, ticket 4711."}
ITEM = ITEM_IN | {
    "asks": "Jobs and endpoints are switched off",
    "planned": "The scoring job is off; ticket 4711.",
    "done_by": PERSON,
    "done_at": LATER,
}
RETIREMENT = {
    "change": CHANGE["reference"],
    "model": MODEL["slug"],
    "state": "executing",
    "items": [ITEM],
    "returned_because": "",
    "agreed_by": PERSON,
    "verified_by": None,
    "verified_at": None,
    "signature": None,
    "archive": "",
    "retained_until": None,
}
RETURN_IN = {"reason": "The ticket is still open."}
ARCHIVE_IN = {"archive": "Vault 7, box 12.", "retained_until": "2036-07-02"}
RETIREMENT_VERIFIED = RETIREMENT | {"state": "verified", "verified_by": PERSON, "verified_at": LATER}
RETIREMENT_RETURNED = RETIREMENT | {"returned_because": RETURN_IN["reason"]}
RETIREMENT_ABANDONED = RETIREMENT_RETURNED | {"state": "abandoned"}
RETIREMENT_SIGNED = RETIREMENT_VERIFIED | {"state": "retired", "signature": ID}
RETIREMENT_ARCHIVED = RETIREMENT_SIGNED | {"state": "archived", **ARCHIVE_IN}
