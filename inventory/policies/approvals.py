"""Approvals: whose signatures a change needs, per kind and tier, and where it weighs more or concerns persons."""

from inventory.policies.checks import are_some_of, is_object
from inventory.policies.standard import preset, section
from inventory.policies.tiers import TIERS, rules_of
from mrm.accounts.policies import ALLOWED, Permission
from mrm.pages.wording import words

APPROVED_KINDS = ("retraining", "promotion", "retirement")
FURTHER_EXTENSION = "further_extension"
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
    FURTHER_EXTENSION,
    "cadence_change",
    "use_ending",
    "retraining_envelope",
)
# Decided otherwise than the rest of its kind, because more hangs on it; a policy that does not tell them apart decides
# both alike.
WEIGHTIER = {
    "exception_severe": "exception",
    "overlay_material": "overlay",
    "risk_acceptance_severe": "risk_acceptance",
}
ABOUT_PERSONS = "about_persons"  # Who must agree as well before a version is used that concerns natural persons.
APPROVERS = tuple(sorted(ALLOWED[Permission.DECIDE_CHANGE]))

TIER_LOWERING = "tier_lowering"  # A change of tier that takes a model out of the strictest one.
STRICTEST = TIERS[0]
COMMITTEE = "committee"  # Its vote, concluded by its chair, in place of one person's approval.

# A change is called here what it is called where it is asked for (ChangeRequest.Kind, above; a test keeps them equal).
NAMES = {
    "approval": "approval for use",
    "about_persons": "use that concerns natural persons or their data, besides",
    "break_glass": "emergency release",
    "cadence_change": "looser cadence",
    "exception_severe": "exception from what matters most",
    "extension": "more time for a finding",
    FURTHER_EXTENSION: "still more time for a finding",
    "overlay_material": "overlay that is material",
    "resumption": "lifting of a suspension",
    "retraining_envelope": "envelope for retraining",
    "risk_acceptance_severe": "acceptance of the risk of a high finding",
    "tier_lowering": "change of tier that leaves tier 1",
    "use_ending": "end of a use",
}

SENIOR = ("chief_risk_officer", COMMITTEE)


def _who_approves(where: str, value) -> list[str]:
    """Two people or more; or the committee, which is several by its quorum."""
    is_committee = isinstance(value, list) and COMMITTEE in value
    return are_some_of((*APPROVERS, COMMITTEE), at_least=1 if is_committee else 2)(where, value)


def _who_lowers(where: str, value) -> list[str]:
    """As above, with the chief risk officer or the committee among them: the database asks for one of the two, too."""
    if faults := _who_approves(where, value):
        return faults
    senior = " or ".join(words(role) for role in SENIOR)
    return [] if set(SENIOR) & set(value) else [f"{where} must name the {senior}."]


_per_tier = is_object(dict.fromkeys(TIERS, _who_approves))
faults = is_object(
    dict.fromkeys(APPROVED_KINDS, _per_tier),
    optional=dict.fromkeys((*LATER_KINDS, *WEIGHTIER), _per_tier)
    | {
        TIER_LOWERING: is_object({STRICTEST: _who_lowers}),
        ABOUT_PERSONS: is_object(dict.fromkeys(TIERS, are_some_of(APPROVERS))),
    },
)


def name_of(kind: str) -> str:
    """What a kind of change is called."""
    return NAMES.get(kind, words(kind))


def lowering_roles(document: dict) -> list[str]:
    """The roles whose approval takes a model out of the strictest tier, each by another person."""
    return roles_required(document, TIER_LOWERING, int(STRICTEST))


def roles_required(document: dict, kind: str, tier: int) -> list[str]:
    """The roles whose approval a change of this kind needs at this tier, each by another person."""
    return roles_per_tier(section(document, "approvals"), kind)[rules_of(tier)]


def roles_per_tier(kinds: dict, kind: str) -> dict[str, list[str]]:
    """What the section asks for a kind, tier by tier.

    A policy from before there was the kind decides it as policies did then: by two signatures. About persons it asks
    for nobody besides.
    """
    kind = kind if kind in kinds else WEIGHTIER.get(kind, kind)
    return kinds[kind] if kind in kinds else preset("small-firm")["approvals"].get(kind, {})


def roles_about_persons(document: dict, tier: int) -> list[str]:
    """The roles that must agree as well where a version decides about natural persons, or uses their data."""
    return section(document, "approvals").get(ABOUT_PERSONS, {}).get(rules_of(tier), [])
