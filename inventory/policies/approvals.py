"""Approvals: whose signatures a change needs, per kind and tier."""

from inventory.policies.checks import are_some_of, is_object
from inventory.policies.standard import section
from inventory.policies.tiers import TIERS, rules_of

APPROVED_KINDS = ("retraining", "promotion", "retirement")
APPROVERS = ("validator", "risk_officer")

faults = is_object(
    {kind: is_object({tier: are_some_of(APPROVERS, at_least=2) for tier in TIERS}) for kind in APPROVED_KINDS}
)


def roles_required(document: dict, kind: str, tier: int) -> list[str]:
    """The roles whose approval a change of this kind needs at this tier, each by another person."""
    return section(document, "approvals")[kind][rules_of(tier)]
