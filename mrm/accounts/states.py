"""The life of a role that was given, as one table."""

from enum import StrEnum


class GrantState(StrEnum):
    PROPOSED = "proposed"  # Of no effect until a second person approves it.
    GRANTED = "granted"
    REFUSED = "refused"
    REVOKED = "revoked"
    LAPSED = "lapsed"  # Nobody confirmed it when roles were recertified.


GRANT_TRANSITIONS = {
    (GrantState.PROPOSED, "approve"): GrantState.GRANTED,
    (GrantState.PROPOSED, "refuse"): GrantState.REFUSED,
    (GrantState.PROPOSED, "revoke"): GrantState.REVOKED,
    (GrantState.GRANTED, "revoke"): GrantState.REVOKED,
    (GrantState.GRANTED, "lapse"): GrantState.LAPSED,
}
