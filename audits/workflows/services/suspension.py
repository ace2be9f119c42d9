"""Stopping a model at once: one person is enough; lifting it takes a change request that two decide."""

from audits.trail.models import Action
from audits.trail.services import governed, record
from audits.workflows.models import Arrangement
from audits.workflows.models.references import next_reference
from inventory.models import Model, Policy
from inventory.services import suspend_model
from mrm.accounts.policies import Permission, label
from mrm.accounts.services import require
from mrm.errors import NotPermitted, RuleBroken


@governed()
def suspend(model: Model, *, reason: str, actor) -> Arrangement:
    """Stop the use of a model now. Who may is the policy's: by default its owner and the second line."""
    require(actor, Permission.SUSPEND_MODEL, model.workspace_id, model_slug=model.slug)
    model = Model.objects.select_for_update(of=("self",)).select_related("workspace").get(pk=model.pk)
    if why := why_not_suspend(model, actor):
        raise NotPermitted(why)
    if not reason.strip():
        raise RuleBroken("Say what happened, in a sentence: whoever relies on the model reads it.")
    suspend_model(model, because=reason, actor=actor)
    suspension = Arrangement.objects.create(
        reference=next_reference(Arrangement, "SU"),
        kind=Arrangement.Kind.SUSPENSION,
        model=model,
        title=reason.strip()[:300],
        terms={"reason": reason.strip()},
        begun_by=actor,
    )
    record(Action.ARRANGEMENT_BEGUN, actor=actor, subject=suspension, kind="suspension")
    return suspension


def why_not_suspend(model: Model, person) -> str:
    """Why this person may not stop this model; empty if they may."""
    if person is None:
        return ""
    allowed = Policy.objects.in_force().section("suspension")["ordered_by"]
    held = person.roles_in(model.workspace_id, model.slug)
    if held & set(allowed) - {"owner"} or ("owner" in allowed and model.owner_id == person.pk):
        return ""
    told = ", ".join("its owner" if role == "owner" else label(role) for role in allowed)
    return f"Under the policy in force a model is suspended by: {told}."
