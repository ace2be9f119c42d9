"""Reading and checking a policy, one module per section; and what makes a tier. Plain values."""

from inventory.policies.approvals import APPROVED_KINDS, APPROVERS, roles_required
from inventory.policies.changes import expiry_of_changes, retraining_waits
from inventory.policies.differences import Difference, differences
from inventory.policies.document import SECTIONS, completed, faults_in
from inventory.policies.fairness import REFERENCE_GROUPS, minimum_group, reference_group
from inventory.policies.limits import MEASURES, limit, limits_for
from inventory.policies.mlflow import production_aliases
from inventory.policies.signatures import needs_passkey
from inventory.policies.standard import STANDARD_POLICY, section, standard
from inventory.policies.tiering import LEVELS, TIER_MATRIX, computed_tier, materiality
from inventory.policies.tiers import ASSESSMENTS, CADENCES, TIERS, cadence

__all__ = [
    "APPROVED_KINDS",
    "APPROVERS",
    "ASSESSMENTS",
    "CADENCES",
    "LEVELS",
    "MEASURES",
    "REFERENCE_GROUPS",
    "Difference",
    "SECTIONS",
    "STANDARD_POLICY",
    "TIERS",
    "TIER_MATRIX",
    "cadence",
    "completed",
    "computed_tier",
    "differences",
    "expiry_of_changes",
    "faults_in",
    "limit",
    "limits_for",
    "materiality",
    "minimum_group",
    "needs_passkey",
    "production_aliases",
    "reference_group",
    "retraining_waits",
    "roles_required",
    "section",
    "standard",
]
