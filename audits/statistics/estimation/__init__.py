"""Performance while outcomes are not known yet, and the guard that says when they are."""

from audits.statistics.estimation.confidence import ConfidenceBasedEstimator
from audits.statistics.estimation.loss import direct_loss_estimation
from audits.statistics.estimation.maturity import mature_rows, outcome_maturity, reconcile_estimates
from audits.statistics.estimation.multiclass import multiclass_confidence_estimation
from audits.statistics.estimation.vintages import Vintage, vintage_view
from audits.statistics.estimation.weighting import density_ratio, effective_size, importance_weighted_estimation

__all__ = [
    "ConfidenceBasedEstimator",
    "Vintage",
    "density_ratio",
    "direct_loss_estimation",
    "effective_size",
    "importance_weighted_estimation",
    "mature_rows",
    "multiclass_confidence_estimation",
    "outcome_maturity",
    "reconcile_estimates",
    "vintage_view",
]
