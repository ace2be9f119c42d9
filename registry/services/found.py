"""What a client's words name, for a change: the rows themselves, or MLflow's own refusal."""

from django.db import DEFAULT_DB_ALIAS
from django.utils import timezone

from audits.trail.services import Message
from inventory.models import Model, ModelVersion
from mrm.accounts.models import Workspace
from mrm.accounts.policies import Permission
from mrm.accounts.services import require
from mrm.prepared import Prepared
from registry.contents.shown import versions_of
from registry.limits import check_name, version_number
from registry.models import Alias, ModelFacts, VersionFacts
from registry.refusals import no_alias, no_model, no_version


def model_named(workspace: Workspace, name: str, actor) -> Model:
    """The model of that name; what a change of it needs more than `KNOWN` it reads anew under its lock."""
    check_name(name)
    found = _NAMED(workspace=workspace.pk, name=name)
    if not found or not (actor is None or actor.may_see(workspace, found[0]["slug"])):
        raise no_model(name)
    model = Model.from_db(DEFAULT_DB_ALIAS, KNOWN, [found[0][field] for field in KNOWN])
    model.workspace = workspace
    return model


KNOWN = ["id", "workspace_id", "slug", "name", "status"]
_NAMED = Prepared(
    lambda workspace, name: Model.objects.filter(
        workspace=workspace, name=name, mlflow__deleted_at__isnull=True
    ).values(*KNOWN)
)


def version_named(workspace: Workspace, name: str, number: str, actor) -> ModelVersion:
    check_name(name)
    versions = versions_of(workspace, actor) if actor else ModelVersion.objects.filter(model__workspace=workspace)
    versions = versions.select_related("model__workspace", "mlflow")
    version = versions.filter(model__name=name, number=version_number(number)).first()
    if version is None:
        raise no_version(name, number)
    return version


def version_by_alias(workspace: Workspace, name: str, alias: str, actor) -> ModelVersion:
    model = model_named(workspace, name, actor)
    found = Alias.objects.filter(model=model, name=alias).select_related("version").first()
    if found is None:
        raise no_alias(alias)
    return found.version


def may_edit(model: Model, actor) -> None:
    require(actor, Permission.EDIT_MODEL, model.workspace_id, model_slug=model.slug)


def touch(model: Model) -> None:
    """Let MLflow show the model as changed now."""
    ModelFacts.objects.bulk_create(
        [ModelFacts(model=model, touched_at=timezone.now())],
        update_conflicts=True,
        unique_fields=["model"],
        update_fields=["touched_at"],
    )


def put_touch(message: Message, model: Model) -> None:
    """The same with a message."""
    message.execute(
        "INSERT INTO registry_modelfacts (model_id, touched_at, deleted_name, mirrors) VALUES (%s, %s, '', '') "
        "ON CONFLICT (model_id) DO UPDATE SET touched_at = EXCLUDED.touched_at",
        [model.pk, timezone.now()],
    )


def facts_of(version: ModelVersion) -> VersionFacts:
    """What is kept of a version beside the register, locked; made where no client said anything of it yet."""
    VersionFacts.objects.bulk_create(
        [VersionFacts(version=version, touched_at=version.registered_at)], ignore_conflicts=True
    )
    return VersionFacts.objects.select_for_update().get(pk=version.pk)
