"""The one place that moves a change request, a retraining, a finding and the like from state to state."""

from audits.workflows.models import Arrangement, ChangeRequest, Finding, Retirement, Retraining, ValidationRequest
from audits.workflows.states import (
    arrangement_after,
    change_after,
    finding_after,
    retirement_after,
    retraining_after,
    validation_after,
)
from mrm.errors import RuleBroken

AFTER = {
    Arrangement: arrangement_after,
    ChangeRequest: change_after,
    Retirement: retirement_after,
    Retraining: retraining_after,
    Finding: finding_after,
    ValidationRequest: validation_after,
}


def move(subject, event: str, **fields) -> None:
    """Move a locked row by an event of its table of states, setting these fields with it."""
    state = AFTER[type(subject)](subject.state, event)
    if state is None:
        raise RuleBroken(f"{subject} is {subject.state}; it cannot {event.replace('_', ' ')} now.")
    subject.state = state
    for name, value in fields.items():
        setattr(subject, name, value)
    subject.save(update_fields=["state", *fields])
