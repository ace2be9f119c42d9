"""Findings: raised and closed by the second line, answered by the first."""

from datetime import date, timedelta

from django.utils import timezone

from audits.trail.models import Action
from audits.trail.services import governed, record
from audits.workflows.models import Finding
from audits.workflows.models.references import next_reference
from audits.workflows.policies import DAYS_UNTIL_DUE, why_not_close
from audits.workflows.services.transitions import move
from inventory.policies import rules_of
from mrm.accounts.policies import Permission
from mrm.accounts.services import require
from mrm.errors import NotPermitted, RuleBroken


@governed()
def raise_finding(
    model,
    *,
    severity: str,
    title: str,
    observation: str,
    required_outcome: str,
    version=None,
    breach=None,
    due_at: date | None = None,
    actor,
) -> Finding:
    """Record an observation and what must be achieved; due by severity and tier unless a nearer day is given."""
    require(actor, Permission.RAISE_FINDING, model.workspace_id, model_slug=model.slug)
    _refuse_blank(title=title, observation=observation, required_outcome=required_outcome)
    _refuse_foreign(model, version=version, breach=breach)
    latest = timezone.localdate() + timedelta(days=DAYS_UNTIL_DUE[int(rules_of(model.tier))][severity])
    if due_at and not timezone.localdate() <= due_at <= latest:
        raise RuleBroken(
            f"A {severity} finding on a tier {model.tier} model is due by {latest:%d %B %Y} at the latest."
        )
    finding = Finding.objects.create(
        reference=next_reference(Finding, "F"),
        model=model,
        version=version or (breach.version if breach else None),
        breach=breach,
        severity=severity,
        title=title,
        observation=observation,
        required_outcome=required_outcome,
        raised_by=actor,
        due_at=due_at or latest,
    )
    record(
        Action.FINDING_RAISED,
        actor=actor,
        subject=finding,
        severity=severity,
        due=finding.due_at.isoformat(),
        breach=str(breach.pk) if breach else "",
    )
    return finding


@governed()
def respond_to_finding(finding: Finding, *, response: str, actor) -> Finding:
    """What the first line says to it and plans to do."""
    finding = _for_the_first_line(finding, actor)
    _refuse_blank(response=response)
    move(finding, "respond", response=response)
    record(Action.FINDING_ANSWERED, actor=actor, subject=finding, response=response)
    return finding


@governed()
def submit_finding(finding: Finding, *, response: str, actor) -> Finding:
    """The first line says that the required outcome is achieved."""
    finding = _for_the_first_line(finding, actor)
    _refuse_blank(response=response)
    move(finding, "submit", response=response, submitted_by=actor)
    record(Action.FINDING_ANSWERED, actor=actor, subject=finding, response=response, submitted=True)
    return finding


@governed()
def return_finding(finding: Finding, *, reason: str, actor) -> Finding:
    """The second line is not satisfied yet."""
    finding = _for_the_second_line(finding, actor)
    _refuse_blank(reason=reason)
    move(finding, "return")
    record(Action.FINDING_ANSWERED, actor=actor, subject=finding, returned=reason)
    return finding


@governed()
def close_finding(finding: Finding, *, reason: str, actor) -> Finding:
    """Only the second line closes, with a reason; never the owner, never whoever submitted it."""
    finding = _for_the_second_line(finding, actor)
    _refuse_blank(reason=reason)
    move(finding, "close", closing_reason=reason, closed_by=actor, closed_at=timezone.now())
    record(Action.FINDING_CLOSED, actor=actor, subject=finding, reason=reason)
    return finding


def _for_the_first_line(finding: Finding, actor) -> Finding:
    require(actor, Permission.ANSWER_FINDING, finding.model.workspace_id, model_slug=finding.model_slug)
    return Finding.objects.select_for_update(of=("self",)).select_related("model").get(pk=finding.pk)


def _for_the_second_line(finding: Finding, actor) -> Finding:
    require(actor, Permission.CLOSE_FINDING, finding.model.workspace_id, model_slug=finding.model_slug)
    finding = Finding.objects.select_for_update(of=("self",)).select_related("model").get(pk=finding.pk)
    owns, submitted = finding.model.owner_id == actor.pk, finding.submitted_by_id == actor.pk
    if reasons := why_not_close(owns=owns, submitted=submitted):
        raise NotPermitted(*reasons)
    return finding


def _refuse_foreign(model, *, version, breach) -> None:
    """A finding is about one model, and so are the version and the breach it names."""
    of_breach = breach.version if breach else None
    if any(named and named.model_id != model.pk for named in (version, of_breach)):
        raise RuleBroken(f"The version or the breach that the finding names is not one of {model}.")
    if version and of_breach and version.pk != of_breach.pk:
        raise RuleBroken(f"The breach is not one of {version}.")


def _refuse_blank(**texts: str) -> None:
    if blank := [name.replace("_", " ") for name, text in texts.items() if not text.strip()]:
        raise RuleBroken(f"Fill in: {', '.join(blank)}.")
