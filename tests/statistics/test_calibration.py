"""Do probabilities come true: hand-worked, published, against statsmodels, under simulation."""

import math

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from audits.statistics import calibration


def calibrated(rng, rows=1000, slope=1.0, shift=0.0):
    logit = rng.normal(-0.5, 1.2, rows)
    return rng.random(rows) < special.expit(shift + slope * logit), special.expit(logit)


def test_hosmer_lemeshow_by_hand():
    # Three groups of four rows at 0.25, 0.5 and 0.75 with 2, 2 and 3 outcomes: only the first departs, by 1^2 / 0.75.
    probability = np.repeat([0.25, 0.5, 0.75], 4)
    label = [1, 1, 0, 0] * 2 + [1, 1, 1, 0]
    estimate = calibration.hosmer_lemeshow(label, probability, groups=3)
    assert estimate.value == pytest.approx(1 / 0.75)
    assert estimate.p_value == pytest.approx(stats.chi2.sf(1 / 0.75, 1))
    assert calibration.hosmer_lemeshow(label, probability, groups=3, out_of_sample=True).p_value == pytest.approx(
        stats.chi2.sf(1 / 0.75, 3)
    )


def test_hosmer_lemeshow_cuts_at_quantiles_as_r_does():
    rng = np.random.default_rng(1)
    label, probability = calibrated(rng, 503)
    edges = np.quantile(probability, np.linspace(0, 1, 11)[1:-1])
    group = np.searchsorted(edges, probability, side="left")
    expected = 0.0
    for place in range(10):
        rows = group == place
        due, seen, size = probability[rows].sum(), label[rows].sum(), rows.sum()
        expected += (seen - due) ** 2 / due + (seen - due) ** 2 / (size - due)
    assert calibration.hosmer_lemeshow(label, probability).value == pytest.approx(expected, abs=1e-9)


def test_hosmer_lemeshow_rejects_calibrated_models_at_its_level_out_of_sample():
    rng = np.random.default_rng(2)
    rejected = [calibration.hosmer_lemeshow(*calibrated(rng), out_of_sample=True).p_value < 0.05 for _ in range(2000)]
    assert abs(np.mean(rejected) - 0.05) <= 0.015


def test_recalibration_agrees_with_statsmodels():
    rng = np.random.default_rng(3)
    label, probability = calibrated(rng, 800, slope=0.7, shift=0.3)
    logit, weights = special.logit(probability), rng.integers(1, 4, 800)
    family = sm.families.Binomial()
    shifted = sm.GLM(label, np.ones(800), family=family, offset=logit, freq_weights=weights).fit(tol=1e-14)
    sloped = sm.GLM(label, sm.add_constant(logit), family=family, freq_weights=weights).fit(tol=1e-14)
    answer = calibration.calibration_intercept_slope(label, probability, weights=weights)
    intercept, slope = answer["intercept"], answer["slope"]
    assert (intercept.value, slope.value) == pytest.approx((shifted.params[0], sloped.params[1]), abs=1e-9)
    assert slope.detail["free_intercept"] == pytest.approx(sloped.params[0], abs=1e-9)
    assert (intercept.low, intercept.high) == pytest.approx(shifted.conf_int()[0], abs=1e-7)
    assert (slope.low, slope.high) == pytest.approx(sloped.conf_int()[1], abs=1e-7)


def test_recalibration_intervals_cover_the_ideal_at_their_level():
    rng = np.random.default_rng(4)
    covered = {"intercept": 0, "slope": 0}
    for _ in range(1000):
        for name, estimate in calibration.calibration_intercept_slope(*calibrated(rng, 400)).items():
            covered[name] += estimate.low <= {"intercept": 0, "slope": 1}[name] <= estimate.high
    assert all(abs(number / 1000 - 0.95) <= 0.02 for number in covered.values())


@pytest.mark.parametrize(
    ("label", "probability", "words"),
    [
        ([1, 1, 1], [0.2, 0.4, 0.6], "one outcome"),
        ([0, 1, 1], [0.0, 0.5, 1.0], "2 probabilities are exactly 0 or 1"),
        ([], [], "no rows"),
    ],
)
def test_recalibration_says_why_it_cannot(label, probability, words):
    answer = calibration.calibration_intercept_slope(label, probability)
    assert answer["slope"].value is None
    assert words in answer["intercept"].reason


def test_perfect_separation_has_an_intercept_but_no_slope():
    answer = calibration.calibration_intercept_slope([0, 0, 1, 1], [0.1, 0.2, 0.7, 0.8])
    assert answer["intercept"].value is not None
    assert "separate" in answer["slope"].reason
    assert "same" in calibration.calibration_intercept_slope([0, 1], [0.5, 0.5])["slope"].reason


def test_probabilities_of_zero_can_be_clipped_on_request():
    label, probability = [0, 1, 1, 0, 1], [0.0, 0.5, 1.0, 0.6, 0.4]
    answer = calibration.calibration_intercept_slope(label, probability, clip=0.01)
    assert answer["slope"].value is not None
    assert "clipped by 0.01" in answer["slope"].method


