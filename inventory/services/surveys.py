"""Identification surveys: read and checked when they come, entered in the register at once when somebody says so."""

from datetime import date
from pathlib import Path

from django.core.cache import cache
from django.utils import timezone

from audits.trail.models import Action
from audits.trail.services import governed, record
from inventory.contents import survey as contents
from inventory.frames.sheets import read_sheet
from inventory.models import Survey
from inventory.services.bulk import drafts_of, enter_models
from inventory.services.drafts import Draft, check_baseline
from inventory.states import SurveyState, survey_after
from mrm.accounts.models import Workspace
from mrm.accounts.policies import Permission
from mrm.accounts.services import require
from mrm.adapters import storage
from mrm.errors import DomainError, RuleBroken, UnusableData
from mrm.locks import held

TOLD_FOR = 3600  # seconds that the progress of an import is remembered


def receive_survey(
    workspace: Workspace, path: Path, *, filename: str, baselined_until: date | None = None, actor
) -> Survey:
    """Keep a sheet and say what it would register, or every fault by line and column. Nothing is registered yet."""
    require(actor, Permission.REGISTER_MODEL, workspace)
    check_baseline(baselined_until, workspace, actor=actor)
    checked, _ = _checked(path, workspace, None, actor=actor)  # The baseline is asked once, not for every line.
    if not checked.faults.total and not checked.entries:
        raise UnusableData({"message": "The sheet has no line below its header.", "field": "file"})
    sha256 = storage.put(path)
    with governed():
        survey = Survey.objects.create(
            workspace=workspace,
            filename=Path(filename).name[:200] or "survey",
            sha256=sha256,
            entries=len(checked.entries),
            faults=checked.faults.first,
            fault_count=checked.faults.total,
            notes=checked.notes,
            state=SurveyState.FAULTY if checked.faults.total else SurveyState.CHECKED,
            baselined_until=baselined_until,
            uploaded_by=actor,
        )
        details = {"sha256": sha256, "models": survey.entries, "faults": survey.fault_count}
        record(Action.SURVEY_RECEIVED, actor=actor, subject=survey, **details)
    return survey


@governed()
def request_import(survey: Survey, *, actor) -> Survey:
    """Ask for the import of a sheet without faults; a worker does it, because it may take a while."""
    require(actor, Permission.REGISTER_MODEL, survey.workspace_id)
    survey = Survey.objects.select_for_update().get(pk=survey.pk)
    check_baseline(survey.baselined_until, survey.workspace_id, actor=actor)
    _move(survey, "request")
    survey.requested_by = actor
    survey.save(update_fields=["state", "requested_by"])
    return survey


def import_survey(survey: Survey) -> None:
    """Register every model of a requested survey in one transaction; where one cannot be, none, and say why."""
    with held(survey.pk) as mine:
        if not mine or Survey.objects.get(pk=survey.pk).state != SurveyState.REQUESTED:
            return
        try:
            _register(survey)
        except DomainError as refusal:
            _move(survey, "fail")
            survey.reason, survey.finished_at = " ".join(refusal.reasons), timezone.now()
            survey.save(update_fields=["state", "reason", "finished_at"])


def entries_of(survey: Survey, most: int = 50) -> list[dict]:
    """The first models that a survey would register."""
    return contents.check(read_sheet(storage.local_path(survey.sha256)), survey.workspace).entries[:most]


def progress_of(survey: Survey) -> int:
    """How many percent of the models are entered; only of an import under way is it asked what the worker told."""
    if survey.state != SurveyState.REQUESTED:
        return 100 if survey.state == SurveyState.IMPORTED else 0
    return 100 * cache.get(_progress(survey), 0) // max(survey.entries, 1)


def _register(survey: Survey) -> None:
    """The sheet is read again: what was free when it was uploaded may be taken by now."""
    surveys = Survey.objects.select_related("workspace", "requested_by")
    survey = surveys.get(pk=survey.pk)
    workspace, actor = survey.workspace, survey.requested_by
    checked, drafts = _checked(storage.local_path(survey.sha256), workspace, survey.baselined_until, actor=actor)
    if checked.faults.total:
        raise UnusableData(*checked.faults.first[:20])
    entries = _with_baseline(checked.entries, survey.baselined_until)
    with governed():
        survey = Survey.objects.select_for_update().get(pk=survey.pk)
        enter_models(workspace, entries, drafts, actor=actor, progress=lambda done: _tell(survey, done))
        _move(survey, "import")
        survey.finished_at = timezone.now()
        survey.save(update_fields=["state", "finished_at"])
        record(Action.SURVEY_IMPORTED, actor=actor, subject=survey, sha256=survey.sha256, models=len(entries))


def _checked(
    path: Path, workspace: Workspace, baselined_until: date | None, *, actor
) -> tuple[contents.Checked, list[Draft]]:
    """A sheet with every fault of its cells and everything that the register has against its sound lines, and these."""
    checked = contents.check(read_sheet(path), workspace)
    entries = _with_baseline([checked.lines[line] for line in checked.sound], baselined_until)
    drafts, errors = drafts_of(workspace, entries, most=None, actor=actor)
    checked.refuse(errors)
    return checked, drafts


def _with_baseline(entries: list[dict], until: date | None) -> list[dict]:
    return [entry | {"baselined_until": until} for entry in entries]


def _tell(survey: Survey, done: int) -> None:
    if done % 50 == 0:
        cache.set(_progress(survey), done, timeout=TOLD_FOR)


def _progress(survey: Survey) -> str:
    return f"survey-progress:{survey.pk}"


def _move(survey: Survey, event: str) -> None:
    """The one place that sets a survey's state; the caller saves it."""
    state = survey_after(survey.state, event)
    if state is None:
        raise RuleBroken(
            f"The survey {survey.filename} is {survey.get_state_display().lower()}; you cannot {event} it."
        )
    survey.state = state
