"""Restricting, suspending and letting run again. Called where a rule or a decision says so, never by a view."""

from audits.trail.models import Action
from audits.trail.services import governed, record
from inventory.models import Model, Use
from inventory.services.models import move_model
from inventory.services.uses import lift_restriction, locked_use, move_use, restrict_use, serving_approval, suspend_use
from inventory.states import HELD, Status, UseState
from mrm.errors import RuleBroken

HOLDING = {
    UseState.RESTRICTED: ("restrict", Action.USE_RESTRICTED),
    UseState.SUSPENDED: ("suspend", Action.USE_SUSPENDED),
}


@governed()
def restrict_model(model: Model, *, because: str, actor) -> Model:
    """Something that its use rested on is gone. What is not in use, or is restricted already, stays as it is."""
    model = Model.objects.select_for_update().get(pk=model.pk)
    if model.status == Status.IN_USE:
        _move(model, "restrict")
        record(Action.MODEL_RESTRICTED, actor=actor, subject=model, because=because)
        for use in model.uses.filter(state=UseState.LIVE):
            restrict_use(use, reason=because)
    return model


@governed()
def lift_model_restriction(model: Model, *, because: str, actor) -> Model:
    """Everything is in order again. What is not restricted stays as it is."""
    model = Model.objects.select_for_update().get(pk=model.pk)
    if model.status == Status.RESTRICTED:
        _move(model, "lift")
        record(Action.MODEL_RESUMED, actor=actor, subject=model, because=because)
        _restore_uses(model, because, actor)
    return model


def refuse_suspension(model: Model) -> None:
    """Raise unless there is something to stop."""
    if model.status not in (Status.IN_USE, Status.RESTRICTED):
        raise RuleBroken(f"Only what is in use can be suspended; {model} is {model.get_status_display().lower()}.")


@governed()
def suspend_model(model: Model, *, because: str, actor, **told) -> Model:
    """Stop the use of a model at once. `told` is what else its entry says."""
    model = Model.objects.select_for_update().get(pk=model.pk)
    refuse_suspension(model)
    _move(model, "suspend")
    record(Action.MODEL_SUSPENDED, actor=actor, subject=model, because=because, **told)
    for use in model.uses.in_use():
        suspend_use(use, reason=because)
    return model


@governed()
def resume_model(model: Model, *, because: str, actor) -> Model:
    """Let a suspended model run again."""
    model = Model.objects.select_for_update().get(pk=model.pk)
    if model.status != Status.SUSPENDED:
        raise RuleBroken(f"{model} is not suspended.")
    _move(model, "resume")
    record(Action.MODEL_RESUMED, actor=actor, subject=model, because=because)
    _restore_uses(model, because, actor)
    return model


@governed()
def hold_use(use: Use, *, held: UseState, reason: str, actor, **told) -> Use:
    """Restrict or suspend this use alone, by order of a person, until `release_use`.

    told  what else its entry says
    """
    use = locked_use(use)
    event, action = HOLDING[held]
    move_use(use, event, because=reason, held=held, held_because=reason)
    record(action, actor=actor, subject=use, reason=reason, **told)
    return use


@governed()
def release_use(use: Use, *, still: str = "", still_because: str = "", because: str, actor) -> Use:
    """An order about this use is over; `still` is as what another goes on holding it. What else limits it, stays."""
    use = locked_use(use)
    told = use.held_because
    use.held, use.held_because = still, still_because
    use.save(update_fields=["held", "held_because"])
    use = put_back(use, because=because, actor=actor)
    if use.state == UseState.RESTRICTED and use.state_because == told:
        _restrict(use, why_limited(use))
    return use


@governed()
def put_back(use: Use, *, because: str, actor) -> Use:
    """Out of restriction or suspension as far as its model, its approval and what a person ordered about it allow."""
    use = locked_use(use)
    if use.state not in HELD or use.held == UseState.SUSPENDED or use.model.status == Status.SUSPENDED:
        return use
    limited = why_limited(use)
    if not limited:
        return lift_restriction(use, reason=because, actor=actor)
    if use.state == UseState.SUSPENDED:
        _restrict(use, limited, event="ease")
    return use


def why_limited(use: Use) -> str:
    """Why a use that is not stopped may go on within limits only; empty where nothing limits it."""
    if use.held == UseState.RESTRICTED:
        return use.held_because
    if use.model.status == Status.RESTRICTED:
        return f"{use.model} is restricted."
    return "" if serving_approval(use) else f"The version of {use.model} in production is not approved for it."


def _restore_uses(model: Model, because: str, actor) -> None:
    """Each as far as its approval and what a person ordered about it alone allow."""
    for use in model.uses.filter(state__in=HELD):
        put_back(use, because=because, actor=actor)


def _restrict(use: Use, reason: str, *, event: str = "restrict") -> None:
    move_use(use, event, because=reason)
    record(Action.USE_RESTRICTED, actor=None, subject=use, reason=reason)


def _move(model: Model, event: str) -> None:
    move_model(model, event)
    model.revision += 1
    model.save(update_fields=["status", "revision"])
