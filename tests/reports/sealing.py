"""Sealed reports without the seconds that printing takes: what is kept of them is what matters to who signs."""

from datetime import date, timedelta

from django.utils import timezone

from reports.models import Report
from reports.services import issuing, request_report


def make_sealed(story, *, until: date | None = None, days: int = 90, content: str = "", actor=None, **asked) -> Report:
    """A sealed report about the story's model, asked for by the auditor unless it is said by whom."""
    until = until or timezone.localdate()
    report = request_report(
        story.model, period_start=until - timedelta(days=days), period_end=until, actor=actor or story.auditor, **asked
    )
    text = f"{report.reference} {content}".encode()
    return issuing._keep(report, b"%PDF-1.7 " + text, b"{}" + text, version=story.version)
