"""Signatures: for which decisions nothing weaker than a passkey will do."""

from inventory.policies.approvals import APPROVED_KINDS, FURTHER_EXTENSION, LATER_KINDS
from inventory.policies.checks import are_some_of, is_object
from inventory.policies.standard import section
from inventory.policies.tiers import TIERS, rules_of

# What is signed by people: decisions of these kinds, what one person does or ends by their signature, and validations.
SIGNED = (
    *APPROVED_KINDS,
    *(kind for kind in LATER_KINDS if kind != FURTHER_EXTENSION),  # Of the same kind as any extension.
    "legal_hold",
    "hold_release",
    "arrangement_closure",
    "breach_decision",
    "finding_closure",
    "report",
    "retraining_abandonment",
    "supervision",
    "rollback",
    "suspension",
    "tier_confirmation",
    "validation",
)

faults = is_object({"passkey": is_object({}, optional={kind: are_some_of(TIERS) for kind in SIGNED})})


def needs_passkey(document: dict, kind: str, tier: int) -> bool:
    """Whether a decision of this kind at this tier is signed by passkey only, or by password as well."""
    return rules_of(tier) in section(document, "signatures")["passkey"].get(kind, ())


def needs_any_passkey(document: dict) -> bool:
    """Whether anything is signed by passkey only: then so is that somebody lets another decide."""
    return any(section(document, "signatures")["passkey"].values())
