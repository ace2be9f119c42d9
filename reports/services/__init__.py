"""What is handed out: reports, from being asked for on; what somebody hands in; the trail to take away."""

from reports.services.export import export_trail
from reports.services.issuing import (
    MOST_ATTEMPTS,
    issue_report,
    report_emergencies,
    request_report,
    waiting_reports,
)
from reports.services.signing import REPORT_SIGNATURE, publish_report, why_not_publish
from reports.services.verifying import verify

__all__ = [
    "MOST_ATTEMPTS",
    "REPORT_SIGNATURE",
    "export_trail",
    "issue_report",
    "publish_report",
    "report_emergencies",
    "request_report",
    "verify",
    "waiting_reports",
    "why_not_publish",
]
