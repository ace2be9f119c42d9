"""Many models at once, all of them or none."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial

from django.db import IntegrityError

from audits.trail.models import Action
from audits.trail.services import governed, record, recorded_together
from inventory.models import Model, Policy
from inventory.services.drafts import Draft, TakenByMany, draft_model
from inventory.services.models import register_model
from inventory.services.versions import register_version
from mrm.accounts.models import Workspace
from mrm.accounts.policies import Permission
from mrm.accounts.services import require
from mrm.errors import DomainError, NotPermitted, RuleBroken, UnusableData

MOST_ERRORS = 100
TOGETHER_FROM = 100  # Fewer are sooner looked up one by one than every name there is is read.
PER_STATEMENT = 500


def register_models(
    workspace: Workspace, entries: list[dict], *, actor, progress: Callable[[int], None] = lambda done: None
) -> list[Model]:
    """Enter models, each with its `versions`, if every one of them can be; else none, and every reason by its place.

    An entry is what `register_model` takes, and under `versions` a list of what `register_version` takes.
    """
    drafts = draft_models(workspace, entries, actor=actor)
    return enter_models(workspace, entries, drafts, actor=actor, progress=progress)


def draft_models(workspace: Workspace, entries: list[dict], *, actor) -> list[Draft]:
    """Many models checked in memory, before anybody has to wait for them, or every reason against them by its place.

    None where they are few; nor where versions come with faulty ones, whose faults are found one by one only.
    """
    require(actor, Permission.REGISTER_MODEL, workspace, model_slug=None)
    if len(entries) < TOGETHER_FROM:
        return []
    drafts, errors = drafts_of(workspace, entries, actor=actor)
    if errors and not any(entry.get("versions") for entry in entries):
        raise UnusableData(*errors[:MOST_ERRORS])
    return [] if errors else drafts


def drafts_of(
    workspace: Workspace, entries: list[dict], *, most: int | None = MOST_ERRORS, actor
) -> tuple[list[Draft], list[dict]]:
    """What each entry would be, and what is against others by its place; where `most` is said, it ends at so many."""
    taken, drafts, errors = TakenByMany(workspace), [], []
    for place, entry in enumerate(entries):
        said = {name: value for name, value in entry.items() if name != "versions"}
        known = {name: said.pop(name) for name in ("name", "owner", "slug", "baselined_until") if name in said}
        drafted = partial(draft_model, workspace, said, **known, taken=taken, at_once=True, actor=actor)
        if draft := _tried(errors, f"models[{place}]", drafted):
            drafts.append(draft)
            taken.add(draft.model)
        if most is not None and len(errors) >= most:
            break
    return drafts, errors


@governed()
def enter_models(
    workspace: Workspace, entries: list[dict], drafts: list[Draft], *, actor, progress: Callable[[int], None]
) -> list[Model]:
    """Write what was drafted; what cannot be written so is entered one by one, which says what is wrong with which."""
    require(actor, Permission.REGISTER_MODEL, workspace, model_slug=None)
    with recorded_together():
        if drafts:
            with suppress(DomainError, IntegrityError), governed():
                return _entered(entries, drafts, actor, progress)
        return _registered(workspace, entries, actor, progress)


def _entered(entries: list[dict], drafts: list[Draft], actor, progress: Callable[[int], None]) -> list[Model]:
    """Some statements for them all. Constraints keep names and slugs apart; the policy must be the one they name."""
    policy, _ = Policy.objects.document_in_force()
    if any(draft.policy != policy for draft in drafts):
        raise RuleBroken("Another policy is in force by now.")
    models = []
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
