"""Changes: how long a request stands, and how long a refusal holds."""

from datetime import timedelta

from inventory.policies.checks import is_days, is_object
from inventory.policies.standard import section

faults = is_object({"expire_after_days": is_days, "ask_again_after_days": is_days})


def expiry_of_changes(document: dict) -> timedelta:
    return timedelta(days=section(document, "changes")["expire_after_days"])


def retraining_waits(document: dict) -> timedelta:
    """How long after a rejection the same breach may not ask for retraining again."""
    return timedelta(days=section(document, "changes")["ask_again_after_days"])
