import pytest

from audits.workflows.states import (
    CHANGE_TRANSITIONS,
    ENDED_FINDINGS,
    FINDING_TRANSITIONS,
    ChangeState,
    FindingState,
    RetrainingState,
    change_after,
    finding_after,
    retraining_after,
)

EVENTS = ("approve", "reject", "withdraw", "expire", "complete", "fail")
ENDS = (ChangeState.COMPLETED, ChangeState.REJECTED, ChangeState.WITHDRAWN, ChangeState.EXPIRED, ChangeState.FAILED)


@pytest.mark.parametrize("state", ENDS)
def test_nothing_happens_to_a_request_that_has_ended(state):
    assert [change_after(state, event) for event in EVENTS] == [None] * len(EVENTS)


def test_a_request_is_carried_out_only_after_it_was_approved():
    assert change_after(ChangeState.PENDING, "complete") is None
    assert change_after(ChangeState.APPROVED, "complete") is ChangeState.COMPLETED


def test_every_state_of_a_request_can_be_reached():
    assert {ChangeState.PENDING, *CHANGE_TRANSITIONS.values()} == set(ChangeState)


def test_a_finding_is_closed_only_after_the_first_line_submitted_it():
    before = [state for state in FindingState if finding_after(state, "close")]
    assert before == [FindingState.SUBMITTED_FOR_CLOSURE]
    assert finding_after(FindingState.SUBMITTED_FOR_CLOSURE, "rework") is FindingState.OPEN


def test_a_finding_is_disputed_at_most_once():
    after, seen = FindingState.REBUTTED, set()
    reachable = [after]
    while reachable:
        state = reachable.pop()
        seen.add(state)
        reachable += [new for (old, _), new in FINDING_TRANSITIONS.items() if old == state and new not in seen]
    assert FindingState.ISSUED not in seen and not any(finding_after(state, "rebut") for state in seen)


def test_every_state_of_a_finding_can_be_reached_and_what_ended_stays_ended():
    assert {FindingState.DRAFT, *FINDING_TRANSITIONS.values()} == set(FindingState)
    assert not any(old in ENDED_FINDINGS for old, _ in FINDING_TRANSITIONS)


def test_a_retraining_ends_only_after_it_was_dispatched():
    assert retraining_after(RetrainingState.APPROVED, "succeed") is None
    assert retraining_after(RetrainingState.DISPATCHED, "fail") is RetrainingState.FAILED
