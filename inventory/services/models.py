"""Models in the register: entered, described, tiered, retired."""

from collections.abc import Collection
from contextlib import suppress
from datetime import date

from django.utils import timezone

from audits.trail.models import Action
from audits.trail.services import Message, Overtaken, governed, record, written_at_once
from inventory import policies
from inventory.contents.dependencies import why_still_needed
from inventory.models import Model, ModelVersion
from inventory.services.attributes import (
    check_agreement,
    refuse_to_keep_from_deciding,
    refuse_what_is_not_theirs,
    tidied,
    told,
)
from inventory.services.doubts import doubt_by_attributes
from inventory.services.drafts import (
    Draft,
    Taken,
    draft_model,
    namesake_exists,
    namesakes,
    refuse_faults,
    refuse_unknown,
)
from inventory.services.effective import check_effective_day, holding_since
from inventory.services.revisions import refuse_outdated
from inventory.services.tiering import reassess, tier_inputs
from inventory.services.uses import end_uses_of
from inventory.states import Stage, Status, model_after, version_after
from mrm.accounts.models import Person, Workspace
from mrm.accounts.policies import Permission
from mrm.accounts.services import require
from mrm.errors import RuleBroken


def register_model(
    workspace: Workspace,
    *,
    name: str,
    owner: Person,
    slug: str = "",
    baselined_until: date | None = None,
    within: Message | None = None,
    actor,
    **described,
) -> Model:
    """Enter a model in the register. `described` is any attribute of `inventory.attributes.COLUMNS`.

    What policy still misses about it is answered by `model.missing()`.
    A model taken over from elsewhere may be baselined: what it lacks is dated debt until then.
    `within` a message of the caller's it is entered with whatever else that writes.
    """

    def drafted(*, at_once: bool) -> Draft:
        return draft_model(
            workspace,
            described,
            name=name,
            owner=owner,
            slug=slug,
            baselined_until=baselined_until,
            taken=Taken(workspace),
            at_once=at_once,
            actor=actor,
        )

    if within is not None:
        return _put(within, drafted(at_once=True), actor)
    with suppress(Overtaken):
        with written_at_once() as message:
            model = _put(message, drafted(at_once=True), actor)
        return model
    with governed():
        draft = drafted(at_once=False)
        draft.model.save(force_insert=True)
        record(Action.MODEL_REGISTERED, actor=actor, subject=draft.model, **draft.told)
    return draft.model


def _put(message: Message, draft: Draft, actor) -> Model:
    """Names and slugs are kept apart by constraints; the policy that it was checked against must still be in force."""
    message.only_if("%s = (SELECT id FROM inventory_policy ORDER BY number DESC LIMIT 1)", [draft.policy])
    message.insert(draft.model)
    message.record(Action.MODEL_REGISTERED, actor=actor, subject=draft.model, **draft.told)
    return draft.model


@governed()
def edit_model(
    model: Model, *, changes: dict, effective_on: date | None = None, revision: int | None = None, actor
) -> Model:
    """Change what the register says about a model, unless it was changed since the `revision` that the editor saw.

    `effective_on` is for what is entered late: the changes hold since that day, though they are known from today on.

    Changing what the tier is made of asks for a new confirmation. Once a tier was confirmed, only a confirmation lowers
    it; a stricter one holds at once.
    """
    require(actor, Permission.EDIT_MODEL, model.workspace_id, model_slug=model.slug)
    model = Model.objects.select_for_update().select_related("workspace", "owner").get(pk=model.pk)
    refuse_outdated(model, revision)
    if model.status == Status.RETIRED:
        raise RuleBroken(f"{model} is retired; its entry stays as it was.")
    refuse_unknown(changes)
    changes = tidied(changes)
    before = {name: getattr(model, name) for name in changes}
    changed = {name: value for name, value in changes.items() if value != before[name]}
    if effective_on is not None:
        check_effective_day(model, effective_on)
    elif not changed:
        return model
    refuse_what_is_not_theirs(changed, workspace=model.workspace_id, actor=actor)
    for name, value in changed.items():
        setattr(model, name, value)
    _check(model, anew=changed)
    refuse_to_keep_from_deciding(model, anew=changed, actor=actor)
    details = {"changes": {name: {"before": told(before[name]), "after": told(changed[name])} for name in changed}}
    if again := doubt_by_attributes(model, before=before, changed=changed, actor=actor):
        details["tier_to_assess_again"] = again
    feeds = changed.keys() & {*policies.FACTORS, *policies.FACTS}
    tier_before = model.tier
    if feeds and reassess(model, changed=feeds):
        details |= {"tier_before": tier_before, "tier": model.tier, "tier_inputs": tier_inputs(model)}
    if effective_on is not None:
        details["effective_on"] = effective_on.isoformat()
    model.revision += 1
    model.edited_at = timezone.now()
    with holding_since(effective_on, [Model._meta.get_field(name).attname for name in changes]):
        model.save()
    record(Action.MODEL_EDITED, actor=actor, subject=model, **details)
    return model


@governed()
def retire_model(model: Model, *, actor) -> Model:
    """End a model and every version of it. Called where a retirement was approved, never by a view."""
    model = Model.objects.select_for_update().get(pk=model.pk)
    if needed := why_still_needed(model):
        raise RuleBroken(*needed)
    now = timezone.now()
    move_model(model, "retire")
    model.retired_at = now
    model.revision += 1
    model.save(update_fields=["status", "retired_at", "revision"])
    for version in ModelVersion.objects.select_for_update().filter(model=model).exclude(stage=Stage.RETIRED):
        move_version(version, "retire")
        version.ended_at = version.ended_at or now
        version.save(update_fields=["stage", "ended_at"])
        record(Action.VERSION_RETIRED, actor=actor, subject=version)
    end_uses_of(model, reason=f"{model} was retired.", actor=actor)
    record(Action.MODEL_RETIRED, actor=actor, subject=model)
    return model


def move_model(model: Model, event: str) -> None:
    """The one place that sets a model's status; the caller saves it."""
    status = model_after(model.status, event)
    if status is None:
        raise RuleBroken(f"{model} is {model.get_status_display().lower()}; it is too late to {event} it.")
    model.status = status


def move_version(version: ModelVersion, event: str) -> None:
    """The one place that sets a version's stage; the caller saves it."""
    stage = version_after(version.stage, event)
    if stage is None:
        raise RuleBroken(f"{version} is {version.get_stage_display().lower()}; you cannot {event} it.")
    version.stage = stage


def _check(model: Model, *, anew: Collection[str]) -> None:
    refuse_faults(model, anew=anew)
    if namesakes(model.workspace_id, model.name).exclude(pk=model.pk).exists():
        raise namesake_exists(model)
    check_agreement(model)
