"""Models in the register: entered, described, tiered, retired."""

from contextlib import suppress
from datetime import date
from uuid import UUID

from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet, Value
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.text import slugify

from audits.trail.models import Action
from audits.trail.services import Message, Overtaken, governed, record, written_at_once
from inventory import attributes, policies
from inventory.contents.dependencies import why_still_needed
from inventory.models import Model, ModelVersion
from inventory.services.attributes import (
    check_agreement,
    check_registration,
    faults_in_attributes,
    refuse_what_is_not_theirs,
    tidied,
    told,
)
from inventory.services.effective import check_effective_day, holding_since
from inventory.services.tiering import computed_tier, is_assessed, reassess, tier_inputs
from inventory.services.uses import end_uses_of
from inventory.states import Stage, Status, model_after
from mrm.accounts.models import Person, Workspace
from mrm.accounts.policies import Permission
from mrm.accounts.services import require
from mrm.errors import Outdated, RuleBroken, UnusableData
from mrm.prepared import Prepared

RESERVED_SLUGS = ("bulk",)


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

    def drafted() -> tuple[Model, int, dict]:
        return _drafted(
            workspace, described, name=name, owner=owner, slug=slug, baselined_until=baselined_until, actor=actor
        )

    if within is not None:
        return _put(within, *drafted(), actor)
    with suppress(Overtaken):
        with written_at_once() as message:
            model = _put(message, *drafted(), actor)
        return model
    with governed():
        model, _, details = drafted()
        model.save(force_insert=True)
        record(Action.MODEL_REGISTERED, actor=actor, subject=model, **details)
    return model


def _put(message: Message, model: Model, policy: int, details: dict, actor) -> Model:
    """Names and slugs are kept apart by constraints; the policy that it was checked against must still be in force."""
    message.only_if("%s = (SELECT max(number) FROM inventory_policy)", [policy])
    message.insert(model)
    message.record(Action.MODEL_REGISTERED, actor=actor, subject=model, **details)
    return model


def _drafted(
    workspace: Workspace, described: dict, *, name: str, owner: Person, slug: str, baselined_until, actor
) -> tuple[Model, int, dict]:
    """A model that may be entered, the number of the policy that allows it, and what the trail will say."""
    wanted = slug or _slug_from(name)
    taken = _TAKEN(workspace=workspace.pk, name=name.strip(), slug=wanted)
    if not slug and any(row["slug"] == wanted for row in taken):
        wanted = _free_slug(wanted)
    require(actor, Permission.REGISTER_MODEL, workspace, model_slug=wanted)
    _refuse_unknown(described)
    described = tidied(described)
    model = Model(
        workspace=workspace,
        slug=wanted,
        name=name.strip(),
        owner=owner,
        baselined_until=baselined_until,
        registered_by=actor,
        **described,
    )
    said = {name: value for name, value in described.items() if model.says(name)}
    refuse_what_is_not_theirs(said, workspace=workspace, actor=actor)
    _refuse_faults(model)
    if any(row["is_namesake"] for row in taken):
        raise _namesake_exists(model)
    check_agreement(model)
    policy = check_registration(model)
    if any(row["slug"] == wanted for row in taken):
        raise RuleBroken(f"The slug {wanted} is taken; choose another.")
    model.tier = computed_tier(model)
    details = {"tier": model.tier, "tier_inputs": tier_inputs(model)} if is_assessed(model) else {"tier": model.tier}
    if baselined_until:
        details["baselined_until"] = baselined_until.isoformat()
    said = {name: told(value) for name, value in {"name": model.name, "owner": owner, **said}.items()}
    return model, policy, {"owner": str(owner.pk), "said": said} | details


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
    if revision is not None and revision != model.revision:
        raise Outdated(f"{model} was changed by somebody else since you read it. Read it again and repeat your change.")
    if model.status == Status.RETIRED:
        raise RuleBroken(f"{model} is retired; its entry stays as it was.")
    _refuse_unknown(changes)
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
    _check(model)
    details = {"changes": {name: {"before": told(before[name]), "after": told(changed[name])} for name in changed}}
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
        version.stage, version.ended_at = Stage.RETIRED, version.ended_at or now
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


def _refuse_unknown(values: dict) -> None:
    if unknown := values.keys() - set(attributes.COLUMNS):
        raise UnusableData(*({"message": f"{name} cannot be changed.", "field": name} for name in sorted(unknown)))


def _check(model: Model) -> None:
    _refuse_faults(model)
    if namesakes(model.workspace_id, model.name).exclude(pk=model.pk).exists():
        raise _namesake_exists(model)
    check_agreement(model)


def _refuse_faults(model: Model) -> None:
    """Faults of the fields together, so that a form or a program hears of all at once."""
    errors = faults_in_attributes(model)
    if model.slug in RESERVED_SLUGS:
        message = f"The slug {model.slug} is an address of the API; choose another."
        errors.append({"message": message, "field": "slug"})
    if slugify(model.slug) != model.slug or len(model.slug) > 100:
        errors.append({"message": "A slug is lower-case letters, digits and dashes, at most 100.", "field": "slug"})
    if errors:
        raise UnusableData(*errors)


def namesakes(workspace: UUID, name: str) -> QuerySet[Model]:
    """Models there whose names differ from this one by upper and lower case at most; by the index that forbids two."""
    return Model.objects.alias(folded=Lower("name")).filter(workspace=workspace, folded=Lower(Value(name)))


def _namesake_exists(model: Model) -> RuleBroken:
    return RuleBroken(f"{model.workspace} already has a model called {model.name}.")


def _taken(workspace: UUID, name: str, slug: str) -> QuerySet:
    """The models that have this name there, or this slug anywhere."""
    namesake = Q(workspace=workspace, folded=Lower(Value(name)))
    found = Model.objects.alias(folded=Lower("name")).filter(namesake | Q(slug=slug)).order_by()
    return found.annotate(is_namesake=ExpressionWrapper(namesake, BooleanField())).values("slug", "is_namesake")


_TAKEN = Prepared(_taken)


def _slug_from(name: str) -> str:
    wanted = slugify(name)[:90].strip("-") or "model"
    return f"{wanted}-2" if wanted in RESERVED_SLUGS else wanted


def _free_slug(taken: str) -> str:
    """The first number behind a slug that is taken which is free."""
    known = set(Model.objects.filter(slug__startswith=f"{taken}-").order_by().values_list("slug", flat=True))
    return next(slug for slug in (f"{taken}-{n}" for n in range(2, len(known) + 3)) if slug not in known)
