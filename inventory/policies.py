"""Reading a published policy: cadences, limits and approvals per tier; and what makes a tier. Plain values."""

from datetime import timedelta

from audits.statistics.limits import DecidedBy, Direction, Limit

CADENCES = {
    "daily": timedelta(days=1),
    "weekly": timedelta(days=7),
    "monthly": timedelta(days=30),
    "quarterly": timedelta(days=91),
    "semi-annual": timedelta(days=182),
    "annual": timedelta(days=365),
}
LEVELS = ("low", "medium", "high")

# governance.md, section 3.2: rows are materiality, columns complexity.
TIER_MATRIX = {
    ("high", "high"): 1,
    ("high", "medium"): 1,
    ("high", "low"): 2,
    ("medium", "high"): 2,
    ("medium", "medium"): 2,
    ("medium", "low"): 3,
    ("low", "high"): 2,
    ("low", "medium"): 3,
    ("low", "low"): 3,
}


def materiality(exposure: str, purpose: str) -> str:
    """The worse of exposure and purpose; they are stored apart and judged together."""
    return max(exposure, purpose, key=LEVELS.index)


def computed_tier(*, exposure: str, purpose: str, complexity: str, reliance: str) -> int:
    """The tier the scorecard gives. A sole driver of decisions (high reliance) is never in the lowest tier."""
    tier = TIER_MATRIX[materiality(exposure, purpose), complexity]
    return min(tier, 2) if reliance == "high" else tier


def cadence(document: dict, tier: int, kind: str) -> timedelta:
    """How long the window of one run is, and so how often the plan is due."""
    return CADENCES[document["tiers"][str(tier)]["cadence"][kind]]


def limit(document: dict, measure: str, *, role: str = "") -> Limit | None:
    """The limit of a measure, the one written for the column's role first; None where the policy sets none."""
    for entry in document["limits"]:
        if entry["measure"] == measure and entry.get("role", role) == role:
            return Limit(
                amber=entry.get("amber"),
                red=entry.get("red"),
                direction=Direction(entry.get("direction", "upper")),
                decided_by=DecidedBy(entry.get("decided_by", "point")),
                minimum_size=entry.get("minimum_size", 0),
                significance=entry.get("significance", 0.05),
            )
    return None


def roles_required(document: dict, kind: str, tier: int) -> list[str]:
    """The roles whose approval a change of this kind needs at this tier, each by another person."""
    return document["approvals"][kind][str(tier)]


def minimum_group(document: dict, purpose: str) -> int:
    """The smallest group that may be shown (`display`) or judged (`gating`)."""
    return document["fairness"][f"minimum_{purpose}"]


def expiry_of_changes(document: dict) -> timedelta:
    return timedelta(days=document["changes"]["expire_after_days"])


def retraining_waits(document: dict) -> timedelta:
    """How long after a rejection the same breach may not ask for retraining again."""
    return timedelta(days=document["changes"]["ask_again_after_days"])
