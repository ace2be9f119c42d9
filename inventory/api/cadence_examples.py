"""The examples of cadences in the OpenAPI document."""

from inventory.api.examples import ID, PERSON, WHEN

CADENCE_IN = {
    "rhythm": "drift",
    "every": "weekly",
    "reason": "A new sales channel opens in June.",
    "holds_until": "2025-12-31",
}
CADENCE = CADENCE_IN | {
    "id": ID,
    "loosens": False,
    "change": "",
    "set_by": PERSON,
    "set_at": WHEN,
    "ended_at": None,
    "ended_because": "",
}
CADENCES = {
    "cadences": [
        {
            "rhythm": "drift",
            "every": "weekly",
            "days": 7,
            "why": CADENCE_IN["reason"],
            "policy_every": "monthly",
            "policy_why": "By the cadence of tier 1.",
            "is_looser": False,
            "own": CADENCE,
        }
    ]
}
CADENCE_END = {"reason": "The channel is as the others are."}
CADENCE_ENDED = CADENCE | {"ended_at": WHEN, "ended_because": CADENCE_END["reason"]}
