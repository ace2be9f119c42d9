"""The life of a run, as one table."""

from enum import StrEnum


class RunState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    INSUFFICIENT_DATA = "insufficient_data"


FINISHED = (RunState.SUCCEEDED, RunState.FAILED, RunState.INSUFFICIENT_DATA)

TRANSITIONS = {
    (RunState.QUEUED, "claim"): RunState.RUNNING,
    (RunState.RUNNING, "claim"): RunState.RUNNING,  # Its worker was lost; the next attempt takes over.
    (RunState.RUNNING, "succeed"): RunState.SUCCEEDED,
    (RunState.RUNNING, "fail"): RunState.FAILED,
    (RunState.RUNNING, "lack_data"): RunState.INSUFFICIENT_DATA,
}


def after(state: str, event: str) -> RunState | None:
    """The next state, or None where the event is not allowed."""
    return TRANSITIONS.get((RunState(state), event))
