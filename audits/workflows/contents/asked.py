"""One thing that is asked of somebody, wherever it is shown: on their first page, or in their mail."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

MOST_OF_A_KIND = 50
SOON = timedelta(days=30)


@dataclass(frozen=True, kw_only=True)
class Task:
    """`brief` is what a mail says: what it is about, and nothing that somebody wrote or that names a person."""

    icon: str
    what: str
    why: str
    brief: str
    action: str
    address: str
    due_at: datetime | None = None
    since: datetime | None = None

    def is_overdue(self, now: datetime) -> bool:
        return self.due_at is not None and self.due_at < now

    @property
    def overdue(self) -> bool:
        return self.is_overdue(timezone.now())
