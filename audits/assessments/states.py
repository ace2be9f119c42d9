"""The life of a run, and of a breach, as one table each."""

from enum import StrEnum


class RunState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    TIMED_OUT = "timed_out"  # The model or a warehouse took longer than it is given.
    INSUFFICIENT_DATA = "insufficient_data"


WITHOUT_ANSWER = (RunState.FAILED, RunState.TIMED_OUT)  # As far as the data go, running it again may give one.
FINISHED = (RunState.SUCCEEDED, *WITHOUT_ANSWER, RunState.INSUFFICIENT_DATA)

TRANSITIONS = {
    (RunState.QUEUED, "claim"): RunState.RUNNING,
    (RunState.RUNNING, "claim"): RunState.RUNNING,  # Its worker was lost; the next attempt takes over.
    (RunState.RUNNING, "succeed"): RunState.SUCCEEDED,
    (RunState.RUNNING, "fail"): RunState.FAILED,
    (RunState.RUNNING, "time_out"): RunState.TIMED_OUT,
    (RunState.RUNNING, "lack_data"): RunState.INSUFFICIENT_DATA,
}


def after(state: str, event: str) -> RunState | None:
    """The next state, or None where the event is not allowed."""
    return TRANSITIONS.get((RunState(state), event))


class BreachState(StrEnum):
    OPEN = "open"
    TRIAGED = "triaged"  # Somebody answers for looking into it.
    ROOT_CAUSE = "root_cause"  # Why it happened is said.
    DECIDED = "decided"  # What is done about it, nothing among it.
    CLOSED = "closed"


# Each step may be taken again while the breach is open: what was said first stays beside it.
BREACH_TRANSITIONS = {
    (BreachState.OPEN, "triage"): BreachState.TRIAGED,
    (BreachState.TRIAGED, "triage"): BreachState.TRIAGED,
    (BreachState.TRIAGED, "root_cause"): BreachState.ROOT_CAUSE,
    (BreachState.ROOT_CAUSE, "root_cause"): BreachState.ROOT_CAUSE,
    (BreachState.ROOT_CAUSE, "decision"): BreachState.DECIDED,
    (BreachState.DECIDED, "decision"): BreachState.DECIDED,
    # Decided and done; or with the signed decision that nothing is; or because the version is not in use any more.
    **{(state, "close"): BreachState.CLOSED for state in BreachState if state != BreachState.CLOSED},
}


def breach_after(state: str, event: str) -> BreachState | None:
    """The next state, or None where the event is not allowed."""
    return BREACH_TRANSITIONS.get((BreachState(state), event))
