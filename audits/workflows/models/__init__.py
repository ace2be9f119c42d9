from audits.workflows.models.action_plans import ActionItem, ActionPlan
from audits.workflows.models.arrangements import Arrangement
from audits.workflows.models.attestations import Attestation
from audits.workflows.models.challenges import Challenge, ChallengeEntry
from audits.workflows.models.changes import ChangeRequest, Decision
from audits.workflows.models.classifications import Classification
from audits.workflows.models.delegations import Delegation
from audits.workflows.models.findings import Finding
from audits.workflows.models.opinions import ValidationOpinion, ValidationReview
from audits.workflows.models.reminders import Reminder, ReminderRound
from audits.workflows.models.retirements import Retirement, RetirementItem
from audits.workflows.models.retraining import Retraining
from audits.workflows.models.standings import RETIRED_LAST_WORST_FIRST, Standing, StandingMark
from audits.workflows.models.submissions import Reperformance, Submission
from audits.workflows.models.supervision import SupervisoryRecord
from audits.workflows.models.validations import (
    ValidationEvidence,
    ValidationItem,
    ValidationRequest,
    ValidatorAssignment,
)

__all__ = [
    "RETIRED_LAST_WORST_FIRST",
    "ActionItem",
    "ActionPlan",
    "Arrangement",
    "Attestation",
    "Challenge",
    "ChallengeEntry",
    "ChangeRequest",
    "Classification",
    "Decision",
    "Delegation",
    "Finding",
    "Reminder",
    "ReminderRound",
    "Reperformance",
    "Retirement",
    "RetirementItem",
    "Retraining",
    "Standing",
    "StandingMark",
    "Submission",
    "SupervisoryRecord",
    "ValidationEvidence",
    "ValidationItem",
    "ValidationOpinion",
    "ValidationRequest",
    "ValidationReview",
    "ValidatorAssignment",
]
