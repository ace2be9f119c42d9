"""Corners found by feeding every outcome-based measure with random small, constant, weighted and empty input."""

import numpy as np
import pytest

from audits.statistics import calibration, estimation, fairness, performance


def test_one_row_has_an_error_but_no_interval():
    estimate = performance.rmse([1.0], [3.0])
    assert (estimate.value, estimate.low, estimate.high) == (2.0, None, None)


def test_grades_that_stand_for_no_row_do_not_count():
    kappa = performance.quadratic_weighted_kappa([0, 1, 2, 1], [0, 1, 0, 2], weights=[3, 3, 0, 2])
    assert kappa.value == pytest.approx(
        performance.quadratic_weighted_kappa([0] * 3 + [1] * 5, [0] * 3 + [1] * 3 + [2] * 2).value
    )
    assert performance.quadratic_weighted_kappa([0, 1], [1, 0], weights=[0, 0]).value is None
    assert performance.somers_d([0.1, 0.2], [1, 2], weights=[0.7, 0]).value is None


def test_weights_below_one_row_can_be_resampled():
    estimate = performance.average_precision(
        [0, 1], [1, 2], weights=[0.2, 0.3], rng=np.random.default_rng(1), replicates=20
    )
    assert estimate.low <= estimate.value <= estimate.high


def test_certain_and_wrong_probabilities_can_be_recalibrated():
    answers = calibration.calibration_intercept_slope([1, 1] + [0] * 18, [1.0] * 20, clip=0.01)
    # One probability for all: the intercept moves its logit to that of the observed 10 %.
    assert answers["intercept"].value == pytest.approx(np.log(0.1 / 0.9) - np.log(0.99 / 0.01))
    assert answers["slope"].value is None


def test_a_constant_score_cannot_be_calibrated_logistically():
    with pytest.raises(ValueError, match="separates"):
        estimation.ConfidenceBasedEstimator.fit([0, 1], [0.5, 0.5], calibration="logistic")


def test_scores_of_any_size_are_calibrated_logistically():
    rng = np.random.default_rng(2)
    score = rng.normal(size=400)
    label = rng.random(400) < 1 / (1 + np.exp(-score))
    small = estimation.ConfidenceBasedEstimator.fit(label, score, calibration="logistic").estimate(score)["auc"]
    large = estimation.ConfidenceBasedEstimator.fit(label, score * 1e12, calibration="logistic").estimate(score * 1e12)[
        "auc"
    ]
    assert (large.value, large.low, large.high) == pytest.approx((small.value, small.low, small.high))


def test_cells_that_stand_for_no_row_are_no_group():
    cells = {"g": ["a", "b"], "label": [1, 0], "prediction": [1, 0], "count": [0, 0]}
    scan = fairness.intersectional_scan(cells, "g", rng=np.random.default_rng(1), permutations=10)
    assert scan.groups == {}
    assert scan.largest_gap.value is None
    assert fairness.demographic_parity(cells, "g").value is None
    assert fairness.impact_ratio(cells, "g") == {}
    assert fairness.group_table(cells, "g").groups == {}