def test_spiegelhalter_z_by_hand():
    # Tilts 0.6 and -0.2; (1-0.2)*0.6 + (0-0.6)*-0.2 = 0.6; variance 0.36*0.16 + 0.04*0.24 = 0.0672.
    estimate = calibration.spiegelhalter_z([1, 0], [0.2, 0.6])
    assert estimate.value == pytest.approx(0.6 / math.sqrt(0.0672))
    assert estimate.p_value == pytest.approx(2 * stats.norm.sf(0.6 / math.sqrt(0.0672)))
    assert calibration.spiegelhalter_z([1, 0], [0.5, 0.5]).value is None


def test_spiegelhalter_rejects_calibrated_models_at_its_level():
    rng = np.random.default_rng(5)
    rejected = [calibration.spiegelhalter_z(*calibrated(rng, 500)).p_value < 0.05 for _ in range(2000)]
    assert abs(np.mean(rejected) - 0.05) <= 0.015


def test_plain_calibration_error_by_hand():
    label, probability = [1, 0, 0, 0, 1, 1, 0, 0], [0.1] * 4 + [0.8] * 4
    estimate = calibration.expected_calibration_error(label, probability, bins=2)
    assert estimate.detail["plain"] == pytest.approx(0.5 * 0.15 + 0.5 * 0.3)
    assert estimate.detail["squared"] == pytest.approx(0.5 * (0.15**2 - 0.25 * 0.75 / 3) + 0.5 * (0.3**2 - 0.25 / 3))


def test_debiasing_takes_most_of_the_error_that_chance_makes():
    rng = np.random.default_rng(6)
    answers = [calibration.expected_calibration_error(*calibrated(rng, 500)) for _ in range(300)]
    plain, debiased = np.mean([a.detail["plain"] for a in answers]), np.mean([a.value for a in answers])
    assert plain > 0.05
    assert debiased < plain / 3


def test_calibration_error_of_a_poor_model_is_near_the_truth_and_inside_its_interval():
    rng = np.random.default_rng(7)
    label, probability = calibrated(rng, 200_000, shift=0.8)
    truth = np.mean(special.expit(special.logit(probability) + 0.8) - probability)
    estimate = calibration.expected_calibration_error(label, probability)
    assert estimate.value == pytest.approx(truth, abs=0.005)
    assert estimate.low < truth < estimate.high


def test_calibration_error_interval_is_roughly_right_even_where_errors_fold_at_zero():
    rng = np.random.default_rng(9)
    logit = rng.normal(-0.5, 1.2, 1_000_000)
    for shift in (0.1, 0.3):
        truth = np.abs(special.expit(logit + shift) - special.expit(logit)).mean()
        answers = [calibration.expected_calibration_error(*calibrated(rng, 2000, shift=shift)) for _ in range(300)]
        assert np.mean([answer.low <= truth <= answer.high for answer in answers]) >= 0.9


def test_reliability_curve_has_groups_of_equal_mass_and_keeps_ties_together():
    rng = np.random.default_rng(8)
    label, probability = calibrated(rng, 1000)
    curve = calibration.reliability_curve(label, probability, bins=10)
    assert [point.observed.sizes["rows"] for point in curve] == [100] * 10
    assert all(earlier.highest < later.lowest for earlier, later in zip(curve, curve[1:], strict=False))
    assert sum(point.observed.value * 100 for point in curve) == pytest.approx(label.sum())
    tied = calibration.reliability_curve([0, 1, 1, 0], [0.3, 0.3, 0.3, 0.9], bins=4)
    assert [point.observed.sizes["rows"] for point in tied] == [3, 1]
    assert calibration.reliability_curve([], []) == ()


@given(
    st.lists(
        st.tuples(st.booleans(), st.sampled_from([0.05, 0.2, 0.5, 0.8]), st.integers(1, 5)), min_size=1, max_size=30
    )
)
@settings(deadline=None)
def test_cells_with_counts_calibrate_as_the_rows_they_replace(cells):
    label, probability, counts = (np.array(side) for side in zip(*cells, strict=True))
    rows = np.repeat(label, counts), np.repeat(probability, counts)
    for measure in (calibration.spiegelhalter_z, calibration.expected_calibration_error, calibration.hosmer_lemeshow):
        short, full = measure(label, probability, weights=counts), measure(*rows)
        assert (short.value is None) == (full.value is None)
        if short.value is not None:
            assert short.value == pytest.approx(full.value, abs=1e-9)


