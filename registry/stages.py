"""MLflow's four stages, and the words that name them in a call. Plain values."""

NONE, STAGING, PRODUCTION, ARCHIVED = ASSIGNABLE = ("None", "Staging", "Production", "Archived")
ACTIVE = (STAGING, PRODUCTION)  # The only ones that push others aside.
_BY_WORD = {stage.lower(): stage for stage in ASSIGNABLE}


def canonical(word: str) -> str | None:
    """The stage that a word means, whatever its case; None where it means none."""
    return _BY_WORD.get(word.lower())
