"""What the first line says to an issued finding, once: that it stands, or that it does not; and the answer to that."""

from django.utils import timezone

from audits.trail.models import Action
from audits.trail.services import governed, record
from audits.workflows.contents.findings import rebut_by
from audits.workflows.models import Finding
from audits.workflows.services.findings.access import (
    for_the_first_line,
    for_the_second_line,
    refuse_blank,
)
from audits.workflows.services.transitions import move
from audits.workflows.states import FindingState
from inventory import policies as rules
from mrm.errors import RuleBroken


@governed()
def respond_to_finding(finding: Finding, *, response: str, disputed: bool = False, actor) -> Finding:
    """Accept that the finding stands, or dispute it: once, and within the policy's days."""
    finding = for_the_first_line(finding, actor)
    refuse_blank(response=response)
    if disputed:
        _refuse_late(finding)
        move(finding, "rebut", response=response, rebutted_by=actor)
        record(Action.FINDING_REBUTTED, actor=actor, subject=finding, because=response)
    else:
        move(finding, "acknowledge", response=response)
        record(Action.FINDING_ANSWERED, actor=actor, subject=finding, response=response)
    return finding


@governed()
def uphold_finding(finding: Finding, *, reason: str, actor) -> Finding:
    """The second line keeps what was disputed; the answer that drops it is signed (`FINDING_DROP`)."""
    finding = for_the_second_line(finding, actor)
    refuse_blank(reason=reason)
    plan_due_at = finding.plan_due_at and max(finding.plan_due_at, _next_plan_day(finding))
    move(finding, "uphold", rebuttal_answer=reason, plan_due_at=plan_due_at)
    plan_due = plan_due_at.isoformat() if plan_due_at else ""
    record(Action.FINDING_UPHELD, actor=actor, subject=finding, because=reason, plan_due=plan_due)
    return finding


def _refuse_late(finding: Finding) -> None:
    if finding.state == FindingState.ISSUED and timezone.localdate() > rebut_by(finding):
        raise RuleBroken(f"{finding.reference} could be disputed until {rebut_by(finding):%d %B %Y}; now plan for it.")


def _next_plan_day(finding: Finding):
    """After a rebuttal there are as many days for the plan as there were before it."""
    time = rules.time_to_plan(finding.rules, finding.severity)
    return min(finding.due_at, timezone.localdate() + time)
