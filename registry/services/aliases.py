"""Aliases: names that point at one version of a model, and may be moved."""

from audits.trail.models import Action
from audits.trail.services import governed, record
from audits.workflows.models import Arrangement
from inventory.models import ModelVersion
from inventory.states import Stage, Status
from mrm.accounts.models import Workspace
from registry.limits import check_alias, check_alias_is_free_to_use
from registry.models import Alias
from registry.refusals import DENIED, Refused
from registry.services.found import may_edit, model_named, version_named
from registry.services.governance import means_production, refuse_unless_in_production, refuse_while_suspended
from registry.services.rules import is_governed


def set_alias(workspace: Workspace, name: str, *, alias: str, number: str, actor) -> None:
    """Point an alias at a version. One that means production points only at what is in production."""
    check_alias_is_free_to_use(alias)
    version = version_named(workspace, name, number, actor)
    may_edit(version.model, actor)
    is_production = is_governed(workspace) and means_production(alias)
    if is_production:
        refuse_unless_in_production(version, asked_by=f"The alias {alias} was asked for", actor=actor)
    _point(version, alias, is_production=is_production, actor=actor)


@governed()
def _point(version: ModelVersion, alias: str, *, is_production: bool, actor) -> None:
    version = ModelVersion.objects.select_for_update(of=("self",)).select_related("model").get(pk=version.pk)
    if is_production:
        refuse_while_suspended(version)
        if version.stage != Stage.PRODUCTION:
            raise Refused(DENIED, f"{version} left production at this moment; the alias was not set.")
    before = Alias.objects.filter(model=version.model, name=alias).select_related("version").first()
    if before and before.version_id == version.pk:
        return
    Alias.objects.update_or_create(model=version.model, name=alias, defaults={"version": version})
    details = {"alias": alias, "number": version.number, "before": before.version.number if before else None}
    record(Action.MLFLOW_ALIAS_SET, actor=actor, subject=version, **details)


def follow_roll_backs() -> list[Alias]:
    """Point what means production, and points at a version that a roll-back left, at the version it went back to."""
    rollbacks = Arrangement.objects.active().filter(kind=Arrangement.Kind.ROLLBACK)
    rollbacks = rollbacks.exclude(model__status=Status.SUSPENDED)  # Nobody is led to what somebody stopped.
    moved = []
    for rollback in rollbacks.select_related("version__model__workspace"):
        left = Alias.objects.filter(model=rollback.model_id, version__number=rollback.terms["left"])
        for alias in left.order_by("name"):
            if means_production(alias.name) and is_governed(rollback.version.model.workspace):
                _point(rollback.version, alias.name, is_production=True, actor=None)
                moved.append(alias)
    return moved


@governed()
def delete_alias(workspace: Workspace, name: str, *, alias: str, actor) -> None:
    """Take an alias away; one that is not there is no fault, as in MLflow."""
    check_alias(alias)
    model = model_named(workspace, name, actor)
    may_edit(model, actor)
    found = Alias.objects.filter(model=model, name=alias).select_related("version").first()
    if found:
        found.delete()
        record(Action.MLFLOW_ALIAS_DELETED, actor=actor, subject=model, alias=alias, number=found.version.number)
