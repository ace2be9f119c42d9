"""Tags: those of mrm fill typed fields, all others are kept as they were sent."""

from collections.abc import Iterable

from audits.trail.models import Action
from audits.trail.services import Message, governed, record
from audits.workflows.services.holds import refuse_deletion
from inventory import services as inventory
from inventory.models import Model, ModelVersion
from mrm.accounts.models import Workspace
from mrm.adapters import storage
from registry.contents.shown import STATE_TAGS
from registry.contents.tagged import TYPED
from registry.limits import MOST_TAGS, check_tag, check_tag_key
from registry.models import ModelTag, VersionTag
from registry.refusals import Refused, invalid
from registry.services import fields, rows
from registry.services.found import may_edit, model_named, version_named

MOST_RECORDED = 20


def set_model_tag(workspace: Workspace, name: str, *, key: str, value: str, actor) -> None:
    check_tag(key, value)
    fields.refuse_state(key)
    model = model_named(workspace, name, actor)
    filled, kept = fields.of_model({key: value}, actor)
    listed = rows.of_model(kept, actor)
    with fields.faults_named_by_tag(), governed():
        may_edit(model, actor)
        if filled:
            inventory.edit_model(model, changes=filled, actor=actor)
        rows.fill(model, listed, actor=actor)
        keep_model_tags(model, kept, actor=actor)


@governed()
def delete_model_tag(workspace: Workspace, name: str, *, key: str, actor) -> None:
    check_tag_key(key)
    model = model_named(workspace, name, actor)
    may_edit(model, actor)
    if key in TYPED:
        inventory.edit_model(model, changes=fields.emptied(key), actor=actor)
    elif key in STATE_TAGS:
        raise invalid(f"The tag {key} is answered by mrm and cannot be deleted; it follows from decisions.")
    elif _deleted(ModelTag.objects.filter(model=model, key=key), model):
        rows.fill(model, rows.emptied(key), actor=actor)
        record(Action.MLFLOW_UNTAGGED, actor=actor, subject=model, key=key)


def set_version_tag(workspace: Workspace, name: str, number: str, *, key: str, value: str, actor) -> None:
    check_tag(key, value)
    version = version_named(workspace, name, number, actor)
    if key == fields.SCHEMA:
        inventory.describe_version(version, schema=fields.columns_in(value), actor=actor)
        return
    fields.refuse_state(key)
    fields.refuse_unknown_of_version(key)
    if key in fields.OF_VERSIONS:
        raise invalid(f"The tag {key} is given when a version is registered; a version does not change afterwards.")
    with governed():
        may_edit(version.model, actor)
        keep_version_tags(version, {key: value}, actor=actor)


@governed()
def delete_version_tag(workspace: Workspace, name: str, number: str, *, key: str, actor) -> None:
    check_tag_key(key)
    version = version_named(workspace, name, number, actor)
    may_edit(version.model, actor)
    if key in fields.OF_VERSIONS or key in STATE_TAGS:
        raise invalid(f"The tag {key} cannot be deleted; a version does not change after it was registered.")
    if _deleted(VersionTag.objects.filter(version=version, key=key), version.model):
        record(Action.MLFLOW_UNTAGGED, actor=actor, subject=version, key=key)


def _deleted(tags, model: Model) -> bool:
    """Whether there were any; refused while the model is on legal hold."""
    if not tags.exists():
        return False
    refuse_deletion(model, "a tag")
    return bool(tags.delete()[0])


def keep_model_tags(model: Model, tags: dict[str, str], *, actor) -> None:
    """Write tags, inside the governed block of whatever they belong to."""
    _keep(ModelTag, "model", model, tags, actor)


def put_model_tags(message: Message, model: Model, tags: dict[str, str], *, actor) -> None:
    """The tags of a model that the same message enters, so that it has no others."""
    if len(tags) > MOST_TAGS:
        raise _too_many(model)
    for key, value in tags.items():
        message.execute(
            "INSERT INTO registry_modeltag (model_id, key, value) VALUES (%s, %s, %s)", [model.pk, key, value]
        )
    if tags:
        message.record(Action.MLFLOW_TAGGED, actor=actor, subject=model, count=len(tags), tags=_told(tags.items()))


def keep_version_tags(version: ModelVersion, tags: dict[str, str], *, actor) -> None:
    _keep(VersionTag, "version", version, tags, actor)


def _keep(table, owner: str, subject, tags: dict[str, str], actor) -> None:
    if not tags:
        return
    others = table.objects.filter(**{owner: subject}).exclude(key__in=tags) if len(tags) < MOST_TAGS else None
    if others is None or others.count() + len(tags) > MOST_TAGS:
        raise _too_many(subject)
    table.objects.bulk_create(
        [table(**{owner: subject}, key=key, value=value) for key, value in tags.items()],
        update_conflicts=True,
        unique_fields=[owner, "key"],
        update_fields=["value"],
        batch_size=2000,
    )
    record(Action.MLFLOW_TAGGED, actor=actor, subject=subject, count=len(tags), tags=_told(tags.items()))


def _too_many(subject) -> Refused:
    return invalid(f"{subject} would have more than {MOST_TAGS} tags; delete some first.")


def _told(tags: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The first tags with the digests of their values: a value may be long, or nobody else's business."""
    return {key: storage.digest_of(value.encode()) for key, value in sorted(tags)[:MOST_RECORDED]}
