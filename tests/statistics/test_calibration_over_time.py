"""Anytime-valid calibration: by hand, the stated false-alarm rate at every look, and what is found."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from audits.statistics import calibration


def test_the_first_steps_of_the_likelihood_ratio_process_by_hand():
    # One gambler tilts p = 0.5 by ln 3 to 0.75: factor 1.5 for a 1, 0.5 for a 0. He starts at k with 1/(k(k+1)).
    process = calibration.calibration_e_process([1, 1, 0], [0.5, 0.5, 0.5], tilts=[math.log(3)])
    first = 1.5 / 2
    second = 1.5 * (first + 1 / 6)
    third = 0.5 * (second + 1 / 12)
    assert process.wealth == pytest.approx((first + 1 / 2, second + 1 / 3, third + 1 / 4))
    assert process.p_value == pytest.approx(1 / (second + 1 / 3))


def test_the_first_steps_of_the_pit_process_by_hand():
    # Two cells, nothing forgotten: densities 1, then 2·(1+1)/(2+1), then 2·(1+0)/(2+2).
    process = calibration.pit_e_process([0.1, 0.2, 0.9], cells=2, memories=[math.inf])
    first = 1 / 2
    second = 4 / 3 * (first + 1 / 6)
    third = 1 / 2 * (second + 1 / 12)
    assert process.wealth == pytest.approx((first + 1 / 2, second + 1 / 3, third + 1 / 4))


@pytest.mark.parametrize("monitor", ["uniform", "unchanged", "probabilities"])
def test_a_calibrated_model_alarms_at_any_of_all_looks_at_most_at_the_stated_rate(monitor):
    rng = np.random.default_rng(5)
    alarms = 0
    for _ in range(150):
        if monitor == "probabilities":
            probability = rng.beta(1, 10, 600)
            process = calibration.calibration_e_process(rng.random(600) < probability, probability, significance=0.1)
        else:
            # "unchanged" asks for no calibration: squares of uniform values are as good.
            pit = rng.random(300) ** (2 if monitor == "unchanged" else 1)
            process = calibration.pit_e_process(pit, against=monitor, rng=rng, significance=0.1)
        alarms += process.alarm_at is not None
    # 10 % allowed; the standard error of 150 runs is 2.4 points.
    assert alarms / 150 <= 0.1 + 0.05


def test_the_process_is_a_martingale_under_calibration():
    rng = np.random.default_rng(6)
    last = [calibration.pit_e_process(rng.random(5), cells=3).wealth[-1] for _ in range(2000)]
    assert np.mean(last) == pytest.approx(1.0, abs=0.03)


def test_a_calibration_that_breaks_is_found_soon_after_and_by_both_monitors():
    rng = np.random.default_rng(7)
    pit = np.concatenate((rng.random(500), rng.beta(3, 1.2, 1500)))
    for against in ("uniform", "unchanged"):
        process = calibration.pit_e_process(pit, against=against, rng=rng)
        assert 500 < process.alarm_at < 1000
        assert process.p_value <= 0.05
    probability = rng.beta(1, 20, 12000)
    doubled = np.where(np.arange(12000) < 6000, probability, np.minimum(1.0, 2 * probability))
    process = calibration.calibration_e_process(rng.random(12000) < doubled, probability)
    assert 6000 < process.alarm_at < 9000


def test_a_model_that_always_was_miscalibrated_is_told_apart_from_one_that_changed():
    rng = np.random.default_rng(8)
    pit = rng.beta(2, 1, 800)
    assert calibration.pit_e_process(pit).alarm_at is not None
    assert calibration.pit_e_process(pit, against="unchanged", rng=rng).alarm_at is None


def test_the_pit_of_two_valued_outcomes_is_uniform_when_calibrated():
    rng = np.random.default_rng(9)
    probability = rng.beta(1, 3, 4000)
    pit = calibration.binary_pit(rng.random(4000) < probability, probability, rng=rng)
    assert stats.kstest(pit, "uniform").pvalue > 0.01
    assert (calibration.binary_pit([1, 0], [0.25, 0.25], rng=rng) >= 0.75).tolist() == [True, False]


def test_an_outcome_that_was_impossible_is_the_largest_evidence_and_still_a_number():
    process = calibration.calibration_e_process([0, 1, 0], [0.5, 0.0, 0.5])
    assert process.alarm_at == 2
    assert all(math.isfinite(wealth) for wealth in process.wealth)


@given(st.lists(st.floats(0, 1), max_size=40), st.integers(2, 20))
@settings(deadline=None, max_examples=20)
def test_wealth_is_never_negative_nor_beyond_numbers(pit, cells):
    process = calibration.pit_e_process(pit, cells=cells)
    assert len(process.wealth) == len(pit)
    assert all(0 <= wealth < math.inf for wealth in process.wealth)
    assert 0 <= process.p_value <= 1


def test_what_cannot_be_a_pit_or_a_null_is_refused():
    with pytest.raises(ValueError, match="pit"):
        calibration.pit_e_process([1.2])
    with pytest.raises(ValueError, match="against"):
        calibration.pit_e_process([0.2], against="anything")
    with pytest.raises(ValueError, match="rng"):
        calibration.pit_e_process([0.2], against="unchanged")
    with pytest.raises(ValueError, match="cells"):
        calibration.pit_e_process([0.2], cells=1)
    with pytest.raises(ValueError, match="tilt"):
        calibration.calibration_e_process([1], [0.5], tilts=[0.0])
