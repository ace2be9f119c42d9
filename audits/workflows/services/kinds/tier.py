"""Confirming a proposed tier by signed approvals, in place of one risk officer's word."""

from audits.workflows.models import ChangeRequest
from audits.workflows.services.kinds.kind import ChangeKind, the_model
from inventory.models import TierAssessment
from inventory.policies import SENIOR, TIER_LOWERING
from inventory.services import confirm_tier, lowers_strictest, why_propose_again


def proposed_tier(change: ChangeRequest) -> TierAssessment | None:
    """The tier that waits for its confirmation; none while the kind is only asked about, without a model."""
    if change.model is None:
        return None
    return change.model.tier_assessments.proposed().select_related("proposed_by").first()


def _why_not(change: ChangeRequest) -> list[str]:
    if not proposed_tier(change):
        return [f"No tier of {change.model} is proposed; propose one on its tier page first."]
    if outdated := why_propose_again(change.model):
        return [outdated]
    is_asked = bool(change.roles_required)
    if is_asked and _lowers(change) and not set(SENIOR) & set(change.roles_required):
        return [f"{change.reference} was asked for before it would leave tier 1; withdraw it and ask again."]
    return []


def _lowers(change: ChangeRequest) -> bool:
    proposed = proposed_tier(change)
    return proposed is not None and lowers_strictest(change.model, proposed.tier)


def _evidence(change: ChangeRequest) -> dict:
    proposed = proposed_tier(change)
    told = {"assessment": str(proposed.pk), "after": proposed.tier, "why": proposed.steps} if proposed else {}
    return {"tier": {"before": change.model.tier, **told}}


def _confirm(change: ChangeRequest, actor) -> str:
    """The decision is the people's; each of them was asked for their conflicts, so that the system confirms."""
    before, after = change.model.tier, confirm_tier(change.model, actor=None).tier
    return f"{change.model} is in tier {after}; it was in tier {before}."


def _approved_as(change: ChangeRequest) -> str:
    return TIER_LOWERING if _lowers(change) else "tier_change"


TIER_CHANGE = ChangeKind(
    about="model",
    purpose="Confirm the tier that is proposed, by signed approvals. Taking a model out of tier 1 is decided as the "
    "policy says of that alone, always with the chief risk officer or the committee.",
    if_approved="The proposed tier holds at once, and with it cadence, limits and who approves.",
    if_not="The tier stays as it is, and a stricter one that was proposed stays provisional.",
    why_not=_why_not,
    evidence=_evidence,
    carry_out=_confirm,
    at_stake=the_model,
    approved_as=_approved_as,
)
