"""The kinds of change, as one table: what each needs, what stands against it, what approval and lapse do."""

from audits.workflows.models import ChangeRequest
from audits.workflows.services.kinds.acceptance import RISK_ACCEPTANCE
from audits.workflows.services.kinds.cadence import CADENCE_CHANGE
from audits.workflows.services.kinds.emergencies import BREAK_GLASS, RESUMPTION
from audits.workflows.services.kinds.envelope import RETRAINING_ENVELOPE
from audits.workflows.services.kinds.exceptions import EXCEPTION
from audits.workflows.services.kinds.extensions import EXTENSION
from audits.workflows.services.kinds.holds import HOLD_RELEASE, LEGAL_HOLD
from audits.workflows.services.kinds.kind import ChangeKind, Term, cleaned
from audits.workflows.services.kinds.overlays import OVERLAY
from audits.workflows.services.kinds.policy import POLICY_CHANGE
from audits.workflows.services.kinds.promotion import APPROVAL, PROMOTION
from audits.workflows.services.kinds.retirement import RETIREMENT
from audits.workflows.services.kinds.retraining import RETRAINING, why_not_retrain
from audits.workflows.services.kinds.tier import TIER_CHANGE
from audits.workflows.services.kinds.uses import USE_ENDING

Kind = ChangeRequest.Kind
KINDS: dict[str, ChangeKind] = {
    Kind.PROMOTION: PROMOTION,
    Kind.APPROVAL: APPROVAL,
    Kind.RETRAINING: RETRAINING,
    Kind.RETIREMENT: RETIREMENT,
    Kind.EXCEPTION: EXCEPTION,
    Kind.OVERLAY: OVERLAY,
    Kind.RISK_ACCEPTANCE: RISK_ACCEPTANCE,
    Kind.TIER_CHANGE: TIER_CHANGE,
    Kind.CADENCE_CHANGE: CADENCE_CHANGE,
    Kind.POLICY_CHANGE: POLICY_CHANGE,
    Kind.RESUMPTION: RESUMPTION,
    Kind.BREAK_GLASS: BREAK_GLASS,
    Kind.EXTENSION: EXTENSION,
    Kind.LEGAL_HOLD: LEGAL_HOLD,
    Kind.HOLD_RELEASE: HOLD_RELEASE,
    Kind.USE_ENDING: USE_ENDING,
    Kind.RETRAINING_ENVELOPE: RETRAINING_ENVELOPE,
}

__all__ = ["KINDS", "ChangeKind", "Term", "cleaned", "why_not_retrain"]
