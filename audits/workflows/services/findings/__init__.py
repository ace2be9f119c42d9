"""Findings: written and closed by the second line, answered and put right by the first (states: `states.py`)."""

from audits.workflows.services.findings.answers import respond_to_finding, uphold_finding
from audits.workflows.services.findings.issuing import (
    draft_finding,
    issue_finding,
    raise_finding,
    revise_draft,
    suggested_severity,
)
from audits.workflows.services.findings.plans import complete_action_item, review_plan, submit_plan
from audits.workflows.services.findings.reperformance import record_reperformance
from audits.workflows.services.findings.submissions import return_finding, submit_finding

__all__ = [
    "complete_action_item",
    "draft_finding",
    "issue_finding",
    "raise_finding",
    "record_reperformance",
    "respond_to_finding",
    "return_finding",
    "review_plan",
    "revise_draft",
    "submit_finding",
    "submit_plan",
    "suggested_severity",
    "uphold_finding",
]
