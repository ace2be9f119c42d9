"""The one place that moves a report from state to state."""

from mrm.errors import RuleBroken
from reports.models import Report
from reports.states import report_after


def locked(report: Report) -> Report:
    return Report.objects.select_for_update(of=("self",)).select_related("model").get(pk=report.pk)


def move(report: Report, event: str, **fields) -> None:
    """Move a locked report by an event of its table of states, setting these fields with it."""
    state = report_after(report.state, event)
    if state is None:
        raise RuleBroken(f"{report.reference} is {report.state}; you cannot {event} it.")
    report.state = state
    for name, value in fields.items():
        setattr(report, name, value)
    report.save(update_fields=["state", *fields])
