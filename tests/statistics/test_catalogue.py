"""The catalogue of statistics, row by row, and the public functions that answer it. What is missing is not listed."""

import inspect
import re
from importlib import import_module

import pytest

CATALOGUE = {
    # Data and population
    "D1 rates of faulty rows, freshness, volume": (
        "quality.missing_rate", "quality.out_of_range_rate", "quality.new_category_rate", "quality.type_mismatch_rate",
        "quality.duplicate_rate", "quality.freshness", "quality.volume_change",
    ),
    "D2 population stability index": (
        "drift.population_stability_index", "drift.psi_critical_value", "drift.psi_tolerance_test",
    ),
    "D3 two-sample Kolmogorov-Smirnov": ("drift.kolmogorov_smirnov",),
    "D4 homogeneity of categories": ("drift.chi_square_test", "drift.g_test", "drift.cramers_v"),
    "D5 Jensen-Shannon distance": ("drift.jensen_shannon_distance",),
    "D6 Wasserstein distance": ("drift.wasserstein_distance",),
    "D7 Hellinger, Anderson-Darling, Cramér-von Mises": (
        "drift.hellinger_distance", "drift.anderson_darling", "drift.cramer_von_mises",
    ),
    "D8 PCA reconstruction error": ("multivariate.pca_reconstruction_shift",),
    "D9 domain classifier": ("multivariate.domain_classifier_auc",),
    "D10 maximum mean discrepancy, energy distance": (
        "multivariate.maximum_mean_discrepancy", "drift.energy_distance",
    ),
    "D11 missingness patterns, correlations": (
        "multivariate.missingness_pattern_shift", "multivariate.correlation_shift",
    ),
    # Error control and thresholds
    "E1 multiple tests in one run": ("control.holm", "control.benjamini_hochberg", "control.benjamini_yekutieli"),
    "E2 online false discovery rate": ("control.lord", "control.saffron"),
    "E3 confidence sequences and e-processes": ("control.confidence_sequence", "control.betting_e_process"),
    "E4 control charts (a Shewhart chart is an EWMA of weight 1)": (
        "control.ewma", "control.cusum", "control.page_hinkley",
    ),
    "E5 dynamic thresholds": ("control.dynamic_limits",),
    "E6 importance-weighted drift": ("control.importance_weighted_drift",),
    "E7 chunking": ("chunks.chunks_by_size", "chunks.chunks_by_period", "chunks.minimum_chunk_size"),
    "E8 power statement": ("control.minimum_detectable_shift",),
    # Performance and discrimination
    "P1 AUC, Gini and their fall": ("performance.auc", "performance.gini", "performance.auc_decline_test"),
    "P2 accuracy ratio (Gini), KS, lift, PR-AUC": (
        "performance.gini", "performance.ks_separation", "performance.lift", "performance.average_precision",
    ),
    "P3 decisions, probabilities and numbers": (
        "performance.accuracy", "performance.precision", "performance.recall", "performance.f1",
        "performance.matthews_correlation", "performance.log_loss", "performance.rmse", "performance.mae",
        "performance.r_squared", "performance.quantile_loss",
    ),
    "P4 Somers' D": ("performance.somers_d",),
    "P5 migration and concentration": ("backtest.migration_matrix_tests", "backtest.herfindahl_index"),
    "P6 champion and challenger": (
        "performance.delong_test", "performance.mcnemar_test", "performance.diebold_mariano_test",
        "performance.swap_set", "performance.mean_moved",
    ),
    "P7 worst segments": ("segments.worst_segments",),
    "P8 overrides and coverage": (
        "performance.override_rate", "performance.override_outcomes", "performance.coverage",
    ),
    # Calibration and backtesting
    "K1 Hosmer-Lemeshow": ("calibration.hosmer_lemeshow",),
    "K2 calibration intercept and slope": ("calibration.calibration_intercept_slope",),
    "K3 Brier score, Spiegelhalter's z": ("performance.brier_score", "calibration.spiegelhalter_z"),
    "K4 calibration error, reliability curve": (
        "calibration.expected_calibration_error", "calibration.reliability_curve",
    ),
    "K5 PD by grade": (
        "calibration.binomial_test", "calibration.jeffreys_test", "calibration.binomial_test_by_grade",
    ),
    "K6 traffic lights": ("calibration.traffic_light", "calibration.pd_traffic_light"),
    "K7 correlated and few defaults": (
        "calibration.vasicek_default_rate", "calibration.pd_traffic_light", "calibration.pluto_tasche",
    ),
    "K8 value at risk": ("backtest.kupiec_pof", "backtest.christoffersen"),
    "K9 loss given default": ("performance.predicted_realised_t_test", "backtest.loss_shortfall"),
    "K10 anytime-valid calibration": (
        "calibration.pit_e_process", "calibration.calibration_e_process", "calibration.binary_pit",
    ),
    # Without labels, concept drift
    "L1 CBPE and M-CBPE": (
        "estimation.ConfidenceBasedEstimator.estimate", "estimation.multiclass_confidence_estimation",
    ),
    "L2 direct loss estimation": ("estimation.direct_loss_estimation",),
    "L3 PAPE": ("estimation.importance_weighted_estimation", "estimation.density_ratio"),
    "L4 ADWIN, DDM": ("streams.adwin", "streams.ddm"),
    "L5 maturity of outcomes": ("estimation.outcome_maturity", "estimation.mature_rows", "estimation.vintage_view"),
    "L6 estimated against realised": ("estimation.reconcile_estimates",),
    # Fairness
    "F1 selection rates": ("fairness.impact_ratio", "fairness.demographic_parity"),
    "F2 error rates": (
        "fairness.equalized_odds", "fairness.equal_opportunity", "fairness.predictive_parity", "fairness.group_table",
    ),
    "F3 calibration within groups": ("fairness.calibration_by_group",),
    "F4 score differences": ("fairness.standardized_mean_difference", "fairness.scoring_rate_ratio"),
    "F5 conditional parity": ("fairness.mantel_haenszel",),
    "F6 intersections": ("fairness.intersectional_scan",),
    "F7 inferred membership (BISG)": ("fairness.surname_geocoding", "fairness.proxy_impact_ratio"),
    "F8 less discriminatory alternatives": ("fairness.less_discriminatory_search",),
    "F9 proxies": ("fairness.proxy_detection", "fairness.conditional_mutual_information"),
    # Explainability
    "X1 SHAP values add up": ("explanation.global_importance", "explanation.additivity_gap"),
    "X2 sampling error of SHAP": ("explanation.global_importance", "explanation.enough_rows"),
    "X3 attribution drift": ("explanation.attribution_drift",),
    "X4 ranking stability": (
        "explanation.ranking_stability", "explanation.bootstrap_ranking_stability", "explanation.rank_biased_overlap",
    ),
    "X5 reason-code stability": ("explanation.reason_codes", "explanation.reason_code_stability"),
    "X6 reason-code fidelity": ("explanation.reason_code_fidelity",),
    "X7 effects of a feature": (
        "explanation.accumulated_local_effects", "explanation.individual_conditional_expectation",
        "explanation.permutation_importance", "explanation.monotonicity_violations",
    ),
    "X8 surrogate fidelity": ("explanation.surrogate_fidelity",),
    # Stability and robustness
    "S1 refit variance": ("robustness.refit_variance", "robustness.bootstrap_refit"),
    "S2 perturbation and missing-value stress": (
        "robustness.perturbation_stress", "robustness.missing_value_stress",
    ),
    "S3 operating boundary": ("robustness.operating_boundary",),
    "S4 tornado, Sobol indices": ("robustness.tornado", "robustness.sobol_indices"),
    "S5 feedback loops": ("robustness.feedback_loop_check",),
    "S6 replication": ("robustness.replication_gap",),
}  # fmt: skip
FUNCTIONS = sorted({name for names in CATALOGUE.values() for name in names})
ROWS = {"D": 11, "E": 8, "P": 8, "K": 10, "L": 6, "F": 9, "X": 8, "S": 6}
A_SOURCE = re.compile(r"\b(1[89]|20)\d\d\b|\b\d+ (CFR|RCNY)\b|NannyML|our own definition")  # a year, a rule, or ours


def find(name: str):
    """A function of audits.statistics by its path: module, then attributes."""
    module, *path = name.split(".")
    found = import_module(f"audits.statistics.{module}")
    for part in path:
        found = getattr(found, part)
    return found


def test_every_row_of_the_catalogue_is_answered_once():
    expected = [f"{letter}{number}" for letter, count in ROWS.items() for number in range(1, count + 1)]
    assert [row.split()[0] for row in CATALOGUE] == expected


@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_a_row_names_can_be_called_and_says_where_it_comes_from(name):
    function = find(name)
    assert callable(function)
    described = f"{function.__doc__} {inspect.getmodule(function).__doc__}"
    assert function.__doc__, f"{name} has no docstring"
    assert A_SOURCE.search(described), f"{name} names no source"
