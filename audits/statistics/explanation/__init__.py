"""Why a model says what it says, from SHAP values computed elsewhere."""

from audits.statistics.explanation.importance import additivity_gap, attribution_drift, global_importance
from audits.statistics.explanation.reasons import ReasonCodes, reason_code_stability, reason_codes
from audits.statistics.explanation.stability import (
    bootstrap_ranking_stability,
    rank_biased_overlap,
    ranking_stability,
)

__all__ = [
    "ReasonCodes",
    "additivity_gap",
    "attribution_drift",
    "bootstrap_ranking_stability",
    "global_importance",
    "rank_biased_overlap",
    "ranking_stability",
    "reason_code_stability",
    "reason_codes",
]
