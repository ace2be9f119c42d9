"""The life of a report, as one table."""

from enum import StrEnum


class ReportState(StrEnum):
    REQUESTED = "requested"
    SEALED = "sealed"
    FAILED = "failed"


REPORT_TRANSITIONS = {
    (ReportState.REQUESTED, "seal"): ReportState.SEALED,
    (ReportState.REQUESTED, "fail"): ReportState.FAILED,
}


def report_after(state: str, event: str) -> ReportState | None:
    """The next state, or None where the event is not allowed."""
    return REPORT_TRANSITIONS.get((ReportState(state), event))
