"""Deciding: change requests, decisions, retraining, retirement, findings."""

from audits.workflows.services.changes import expire_change_requests, request_change, withdraw
from audits.workflows.services.decisions import (
    decide,
    decision_view,
    prepare_decision,
    sign_decision,
    statement_of,
    why_not_decide,
)
from audits.workflows.services.findings import (
    close_finding,
    raise_finding,
    respond_to_finding,
    return_finding,
    submit_finding,
)
from audits.workflows.services.retraining import (
    dispatch_approved_retrainings,
    open_retraining_requests,
    report_retraining,
)

__all__ = [
    "close_finding",
    "decide",
    "decision_view",
    "dispatch_approved_retrainings",
    "expire_change_requests",
    "open_retraining_requests",
    "prepare_decision",
    "raise_finding",
    "report_retraining",
    "request_change",
    "respond_to_finding",
    "return_finding",
    "sign_decision",
    "statement_of",
    "submit_finding",
    "why_not_decide",
    "withdraw",
]
