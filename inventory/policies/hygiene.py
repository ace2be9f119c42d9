"""Hygiene: how long nothing may be heard of what is in use, and how long what is on hold stays so unreviewed."""

from dataclasses import dataclass
from datetime import timedelta

from inventory.policies.checks import is_days, is_object
from inventory.policies.standard import section

faults = is_object(
    {
        "predictions_within_days": is_days,
        "outcomes_within_days": is_days,
        "holds_reviewed_after_days": is_days,
        "assessment_grace_days": is_days,
    }
)


@dataclass(frozen=True, kw_only=True)
class Hygiene:
    """Since when predictions or outcomes count as recent, how old an unreviewed hold is at most, and how long after its
    window an assessment may come in."""

    predictions_within: timedelta
    outcomes_within: timedelta
    holds_reviewed_after: timedelta
    assessment_grace: timedelta


def hygiene(document: dict) -> Hygiene:
    said = section(document, "hygiene")
    return Hygiene(**{name.removesuffix("_days"): timedelta(days=days) for name, days in said.items()})
