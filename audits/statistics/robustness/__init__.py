"""How much the model's answers depend on what should not matter, and whether it is used where it holds."""

from audits.statistics.robustness.boundary import OperatingBoundary, operating_boundary
from audits.statistics.robustness.feedback import feedback_loop_check
from audits.statistics.robustness.refits import bootstrap_refit, refit_variance
from audits.statistics.robustness.replication import replication_gap
from audits.statistics.robustness.sensitivity import sobol_indices, tornado
from audits.statistics.robustness.stress import missing_value_stress, perturbation_stress

__all__ = [
    "OperatingBoundary",
    "bootstrap_refit",
    "feedback_loop_check",
    "missing_value_stress",
    "operating_boundary",
    "perturbation_stress",
    "refit_variance",
    "replication_gap",
    "sobol_indices",
    "tornado",
]
