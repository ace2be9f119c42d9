"""A second version of the policy, proposed by an officer, approved by the committee; and a third that waits for it."""

import copy

from audits.workflows.models import ChangeRequest
from audits.workflows.services import request_change
from demo.building import decide
from demo.cast import Cast
from inventory import services
from inventory.models import Policy, PolicyDraft
from mrm.accounts.models import Person


def revise(cast: Cast) -> None:
    """What the firm changed about the standard policy, unless it did so before."""
    if Policy.objects.in_force().number > 1:
        return
    document = copy.deepcopy(Policy.objects.in_force().document)
    _limit(document, "rmse_ratio")["amber"] = 1.2
    stricter = _limit(document, "additivity_gap") | {"red": 0.005, "tiers": ["1"]}
    document["limits"].insert(0, stricter)
    document["validation"]["required_for_tiers"] = ["1"]
    reason = "Forecasts vary with the weather; a tier 1 model is validated first, and what explains it must add up."
    change = _ask(document, reason=reason, by=cast.officer)
    decide(cast, change, "Re-performed on last year's runs; within appetite.")


def propose_next(cast: Cast) -> None:
    """A change that waits for those who decide, unless it does so already."""
    if PolicyDraft.objects.proposed().exists():
        return
    document = copy.deepcopy(Policy.objects.in_force().document)
    score = next(entry for entry in document["limits"] if (entry["measure"], entry.get("role")) == ("psi", "score"))
    document["limits"].insert(0, score | {"red": 0.2, "tiers": ["1"]})
    _limit(document, "calibration_slope_deviation").update(amber=0.1, red=0.2)
    _ask(document, reason="Earlier alarms for the models that matter most.", by=cast.second_officer)


def _ask(document: dict, *, reason: str, by: Person) -> ChangeRequest:
    draft = services.propose_policy(document, reason=reason, actor=by)
    terms = {"draft": str(draft.pk)}
    return request_change(ChangeRequest.Kind.POLICY_CHANGE, None, reason=reason, terms=terms, actor=by)


def _limit(document: dict, measure: str) -> dict:
    return next(entry for entry in document["limits"] if entry["measure"] == measure)
