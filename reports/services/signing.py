"""Signing what was sealed, and publishing what was signed: by the second line, over the digests of the file."""

from django.utils import timezone

from audits.trail.models import Action, Entry
from audits.trail.services import governed, record
from audits.workflows.services.involvement import answers_for
from inventory.services import bound_in_force
from mrm.accounts.models import Signature
from mrm.accounts.policies import Permission
from mrm.accounts.services import Act, require, role_with
from mrm.errors import NotPermitted, RuleBroken, Shown, entry_behind
from mrm.pages.wording import day
from reports.models import Report, ReportSignature
from reports.services.transitions import locked, move
from reports.states import ReportState, report_after


def why_not_theirs(report: Report, person) -> str:
    """Why this report is not for this person to sign; empty if it is.

    Neither who answers for its model or for the version that it is about, nor who asked for it: what a report says is
    computed, but over which days is whoever's choice who asks.
    """
    if fact := _answers(report, person):
        rule = "Who owns or develops a model, or made the version, does not sign reports about it"
    elif report.requested_by_id == person.pk:
        asking = Entry.objects.about(report).filter(action=Action.REPORT_REQUESTED)
        fact = asking.showing(f"asked for it on {day(report.requested_at)}")
        rule = "Whoever asks for a report, and so for its period, does not sign it"
    return Shown(f"{rule}: you {fact}. Somebody else does.", entry=entry_behind(fact)) if fact else ""


def why_not_publish(report: Report) -> list[str]:
    """What is missing before it is published; empty if nothing is."""
    if report.state == ReportState.SEALED:
        return ["Nobody has signed it yet; a risk officer signs it first."]
    if report_after(report.state, "publish") is None:
        return [f"{report.reference} is {report.state}; only a signed report is published."]
    present = _in_force(report)
    if present and (present.period_end, present.sealed_at) >= (report.period_end, report.sealed_at):
        return [
            f"{present.reference} is published, reaches until {day(present.period_end)} and was sealed on "
            f"{day(present.sealed_at)}; only one that reaches further, or as far and was sealed later, takes its place."
        ]
    return []


@governed()
def publish_report(report: Report, *, actor) -> Report:
    """Hand a signed report out. The one of its model and kind that was published before is superseded, and stays."""
    require(actor, Permission.PUBLISH_REPORT, report.model.workspace_id, model_slug=report.model_slug)
    if actor is None:
        raise NotPermitted("A person of the second line publishes a report; the system does not.")
    report = locked(report)
    if reasons := why_not_publish(report):
        raise RuleBroken(*reasons)
    if present := _in_force(report):
        move(locked(present), "supersede", superseded_by=report)
        record(Action.REPORT_SUPERSEDED, actor=None, subject=present, by=report.reference)
    move(report, "publish", published_by=actor, published_at=timezone.now())
    record(Action.REPORT_PUBLISHED, actor=actor, subject=report, **_digests(report))
    return report


def _in_force(report: Report) -> Report | None:
    """What is published of its model and kind. The report of an emergency stands by itself."""
    published = Report.objects.regular().filter(state=ReportState.PUBLISHED, model=report.model, kind=report.kind)
    return None if report.origin else published.first()


def _answers(report: Report, person) -> str:
    versions = [report.version] if report.version else report.model.versions.select_related("model")
    return next(filter(None, (answers_for(version, person) for version in versions)), "")


def _refuse(report: Report, *, actor) -> None:
    require(actor, Permission.SIGN_REPORT, report.model.workspace_id, model_slug=report.model_slug)
    if why := why_not_theirs(report, actor):
        raise NotPermitted(why)
    if report_after(report.state, "sign") is None:
        raise RuleBroken(f"{report.reference} is {report.state}; a report is signed between its seal and publication.")
    if report.signatures.filter(person=actor).exists():
        raise RuleBroken("You have signed it already.")


def _sign(report: Report, *, comment: str, signature: Signature, actor) -> Report:
    report = locked(report)
    move(report, "sign")
    ReportSignature.objects.create(report=report, person=actor, signature=signature)
    record(Action.REPORT_SIGNED, actor=actor, subject=report, **_what(report), signature=signature.in_trail())
    return report


def _what(report: Report) -> dict:
    """Which document it is, as the statement names it and the entry."""
    period = [report.period_start.isoformat(), report.period_end.isoformat()]
    return {
        "report": report.reference,
        "kind": report.kind,
        "model": report.model_slug,
        "period": period,
    } | _digests(report)


def _digests(report: Report) -> dict:
    return {"sha256": report.pdf_sha256, "evidence_sha256": report.evidence_sha256}


REPORT_SIGNATURE = Act(
    name="report_signed",
    meaning=lambda report: f"I have read {report}. The second line stands by it, and it may be published.",
    refuse=_refuse,
    facts=_what,
    role=lambda report, person: role_with(Permission.SIGN_REPORT, person, report.model.workspace_id, report.model_slug),
    done=_sign,
    bound=lambda report: bound_in_force("report", report.model),
    terms=_what,
)
