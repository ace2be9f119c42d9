"""Intervals of one and two shares: published worked values and statsmodels."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint, proportions_ztest

from audits.statistics import shares


@pytest.mark.parametrize(
    ("successes", "total", "low", "high"),
    # Newcombe 1998, Two-sided confidence intervals for the single proportion, table I, method 3.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_intervals_are_as_newcombe_published_them(successes, total, low, high):
    assert shares.wilson(successes, total) == pytest.approx((low, high), abs=6e-5)


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    # Newcombe 1998, Interval estimation for the difference between independent proportions, table II, method 10.
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0),
    ],
)
def test_differences_are_as_newcombe_published_them(first, second, low, high):
    assert shares.newcombe_difference(*first, *second) == pytest.approx((low, high), abs=6e-5)


@given(st.integers(1, 200), st.integers(1, 200), st.data())
@settings(deadline=None)
def test_intervals_agree_with_statsmodels_and_hold_the_share(total, other_total, data):
    successes = data.draw(st.integers(0, total))
    other = data.draw(st.integers(0, other_total))
    low, high = shares.wilson(successes, total)
    assert (low, high) == pytest.approx(proportion_confint(successes, total, method="wilson"), abs=1e-9)
    assert 0 <= low <= successes / total <= high <= 1
    expected = confint_proportions_2indep(successes, total, other, other_total, method="newcomb", compare="diff")
    assert shares.newcombe_difference(successes, total, other, other_total) == pytest.approx(expected, abs=1e-9)
    if successes and other:
        expected = confint_proportions_2indep(successes, total, other, other_total, method="log", compare="ratio")
        assert shares.katz_ratio(successes, total, other, other_total) == pytest.approx(expected, rel=1e-9)
        low, high = shares.newcombe_ratio(successes, total, other, other_total)
        ratio = successes / total * other_total / other
        assert low - 1e-9 <= ratio
        assert high is None or high >= ratio - 1e-9


def test_jeffreys_interval_is_the_beta_one_closed_at_the_borders():
    assert shares.jeffreys(15, 1000) == pytest.approx(stats.beta.interval(0.95, 15.5, 985.5), abs=1e-9)
    assert shares.jeffreys(0, 10)[0] == 0
    assert shares.jeffreys(10, 10)[1] == 1


def test_two_shares_are_tested_exactly_when_small_and_by_z_when_large():
    statistic, p_value, test = shares.two_share_test(2, 10, 8, 12)
    assert (statistic, test) == (None, "Fisher exact test")
    assert p_value == pytest.approx(stats.fisher_exact([[2, 8], [8, 4]]).pvalue)
    statistic, p_value, test = shares.two_share_test(40, 100, 60, 110)
    expected = proportions_ztest([40, 60], [100, 110])
    assert (statistic, p_value) == pytest.approx(expected, abs=1e-12)
    assert math.copysign(1, statistic) == -1


def test_a_level_outside_zero_and_one_is_refused():
    with pytest.raises(ValueError, match="level"):
        shares.wilson(1, 2, level=95)
