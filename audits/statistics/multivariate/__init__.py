"""Drift of several columns at once, which no look at single columns can see."""

from audits.statistics.multivariate.samples import domain_classifier_auc, maximum_mean_discrepancy
from audits.statistics.multivariate.structure import (
    correlation_shift,
    missingness_pattern_shift,
    pca_reconstruction_shift,
)

__all__ = [
    "correlation_shift",
    "domain_classifier_auc",
    "maximum_mean_discrepancy",
    "missingness_pattern_shift",
    "pca_reconstruction_shift",
]
