"""People: how often every role is confirmed again, and how long there is to answer."""

from datetime import timedelta

from inventory.policies.checks import is_days, is_object, is_one_of
from inventory.policies.standard import section
from inventory.policies.tiers import CADENCES

faults = is_object({"recertify_roles": is_one_of(CADENCES), "answer_within_days": is_days})


def recertification(document: dict) -> dict[str, timedelta]:
    """How far apart the cycles begin, and how long a role waits to be confirmed before it lapses."""
    people = section(document, "people")
    return {
        "every": CADENCES[people["recertify_roles"]],
        "answer_within": timedelta(days=people["answer_within_days"]),
    }
