"""Registered models: made, described, renamed, deleted."""

from contextlib import suppress

from django.db.models.functions import Now
from django.utils import timezone

from audits.trail.models import Action
from audits.trail.services import Overtaken, governed, record, written_at_once
from audits.workflows.services.holds import refuse_deletion
from inventory import services as inventory
from inventory.attributes.names import fault_in_name
from inventory.models import Model, ModelVersion
from inventory.services import namesakes
from inventory.services.attributes import tidied
from inventory.states import Status
from mrm.accounts.models import Workspace
from mrm.accounts.policies import Permission
from mrm.accounts.services import require
from mrm.errors import RuleBroken
from mrm.prepared import Prepared
from mrm.reading import plain_form
from registry.limits import check_new_name, check_tag
from registry.models import Alias, ModelFacts, ModelTag
from registry.refusals import DENIED, Refused, already_exists, invalid
from registry.services import fields, rows
from registry.services.found import may_edit, model_named, touch
from registry.services.governance import refuse_to_lose
from registry.services.rules import is_governed, owner_for
from registry.services.tags import keep_model_tags, put_model_tags
from registry.services.versions import REPEATED_WITHIN


def register_model(workspace: Workspace, *, name: str, description: str, tags: dict[str, str], actor) -> Model:
    """Enter a model as a stock client does: by its name alone. What policy misses is listed, not refused.

    In a governed workspace the same call of the same caller, repeated soon, gives the model it gave the first time,
    unless something of it was changed meanwhile.
    """
    _check_new_name(workspace, name)
    for key, value in tags.items():
        check_tag(key, value)
    filled, kept = fields.of_model(tags, actor)
    listed = rows.of_model(kept, actor)
    owner = filled.pop("owner", None) or owner_for(workspace, actor)
    said = {"name": name, "owner": owner, "description": description} | filled
    try:
        with fields.faults_named_by_tag():
            if not listed:
                with suppress(Overtaken):
                    with written_at_once() as message:
                        model = inventory.register_model(workspace, **said, within=message, actor=actor)
                        put_model_tags(message, model, kept, actor=actor)
                    return model
            with governed():
                model = inventory.register_model(workspace, **said, actor=actor)
                rows.fill(model, listed, actor=actor)
                keep_model_tags(model, kept, actor=actor)
            return model
    except RuleBroken:
        if first := _made_by_the_same_call(workspace, said, kept, actor):
            return first
        _refuse_taken(workspace, name)
        raise


@governed()
def describe_model(workspace: Workspace, name: str, *, description: str, actor) -> Model:
    model = inventory.edit_model(model_named(workspace, name, actor), changes={"description": description}, actor=actor)
    touch(model)
    return model


@governed()
def rename_model(workspace: Workspace, name: str, *, new_name: str, actor) -> Model:
    check_new_name(new_name, "new_name")
    model = model_named(workspace, name, actor)
    if new_name.lower() != name.lower():
        _refuse_taken(workspace, new_name)
    model = inventory.edit_model(model, changes={"name": new_name}, actor=actor)
    touch(model)
    return model


@governed()
def delete_model(workspace: Workspace, name: str, *, actor) -> None:
    """Take a model out of MLflow's sight and free its name. Its entry, versions and trail stay, retired."""
    model = model_named(workspace, name, actor)
    require(actor, Permission.REGISTER_MODEL, workspace, model_slug=model.slug)
    may_edit(model, actor)
    if model.status not in (Status.IN_DEVELOPMENT, Status.RETIRED) and is_governed(workspace):
        raise Refused(DENIED, f"{model} is in use and cannot be deleted. Ask for its retirement; that is decided.")
    if is_governed(workspace):
        refuse_to_lose(*model.versions.select_related("model").order_by("number"))
    refuse_deletion(model, "the model")
    now = timezone.now()
    ModelFacts.objects.update_or_create(
        model=model, defaults={"touched_at": now, "deleted_at": now, "deleted_name": name}
    )
    Alias.objects.filter(model=model).delete()
    record(Action.MLFLOW_MODEL_DELETED, actor=actor, subject=model, name=name, versions=_numbers(model))
    if model.status != Status.RETIRED:
        ending, plain = f" (deleted {now:%Y-%m-%d %H.%M.%S.%f})", plain_form(name)
        stem = model.slug if fault_in_name(plain) else plain  # A name from before may hold what no new one may.
        inventory.edit_model(model, changes={"name": stem[: 200 - len(ending)].rstrip() + ending}, actor=actor)
        inventory.retire_model(model, actor=actor)


def _check_new_name(workspace: Workspace, name: str) -> None:
    try:
        check_new_name(name)
    except Refused:
        _refuse_taken(workspace, name)  # One from before a rule for names: a client that asks again goes on with it.
        raise


def _numbers(model: Model) -> list[int]:
    return list(ModelVersion.objects.filter(model=model).order_by("number").values_list("number", flat=True))


def _made_by_the_same_call(workspace: Workspace, said: dict, kept: dict[str, str], actor) -> Model | None:
    """The model that this caller made a moment ago, where it still is what this call would make of it.

    Compared with the register itself, so that making a model writes nothing for the sake of a repetition.
    """
    untouched = Model.objects.filter(revision=1, mlflow__isnull=True, versions__isnull=True)
    made = untouched.filter(workspace=workspace, name=said["name"], registered_at__gte=Now() - REPEATED_WITHIN)
    first = made.select_related("owner").filter(registered_by=actor).first() if actor else None
    if first is None or not is_governed(workspace):
        return None
    tags = dict(ModelTag.objects.filter(model=first).values_list("key", "value"))
    same = all(getattr(first, name) == value for name, value in tidied(said).items())
    return first if same and tags == kept else None


def _refuse_taken(workspace: Workspace, name: str) -> None:
    taken = _NAMESAKES(workspace=workspace.pk, name=name)
    if not taken:
        return
    if taken[0]["name"] == name:
        raise already_exists(name)
    raise invalid(
        f"There is a model called {taken[0]['name']!r} here; two names must differ by more than upper and lower case."
    )


_NAMESAKES = Prepared(lambda workspace, name: namesakes(workspace, name).order_by().values("name"))
