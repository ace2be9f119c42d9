"""Tiers: how often a model of each tier is looked at."""

from datetime import timedelta

from inventory.policies.checks import is_object, is_one_of
from inventory.policies.standard import section

CADENCES = {
    "daily": timedelta(days=1),
    "weekly": timedelta(days=7),
    "monthly": timedelta(days=30),
    "quarterly": timedelta(days=91),
    "semi-annual": timedelta(days=182),
    "annual": timedelta(days=365),
}
TIERS = ("1", "2", "3")
ASSESSMENTS = ("drift", "bias", "explainability", "performance")

faults = is_object(
    {tier: is_object({"cadence": is_object({kind: is_one_of(CADENCES) for kind in ASSESSMENTS})}) for tier in TIERS}
)


def tier_name(tier: int) -> str:
    """What people call a tier; the one of negligible risk is an exemption."""
    return f"Tier {tier}" if tier else "Exempt"


def rules_of(tier: int) -> str:
    """Whose rules a model of this tier follows: its own; where an exempt one must follow any, those of the lowest."""
    return str(tier) if tier else TIERS[-1]


def cadence(document: dict, tier: int, kind: str) -> timedelta:
    """How long the window of one run is, and so how often the plan is due."""
    return CADENCES[section(document, "tiers")[rules_of(tier)]["cadence"][kind]]
