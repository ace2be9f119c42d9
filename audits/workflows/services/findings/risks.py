"""Living with a finding for a time: its risk is accepted by an approved change, and counts again when that ends."""

from django.utils import timezone

from audits.trail.models import Action
from audits.trail.services import record
from audits.workflows.models import Arrangement, Finding
from audits.workflows.services.findings.access import locked
from audits.workflows.services.findings.plans import supersede_plans
from audits.workflows.services.transitions import move
from audits.workflows.states import FindingState
from inventory.policies import time_to_plan

CAN_BE_ACCEPTED = (
    FindingState.ISSUED,
    FindingState.ACTION_PLAN_DUE,
    FindingState.ACTION_PLAN_REVIEW,
    FindingState.OPEN,
)


def accept_risk(finding: Finding, *, acceptance: Arrangement, actor) -> None:
    """The finding rests until the acceptance ends. Call inside `governed()`."""
    finding = locked(finding)
    if finding.state == FindingState.RISK_ACCEPTED:  # Renewed.
        return
    supersede_plans(finding)
    move(finding, "accept_risk")
    record(
        Action.FINDING_RISK_ACCEPTED,
        actor=actor,
        subject=finding,
        acceptance=acceptance.reference,
        until=acceptance.last_day.isoformat(),
    )


def reopen(finding: Finding, *, because: str, actor) -> None:
    """The acceptance is over: a plan is due again. Call inside `governed()`; a second call does nothing."""
    finding = locked(finding)
    if finding.state == FindingState.RISK_ACCEPTED:
        plan_due_at = timezone.localdate() + time_to_plan(finding.rules, finding.severity)
        move(finding, "reopen", plan_due_at=plan_due_at)
        record(Action.FINDING_REOPENED, actor=actor, subject=finding, because=because, plan_due=plan_due_at.isoformat())
