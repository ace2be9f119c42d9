"""Fairness: from which size groups are shown and judged, and whom they are compared with."""

from inventory.policies.checks import is_count, is_object, is_one_of
from inventory.policies.standard import section

REFERENCE_GROUPS = ("best", "largest")  # With the highest selection rate; with the most rows.

faults = is_object(
    {"minimum_display": is_count, "minimum_gating": is_count, "reference_group": is_one_of(REFERENCE_GROUPS)}
)


def minimum_group(document: dict, purpose: str) -> int:
    """The smallest group that may be shown (`display`) or judged (`gating`)."""
    return section(document, "fairness")[f"minimum_{purpose}"]


def reference_group(document: dict) -> str:
    """Which group's selection rate the others' are compared with: that of the highest rate, or of the most rows."""
    return section(document, "fairness")["reference_group"]
