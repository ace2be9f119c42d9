"""Drift of several columns at once, which no look at single columns can see."""

from audits.statistics.multivariate.discriminant import SecondOrderDiscriminant
from audits.statistics.multivariate.samples import domain_classifier_auc, maximum_mean_discrepancy
from audits.statistics.multivariate.structure import (
    correlation_shift,
    missingness_pattern_shift,
    pca_reconstruction_shift,
)
from audits.statistics.multivariate.texts import text_domain_classifier_auc

__all__ = [
    "SecondOrderDiscriminant",
    "correlation_shift",
    "domain_classifier_auc",
    "maximum_mean_discrepancy",
    "missingness_pattern_shift",
    "pca_reconstruction_shift",
    "text_domain_classifier_auc",
]
