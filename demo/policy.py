"""A second version of the policy, proposed by one officer and published by another; and a third that is proposed."""

import copy

from demo.cast import Cast
from inventory import services
from inventory.models import Policy, PolicyDraft


def revise(cast: Cast) -> None:
    """What the firm changed about the standard policy, unless it did so before."""
    if Policy.objects.in_force().number > 1:
        return
    document = copy.deepcopy(Policy.objects.in_force().document)
    _limit(document, "rmse_ratio")["amber"] = 1.2
    stricter = _limit(document, "additivity_gap") | {"red": 0.005, "tiers": ["1"]}
    document["limits"].insert(0, stricter)
    reason = "Forecasts vary with the weather; what explains a tier 1 decision must add up."
    draft = services.propose_policy(document, reason=reason, actor=cast.officer)
    services.publish_draft(draft, actor=cast.second_officer)


def propose_next(cast: Cast) -> None:
    """A change that waits for a second officer, unless it does so already."""
    if PolicyDraft.objects.proposed().exists():
        return
    document = copy.deepcopy(Policy.objects.in_force().document)
    score = next(entry for entry in document["limits"] if (entry["measure"], entry.get("role")) == ("psi", "score"))
    document["limits"].insert(0, score | {"red": 0.2, "tiers": ["1"]})
    services.propose_policy(
        document, reason="Earlier alarms for the models that matter most.", actor=cast.second_officer
    )


def _limit(document: dict, measure: str) -> dict:
    return next(entry for entry in document["limits"] if entry["measure"] == measure)
