"""Many models at once, all of them or none."""

from collections.abc import Callable, Iterator
from contextlib import suppress

from django.db import IntegrityError

from audits.trail.models import Action
from audits.trail.services import governed, record, recorded_together
from inventory.models import Model
from inventory.services.drafts import TakenByMany, draft_model
from inventory.services.models import register_model
from inventory.services.versions import register_version
from mrm.accounts.models import Workspace
from mrm.accounts.policies import Permission
from mrm.accounts.services import require
from mrm.errors import DomainError, NotPermitted, RuleBroken, UnusableData

MOST_ERRORS = 100
TOGETHER_FROM = 100  # Fewer are sooner looked up one by one than every name there is is read.
PER_STATEMENT = 500


@governed()
def register_models(
    workspace: Workspace, entries: list[dict], *, actor, progress: Callable[[int], None] = lambda done: None
) -> list[Model]:
    """Enter models, each with its `versions`, if every one of them can be; else none, and every reason by its place.

    An entry is what `register_model` takes, and under `versions` a list of what `register_version` takes.
    """
    require(actor, Permission.REGISTER_MODEL, workspace, model_slug=None)
    with recorded_together():
        if len(entries) >= TOGETHER_FROM:
            # One by one where that fails: it takes longer, but says what is wrong with which.
            with suppress(DomainError, IntegrityError), governed():
                return _registered_together(workspace, entries, actor, progress)
        return _registered(workspace, entries, actor, progress)


def _registered_together(workspace: Workspace, entries: list[dict], actor, progress: Callable) -> list[Model]:
    """Checked in memory, written by some statements for them all; the constraints are the second net."""
    taken, drafts, models = TakenByMany(workspace), [], []
    for entry in entries:
        said = {name: value for name, value in entry.items() if name != "versions"}
        known = {name: said.pop(name) for name in ("name", "owner", "slug", "baselined_until") if name in said}
        drafts.append(draft_model(workspace, said, **known, taken=taken, actor=actor))
        taken.add(drafts[-1].model)
    for some in _parts(drafts):
        models += Model.objects.bulk_create([draft.model for draft in some])
        for draft in some:
            record(Action.MODEL_REGISTERED, actor=actor, subject=draft.model, **draft.told)
        progress(len(models))
    for model, entry in zip(models, entries, strict=True):
        for version in entry.get("versions", []):
            register_version(model, **version, actor=actor)
    return models


def _registered(workspace: Workspace, entries: list[dict], actor, progress: Callable[[int], None]) -> list[Model]:
    models, errors = [], []
    for place, entry in enumerate(entries):
        versions = entry.get("versions", [])
        fields = {name: value for name, value in entry.items() if name != "versions"}
        model = _tried(errors, f"models[{place}]", lambda f=fields: register_model(workspace, **f, actor=actor))
        if model is not None:
            models.append(model)
            for number, version in enumerate(versions):
                where = f"models[{place}].versions[{number}]"
                _tried(errors, where, lambda m=model, v=version: register_version(m, **v, actor=actor))
        if len(errors) >= MOST_ERRORS:
            break
        progress(place + 1)
    if errors:
        raise UnusableData(*errors[:MOST_ERRORS])
    return models


def _tried(errors: list[dict], where: str, register: Callable):
    """What a registration gave; where it was refused, None, and the reasons under their place."""
    try:
        return register()
    except UnusableData as refusal:
        errors += [
            error | {"field": f"{where}.{error['field']}" if "field" in error else where} for error in refusal.errors
        ]
    except (RuleBroken, NotPermitted) as refusal:
        errors += [{"message": reason, "field": where} for reason in refusal.reasons]
    return None


def _parts(drafts: list) -> Iterator[list]:
    return (drafts[start : start + PER_STATEMENT] for start in range(0, len(drafts), PER_STATEMENT))
