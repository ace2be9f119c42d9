"""What makes a tier."""

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