def test_jeffreys_test_of_fifteen_defaults_in_a_thousand_at_one_percent():
    # The worked example of this project's statistics catalogue: Jeffreys 0.063, binomial 0.082.
    estimate = calibration.jeffreys_test(15, 1000, 0.01)
    assert round(estimate.p_value, 3) == 0.063
    assert estimate.p_value == pytest.approx(stats.beta.cdf(0.01, 15.5, 985.5), abs=1e-12)
    assert estimate.value == 0.015
    assert (estimate.low, estimate.high) == pytest.approx(stats.beta.interval(0.95, 15.5, 985.5), abs=1e-9)
    assert round(calibration.binomial_test(15, 1000, 0.01).p_value, 3) == 0.082


def test_grades_carry_the_p_value_adjusted_for_their_number():
    grades = {"A": (3, 1000, 0.001), "B": (15, 1000, 0.01), "C": (0, 0, 0.05), "D": (30, 300, 0.1)}
    answers = calibration.binomial_test_by_grade(grades)
    raw = {name: answer.p_value for name, answer in answers.items()}
    assert list(answers) == list(grades)
    assert answers["A"].detail["adjusted_p_value"] == pytest.approx(3 * raw["A"])
    assert answers["B"].detail["adjusted_p_value"] == pytest.approx(2 * raw["B"])
    assert answers["C"].reason == "default rate: the grade has no obligors"
    assert calibration.binomial_test_by_grade(grades, test="binomial")["B"].p_value == pytest.approx(
        stats.binomtest(15, 1000, 0.01, alternative="greater").pvalue, abs=1e-12
    )
    with pytest.raises(ValueError, match="test must be one of"):
        calibration.binomial_test_by_grade(grades, test="guess")


@pytest.mark.parametrize(
    ("exceptions", "zone", "cumulative", "factor"),
    # Basel Committee 1996, Supervisory framework for the use of backtesting, table 2.
    [
        (0, "green", 0.0811, 0.0),
        (4, "green", 0.8922, 0.0),
        (5, "yellow", 0.9588, 0.40),
        (6, "yellow", 0.9863, 0.50),
        (7, "yellow", 0.9960, 0.65),
        (8, "yellow", 0.9989, 0.75),
        (9, "yellow", 0.9997, 0.85),
        (10, "red", 0.9999, 1.00),
    ],
)
def test_traffic_light_reproduces_the_basel_table(exceptions, zone, cumulative, factor):
    detail = calibration.traffic_light(exceptions).detail
    assert detail["zone"] == zone
    assert detail["cumulative_probability"] == pytest.approx(cumulative, abs=6e-5)
    assert detail["plus_factor"] == factor


def test_correlated_light_without_correlation_is_the_binomial_one():
    light = calibration.pd_traffic_light(15, 1000, 0.01, asset_correlation=0.0)
    assert light.p_value == pytest.approx(stats.binom.sf(14, 1000, 0.01), abs=1e-9)
    assert light.detail["most_in_green"] == stats.binom.ppf(0.95, 1000, 0.01)
    assert light.detail["most_in_yellow"] == stats.binom.ppf(0.999, 1000, 0.01)


def test_correlation_widens_the_light_towards_the_limit_of_a_fine_portfolio():
    light = calibration.pd_traffic_light(1500, 100_000, 0.01, asset_correlation=0.12)
    limit = calibration.vasicek_default_rate(0.01, asset_correlation=0.12, confidence=0.999)
    assert light.detail["zone"] == "green"
    assert light.detail["most_in_yellow"] / 100_000 == pytest.approx(limit, rel=0.01)


def test_vasicek_rate_is_the_basel_formula():
    expected = stats.norm.cdf((stats.norm.ppf(0.01) + math.sqrt(0.12) * stats.norm.ppf(0.999)) / math.sqrt(0.88))
    assert calibration.vasicek_default_rate(0.01, asset_correlation=0.12, confidence=0.999) == pytest.approx(expected)


def test_most_prudent_pds_are_as_pluto_and_tasche_published():
    # Pluto & Tasche 2005, tables 1 and 2: 100, 400 and 300 obligors; no defaults, then 0, 2 and 1.
    obligors = {"A": 100, "B": 400, "C": 300}
    for confidence, published in ((0.5, (0.09, 0.10, 0.23)), (0.75, (0.17, 0.20, 0.46)), (0.999, (0.86, 0.98, 2.28))):
        answers = calibration.pluto_tasche(dict.fromkeys(obligors, 0), obligors, confidence=confidence)
        assert [round(answer.value * 100, 2) for answer in answers.values()] == list(published)
    some = calibration.pluto_tasche({"A": 0, "B": 2, "C": 1}, obligors, confidence=0.5)
    assert [round(answer.value * 100, 2) for answer in some.values()] == [0.46, 0.52, 0.56]


def test_impossible_counts_and_pds_are_refused():
    with pytest.raises(ValueError, match="defaults"):
        calibration.jeffreys_test(5, 4, 0.01)
    with pytest.raises(ValueError, match="pd"):
        calibration.jeffreys_test(1, 4, 0)
    with pytest.raises(ValueError, match="exceptions"):
        calibration.traffic_light(-1)
    with pytest.raises(ValueError, match="probability"):
        calibration.spiegelhalter_z([1], [math.nan])
