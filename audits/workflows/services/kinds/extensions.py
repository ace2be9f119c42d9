"""More time for a finding: asked for before its day, decided by officers once and by the committee after that."""

from datetime import date, timedelta

from audits.trail.models import Action
from audits.trail.services import record
from audits.workflows.models import ChangeRequest, Finding
from audits.workflows.services.findings.access import locked
from audits.workflows.services.kinds.kind import ChangeKind, Term
from audits.workflows.states import FindingState
from inventory.policies import section
from mrm.pages.wording import day

EXTENDED = (
    FindingState.ISSUED,
    FindingState.ACTION_PLAN_DUE,
    FindingState.ACTION_PLAN_REVIEW,
    FindingState.OPEN,
)


def _extensible(change: ChangeRequest) -> dict[str, str]:
    return {one.reference: str(one) for one in Finding.objects.filter(model=change.model, state__in=EXTENDED)}


def _finding(change: ChangeRequest) -> Finding:
    return Finding.objects.get(reference=change.terms["finding"])


def _why_not(change: ChangeRequest) -> list[str]:
    finding, reasons = _finding(change), []
    asked, wanted = change.requested_at.date(), date.fromisoformat(change.terms["due_on"])
    latest = finding.due_at + timedelta(days=section(finding.rules, "findings")["extensions"]["most_days"])
    if finding.state not in EXTENDED:
        reasons.append(f"{finding.reference} is {finding.get_state_display().lower()}; it needs no more time.")
    if asked > finding.due_at:
        reasons.append(f"{finding.reference} was due on {day(finding.due_at)}; more time is asked for before.")
    if wanted <= finding.due_at:
        reasons.append(f"{finding.reference} is due on {day(finding.due_at)}; name a later day.")
    if wanted > latest:
        reasons.append(f"An extension ends on {day(latest)} at the latest; {day(wanted)} is later.")
    return reasons


def _extend(change: ChangeRequest, actor) -> str:
    finding = locked(_finding(change))
    before, after = finding.due_at, date.fromisoformat(change.terms["due_on"])
    finding.due_at, finding.extensions = after, finding.extensions + 1
    finding.save(update_fields=["due_at", "extensions"])
    record(
        Action.FINDING_EXTENDED,
        actor=actor,
        subject=finding,
        change=change.reference,
        before=before.isoformat(),
        after=after.isoformat(),
        because=change.reason,
        extension=finding.extensions,
    )
    return f"{finding.reference} is due on {day(after)} instead of {day(before)}."


def _approved_as(change: ChangeRequest) -> str:
    if "finding" not in change.terms:  # The form is not filled in yet.
        return "extension"
    finding = _finding(change)
    used_up = finding.extensions >= section(finding.rules, "findings")["extensions"]["at_officer_level"]
    return "further_extension" if used_up else "extension"


def _evidence(change: ChangeRequest) -> dict:
    finding = _finding(change)
    return {
        "finding": {
            "reference": finding.reference,
            "severity": finding.severity,
            "state": finding.state,
            "due": finding.due_at.isoformat(),
            "first_due": finding.first_due_at.isoformat(),
            "extensions": finding.extensions,
        }
    }


EXTENSION = ChangeKind(
    about="model",
    purpose="Have more time to put a finding right: once by officers, after that only higher up.",
    if_approved="The finding is due on the day asked for.",
    if_not="The finding stays due on its day.",
    terms=(
        Term(name="finding", label="Finding", shape="choice", choices=_extensible),
        Term(name="due_on", label="New day", shape="day"),
        Term(name="compensating_control", label="Compensating control", help="What keeps it small meanwhile."),
    ),
    why_not=_why_not,
    evidence=_evidence,
    carry_out=_extend,
    at_stake=lambda change: change.terms["finding"],
    approved_as=_approved_as,
)
