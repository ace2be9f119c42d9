"""The life of everything that is decided here, as one table each."""

from enum import StrEnum


class ChangeState(StrEnum):
    PENDING = "pending"
    APPROVED = "approved"  # Decided, not yet carried out.
    COMPLETED = "completed"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    FAILED = "failed"  # Approved, but could not be carried out.


CAME_TO_NOTHING = (ChangeState.REJECTED, ChangeState.WITHDRAWN, ChangeState.EXPIRED)


CHANGE_TRANSITIONS = {
    (ChangeState.PENDING, "approve"): ChangeState.APPROVED,
    (ChangeState.PENDING, "reject"): ChangeState.REJECTED,
    (ChangeState.PENDING, "withdraw"): ChangeState.WITHDRAWN,
    (ChangeState.PENDING, "expire"): ChangeState.EXPIRED,
    (ChangeState.APPROVED, "complete"): ChangeState.COMPLETED,
    (ChangeState.APPROVED, "fail"): ChangeState.FAILED,
}


class RetrainingState(StrEnum):
    APPROVED = "approved"
    DISPATCHED = "dispatched"
    SUCCEEDED = "succeeded"  # Its candidate is registered, and nobody has decided about it.
    PROMOTED = "promoted"  # Its candidate went into production; what became of it there is the version's life.
    ABANDONED = "abandoned"  # Its candidate is not wanted.
    FAILED = "failed"


RETRAINING_TRANSITIONS = {
    (RetrainingState.APPROVED, "dispatch"): RetrainingState.DISPATCHED,
    (RetrainingState.DISPATCHED, "succeed"): RetrainingState.SUCCEEDED,
    (RetrainingState.DISPATCHED, "fail"): RetrainingState.FAILED,
    (RetrainingState.SUCCEEDED, "promote"): RetrainingState.PROMOTED,
    (RetrainingState.SUCCEEDED, "abandon"): RetrainingState.ABANDONED,
}


class RetirementState(StrEnum):
    EXECUTING = "executing"  # Approved; its checklist is being carried out.
    VERIFIED = "verified"  # An engineer saw that it is; the second line signs.
    RETIRED = "retired"
    ARCHIVED = "archived"  # Its records lie where they are kept, until a day.
    ABANDONED = "abandoned"  # The model stays after all.


RETIREMENT_TRANSITIONS = {
    (RetirementState.EXECUTING, "verify"): RetirementState.VERIFIED,
    (RetirementState.VERIFIED, "return"): RetirementState.EXECUTING,
    (RetirementState.VERIFIED, "retire"): RetirementState.RETIRED,
    (RetirementState.RETIRED, "archive"): RetirementState.ARCHIVED,
    (RetirementState.EXECUTING, "abandon"): RetirementState.ABANDONED,
    (RetirementState.VERIFIED, "abandon"): RetirementState.ABANDONED,
}


class FindingState(StrEnum):
    DRAFT = "draft"  # The second line writes it; the first does not see it yet.
    ISSUED = "issued"
    REBUTTED = "rebutted"  # The first line disputes it, once; the second line answers.
    ACTION_PLAN_DUE = "action_plan_due"
    ACTION_PLAN_REVIEW = "action_plan_review"
    OPEN = "open"  # Being put right by the plan that was accepted.
    SUBMITTED_FOR_CLOSURE = "submitted_for_closure"  # The first line says it is done.
    VALIDATED_CLOSED = "validated_closed"  # The second line agrees; a severe one awaits the approver.
    CLOSED = "closed"
    RISK_ACCEPTED = "risk_accepted"  # Until the acceptance ends.
    DROPPED = "dropped"


ENDED_FINDINGS = (FindingState.CLOSED, FindingState.DROPPED)

FINDING_TRANSITIONS = {
    (FindingState.DRAFT, "issue"): FindingState.ISSUED,
    (FindingState.DRAFT, "drop"): FindingState.DROPPED,
    (FindingState.ISSUED, "acknowledge"): FindingState.ACTION_PLAN_DUE,
    (FindingState.ISSUED, "rebut"): FindingState.REBUTTED,
    (FindingState.REBUTTED, "uphold"): FindingState.ACTION_PLAN_DUE,
    (FindingState.REBUTTED, "drop"): FindingState.DROPPED,
    (FindingState.ISSUED, "plan"): FindingState.ACTION_PLAN_REVIEW,
    (FindingState.ACTION_PLAN_DUE, "plan"): FindingState.ACTION_PLAN_REVIEW,
    (FindingState.ACTION_PLAN_REVIEW, "return_plan"): FindingState.ACTION_PLAN_DUE,
    (FindingState.ACTION_PLAN_REVIEW, "accept_plan"): FindingState.OPEN,
    # Straight from here only where the policy asks for no plan.
    (FindingState.ISSUED, "submit"): FindingState.SUBMITTED_FOR_CLOSURE,
    (FindingState.ACTION_PLAN_DUE, "submit"): FindingState.SUBMITTED_FOR_CLOSURE,
    (FindingState.OPEN, "submit"): FindingState.SUBMITTED_FOR_CLOSURE,
    (FindingState.SUBMITTED_FOR_CLOSURE, "rework"): FindingState.OPEN,
    (FindingState.SUBMITTED_FOR_CLOSURE, "close"): FindingState.CLOSED,  # Medium and low.
    (FindingState.SUBMITTED_FOR_CLOSURE, "validate"): FindingState.VALIDATED_CLOSED,  # Critical and high.
    (FindingState.VALIDATED_CLOSED, "rework"): FindingState.OPEN,
    (FindingState.VALIDATED_CLOSED, "sign_off"): FindingState.CLOSED,
    (FindingState.ISSUED, "accept_risk"): FindingState.RISK_ACCEPTED,
    (FindingState.ACTION_PLAN_DUE, "accept_risk"): FindingState.RISK_ACCEPTED,
    (FindingState.ACTION_PLAN_REVIEW, "accept_risk"): FindingState.RISK_ACCEPTED,
    (FindingState.OPEN, "accept_risk"): FindingState.RISK_ACCEPTED,
    (FindingState.RISK_ACCEPTED, "reopen"): FindingState.ACTION_PLAN_DUE,
}


