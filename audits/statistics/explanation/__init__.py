"""Why a model says what it says: from SHAP values computed elsewhere, and by asking it (`predict`)."""

from audits.statistics.explanation.effects import (
    AccumulatedLocalEffects,
    ConditionalExpectation,
    accumulated_local_effects,
    individual_conditional_expectation,
    monotonicity_violations,
    permutation_importance,
)
from audits.statistics.explanation.fidelity import reason_code_fidelity, surrogate_fidelity
from audits.statistics.explanation.importance import additivity_gap, attribution_drift, global_importance
from audits.statistics.explanation.reasons import ReasonCodes, reason_code_stability, reason_codes
from audits.statistics.explanation.sampling import Sampling, enough_rows
from audits.statistics.explanation.stability import (
    bootstrap_ranking_stability,
    rank_biased_overlap,
    ranking_stability,
)

__all__ = [
    "AccumulatedLocalEffects",
    "ConditionalExpectation",
    "ReasonCodes",
    "Sampling",
    "accumulated_local_effects",
    "additivity_gap",
    "attribution_drift",
    "bootstrap_ranking_stability",
    "enough_rows",
    "global_importance",
    "individual_conditional_expectation",
    "monotonicity_violations",
    "permutation_importance",
    "rank_biased_overlap",
    "ranking_stability",
    "reason_code_fidelity",
    "reason_code_stability",
    "reason_codes",
    "surrogate_fidelity",
]
