"""The shapes of the REST API: `…In` what is sent, `…Out` what is answered, `…Query` what a list may be narrowed to."""

from audits.workflows.serializers.changes import (
    ChangeIn,
    ChangeInFullOut,
    ChangeOut,
    ChangeQuery,
    DecisionIn,
    DecisionMadeOut,
    GateOut,
    StatementOut,
    StatementQuery,
)
from audits.workflows.serializers.findings import AnswerIn, FindingIn, FindingOut, FindingQuery
from audits.workflows.serializers.retraining import RetrainingEventIn, RetrainingOut

__all__ = [
    "AnswerIn",
    "ChangeIn",
    "ChangeInFullOut",
    "ChangeOut",
    "ChangeQuery",
    "DecisionIn",
    "DecisionMadeOut",
    "FindingIn",
    "FindingOut",
    "FindingQuery",
    "GateOut",
    "RetrainingEventIn",
    "RetrainingOut",
    "StatementOut",
    "StatementQuery",
]