class ArrangementState(StrEnum):
    ACTIVE = "active"
    RENEWED = "renewed"  # Another one goes on where this one ended.
    EXPIRED = "expired"  # Its time is over and nobody has put in order what rested on it.
    CLOSED = "closed"


ARRANGEMENT_TRANSITIONS = {
    (ArrangementState.ACTIVE, "renew"): ArrangementState.RENEWED,
    (ArrangementState.ACTIVE, "expire"): ArrangementState.EXPIRED,
    (ArrangementState.ACTIVE, "close"): ArrangementState.CLOSED,
    (ArrangementState.EXPIRED, "close"): ArrangementState.CLOSED,
}


class AttestationState(StrEnum):
    OPEN = "open"  # The owner is asked.
    GIVEN = "given"
    WITHDRAWN = "withdrawn"  # The model was retired first.


ATTESTATION_TRANSITIONS = {
    (AttestationState.OPEN, "attest"): AttestationState.GIVEN,
    (AttestationState.OPEN, "withdraw"): AttestationState.WITHDRAWN,
}


class ValidationState(StrEnum):
    INTAKE = "intake"  # Asked for; nobody is assigned yet.
    PLANNING = "planning"
    IN_PROGRESS = "in_progress"
    ON_HOLD = "on_hold"
    REVIEW = "review"  # The lead has signed an opinion; the second validator reads it.
    PENDING_APPROVAL = "pending_approval"
    RETURNED = "returned"
    APPROVED = "approved"
    CANCELLED = "cancelled"


VALIDATION_TRANSITIONS = {
    (ValidationState.INTAKE, "accept"): ValidationState.PLANNING,
    (ValidationState.PLANNING, "begin"): ValidationState.IN_PROGRESS,
    (ValidationState.IN_PROGRESS, "hold"): ValidationState.ON_HOLD,
    (ValidationState.ON_HOLD, "resume"): ValidationState.IN_PROGRESS,
    (ValidationState.IN_PROGRESS, "conclude"): ValidationState.REVIEW,
    (ValidationState.REVIEW, "agree"): ValidationState.PENDING_APPROVAL,
    (ValidationState.PENDING_APPROVAL, "approve"): ValidationState.APPROVED,
    (ValidationState.REVIEW, "return"): ValidationState.RETURNED,
    (ValidationState.PENDING_APPROVAL, "return"): ValidationState.RETURNED,
    (ValidationState.RETURNED, "resume"): ValidationState.IN_PROGRESS,
    (ValidationState.REVIEW, "void"): ValidationState.IN_PROGRESS,  # What was signed has changed since.
    (ValidationState.PENDING_APPROVAL, "void"): ValidationState.IN_PROGRESS,
    **{  # While an opinion is signed it is returned first, which is signed as well.
        (state, "cancel"): ValidationState.CANCELLED
        for state in (
            ValidationState.INTAKE,
            ValidationState.PLANNING,
            ValidationState.IN_PROGRESS,
            ValidationState.ON_HOLD,
            ValidationState.RETURNED,
        )
    },
}


def validation_after(state: str, event: str) -> ValidationState | None:
    """The next state, or None where the event is not allowed."""
    return VALIDATION_TRANSITIONS.get((ValidationState(state), event))


def attestation_after(state: str, event: str) -> AttestationState | None:
    """The next state, or None where the event is not allowed."""
    return ATTESTATION_TRANSITIONS.get((AttestationState(state), event))


def change_after(state: str, event: str) -> ChangeState | None:
    """The next state, or None where the event is not allowed."""
    return CHANGE_TRANSITIONS.get((ChangeState(state), event))


def retraining_after(state: str, event: str) -> RetrainingState | None:
    """The next state, or None where the event is not allowed."""
    return RETRAINING_TRANSITIONS.get((RetrainingState(state), event))


def retirement_after(state: str, event: str) -> RetirementState | None:
    """The next state, or None where the event is not allowed."""
    return RETIREMENT_TRANSITIONS.get((RetirementState(state), event))


def finding_after(state: str, event: str) -> FindingState | None:
    """The next state, or None where the event is not allowed."""
    return FINDING_TRANSITIONS.get((FindingState(state), event))


def arrangement_after(state: str, event: str) -> ArrangementState | None:
    """The next state, or None where the event is not allowed."""
    return ARRANGEMENT_TRANSITIONS.get((ArrangementState(state), event))
