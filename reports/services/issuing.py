"""Issuing reports: asked for, gathered, printed, sealed, kept under their digest."""

import hashlib
from datetime import UTC, date, datetime
from uuid import UUID

from django.db.models import CharField, F, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone

from audits.trail.models import Action
from audits.trail.services import governed, record
from audits.workflows.models import Arrangement
from audits.workflows.models.references import next_reference
from inventory.models import Model, ModelVersion
from mrm.accounts.policies import Permission
from mrm.accounts.services import require
from mrm.adapters import keys, storage
from mrm.errors import RuleBroken
from mrm.locks import held
from reports.contents import evidence_bundle
from reports.contents.gather import gather
from reports.models import Report
from reports.services.transitions import locked, move
from reports.states import ReportState
from reports.verification.evidence import EVIDENCE

MOST_ATTEMPTS = 3
EMERGENCY = "break_glass"


@governed()
def request_report(model: Model, *, period_start: date, period_end: date, origin: str = "", actor) -> Report:
    """Ask for a monitoring report; a worker issues it."""
    require(actor, Permission.ISSUE_REPORT, model.workspace_id, model_slug=model.slug)
    if period_end < period_start:
        raise RuleBroken("The period ends before it begins; choose a later end.")
    if period_end > timezone.localdate():
        raise RuleBroken("The period ends in the future; a report states what has happened, at most until today.")
    if not model.versions.filter(reference__isnull=False).exists():
        raise RuleBroken(f"{model} has no version with reference data, so there is nothing to report yet.")
    report = Report.objects.create(
        reference=next_reference(Report, "R"),
        model=model,
        period_start=period_start,
        period_end=period_end,
        origin=origin,
        requested_by=actor,
    )
    record(
        Action.REPORT_REQUESTED,
        actor=actor,
        subject=report,
        period=[period_start.isoformat(), period_end.isoformat()],
    )
    return report


def report_emergencies() -> None:
    """An emergency release is reported in a sealed document of its day, each exactly once: who decided, over what.

    A version without reference data cannot be reported on yet; it is as soon as they are there.
    """
    reported = Report.objects.exclude(origin="").values("origin")
    released = Arrangement.objects.filter(kind=Arrangement.Kind.BREAK_GLASS).annotate(
        name=Concat(Value(f"{EMERGENCY}:"), Cast("pk", CharField()))
    )
    reportable = released.filter(version__reference__isnull=False).exclude(name__in=reported)
    for release in reportable.select_related("model__workspace"):
        _report_emergency(release)


@governed()
def _report_emergency(release: Arrangement) -> None:
    origin, day = f"{EMERGENCY}:{release.pk}", timezone.localdate(release.starts_at)
    if not Report.objects.filter(origin=origin).exists():
        request_report(release.model, period_start=day, period_end=day, origin=origin, actor=None)


def issue_report(report_id: UUID) -> Report | None:
    """Gather, print and seal a requested report; None where it is issued already or another worker has it in hand."""
    with held(report_id) as mine:
        report = Report.objects.select_related("model__owner", "model__workspace", "requested_by").get(pk=report_id)
        if not mine or report.state != ReportState.REQUESTED:
            return None
        if report.attempts >= MOST_ATTEMPTS:
            return _fail(report, f"Stopped after {MOST_ATTEMPTS} attempts without a document; the log says more.")
        Report.objects.filter(pk=report.pk).update(attempts=F("attempts") + 1, step="Gathering the evidence")
        gathered = gather(report)
        evidence = evidence_bundle(
            gathered.report, results=gathered.results, decisions=gathered.decisions, trail=gathered.trail
        )
        _show_step(report, "Setting the pages")
        pdf = _print(gathered.report, evidence)
        _show_step(report, "Sealing the document")
        try:
            sealed = keys.configured().seal(pdf, reason=f"Issued by mrm as {report.reference}")
        except RuleBroken as refusal:
            return _fail(report, str(refusal))
        return _keep(report, sealed, evidence, version=gathered.version)


def _print(contents, evidence: bytes) -> bytes:
    """The pages as PDF/A-3b with the evidence attached."""
    from reports.pdf import Attachment, render
    from reports.pdf.pages import pages

    html = pages(Report.Kind.MONITORING, contents, evidence=evidence)
    attachment = Attachment(EVIDENCE, evidence, "Every number with its source, decisions, trail entries and proofs")
    return render(
        html,
        attachments=[attachment],
        document_id=f"{contents.reference} {hashlib.sha256(evidence).hexdigest()}",
        at=datetime.now(UTC),
    )


def waiting_reports() -> list[UUID]:
    return list(Report.objects.filter(state=ReportState.REQUESTED).values_list("pk", flat=True))


def _keep(report: Report, sealed: bytes, evidence: bytes, *, version: ModelVersion) -> Report:
    digests = {"pdf_sha256": storage.put(sealed), "evidence_sha256": storage.put(evidence)}
    return _keep_sealed(report, version=version, pdf_bytes=len(sealed), **digests)


@governed()
def _keep_sealed(report: Report, **facts) -> Report:
    report = locked(report)
    move(report, "seal", step="", sealed_at=timezone.now(), **facts)
    told = {"sha256": report.pdf_sha256, "evidence_sha256": report.evidence_sha256, "version": report.version.number}
    record(Action.REPORT_ISSUED, actor=None, subject=report, **told)
    return report


@governed()
def _fail(report: Report, reason: str) -> Report:
    report = locked(report)
    move(report, "fail", step="", reason=reason)
    record(Action.REPORT_FAILED, actor=None, subject=report, reason=reason)
    return report


def _show_step(report: Report, step: str) -> None:
    Report.objects.filter(pk=report.pk).update(step=step)
