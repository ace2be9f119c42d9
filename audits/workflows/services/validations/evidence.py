"""What a conclusion rests on: runs, their results, sealed reports and documents, each by its digest."""

from django.core.exceptions import ValidationError
from django.utils import timezone

from audits.assessments.models import Result, Run
from audits.assessments.services.execution import results_digest
from audits.trail.models import Action, Entry
from audits.trail.services import governed, record
from audits.workflows.models import ValidationEvidence, ValidationItem, ValidationRequest
from audits.workflows.services.evidence import digest_of
from audits.workflows.services.validations.content import refresh_locked
from audits.workflows.services.validations.plans import CONCLUDED_IN
from audits.workflows.services.validations.scope import locked, refuse_unless, require_validator
from inventory.attributes import fault_in_text
from inventory.models import Document
from mrm.errors import RuleBroken, UnusableData
from mrm.pages import wording

Kind = ValidationEvidence.Kind
LONGEST_KEY = 80
MOST_OFFERED = 30


@governed()
def link_evidence(item: ValidationItem, *, kind: str, key: str, actor) -> ValidationEvidence:
    """Link what is there already; nobody types a verdict or a digest.

    key  the id of a run or a result, or the SHA-256 of a sealed report or a document, of this model
    """
    if kind not in Kind.values:
        raise UnusableData({"message": f"Evidence is one of {', '.join(Kind.values)}.", "field": "kind"})
    validation = locked(item.request)
    require_validator(validation, actor)
    refuse_unless(validation, CONCLUDED_IN, "evidence is linked while it is in progress")
    key = str(key)
    facts = None if fault_in_text(key, LONGEST_KEY) else FIND[kind](validation, key)
    if facts is None:
        message = f"{validation.model} has no {Kind(kind).label.lower()} {key[:LONGEST_KEY]}."
        raise UnusableData({"message": message, "field": "key"})
    if item.evidence.standing().filter(sha256=facts["sha256"]).exists():
        raise RuleBroken(f"{facts['title']} is linked to it already.")
    evidence = ValidationEvidence.objects.create(item=item, kind=kind, linked_by=actor, **facts)
    _told(evidence, item, validation, actor)
    return evidence


@governed()
def withdraw_evidence(evidence: ValidationEvidence, *, actor) -> ValidationEvidence:
    """It was linked by mistake. The trail keeps both."""
    item = evidence.item
    validation = locked(item.request)
    require_validator(validation, actor)
    refuse_unless(validation, CONCLUDED_IN, "its evidence stays as it is")
    evidence = ValidationEvidence.objects.select_for_update(of=("self",)).get(pk=evidence.pk)
    if evidence.withdrawn_at is not None:
        raise RuleBroken(f"{evidence} was withdrawn already.")
    evidence.withdrawn_at = timezone.now()
    evidence.save(update_fields=["withdrawn_at"])
    _told(evidence, item, validation, actor)
    return evidence


def linkable_evidence(validation: ValidationRequest) -> list[tuple[str, str, str]]:
    """What the page offers to link: kind, key and title, the newest first."""
    runs = _runs(validation).order_by("-finished_at")[:MOST_OFFERED]
    found = [(Kind.RUN, str(run.pk), f"{_told_run(run)}: {run.verdict or run.state}") for run in runs]
    found += [(Kind.DOCUMENT, one.sha256, one.title) for one in _documents(validation)[:MOST_OFFERED]]
    found += [
        (Kind.REPORT, one.details["sha256"], one.subject_name)
        for one in _reports(validation).order_by("-position")[:MOST_OFFERED]
    ]
    return found


def _told(evidence: ValidationEvidence, item: ValidationItem, validation: ValidationRequest, actor) -> None:
    record(
        Action.VALIDATION_EVIDENCED,
        actor=actor,
        subject=validation,
        component=item.component,
        kind=evidence.kind,
        title=evidence.title,
        sha256=evidence.sha256,
        verdict=evidence.verdict,
        withdrawn=evidence.withdrawn_at is not None,
    )
    refresh_locked(validation)


def _runs(validation: ValidationRequest):
    runs = Run.objects.finished().filter(version__model=validation.model_id).select_related("plan", "version__model")
    return runs.filter(version=validation.version) if validation.version else runs


def _reports(validation: ValidationRequest):
    """Reports stand above workflows; the trail says which were sealed."""
    return Entry.objects.filter(action=Action.REPORT_ISSUED, model_slug=validation.model_slug)


def _documents(validation: ValidationRequest):
    return Document.objects.filter(model=validation.model_id, ended_at__isnull=True).order_by("title")


def _told_run(run: Run) -> str:
    again = "re-performed " if run.rerun_of_id else ""
    return f"{run.plan.get_kind_display()} {again}run of version {run.version.number}, {run.window_end:%d %B %Y}"


def _run_facts(validation: ValidationRequest, key: str) -> dict | None:
    run = _by_id(_runs(validation), key)
    return run and {"run": run, "title": _told_run(run), "sha256": results_digest(run.results.all())}


def _result_facts(validation: ValidationRequest, key: str) -> dict | None:
    result = _by_id(Result.objects.filter(run__in=_runs(validation)).select_related("run__plan", "run__version"), key)
    if result is None:
        return None
    title = f"{wording.sentence(wording.case(result.measure, result.column, result.segment))}: {_told_run(result.run)}"
    sha256 = digest_of({"result": str(result.pk), "of": results_digest([result])})
    return {"run": result.run, "result": result, "title": title[:300], "sha256": sha256}


def _report_facts(validation: ValidationRequest, key: str) -> dict | None:
    entry = _reports(validation).filter(details__sha256=key).first()
    return entry and {"title": entry.subject_name, "sha256": key}


def _document_facts(validation: ValidationRequest, key: str) -> dict | None:
    document = _documents(validation).filter(sha256=key).first()
    return document and {"title": document.title[:300], "sha256": key}


def _by_id(rows, key: str):
    try:
        return rows.filter(pk=key).first()
    except (ValueError, ValidationError):
        return None


FIND = {
    Kind.RUN: _run_facts,
    Kind.RESULT: _result_facts,
    Kind.REPORT: _report_facts,
    Kind.DOCUMENT: _document_facts,
}
