"""Stopping a model at once: one signature is enough; lifting it takes a change request that two decide."""

from audits.trail.models import Action
from audits.trail.services import record
from audits.workflows.models import Arrangement
from audits.workflows.models.references import next_reference
from inventory.models import Model, Policy
from inventory.services import bound_in_force, refuse_suspension, suspend_model
from mrm.accounts.models import Signature
from mrm.accounts.policies import Permission, label
from mrm.accounts.services import Act, require
from mrm.errors import NotPermitted

ASKS = "Say what happened, in a sentence: whoever relies on the model reads it."


def _refuse(model: Model, *, actor) -> None:
    require(actor, Permission.SUSPEND_MODEL, model.workspace_id, model_slug=model.slug)
    if why := why_not_suspend(model, actor):
        raise NotPermitted(why)
    refuse_suspension(model)


def _suspend(model: Model, *, comment: str, signature: Signature, actor) -> Arrangement:
    suspend_model(model, because=comment, actor=actor, signature=signature.in_trail())
    suspension = Arrangement.objects.create(
        reference=next_reference(Arrangement, "SU"),
        kind=Arrangement.Kind.SUSPENSION,
        model=model,
        title=comment[:300],
        terms={"reason": comment},
        begun_by=actor,
    )
    record(Action.ARRANGEMENT_BEGUN, actor=actor, subject=suspension, kind="suspension")
    return suspension


def facts_of_use(model: Model) -> dict:
    """What stopping a model, or taking it back, puts an end to."""
    version = model.production_version()
    return {
        "model": str(model.pk),
        "status": model.status,
        "production": version.number if version else None,
        "uses": sorted(str(use.pk) for use in model.uses.in_use()),
    }


SUSPENSION = Act(
    name="suspended",
    meaning=lambda model: f"I stop the use of {model}, and the uses it serves, at once.",
    refuse=_refuse,
    facts=facts_of_use,
    role=lambda model, person: role_that_suspends(model, person),
    done=_suspend,
    bound=lambda model: bound_in_force("suspension", model),
    asks=ASKS,
)


def why_not_suspend(model: Model, person) -> str:
    """Why this person may not stop this model; empty if they may."""
    if role_that_suspends(model, person):
        return ""
    told = ", ".join("its owner" if role == "owner" else label(role) for role in _allowed())
    return f"Under the policy in force a model is suspended by: {told}."


def role_that_suspends(model: Model, person) -> str:
    """As what this person may stop this model; empty if they may not. Who may is the policy's."""
    allowed, held = _allowed(), person.roles_in(model.workspace_id, model.slug)
    if roles := held & set(allowed) - {"owner"}:
        return min(roles)
    return "owner" if "owner" in allowed and model.owner_id == person.pk else ""


def _allowed() -> list[str]:
    return Policy.objects.in_force().section("suspension")["ordered_by"]
