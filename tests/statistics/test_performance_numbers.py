"""Errors of predicted numbers and comparisons of two models: hand-worked and against SciPy and statsmodels."""

import math

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics
from statsmodels.stats.contingency_tables import mcnemar

from audits.statistics import performance

REALISED, PREDICTED = [3, -0.5, 2, 7], [2.5, 0.0, 2, 8]  # the example of scikit-learn's user guide


def test_errors_by_hand():
    assert performance.mae(REALISED, PREDICTED).value == pytest.approx(0.5)
    assert performance.rmse(REALISED, PREDICTED).value == pytest.approx(math.sqrt(0.375))
    assert performance.mean_error(REALISED, PREDICTED).value == pytest.approx(0.25)
    assert performance.r_squared(REALISED, PREDICTED).value == pytest.approx(0.9486081370449679)
    assert performance.quantile_loss(REALISED, PREDICTED, quantile=0.9).value == pytest.approx(
        (0.9 * 0.5 + 0.1 * 0.5 + 0 + 0.1 * 1) / 4
    )


def test_errors_agree_with_scikit_learn_with_weights():
    rng = np.random.default_rng(1)
    realised, weights = rng.normal(5, 1, 300), rng.integers(1, 6, 300)
    predicted = realised + rng.normal(0.1, 0.5, 300)
    kept = {"sample_weight": weights}
    for measure, expected in (
        (performance.mae, metrics.mean_absolute_error(realised, predicted, **kept)),
        (performance.rmse, metrics.root_mean_squared_error(realised, predicted, **kept)),
        (performance.r_squared, metrics.r2_score(realised, predicted, **kept)),
        (
            performance.mean_absolute_percentage_error,
            metrics.mean_absolute_percentage_error(realised, predicted, **kept),
        ),
    ):
        estimate = measure(realised, predicted, weights=weights)
        assert estimate.value == pytest.approx(expected, abs=1e-12)
        assert estimate.low < estimate.value < estimate.high
        expanded = measure(np.repeat(realised, weights), np.repeat(predicted, weights))
        assert (estimate.low, estimate.high) == pytest.approx((expanded.low, expanded.high))


@pytest.mark.parametrize("measure", [performance.rmse, performance.mae, performance.r_squared])
def test_error_intervals_cover_the_truth_at_their_level(measure):
    rng = np.random.default_rng(12)
    truth = {performance.rmse: 0.5, performance.mae: 0.5 * math.sqrt(2 / math.pi), performance.r_squared: 0.75}[measure]
    covered = 0
    for _ in range(2000):
        realised = rng.normal(size=400)
        estimate = measure(realised, realised + rng.normal(0, 0.5, 400))
        covered += estimate.low <= truth <= estimate.high
    assert abs(covered / 2000 - 0.95) <= 0.015


def test_what_never_varies_has_no_r_squared_and_zero_has_no_percentage():
    assert performance.r_squared([0.1, 0.1, 0.1], [1, 2, 3]).value is None
    assert "never vary" in performance.r_squared([0.1, 0.1, 0.1], [1, 2, 3]).reason
    assert performance.mean_absolute_percentage_error([0, 1], [1, 1]).value is None
    assert performance.mae([], []).value is None


def test_somers_d_agrees_with_scipy_and_carries_a_generalised_auc():
    rng = np.random.default_rng(3)
    realised = rng.integers(0, 5, 300)
    predicted = np.clip(realised + rng.integers(-2, 3, 300), 0, 4)
    estimate = performance.somers_d(realised, predicted)
    assert estimate.value == pytest.approx(stats.somersd(realised, predicted).statistic, abs=1e-12)
    assert estimate.detail["generalised_auc"] == pytest.approx((estimate.value + 1) / 2)


def test_generalised_auc_of_a_binary_outcome_is_the_auc_with_about_its_delong_error():
    rng = np.random.default_rng(4)
    label = rng.integers(0, 2, 500)
    score = (rng.normal(size=500) + label).round(1)
    generalised, area = performance.somers_d(label, score).detail, performance.auc(label, score)
    assert generalised["generalised_auc"] == pytest.approx(area.value, abs=1e-12)
    assert generalised["generalised_auc_standard_error"] == pytest.approx(area.detail["standard_error"], rel=0.02)


def test_paired_t_test_agrees_with_scipy():
    rng = np.random.default_rng(5)
    realised = rng.normal(0.3, 0.2, 80)
    predicted = rng.normal(0.25, 0.1, 80)
    estimate = performance.predicted_realised_t_test(realised, predicted)
    expected = stats.ttest_rel(realised, predicted, alternative="greater")
    assert (estimate.statistic, estimate.p_value) == pytest.approx((expected.statistic, expected.pvalue), abs=1e-12)
    assert performance.predicted_realised_t_test([1, 2], [0, 1]).value is None


