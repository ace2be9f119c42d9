"""What a client's words name, for a change: the rows themselves, or MLflow's own refusal."""

from django.utils import timezone

from inventory.models import Model, ModelVersion
from mrm.accounts.models import Workspace
from mrm.accounts.policies import Permission
from mrm.accounts.services import require
from registry.contents.shown import models_of, versions_of
from registry.limits import check_name, version_number
from registry.models import Alias, ModelFacts, VersionFacts
from registry.refusals import no_alias, no_model, no_version


def model_named(workspace: Workspace, name: str, actor) -> Model:
    check_name(name)
    models = models_of(workspace, actor) if actor else Model.objects.filter(workspace=workspace)
    model = models.select_related("workspace").filter(name=name).first()
    if model is None:
        raise no_model(name)
    return model


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


def facts_of(version: ModelVersion) -> VersionFacts:
    """What is kept of a version beside the register, locked; made where no client said anything of it yet."""
    VersionFacts.objects.bulk_create(
        [VersionFacts(version=version, touched_at=version.registered_at)], ignore_conflicts=True
    )
    return VersionFacts.objects.select_for_update().get(pk=version.pk)
