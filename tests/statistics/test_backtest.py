"""Risk forecasts against what happened: hand-worked, published and simulated."""

import math

import numpy as np
import pytest
from scipy import stats

from audits.statistics import backtest


def test_kupiec_by_hand():
    # 7 exceptions in 250 days at 99 %.
    estimate = backtest.kupiec_pof(7, 250)
    ratio = -2 * math.log(0.01**7 * 0.99**243 / ((7 / 250) ** 7 * (243 / 250) ** 243))
    assert estimate.statistic == pytest.approx(ratio, abs=1e-9)
    assert estimate.p_value == pytest.approx(stats.chi2.sf(ratio, 1), abs=1e-12)


@pytest.mark.parametrize(
    ("coverage", "observations", "fewest", "most"),
    # Kupiec 1995 (as in Jorion, Value at Risk, table 6-2): exceptions that are not rejected at 95 % test confidence.
    [(0.99, 255, 1, 6), (0.95, 255, 7, 20), (0.95, 510, 17, 35), (0.99, 1000, 5, 16), (0.95, 1000, 38, 64)],
)
def test_kupiec_reproduces_the_published_regions(coverage, observations, fewest, most):
    accepted = [
        count
        for count in range(observations // 5)
        if backtest.kupiec_pof(count, observations, coverage=coverage).p_value > 0.05
    ]
    assert (min(accepted), max(accepted)) == (fewest, most)


def test_no_exception_at_all_has_a_statistic_too():
    assert backtest.kupiec_pof(0, 250).statistic == pytest.approx(-2 * 250 * math.log(0.99))
    assert backtest.kupiec_pof(0, 0).value is None
    with pytest.raises(ValueError, match="exceptions"):
        backtest.kupiec_pof(3, 2)
    with pytest.raises(ValueError, match="whole"):
        backtest.kupiec_pof(1.5, 20)


def test_christoffersen_by_hand():
    # Transitions of 0 1 1 0 0 0 1 0 0 0: from 0 there are 6, 2 of them to 1; from 1 there are 3, 1 of them to 1.
    series = [0, 1, 1, 0, 0, 0, 1, 0, 0, 0]
    answers = backtest.christoffersen(series, coverage=0.9)
    free = (2 / 6) ** 2 * (4 / 6) ** 4 * (1 / 3) * (2 / 3) ** 2
    pooled = (3 / 9) ** 3 * (6 / 9) ** 6
    assert answers["independence"].statistic == pytest.approx(2 * math.log(free / pooled), abs=1e-12)
    assert answers["independence"].value == pytest.approx(0, abs=1e-12)
    assert answers["conditional"].statistic == pytest.approx(
        answers["unconditional"].statistic + answers["independence"].statistic
    )


def test_clustered_exceptions_are_found_though_their_rate_is_right():
    series = np.zeros(1000, dtype=int)
    series[300:310] = 1
    answers = backtest.christoffersen(series)
    assert answers["unconditional"].p_value > 0.9
    assert answers["independence"].p_value < 1e-6
    assert answers["conditional"].p_value < 1e-6


def test_christoffersen_without_exceptions_says_why():
    answers = backtest.christoffersen(np.zeros(250))
    assert answers["unconditional"].value == 0
    assert "no exception" in answers["independence"].reason
    assert backtest.christoffersen([1])["conditional"].value is None


def test_independence_is_rejected_at_its_level():
    rng = np.random.default_rng(1)
    rejected = [
        backtest.christoffersen(rng.random(1000) < 0.1, coverage=0.9)["independence"].p_value < 0.05
        for _ in range(1000)
    ]
    assert abs(np.mean(rejected) - 0.05) <= 0.02


def test_loss_shortfall_by_hand_and_its_interval():
    estimate = backtest.loss_shortfall([0.5, 0.3], [0.4, 0.2], [100, 200])
    assert estimate.value == pytest.approx(1 - 80 / 110)
    assert estimate.detail == {"realised_loss": pytest.approx(110), "predicted_loss": pytest.approx(80)}
    rng = np.random.default_rng(2)
    covered = 0
    for _ in range(2500):
        realised = rng.beta(2, 3, 300)
        answer = backtest.loss_shortfall(realised, 0.36 + 0.1 * (realised - 0.4), rng.uniform(1, 2, 300))
        covered += answer.low <= 0.1 <= answer.high
    assert abs(covered / 2500 - 0.95) <= 0.015
    assert backtest.loss_shortfall([0.0, 0.0], [0.1, 0.1]).value is None


def test_herfindahl_by_hand():
    estimate = backtest.herfindahl_index([50, 30, 20])
    assert estimate.value == pytest.approx(0.38)
    assert estimate.detail["normalised"] == pytest.approx((0.38 - 1 / 3) / (2 / 3))
    assert estimate.detail["coefficient_of_variation"] == pytest.approx(
        np.std([0.5, 0.3, 0.2]) / np.mean([0.5, 0.3, 0.2])
    )
    assert estimate.detail["ecb_index"] == pytest.approx(1 + math.log(0.38) / math.log(3))
    even, single = backtest.herfindahl_index([10, 10, 10, 10]), backtest.herfindahl_index([0, 7, 0])
    assert (even.value, even.detail["normalised"]) == (0.25, 0)
    assert (single.value, single.detail["normalised"]) == (1, 1)
    assert backtest.herfindahl_index([0, 0]).value is None
    with pytest.raises(ValueError, match="amounts"):
        backtest.herfindahl_index([1, -1])


def test_concentration_against_validation_by_the_ecbs_formula():
    estimate = backtest.herfindahl_index([70, 10, 10, 5, 5], initial=0.25)
    now, then = math.sqrt(5 * 0.515 - 1), math.sqrt(5 * 0.25 - 1)
    statistic = math.sqrt(4) * (now - then) / math.sqrt(now**2 * (0.5 + now**2))
    assert estimate.statistic == pytest.approx(statistic)
    assert estimate.p_value == pytest.approx(stats.norm.sf(statistic))


def test_bandwidths_of_a_migration_matrix_by_hand():
    matrix = [[80, 15, 5], [10, 80, 10], [0, 20, 80]]
    answers = backtest.migration_matrix_tests(matrix)
    # Downgrades: 15 by one and 5 by two out of the first grade (farthest 2), 10 by one out of the second (farthest 1).
    assert answers["upper_bandwidth"].value == pytest.approx((15 + 2 * 5 + 10) / (2 * 20 + 1 * 10))
    assert answers["lower_bandwidth"].value == pytest.approx((10 + 20) / (10 + 2 * 20))
    assert answers["monotonicity"].value == pytest.approx(-0.1)
    assert answers["monotonicity"].p_value > 0.9
    nobody = backtest.migration_matrix_tests(np.diag([10, 20, 30]))
    assert nobody["upper_bandwidth"].value == 0


def test_a_farther_grade_entered_more_often_is_found():
    answer = backtest.migration_matrix_tests([[60, 5, 35], [10, 80, 10], [5, 15, 80]])["monotonicity"]
    z = (0.05 - 0.35) / math.sqrt((0.05 * 0.95 + 0.35 * 0.65 + 2 * 0.05 * 0.35) / 100)
    assert answer.value == pytest.approx(0.3)
    assert (answer.detail["from"], answer.detail["to"]) == (1, 3)
    assert answer.p_value == pytest.approx(2 * stats.norm.cdf(z))


@pytest.mark.parametrize("matrix", [[[1, 2]], [[1, -1], [0, 1]], [[1, math.nan], [0, 1]]])
def test_what_is_no_migration_matrix_is_refused(matrix):
    with pytest.raises(ValueError, match="migrations"):
        backtest.migration_matrix_tests(matrix)
    assert backtest.migration_matrix_tests([[5]])["upper_bandwidth"].value is None
