"""Handing a finding over for closure, with what shows that it is put right; and handing it back."""

from django.utils import timezone

from audits.trail.models import Action
from audits.trail.services import governed, record
from audits.workflows.contents.cited import cited
from audits.workflows.models import ActionItem, ActionPlan, Finding, Submission
from audits.workflows.services.findings.access import (
    for_the_first_line,
    for_the_second_line,
    for_who_signs_off,
    refuse_blank,
)
from audits.workflows.services.transitions import move
from audits.workflows.states import FindingState
from inventory import policies as rules
from mrm.accounts.services import void_signatures
from mrm.errors import RuleBroken


@governed()
def submit_finding(finding: Finding, *, response: str, evidence: list[str] = (), actor) -> Finding:
    """The first line says that the required outcome is achieved, and what shows it."""
    finding = for_the_first_line(finding, actor)
    refuse_blank(response=response)
    if reasons := why_not_submit(finding):
        raise RuleBroken(*reasons)
    evidence = cited(finding.model, list(evidence))
    number = finding.submissions.count() + 1
    move(finding, "submit")
    Submission.objects.create(finding=finding, number=number, told=response, evidence=evidence, submitted_by=actor)
    cites = [{name: one[name] for name in ("kind", "reference", "digest")} for one in evidence]
    record(Action.FINDING_SUBMITTED, actor=actor, subject=finding, number=number, response=response, evidence=cites)
    return finding


def why_not_submit(finding: Finding) -> list[str]:
    """Every reason why a finding cannot be submitted yet, in words."""
    before_the_plan = finding.state in (FindingState.ISSUED, FindingState.ACTION_PLAN_DUE)
    if before_the_plan and rules.needs_plan(finding.rules, finding.severity):
        severity = finding.get_severity_display().lower()
        return [f"A {severity} finding is put right by a plan that the second line has accepted; hand one in first."]
    undone = ActionItem.objects.filter(
        plan__finding=finding, plan__standing=ActionPlan.Standing.ACCEPTED, done_at__isnull=True
    )
    return [f"Item {item.number} of the plan is not done: {item.what}" for item in undone]


@governed()
def return_finding(finding: Finding, *, reason: str, actor) -> Finding:
    """Hand a submission back: the second line, or whoever would have had to sign off what it validated."""
    signing = finding.state == FindingState.VALIDATED_CLOSED
    finding = for_who_signs_off(finding, actor) if signing else for_the_second_line(finding, actor)
    if signing != (finding.state == FindingState.VALIDATED_CLOSED):
        raise RuleBroken(f"{finding.reference} is {finding.get_state_display().lower()} meanwhile; look again.")
    refuse_blank(reason=reason)
    submission = finding.submission()
    move(finding, "rework", validated_by=None, validated_at=None, closing_reason="")
    submission.returned_by, submission.returned_at, submission.returned_because = actor, timezone.now(), reason
    submission.save(update_fields=["returned_by", "returned_at", "returned_because"])
    void_signatures(finding, because=f"{finding.reference} was returned to the first line.")
    record(Action.FINDING_RETURNED, actor=actor, subject=finding, number=submission.number, returned=reason)
    return finding
