"""MLflow's stages. In a governed workspace Production and Archived follow from decisions, and only None and Staging are
a client's to set."""

from django.utils import timezone

from audits.trail.models import Action
from audits.trail.services import governed, record
from inventory.models import ModelVersion
from inventory.states import Stage
from mrm.accounts.models import Workspace
from registry import stages
from registry.contents.shown import with_stage
from registry.limits import stage_named
from registry.models import VersionFacts
from registry.refusals import DENIED, Refused, invalid
from registry.services.found import facts_of, may_edit, touch, version_named
from registry.services.governance import refuse_to_archive, refuse_unless_in_production
from registry.services.rules import is_governed


def move_to_stage(
    workspace: Workspace, name: str, number: str, *, stage: str, archive_existing: bool, actor
) -> ModelVersion:
    """Put a version into a stage, and where asked, archive what was in it."""
    stage = stage_named(stage)
    if archive_existing and stage not in stages.ACTIVE:
        raise invalid(
            f"Model version transition cannot archive existing model versions because '{stage}' is not an Active "
            f"stage. Valid stages are {list(stages.ACTIVE)}"
        )
    version = version_named(workspace, name, number, actor)
    may_edit(version.model, actor)
    governs = is_governed(workspace)
    if governs:
        asked_by = f"The stage {stage} was asked for"
        if stage == stages.PRODUCTION:
            refuse_unless_in_production(version, asked_by=asked_by, actor=actor)
        if stage == stages.ARCHIVED:
            refuse_to_archive(version, asked_by=asked_by, actor=actor)
    return _move(version, stage, archive_existing=archive_existing, governs=governs, actor=actor)


@governed()
def _move(version: ModelVersion, stage: str, *, archive_existing: bool, governs: bool, actor) -> ModelVersion:
    siblings = with_stage(ModelVersion.objects.filter(model=version.model), governed=governs)
    siblings = siblings.filter(mlflow__deleted_at__isnull=True)
    version = siblings.select_related("model").get(pk=version.pk)
    before = version.mlflow_stage
    if before != stage:
        _refuse_what_decisions_keep(version, stage)
    now, archived = timezone.now(), []
    if archive_existing:
        for other in siblings.filter(mlflow_stage=stage).exclude(pk=version.pk):
            _refuse_what_decisions_keep(other, stages.ARCHIVED)
            archived.append(other.number)
            _set(other, stages.ARCHIVED, now)
    _set(version, stage, now)
    touch(version.model)
    record(Action.MLFLOW_STAGED, actor=actor, subject=version, before=before, stage=stage, archived=archived)
    return version


def _set(version: ModelVersion, stage: str, now) -> None:
    facts_of(version)
    VersionFacts.objects.filter(version=version).update(stage=stage, touched_at=now)


def _refuse_what_decisions_keep(version: ModelVersion, stage: str) -> None:
    """What people decided about a version is not undone by a call; a version in production or out of use stays so."""
    if version.stage in (Stage.PRODUCTION, Stage.SUPERSEDED, Stage.RETIRED):
        shown = version.get_stage_display().lower()
        raise Refused(DENIED, f"{version} is {shown} by decision; its stage cannot become {stage} by a call.")
