"""Reading and checking a policy, one module per section; and what makes a tier. Plain values."""

from inventory.policies.approvals import (
    APPROVED_KINDS,
    APPROVERS,
    SENIOR,
    TIER_LOWERING,
    lowering_roles,
    name_of,
    roles_required,
)
from inventory.policies.arrangements import CLAUSES
from inventory.policies.attestation import ALL_TIERS, attestation_cadence, time_to_attest
from inventory.policies.change_classes import (
    CLASSES,
    CRITERIA,
    MATERIAL,
    NON_MATERIAL,
    Criterion,
    also_approved_by,
    class_of,
    review_after,
    validated_after_change,
)
from inventory.policies.changes import expiry_of_changes, retraining_waits
from inventory.policies.completeness import required_attributes, required_to_register
from inventory.policies.differences import Difference, differences
from inventory.policies.document import SECTIONS, completed, faults_in
from inventory.policies.fairness import REFERENCE_GROUPS, minimum_group, reference_group
from inventory.policies.findings import (
    SEVERE,
    SEVERITIES,
    criteria,
    is_milder,
    needs_plan,
    suggested_severity,
    time_to_plan,
    time_to_rebut,
    time_until_due,
)
from inventory.policies.indicators import INDICATORS, appetite
from inventory.policies.limits import MEASURES, limit, limits_for
from inventory.policies.mlflow import production_aliases
from inventory.policies.people import recertification
from inventory.policies.promotion import required_assessments
from inventory.policies.scorecard import FACTORS, FACTS, LEVELS
from inventory.policies.signatures import needs_passkey
from inventory.policies.standard import STANDARD_POLICY, section, standard
from inventory.policies.tiering import (
    EXEMPT,
    Tiering,
    facts_from_answers,
    faults_in_answers,
    levels_from,
    materiality,
    residual_rating,
    stricter,
    tier_from,
)
from inventory.policies.tiers import ASSESSMENTS, CADENCES, TIERS, cadence, rules_of
from inventory.policies.validation import (
    COMPONENTS,
    FULL_TYPES,
    LIGHTER_TYPES,
    annual_review_lasts,
    full_validation_lasts,
    required_components,
    restricts_when_lapsed,
    validation_approvers,
    validation_opens_before,
    validation_required,
)

__all__ = [
    "ALL_TIERS",
    "APPROVED_KINDS",
    "APPROVERS",
    "ASSESSMENTS",
    "CADENCES",
    "CLASSES",
    "CLAUSES",
    "CRITERIA",
    "MATERIAL",
    "NON_MATERIAL",
    "Criterion",
    "also_approved_by",
    "class_of",
    "review_after",
    "validated_after_change",
    "COMPONENTS",
    "EXEMPT",
    "FACTORS",
    "FACTS",
    "FULL_TYPES",
    "INDICATORS",
    "LEVELS",
    "LIGHTER_TYPES",
    "MEASURES",
    "REFERENCE_GROUPS",
    "annual_review_lasts",
    "full_validation_lasts",
    "required_components",
    "restricts_when_lapsed",
    "validation_approvers",
    "validation_opens_before",
    "validation_required",
    "Difference",
    "Tiering",
    "SECTIONS",
    "SENIOR",
    "STANDARD_POLICY",
    "TIER_LOWERING",
    "TIERS",
    "appetite",
    "attestation_cadence",
    "cadence",
    "completed",
    "differences",
    "expiry_of_changes",
    "facts_from_answers",
    "faults_in",
    "faults_in_answers",
    "levels_from",
    "limit",
    "limits_for",
    "lowering_roles",
    "materiality",
    "minimum_group",
    "name_of",
    "needs_passkey",
    "production_aliases",
    "recertification",
    "reference_group",
    "residual_rating",
    "required_attributes",
    "required_to_register",
    "retraining_waits",
    "required_assessments",
    "roles_required",
    "rules_of",
    "section",
    "standard",
    "stricter",
    "tier_from",
    "time_to_attest",
    "time_until_due",
    "time_to_rebut",
    "time_to_plan",
    "suggested_severity",
    "needs_plan",
    "is_milder",
    "criteria",
    "SEVERITIES",
    "SEVERE",
]
