"""Approvals: whose signatures a change needs, per kind and tier."""

from inventory.policies.checks import are_some_of, is_object
from inventory.policies.standard import section, standard
from inventory.policies.tiers import TIERS, rules_of
from mrm.accounts.policies import ALLOWED, Permission

APPROVED_KINDS = ("retraining", "promotion", "retirement")
# Kinds that came later: a policy may leave them to the standard policy.
LATER_KINDS = (
    "approval",
    "exception",
    "overlay",
    "risk_acceptance",
    "tier_change",
    "policy_change",
    "resumption",
    "break_glass",
)
APPROVERS = tuple(sorted(ALLOWED[Permission.DECIDE_CHANGE]))

_per_tier = is_object({tier: are_some_of(APPROVERS, at_least=2) for tier in TIERS})
faults = is_object(dict.fromkeys(APPROVED_KINDS, _per_tier), optional=dict.fromkeys(LATER_KINDS, _per_tier))


def roles_required(document: dict, kind: str, tier: int) -> list[str]:
    """The roles whose approval a change of this kind needs at this tier, each by another person."""
    kinds = section(document, "approvals")
    return (kinds[kind] if kind in kinds else standard()["approvals"][kind])[rules_of(tier)]
