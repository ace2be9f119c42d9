"""What validators have signed about a version and nobody has approved: it is known, though it is not in force yet."""

from collections.abc import Iterable

from audits.workflows.gates.gate import NOT_FIT, Blocker
from audits.workflows.models import ValidationOpinion, ValidationRequest
from audits.workflows.states import ValidationState

Outcome = ValidationOpinion.Outcome
OVER = (ValidationState.APPROVED, ValidationState.CANCELLED)


def blockers_in_signed_opinions(signed: Iterable[ValidationOpinion]) -> list[Blocker]:
    """That a signed opinion says it is not fit, while its review or approval is awaited; or, where what it was about
    has changed since, while nobody has signed another in its place."""
    not_fit = [one for one in signed if one.outcome == Outcome.NOT_FIT]
    blockers = [
        Blocker(NOT_FIT, f"{one.person} signed that {_what(one)} is not fit for use; {_awaits(one.request)}.")
        for one in not_fit
        if one.voided_at is None
    ]
    latest = {one.request_id: one for one in not_fit if _is_left(one)}
    return blockers + [
        Blocker(NOT_FIT, f"{one.person} signed that {_what(one)} was not fit for use; {one.request.reference} goes on.")
        for one in latest.values()
    ]


def warnings_of_signed_opinions(signed: Iterable[ValidationOpinion]) -> list[str]:
    """Other opinions that await others; and what was signed not fit and is void, unless it was validated after all, or
    blocks."""
    return [
        _told(one)
        for one in signed
        if (one.outcome == Outcome.NOT_FIT) == (one.voided_at is not None)
        and not (one.voided_at and one.request.state == ValidationState.APPROVED)
        and not _is_left(one)
    ]


def _is_left(opinion: ValidationOpinion) -> bool:
    """Whether it is void, in a validation that goes on and in which nobody has signed another since."""
    return bool(opinion.voided_at) and not opinion.is_followed and opinion.request.state not in OVER


def _told(opinion: ValidationOpinion) -> str:
    validation, said = opinion.request, opinion.get_outcome_display().lower()
    signed = f"{opinion.person} signed that {_what(opinion)} is {said}"
    if opinion.voided_at is None:
        return f"{signed}; {_awaits(validation)}."
    if validation.state == ValidationState.CANCELLED:
        return f"{signed}; {validation.reference} was cancelled: {validation.reason}"
    return f"{signed}; that is void in {validation.reference}: {opinion.voided_because}"


def _what(opinion: ValidationOpinion) -> str:
    return str(opinion.request.version or opinion.request.model)


def _awaits(validation: ValidationRequest) -> str:
    step = "approval" if validation.state == ValidationState.PENDING_APPROVAL else "review"
    return f"{validation.reference} awaits its {step}"