def test_delong_test_by_the_definition():
    rng = np.random.default_rng(6)
    label = np.repeat([1, 0], [40, 60])
    champion, challenger = rng.normal(size=100) + label, rng.normal(size=100) + 1.5 * label

    def kernel(score):
        positives, negatives = score[label == 1], score[label == 0]
        return (positives[:, None] > negatives) + 0.5 * (positives[:, None] == negatives)

    gap = kernel(challenger) - kernel(champion)
    variance = gap.mean(1).var(ddof=1) / 40 + gap.mean(0).var(ddof=1) / 60
    estimate = performance.delong_test(label, champion, challenger)
    assert estimate.value == pytest.approx(gap.mean(), abs=1e-12)
    assert estimate.statistic == pytest.approx(gap.mean() / math.sqrt(variance), abs=1e-9)


def test_two_models_that_rank_alike_differ_by_nothing():
    estimate = performance.delong_test([0, 1, 0, 1], [1, 2, 3, 4], [10, 20, 30, 40])
    assert (estimate.value, estimate.p_value) == (0, 1)


def test_delong_test_rejects_true_equality_at_its_level():
    rng = np.random.default_rng(7)
    label = np.repeat([1, 0], [100, 100])
    rejected = 0
    for _ in range(1000):
        shared = rng.normal(size=200) + label
        first, second = shared + rng.normal(size=200), shared + rng.normal(size=200)
        rejected += performance.delong_test(label, first, second).p_value < 0.05
    assert abs(rejected / 1000 - 0.05) <= 0.02


@pytest.mark.parametrize(("gained", "lost"), [(3, 12), (60, 30), (0, 0), (12, 12), (13, 12)])
def test_mcnemar_agrees_with_statsmodels(gained, lost):
    label = np.ones(200, dtype=int)
    champion, challenger = np.ones(200, dtype=int), np.ones(200, dtype=int)
    champion[:gained] = 0
    challenger[gained : gained + lost] = 0
    estimate = performance.mcnemar_test(label, champion, challenger)
    assert estimate.value == pytest.approx((gained - lost) / 200)
    if gained + lost:
        table = [[200 - gained - lost, lost], [gained, 0]]
        expected = mcnemar(table, exact=gained + lost < 25)
        assert estimate.p_value == pytest.approx(expected.pvalue, abs=1e-9)
    else:
        assert estimate.p_value == 1


def test_diebold_mariano_at_one_step_is_the_t_test_of_the_differences():
    rng = np.random.default_rng(8)
    champion, challenger = rng.normal(size=60) ** 2, rng.normal(0.2, 1, size=60) ** 2
    estimate = performance.diebold_mariano_test(champion, challenger)
    expected = stats.ttest_1samp(challenger - champion, 0)
    assert (estimate.statistic, estimate.p_value) == pytest.approx((expected.statistic, expected.pvalue), abs=1e-9)


def test_diebold_mariano_sums_autocovariances_up_to_the_horizon():
    loss = np.array([1.0, 1.5, 2.0, 0.0, -1.0, -0.5, 2.0, 3.0])
    centred = loss - loss.mean()
    variance = (centred @ centred + 2 * centred[1:] @ centred[:-1]) / 8 / 8
    corrected = loss.mean() / math.sqrt(variance) * math.sqrt((8 + 1 - 4 + 2 / 8) / 8)
    estimate = performance.diebold_mariano_test(np.zeros(8), loss, horizon=2)
    assert estimate.statistic == pytest.approx(corrected, abs=1e-12)
    assert performance.diebold_mariano_test([1, 2], [2, 1]).value is None


def test_the_mean_output_moves_by_a_share_of_the_champions():
    """Means 2 and 2.1: a twentieth more; differences 0, 0.1, 0.2 have the standard error 0.1 / sqrt(3)."""
    estimate = performance.mean_moved([1, 2, 3], [1, 2.1, 3.2])
    assert estimate.value == pytest.approx(0.05)
    assert estimate.high - estimate.value == pytest.approx(1.959964 * 0.1 / 3**0.5 / 2)
    assert performance.mean_moved([-2, -2], [-3, -3]).value == pytest.approx(-0.5)
    assert "is zero" in performance.mean_moved([-1, 1], [1, 1]).reason
    assert "two rows" in performance.mean_moved([1], [1]).reason


def test_swap_set_counts_who_enters_and_who_leaves():
    estimate = performance.swap_set([1, 1, 0, 0, 1], [1, 0, 1, 1, 1], label=[0, 1, 0, 1, 0])
    assert estimate.value == pytest.approx(3 / 5)
    assert estimate.detail["swapped_in"] == 2
    assert estimate.detail["swapped_out"] == 1
    assert estimate.detail["swapped_in_rate"] == 0.5
    assert estimate.detail["swapped_out_rate"] == 1
