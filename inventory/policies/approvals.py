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
    "extension",
    "further_extension",
)
APPROVERS = tuple(sorted(ALLOWED[Permission.DECIDE_CHANGE]))

COMMITTEE = "committee"  # Its vote, concluded by its chair, in place of one person's approval.


def _who_approves(where: str, value) -> list[str]:
    """Two people or more; or the committee, which is several by its quorum."""
    is_committee = isinstance(value, list) and COMMITTEE in value
    return are_some_of((*APPROVERS, COMMITTEE), at_least=1 if is_committee else 2)(where, value)


_per_tier = is_object(dict.fromkeys(TIERS, _who_approves))
faults = is_object(dict.fromkeys(APPROVED_KINDS, _per_tier), optional=dict.fromkeys(LATER_KINDS, _per_tier))


def roles_required(document: dict, kind: str, tier: int) -> list[str]:
    """The roles whose approval a change of this kind needs at this tier, each by another person."""
    kinds = section(document, "approvals")
    return (kinds[kind] if kind in kinds else standard()["approvals"][kind])[rules_of(tier)]
