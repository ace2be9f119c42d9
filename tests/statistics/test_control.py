"""Error control: agreement with statsmodels, published run lengths, and the stated error in simulation."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import NormalIndPower

from audits.statistics import control
from audits.statistics.estimates import Estimate, could_not_compute

P_VALUES = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528,
            0.7590, 1.0000]  # fmt: skip


# Many tests in one run


def test_benjamini_and_hochbergs_own_example_rejects_four_and_bonferroni_type_rules_three():
    # Benjamini & Hochberg 1995, section 3.1: 15 comparisons of thrombolysis in myocardial infarction.
    assert sum(control.benjamini_hochberg(P_VALUES).rejected) == 4
    assert sum(control.holm(P_VALUES).rejected) == 3


def test_holm_worked_by_hand():
    # 3 * 0.01, then 2 * 0.02 = 0.04, then max(0.04, 0.03).
    assert control.holm([0.03, 0.01, 0.02]).adjusted == pytest.approx((0.04, 0.03, 0.04))


@settings(deadline=None, max_examples=15)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_adjusted_p_values_agree_with_statsmodels(p_values):
    for rule, name in (
        (control.holm, "holm"), (control.benjamini_hochberg, "fdr_bh"), (control.benjamini_yekutieli, "fdr_by"),
    ):  # fmt: skip
        assert rule(p_values).adjusted == pytest.approx(multipletests(p_values, method=name)[1], abs=1e-9)


def test_a_test_without_a_p_value_is_no_member_of_the_family():
    with_gap, without = control.holm([0.01, None, 0.04]), control.holm([0.01, 0.04])
    assert with_gap.adjusted == (without.adjusted[0], None, without.adjusted[1])
    assert with_gap.rejected == (True, False, True)
    assert "1 without a p-value left out" in with_gap.method
    assert control.benjamini_hochberg([]).adjusted == ()


def test_the_family_wise_error_and_the_false_discovery_rate_keep_their_level():
    # 50 features, 10 of them drifted, 2 000 runs: standard error of 5 % is 0.5 points.
    rng = np.random.default_rng(17)
    shift = np.where(np.arange(50) < 10, 3.0, 0.0)
    p_values = 2 * stats.norm.sf(np.abs(rng.normal(size=(2000, 50)) + shift))
    family_errors, false_shares = [], []
    for row in p_values.tolist():
        family_errors.append(any(control.holm(row).rejected[10:]))
        rejected = control.benjamini_hochberg(row).rejected
        false_shares.append(sum(rejected[10:]) / max(1, sum(rejected)))
    assert np.mean(family_errors) < 0.065
    assert 0.03 < np.mean(false_shares) < 0.055  # exactly 0.05 * 40/50 in expectation


def test_what_is_no_p_value_is_refused():
    for rule in (control.holm, control.benjamini_hochberg, control.benjamini_yekutieli, control.lord, control.saffron):
        with pytest.raises(ValueError, match="p-value"):
            rule([0.1, 1.2])
        with pytest.raises(ValueError, match="significance"):
            rule([0.1], significance=0.0)


# Tests over time


def test_lord_worked_by_hand():
    # gamma_1 = 0.07720838 ln 2, gamma_2 = gamma_1 / (2 exp(sqrt(ln 2))); w0 = 0.005; the first test is rejected.
    first = 0.07720838 * math.log(2)
    second = first / (2 * math.exp(math.sqrt(math.log(2))))
    decisions = control.lord([1e-7, 0.00055, 0.1])
    assert decisions.levels[0] == pytest.approx(0.005 * first)
    assert decisions.levels[1] == pytest.approx(0.005 * second + 0.045 * first)
    assert decisions.rejected == (True, True, False)


def test_lord_pays_for_the_second_rejection_and_later_ones_in_full():
    decisions = control.lord([0.0, 0.0, 1.0], initial_wealth=0.02)
    gamma = 0.07720838 * np.log([2, 2, 3]) / (np.array([1, 2, 3]) * np.exp(np.sqrt(np.log([1, 2, 3]))))
    assert decisions.levels[2] == pytest.approx(0.02 * gamma[2] + 0.03 * gamma[1] + 0.05 * gamma[0])


def test_saffron_worked_by_hand():
    # gamma_1 = 1/zeta(1.6); w0 = 0.025. The first p is a candidate and rejected: nothing is spent for it.
    gamma = 0.4374901658 / np.array([1, 2]) ** 1.6
    decisions = control.saffron([1e-7, 0.6, 0.1])
    assert decisions.levels[0] == pytest.approx(0.5 * 0.025 * gamma[0])
    assert decisions.levels[1] == pytest.approx(0.5 * (0.025 * gamma[0] + 0.025 * gamma[0]))
    assert decisions.levels[2] == pytest.approx(0.5 * (0.025 * gamma[1] + 0.025 * gamma[1]))
    assert decisions.next_level == pytest.approx(decisions.levels[2])


@pytest.mark.parametrize("rule", [control.lord, control.saffron])
def test_a_level_is_fixed_before_its_p_value_is_seen(rule):
    past = [0.001, 0.7, 0.2, 0.0001]
    announced = rule(past).next_level
    assert rule([*past, 0.0]).levels[-1] == rule([*past, 1.0]).levels[-1] == announced
    assert rule([]).rejected == ()


@pytest.mark.parametrize("rule", [control.lord, control.saffron])
def test_the_false_discovery_rate_holds_over_time(rule):
    # 300 monitors of 104 weeks, a fifth of which drift.
    rng = np.random.default_rng(18)
    false_shares = []
    for _ in range(300):
        drifted = rng.random(104) < 0.2
        p_values = stats.norm.sf(rng.normal(size=104) + 3 * drifted)
        rejected = np.array(rule(p_values).rejected)
        false_shares.append(np.sum(rejected & ~drifted) / max(1, rejected.sum()))
    assert np.mean(false_shares) < 0.06


def test_wealth_beyond_the_significance_is_refused():
    with pytest.raises(ValueError, match="wealth"):
        control.lord([0.1], initial_wealth=0.06)
    with pytest.raises(ValueError, match="candidate"):
        control.saffron([0.1], candidate=1.0)


# Watching a mean


def test_the_first_bet_worked_by_hand():
    # Variance 1/4 at the start: sqrt(2 ln 20 / (0.25 ln 2)) = 5.88 exceeds the largest bet 0.5 / 0.2 = 2.5.
    process = control.betting_e_process([1.0, 0.0], tolerance=0.2)
    assert process.wealth[0] == pytest.approx(1 + 2.5 * 0.8)
    assert process.p_value == pytest.approx(1 / 3)
    assert process.alarm_at is None


def test_an_e_process_alarms_when_the_mean_is_too_high_and_reports_when():
    process = control.betting_e_process([1.0] * 10, tolerance=0.2)
    # Wealth triples with every loss: 27 after three.
    assert process.wealth[:3] == pytest.approx((3, 9, 27))
    assert process.alarm_at == 3


def test_an_e_process_looked_at_every_week_for_a_year_rarely_alarms_falsely():
    # 2 000 monitors: Ville's bound is 5 %, and the standard error 0.5 points.
    rng = np.random.default_rng(19)
    losses = rng.random((2000, 52)) < 0.1
    alarms = [control.betting_e_process(row, tolerance=0.1).alarm_at is not None for row in losses]
    assert np.mean(alarms) <= 0.06


def test_a_confidence_sequence_holds_at_all_looks_at_once():
    rng = np.random.default_rng(20)
    misses = 0
    for _ in range(400):
        sequence = control.confidence_sequence(rng.beta(2, 6, size=150))
        misses += not (max(sequence.low) <= 0.25 <= min(sequence.high))
    assert misses / 400 <= 0.05


def test_a_confidence_sequence_narrows_and_keeps_its_unit():
    values = np.random.default_rng(21).uniform(-5, 15, 4000)
    sequence = control.confidence_sequence(values, lowest=-10, highest=20)
    assert all(late >= early for early, late in zip(sequence.low, sequence.low[1:], strict=False))
    assert sequence.low[-1] < 5 < sequence.high[-1]
    assert sequence.high[-1] - sequence.low[-1] < 1.5


def test_values_outside_the_range_are_refused():
    with pytest.raises(ValueError, match="from 0 to 1"):
        control.confidence_sequence([0.5, 1.5])
    with pytest.raises(ValueError, match="from 0 to 1"):
        control.betting_e_process([math.nan], tolerance=0.1)
    with pytest.raises(ValueError, match="tolerance"):
        control.betting_e_process([0.5], tolerance=1.0)


# Charts


@pytest.mark.parametrize(
    ("weight", "width"), [(0.40, 3.054), (0.25, 2.998), (0.20, 2.962), (0.10, 2.814), (0.05, 2.615)]
)
def test_the_run_length_of_an_ewma_is_the_published_500(weight, width):
    # Lucas & Saccucci 1990, table 3, as in Montgomery 2009, table 9.11.
    chart = control.ewma([0.0], target=0, deviation=1, weight=weight, width=width)
    assert chart.average_run_length == pytest.approx(500, rel=0.002)


def test_a_shewhart_chart_has_the_run_length_370():
    assert control.ewma([0.0], target=0, deviation=1, weight=1, width=3).average_run_length == pytest.approx(
        370.4, abs=0.1
    )


@pytest.mark.parametrize(("threshold", "published"), [(4, 168), (5, 465)])
def test_the_run_length_of_a_cusum_is_the_published_one(threshold, published):
    # Montgomery 2009, table 9.3, allowance 1/2, no shift.
    run = control.cusum([0.0], target=0, deviation=1, threshold=threshold).average_run_length
    assert run == pytest.approx(published, abs=0.6)


def test_an_unreachable_limit_has_no_run_length():
    chart = control.cusum([0.0], target=0, deviation=1, threshold=100)
    assert chart.average_run_length is None
    assert "beyond" in chart.method


def test_montgomerys_cusum_signals_at_observation_29_and_his_ewma_starts_as_printed():
    # Montgomery 2009, tables 9.1 and 9.10: 20 observations from N(10, 1), then 10 from N(11, 1).
    values = [
        9.45, 7.99, 9.29, 11.66, 12.16, 10.18, 8.04, 11.46, 9.20, 10.34, 9.03, 11.47, 10.51, 9.40, 10.08,
        9.37, 10.62, 10.31, 8.52, 10.84, 10.90, 9.33, 12.29, 11.50, 10.60, 11.08, 10.38, 11.62, 11.31, 10.52,
    ]  # fmt: skip
    chart = control.cusum(values, target=10, deviation=1)
    assert chart.signals == (29, 30)
    assert chart.upper[28] == pytest.approx(5.28)
    assert chart.upper[29] == pytest.approx(5.30)
    smoothed = control.ewma(values, target=10, deviation=1, weight=0.1, width=2.7)
    assert smoothed.upper[:2] == pytest.approx((9.945, 9.7495))


def test_page_hinkley_worked_by_hand():
    # Means 0, 0, 1, 1.5; deviations less 0.1: -0.1, -0.1, 1.9, 1.4; sums -0.1, -0.2, 1.7, 3.1; minimum -0.2.
    chart = control.page_hinkley([0, 0, 3, 3], allowance=0.1, threshold=2.5)
    assert chart.upper == pytest.approx((0, 0, 1.9, 3.3))
    assert chart.signals == (4,)
    assert chart.average_run_length is None
    known = control.page_hinkley([0, 0], allowance=0.5, threshold=5, deviation=1)
    assert known.average_run_length == pytest.approx(930.9, abs=0.1)


def test_dynamic_limits_are_three_deviations_around_the_mean_and_stay_possible():
    limits = control.dynamic_limits([0.90, 0.94, 0.98], highest=1.0)
    deviation = math.sqrt(0.0032 / 3)
    assert limits.value == pytest.approx(0.94)
    assert limits.low == pytest.approx(0.94 - 3 * deviation)
    assert limits.high == 1.0
    assert "clipped" in limits.method
    central = control.dynamic_limits(list(range(101)), coverage=0.9)
    assert (central.low, central.high) == pytest.approx((5, 95))
    assert "at least 2" in control.dynamic_limits([0.9]).reason


def test_measurements_without_a_value_are_refused():
    with pytest.raises(ValueError, match="finite"):
        control.ewma([1.0, math.nan], target=0, deviation=1)
    with pytest.raises(ValueError, match="positive"):
        control.cusum([1.0], target=0, deviation=0)


# Weighting and power


def test_drift_is_weighted_by_importance():
    drifts = {"income": Estimate(value=0.3), "age": 0.1, "zip": could_not_compute("All rows are missing.")}
    estimate = control.importance_weighted_drift(drifts, {"income": 3.0, "age": 1.0, "zip": 1.0})
    assert estimate.value == pytest.approx(0.75 * 0.3 + 0.25 * 0.1)
    assert estimate.detail["left_out"] == pytest.approx(0.2)
    assert estimate.detail["features"][0] == {
        "feature": "income", "importance": 0.6, "drift": 0.3, "contribution": pytest.approx(0.225),
    }  # fmt: skip
    assert estimate.detail["features"][2]["drift"] is None
    assert "20 %" in estimate.method


def test_drift_without_any_weight_is_a_reason_and_without_importance_is_refused():
    assert control.importance_weighted_drift({"age": 0.1}, {"age": 0.0}).reason
    assert control.importance_weighted_drift({"age": None}, {"age": 1.0}).reason
    with pytest.raises(ValueError, match="age"):
        control.importance_weighted_drift({"age": 0.1}, {})
    with pytest.raises(ValueError, match="negative"):
        control.importance_weighted_drift({"age": 0.1}, {"age": -1.0})


def test_the_detectable_shift_of_a_mean_agrees_with_statsmodels():
    ours = control.minimum_detectable_shift(400, 150, measure="mean").value
    theirs = NormalIndPower().solve_power(nobs1=400, ratio=150 / 400, alpha=0.05, power=0.8)
    assert ours == pytest.approx(theirs, abs=1e-6)


def test_the_detectable_psi_is_found_with_the_stated_power():
    # The true PSI of the tilt below is the detectable one; 2 000 draws: standard error 0.9 points.
    size = (2000, 800)
    target = control.minimum_detectable_shift(*size).value
    p = np.full(10, 0.1)
    tilt = np.linspace(-0.1, 0.1, 10)
    lowest, highest = 0.0, 0.9
    for _ in range(50):
        middle = (lowest + highest) / 2
        q = p + middle * tilt
        lowest, highest = (middle, highest) if np.sum((q - p) * np.log(q / p)) < target else (lowest, middle)
    rng = np.random.default_rng(22)
    first, second = rng.multinomial(size[0], p, 2000) / size[0], rng.multinomial(size[1], q, 2000) / size[1]
    values = np.sum((second - first) * np.log(second / first), axis=1)
    freedom_nine = stats.chi2.isf(0.05, 9) * (1 / size[0] + 1 / size[1])
    assert np.mean(values > freedom_nine) == pytest.approx(0.80, abs=0.03)


@pytest.mark.parametrize("measure", ["psi", "jensen_shannon", "hellinger", "ks", "mean", "share"])
def test_more_rows_detect_smaller_shifts(measure):
    detectable = control.minimum_detectable_shift
    shifts = [detectable(rows, rows, measure=measure, base_rate=0.2).value for rows in (500, 5000, 50_000)]
    assert shifts[0] > shifts[1] > shifts[2] > 0


def test_a_tolerance_raises_what_can_be_detected_above_it():
    without = control.minimum_detectable_shift(1000, 300).value
    assert control.minimum_detectable_shift(1000, 300, tolerance=0.1).value > 0.1 + without / 2


def test_a_shift_that_cannot_be_found_is_a_reason():
    assert "no shift can be found" in control.minimum_detectable_shift(5, 5, measure="share", base_rate=0.9).reason
    assert "no shift can be found" in control.minimum_detectable_shift(3, 3, measure="ks").reason
    with pytest.raises(ValueError, match="base rate"):
        control.minimum_detectable_shift(50, 50, measure="share")
    with pytest.raises(ValueError, match="choose one of"):
        control.minimum_detectable_shift(50, 50, measure="auc")
