"""The shapes of the REST API: `…In` what is sent, `…Out` what is answered, `…Query` what a list may be narrowed to."""

from audits.workflows.serializers.arrangements import ArrangementOut, ArrangementQuery
from audits.workflows.serializers.changes import (
    ChangeIn,
    ChangeInFullOut,
    ChangeOut,
    ChangeQuery,
    DecidersOut,
    DecisionIn,
    DecisionMadeOut,
    GateOut,
    KindQuery,
    KindsOut,
    MinutesIn,
    StatementOut,
    StatementQuery,
)
from audits.workflows.serializers.findings import AnswerIn, FindingIn, FindingOut, FindingQuery
from audits.workflows.serializers.retraining import RetrainingEventIn, RetrainingOut

__all__ = [
    "ArrangementOut",
    "ArrangementQuery",
    "AnswerIn",
    "ChangeIn",
    "ChangeInFullOut",
    "ChangeOut",
    "ChangeQuery",
    "DecidersOut",
    "DecisionIn",
    "DecisionMadeOut",
    "FindingIn",
    "FindingOut",
    "FindingQuery",
    "GateOut",
    "KindQuery",
    "KindsOut",
    "MinutesIn",
    "RetrainingEventIn",
    "RetrainingOut",
    "StatementOut",
    "StatementQuery",
]
