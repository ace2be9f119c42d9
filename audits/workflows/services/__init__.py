"""Deciding: change requests, decisions, retraining, retirement, findings."""

from audits.workflows.services.abandonment import RETRAINING_ABANDONMENT, why_not_lost
from audits.workflows.services.agreements import AGREEMENT
from audits.workflows.services.arrangements import (
    ARRANGEMENT_CLOSURE,
    end_with_version,
    expire_arrangements,
    why_not_end,
)
from audits.workflows.services.attestations import attest, open_due_attestations, withdraw_needless_attestations
from audits.workflows.services.baselines import end_baselines
from audits.workflows.services.changes import draft_change, request_change
from audits.workflows.services.checklists import complete_item
from audits.workflows.services.classification.confirming import confirm_class, why_not_classify
from audits.workflows.services.classification.effects import open_due_reviews
from audits.workflows.services.decisions import (
    CAN_BE_CONDITIONAL,
    decide,
    decision_view,
    prepare_decision,
    refresh_evidence,
    sign_decision,
    statement_of,
)
from audits.workflows.services.delegations import delegation_shown, delegation_to, revoke_delegation
from audits.workflows.services.endings import expire_change_requests, may_withdraw, withdraw
from audits.workflows.services.envelopes import decide_retrained, end_envelopes
from audits.workflows.services.findings import (
    complete_action_item,
    draft_finding,
    issue_finding,
    raise_finding,
    record_reperformance,
    respond_to_finding,
    return_finding,
    review_plan,
    revise_draft,
    submit_finding,
    submit_plan,
    suggested_severity,
    uphold_finding,
)
from audits.workflows.services.findings.access import who_may_close, why_not_judge
from audits.workflows.services.findings.automatic import raise_due_findings
from audits.workflows.services.findings.closure import FINDING_CLOSURE, FINDING_SIGN_OFF
from audits.workflows.services.findings.dropping import FINDING_DROP
from audits.workflows.services.orders import USE_RESTRICTION, USE_SUSPENSION, approval_end
from audits.workflows.services.positions import position_of, who_may_decide, why_not_decide
from audits.workflows.services.reminders import people_to_remind, remind
from audits.workflows.services.retirement import (
    RETIREMENT_ABANDONMENT,
    RETIREMENT_END,
    archive_retirement,
    return_retirement,
    verify_retirement,
)
from audits.workflows.services.retraining import (
    dispatch_approved_retrainings,
    open_retraining_requests,
    report_retraining,
)
from audits.workflows.services.rollback import ROLL_BACK
from audits.workflows.services.standings import count_all_marked, count_marked, rebuild_standings
from audits.workflows.services.supervision import supervisory_word, why_not_record, word_shown
from audits.workflows.services.suspension import SUSPENSION
from audits.workflows.services.votes import VOTE_CONCLUSION, votes_of, why_not_conclude

__all__ = [
    "AGREEMENT",
    "ARRANGEMENT_CLOSURE",
    "FINDING_CLOSURE",
    "FINDING_DROP",
    "FINDING_SIGN_OFF",
    "RETIREMENT_ABANDONMENT",
    "RETIREMENT_END",
    "RETRAINING_ABANDONMENT",
    "ROLL_BACK",
    "SUSPENSION",
    "USE_RESTRICTION",
    "USE_SUSPENSION",
    "VOTE_CONCLUSION",
    "approval_end",
    "complete_action_item",
    "decide_retrained",
    "end_envelopes",
    "end_with_version",
    "draft_finding",
    "issue_finding",
    "raise_due_findings",
    "record_reperformance",
    "review_plan",
    "revise_draft",
    "submit_plan",
    "suggested_severity",
    "uphold_finding",
    "CAN_BE_CONDITIONAL",
    "archive_retirement",
    "complete_item",
    "return_retirement",
    "verify_retirement",
    "attest",
    "end_baselines",
    "open_due_attestations",
    "open_due_reviews",
    "withdraw_needless_attestations",
    "confirm_class",
    "count_all_marked",
    "count_marked",
    "decide",
    "decision_view",
    "delegation_shown",
    "delegation_to",
    "dispatch_approved_retrainings",
    "draft_change",
    "expire_arrangements",
    "expire_change_requests",
    "open_retraining_requests",
    "people_to_remind",
    "position_of",
    "rebuild_standings",
    "prepare_decision",
    "raise_finding",
    "refresh_evidence",
    "remind",
    "report_retraining",
    "request_change",
    "respond_to_finding",
    "return_finding",
    "revoke_delegation",
    "sign_decision",
    "statement_of",
    "submit_finding",
    "supervisory_word",
    "votes_of",
    "who_may_close",
    "why_not_judge",
    "who_may_decide",
    "why_not_end",
    "why_not_conclude",
    "why_not_classify",
    "why_not_decide",
    "why_not_lost",
    "why_not_record",
    "word_shown",
    "may_withdraw",
    "withdraw",
]
