"""Accepting the risk of an open finding until a day, instead of putting it right by its due date."""

from audits.workflows.models import Arrangement, ChangeRequest, Finding
from audits.workflows.services import arrangements
from audits.workflows.services.findings.risks import CAN_BE_ACCEPTED, accept_risk
from audits.workflows.services.kinds.kind import ChangeKind, Term, end_of, why_not_until
from audits.workflows.states import ArrangementState, FindingState
from inventory.models import Policy


def _open_findings(change: ChangeRequest) -> dict[str, str]:
    states = (*CAN_BE_ACCEPTED, FindingState.RISK_ACCEPTED)
    return {one.reference: str(one) for one in Finding.objects.filter(model=change.model, state__in=states)}


def _finding(change: ChangeRequest) -> Finding:
    return Finding.objects.get(reference=change.terms["finding"])


def _evidence(change: ChangeRequest) -> dict:
    """What is lived with, since when it should have been put right, and how often that was put off so."""
    finding = _finding(change)
    before = (
        finding.arrangements.filter(kind=Arrangement.Kind.ACCEPTANCE).exclude(change=change.pk).order_by("reference")
    )
    return {
        "finding": {
            "reference": finding.reference,
            "severity": finding.severity,
            "due": finding.due_at.isoformat(),
            "first_due": finding.first_due_at.isoformat(),
            "extensions": finding.extensions,
            "accepted_before": list(before.values_list("reference", flat=True)),
        }
    }


def _why_not(change: ChangeRequest) -> list[str]:
    finding = _finding(change)
    reasons = why_not_until(
        change.terms["ends_on"], most_days=Policy.objects.in_force().section("acceptances")["most_days"]
    )
    if finding.state not in (*CAN_BE_ACCEPTED, FindingState.RISK_ACCEPTED):
        state = finding.get_state_display().lower()
        reasons.append(f"{finding.reference} is {state}; its risk is accepted only while it waits to be put right.")
    if finding.severity == Finding.Severity.CRITICAL:
        reasons.append("A critical finding is put right, or the use stops; its risk is never accepted.")
    if change.renews and change.renews.finding_id != finding.pk:
        reasons.append(f"{change.renews.reference} accepts another finding; ask for a renewal of its own.")
    if change.renews and change.renews.state != ArrangementState.ACTIVE:
        reasons.append(f"{change.renews.reference} is {change.renews.state}; only a running acceptance is renewed.")
    accepted = finding.arrangements.active().filter(kind=Arrangement.Kind.ACCEPTANCE)
    running = accepted.exclude(pk=change.renews_id).first()
    if running:
        reasons.append(f"{running.reference} already accepts it until its end; ask for its renewal.")
    return reasons


def _accept(change: ChangeRequest, actor) -> str:
    finding = _finding(change)
    acceptance = arrangements.begin(
        change,
        Arrangement.Kind.ACCEPTANCE,
        title=f"{finding.reference}, {finding.title}",
        finding=finding,
        ends_at=end_of(change.terms["ends_on"]),
        actor=actor,
    )
    accept_risk(finding, acceptance=acceptance, actor=actor)
    because = f"Accepted anew by {change.reference}."
    arrangements.settle(change.model, [Arrangement.Kind.ACCEPTANCE], because=because, actor=actor, finding=finding)
    return f"{acceptance.reference} accepts {finding.reference} until {change.terms['ends_on']}."


def _approved_as(change: ChangeRequest) -> str:
    is_severe = "finding" in change.terms and _finding(change).severity == Finding.Severity.HIGH
    return "risk_acceptance_severe" if is_severe else "risk_acceptance"


RISK_ACCEPTANCE = ChangeKind(
    about="model",
    purpose="Live with an open finding until a day, knowing its risk.",
    if_approved="The finding rests; until the end it does not block a promotion.",
    if_not="The finding is put right by its due date.",
    on_lapse="At its end the finding reopens and a plan is due, the use is restricted, and a task is raised.",
    terms=(
        Term(name="finding", label="Finding", shape="choice", choices=_open_findings),
        Term(name="risk", label="Risk", help="What can go wrong meanwhile, and how badly."),
        Term(name="compensating_control", label="Compensating control", help="What keeps it small meanwhile."),
        Term(name="ends_on", label="Until", shape="day"),
    ),
    why_not=_why_not,
    evidence=_evidence,
    carry_out=_accept,
    renews=Arrangement.Kind.ACCEPTANCE,
    at_stake=lambda change: change.terms["finding"],
    approved_as=_approved_as,
)
