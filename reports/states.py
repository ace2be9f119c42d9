"""The life of a report, as one table."""

from enum import StrEnum


class ReportState(StrEnum):
    REQUESTED = "requested"
    SEALED = "sealed"  # By the system; nothing in it changes any more.
    FAILED = "failed"
    SIGNED = "signed"  # The second line stands by it.
    PUBLISHED = "published"
    SUPERSEDED = "superseded"  # Another one was published that reaches as far or further.


HANDED_OUT = (ReportState.PUBLISHED, ReportState.SUPERSEDED)
ONCE_SIGNED = (ReportState.SIGNED, *HANDED_OUT)
ONCE_SEALED = (ReportState.SEALED, *ONCE_SIGNED)

REPORT_TRANSITIONS = {
    (ReportState.REQUESTED, "seal"): ReportState.SEALED,
    (ReportState.REQUESTED, "fail"): ReportState.FAILED,
    (ReportState.SEALED, "sign"): ReportState.SIGNED,
    (ReportState.SIGNED, "sign"): ReportState.SIGNED,  # By another person.
    (ReportState.SIGNED, "publish"): ReportState.PUBLISHED,
    (ReportState.PUBLISHED, "supersede"): ReportState.SUPERSEDED,
}


def report_after(state: str, event: str) -> ReportState | None:
    """The next state, or None where the event is not allowed."""
    return REPORT_TRANSITIONS.get((ReportState(state), event))
