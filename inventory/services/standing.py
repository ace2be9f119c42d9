"""Restricting, suspending and letting run again. Called where a rule or a decision says so, never by a view."""

from audits.trail.models import Action
from audits.trail.services import governed, record
from inventory.models import Model
from inventory.services.models import move_model
from inventory.services.uses import lift_restriction, restrict_use, standing_approval, suspend_use
from inventory.states import Status, UseState
from mrm.errors import RuleBroken


@governed()
def restrict_model(model: Model, *, because: str, actor) -> Model:
    """Something that its use rested on is gone. What is not in use, or is restricted already, stays as it is."""
    model = Model.objects.select_for_update().get(pk=model.pk)
    if model.status == Status.IN_USE:
        _move(model, "restrict")
        record(Action.MODEL_RESTRICTED, actor=actor, subject=model, because=because)
        for use in model.uses.filter(state=UseState.LIVE):
            restrict_use(use, reason=because, actor=actor)
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
        suspend_use(use, reason=because, actor=actor)
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


def _restore_uses(model: Model, because: str, actor) -> None:
    """Those that the version in production is approved for; the others stay as they are."""
    version = model.production_version()
    for use in model.uses.filter(state__in=(UseState.RESTRICTED, UseState.SUSPENDED)):
        if version and standing_approval(version, use):
            lift_restriction(use, reason=because, actor=actor)


def _move(model: Model, event: str) -> None:
    move_model(model, event)
    model.revision += 1
    model.save(update_fields=["status", "revision"])
