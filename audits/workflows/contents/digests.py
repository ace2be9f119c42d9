"""The mail of one day to one person: what is new or has become urgent among what is asked of them."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.template.loader import render_to_string

from audits.workflows.contents.asked import Task
from mrm.pages.wording import counted, day

MOST_LISTED = 40


@dataclass(frozen=True, kw_only=True)
class Digest:
    subject: str
    text: str
    html: str


def digest_of(told: list[Task], *, waiting: int, now: datetime) -> Digest:
    """`told` are what this mail is about; `waiting` is how many things wait in all."""
    overdue = [task for task in told if task.is_overdue(now)]
    subject = _subject(told, overdue)
    heading = f"{counted(len(told), 'thing')} {'asks' if len(told) == 1 else 'ask'} for you"
    if overdue:
        heading += f", {len(overdue)} overdue"
    context = {
        "subject": subject,
        "heading": heading,
        "overdue": overdue[:MOST_LISTED],
        "others": [task for task in told if task not in overdue][:MOST_LISTED],
        "left_out": len(overdue[MOST_LISTED:]) + max(len(told) - len(overdue) - MOST_LISTED, 0),
        "waiting": waiting,
        "site": settings.PUBLIC_URL,
        "organisation": settings.ORGANISATION,
    }
    return Digest(
        subject=subject,
        text=render_to_string("workflows/mail/digest.txt", context),
        html=render_to_string("workflows/mail/digest.html", context),
    )


def _subject(told: list[Task], overdue: list[Task]) -> str:
    """The most urgent by name, so that it can be weighed without opening the mail: what is asked, and by when."""
    first, others = told[0], len(told) - 1
    subject = f"{'Overdue: ' if overdue else ''}{first.action}: {first.brief}"
    if first.due_at:
        subject += f", {'was due on' if overdue else 'by'} {day(first.due_at)}"
    return f"{subject}, and {others} more" if others else subject
