"""Quality: rates worked by hand, agreement with statsmodels, and what rows and counts share."""

import datetime as dt
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint
from statsmodels.stats.rates import test_poisson_2indep as poisson_ratio_test

from audits.statistics import quality
from audits.statistics.counts import Counts
from audits.statistics.limits import DecidedBy, Limit, Verdict, judge

UTC = dt.UTC


def test_the_missing_rate_is_the_share_of_rows_without_a_usable_value():
    estimate = quality.missing_rate(None, [1.0, None, math.nan, math.inf])
    assert estimate.value == 0.75
    assert (estimate.detail["missing"], estimate.detail["nonfinite"]) == (1, 2)
    assert quality.missing_rate(None, [1.0, None, math.nan, math.inf], nonfinite_is_missing=False).value == 0.25


def test_the_missing_rate_is_the_same_from_counts():
    counts = Counts(cells=np.array([3, 4]), edges=np.array([0.0]), missing=2, nonfinite=1)
    rows = [-1.0] * 3 + [1.0] * 4 + [None] * 2 + [math.nan]
    assert quality.missing_rate(None, counts).value == quality.missing_rate(None, rows).value == 0.3


def test_the_wilson_interval_of_newcombes_example():
    # Newcombe 1998a, table I: 81 of 263 gives 0.2553 to 0.3662.
    estimate = quality.missing_rate(None, [None] * 81 + [1] * 182)
    assert estimate.low == pytest.approx(0.2553, abs=5e-5)
    assert estimate.high == pytest.approx(0.3662, abs=5e-5)
    assert (estimate.low, estimate.high) == pytest.approx(proportion_confint(81, 263, method="wilson"), abs=1e-9)


def test_the_increase_has_the_interval_of_newcombes_example():
    # Newcombe 1998b, table II: 56/70 - 48/80 gives 0.0524 to 0.3339.
    current, reference = [None] * 56 + [1] * 14, [None] * 48 + [1] * 32
    estimate = quality.missing_rate(reference, current, increase=True)
    assert estimate.value == pytest.approx(0.2)
    assert (estimate.low, estimate.high) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    theirs = confint_proportions_2indep(56, 70, 48, 80, method="newcomb", compare="diff")
    assert (estimate.low, estimate.high) == pytest.approx(theirs, abs=1e-9)
    assert estimate.statistic**2 == pytest.approx(
        stats.chi2_contingency([[56, 14], [48, 32]], correction=False).statistic
    )


def test_a_tolerated_rate_is_tested_by_the_exact_binomial():
    estimate = quality.missing_rate(None, [None] * 7 + [1] * 93, tolerances=(0.05,))
    exact = stats.binomtest(7, 100, 0.05, alternative="greater").pvalue
    assert estimate.detail["tolerance"]["0.05"] == pytest.approx(exact, abs=1e-12)
    limit = Limit(amber=0.05, decided_by=DecidedBy.TOLERANCE)
    assert judge(estimate, limit) is Verdict.WITHIN
    assert judge(quality.missing_rate(None, [None] * 70 + [1] * 930, tolerances=(0.05,)), limit) is Verdict.AMBER


def test_a_tolerated_increase_is_tested_one_sided():
    estimate = quality.missing_rate(
        [None] * 10 + [1] * 990, [None] * 90 + [1] * 910, increase=True, tolerances=(0, 0.2)
    )
    assert estimate.detail["tolerance"]["0"] < 1e-6
    assert estimate.detail["tolerance"]["0.2"] > 0.999


def test_rows_outside_the_range_of_the_reference():
    estimate = quality.out_of_range_rate([0, 5, 10], [-1, 0, 10, 11])
    assert estimate.value == 0.5
    assert estimate.detail["reference_rate"]["value"] == 0.0
    assert quality.out_of_range_rate(None, [-1, 0, 10, 11], lowest=0, highest=20).value == 0.25


def test_the_range_is_exact_from_counts_where_the_grid_has_its_edges():
    edges = np.array([0.0, 5.0, np.nextafter(10.0, 11.0)])
    reference = Counts(cells=np.array([0, 2, 2, 0]), edges=edges, minimum=0.0, maximum=10.0)
    current = Counts(cells=np.array([1, 1, 1, 1]), edges=edges, minimum=-3.0, maximum=12.0)
    estimate = quality.out_of_range_rate(reference, current)
    assert estimate.value == 0.25 + 0.25
    assert "allows" not in estimate.method


def test_the_interval_includes_what_a_coarse_grid_leaves_open():
    edges = np.array([2.0, 8.0])
    reference = Counts(cells=np.array([20, 60, 20]), edges=edges, minimum=0.0, maximum=10.0)
    current = Counts(cells=np.array([20, 60, 20]), edges=edges, minimum=-1.0, maximum=11.0)
    estimate = quality.out_of_range_rate(reference, current)
    assert estimate.detail["events"] == 2  # the minimum and the maximum themselves
    assert estimate.detail["possible_events"] == 40
    assert estimate.high > 0.4
    inside = Counts(cells=np.array([10, 60, 30]), edges=edges, minimum=0.5, maximum=10.0)
    assert "possible_events" not in quality.out_of_range_rate(reference, inside).detail


def test_categories_unseen_in_the_reference_are_counted_and_named():
    estimate = quality.new_category_rate(["a", "b"], ["a", "c", "c", "d", None])
    assert estimate.value == 0.75
    assert estimate.detail["new"] == {"c": 2, "d": 1}
    assert estimate.detail["missing"] == 1
    reference = Counts(cells=np.array([1, 1, 0]), categories=("a", "b"))
    current = Counts(cells=np.array([1, 0, 3]), categories=("a", "b"), missing=1)
    assert quality.new_category_rate(reference, current).value == 0.75
    assert quality.new_category_rate([1, 2], ["1", "x"]).value == 0.5


@pytest.mark.parametrize(
    ("expected", "fitting", "wrong"),
    [
        ("integer", [1, "2", 3.0, np.int64(4)], ["1.5", 2.5, "x", True, "1_000"]),
        ("number", [1.5, "2e3", 3], ["1,5", "", dt.date(2024, 1, 1)]),
        ("boolean", [True, "False", np.True_], [1, "yes"]),
        ("date", [dt.date(2024, 1, 1), "2024-01-31", "2024-01-31T10:00:00"], ["31.01.2024", "20240131", 5]),
        ("text", ["a", "1"], [1, None.__class__]),
    ],
)
def test_what_can_be_read_as_a_type(expected, fitting, wrong):
    assert quality.type_mismatch_rate(None, fitting, expected=expected).value == 0.0
    assert quality.type_mismatch_rate(None, wrong, expected=expected).value == 1.0


def test_the_expected_type_is_the_narrowest_that_fits_the_reference():
    assert quality.type_mismatch_rate(["1", "2", None], ["3", "x"]).detail["expected"] == "integer"
    assert quality.type_mismatch_rate(["1", "2.5"], ["3", "x"]).detail["expected"] == "number"
    assert quality.type_mismatch_rate(["1", "2.5"], ["3", "x"]).value == 0.5
    assert quality.type_mismatch_rate(["1"] * 95 + ["?"] * 5, ["3"]).detail["expected"] == "integer"


def test_a_row_that_repeats_an_earlier_one_is_a_duplicate():
    assert quality.duplicate_rate(None, ["a", "b", "a", "a"]).value == 0.5
    assert quality.duplicate_rate(None, [(1, None), (1, math.nan), (2, None)]).value == pytest.approx(1 / 3)
    assert quality.duplicate_rate(None, np.array([[1, 2], [1, 2], [2, 1]])).value == pytest.approx(1 / 3)
    assert quality.duplicate_rate(np.array([1, 1, 2, 3]), np.array([1, 2, 3, 4])).detail["difference"]["value"] == -0.25


def test_freshness_is_the_age_of_the_newest_row_in_hours():
    now = dt.datetime(2024, 5, 2, 12, tzinfo=UTC)
    rows = [dt.datetime(2024, 5, 1, tzinfo=UTC), None, dt.datetime(2024, 5, 2, 6, 30, tzinfo=UTC)]
    assert quality.freshness(rows, now).value == 5.5
    array = np.array(["2024-05-01", "NaT"], dtype="datetime64[D]")
    assert quality.freshness(array, dt.datetime(2024, 5, 2)).value == 24.0


def test_a_newest_row_in_the_future_is_a_reason():
    assert "in the future" in quality.freshness(dt.datetime(2024, 5, 2), dt.datetime(2024, 5, 1)).reason
    assert "No row" in quality.freshness([None], dt.datetime(2024, 5, 1)).reason
    with pytest.raises(ValueError, match="time zone"):
        quality.freshness(dt.datetime(2024, 5, 1, tzinfo=UTC), dt.datetime(2024, 5, 2))


def test_the_change_of_volume_of_two_poisson_counts_is_exact():
    estimate = quality.volume_change(120, 90)
    assert estimate.value == -0.25
    theirs = poisson_ratio_test(90, 1, 120, 1, method="exact-cond")
    assert estimate.p_value == pytest.approx(stats.binomtest(90, 210).pvalue, abs=1e-9)
    assert estimate.p_value == pytest.approx(theirs.pvalue, abs=1e-9)
    share = stats.binomtest(90, 210).proportion_ci()
    assert estimate.low == pytest.approx(share.low / (1 - share.low) - 1, abs=1e-9)
    assert estimate.high == pytest.approx(share.high / (1 - share.high) - 1, abs=1e-9)


def test_the_change_of_volume_against_earlier_periods_is_a_prediction():
    # Mean 100, deviation 10, four periods: (70 - 100) / (10 sqrt(1.25)) = -2.683 with 3 degrees of freedom.
    estimate = quality.volume_change([90, 110, 100 - math.sqrt(50), 100 + math.sqrt(50)], 70)
    assert estimate.value == pytest.approx(-0.3)
    assert estimate.statistic == pytest.approx(-30 / (10 * math.sqrt(1.25)))
    assert estimate.p_value == pytest.approx(2 * stats.t.cdf(-2.6832816, 3), abs=1e-7)
    assert quality.volume_change([10_000] * 5, 9_000).statistic < -5


def test_volumes_that_are_no_counts_are_refused_and_an_empty_reference_is_a_reason():
    with pytest.raises(ValueError, match="not negative"):
        quality.volume_change(-1, 5)
    with pytest.raises(ValueError, match="counts of rows"):
        quality.volume_change([1, math.nan], 5)
    assert "no rows" in quality.volume_change(0, 5).reason
    assert quality.volume_change(5, 0).value == -1.0


def test_what_has_no_rows_is_a_reason():
    assert quality.missing_rate(None, []).reason
    assert quality.out_of_range_rate([1, 2], [None]).reason
    assert quality.out_of_range_rate([None], [1]).reason
    assert quality.out_of_range_rate(["a"], ["b"]).reason
    assert quality.new_category_rate([None], ["a"]).reason
    assert quality.type_mismatch_rate([], ["a"]).reason
    assert quality.duplicate_rate(None, []).reason


def test_questions_that_make_no_sense_are_refused():
    with pytest.raises(ValueError, match="needs a reference"):
        quality.missing_rate(None, [1], increase=True)
    with pytest.raises(ValueError, match="both ends"):
        quality.out_of_range_rate(None, [1], lowest=0)
    with pytest.raises(ValueError, match="is not a type"):
        quality.type_mismatch_rate(None, [1], expected="money")
    with pytest.raises(ValueError, match="must be given"):
        quality.type_mismatch_rate(None, [1])
    with pytest.raises(ValueError, match="tolerated rate"):
        quality.missing_rate(None, [1], tolerances=(1.5,))


anything = st.lists(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.dates(), max_size=12
)


@settings(deadline=None, max_examples=80)
@given(anything, anything)
def test_a_rate_lies_within_its_interval_between_zero_and_one(reference, current):
    for measure in (
        quality.missing_rate, quality.out_of_range_rate, quality.new_category_rate, quality.type_mismatch_rate,
        quality.duplicate_rate,
    ):  # fmt: skip
        estimate = measure(reference, current)
        json.dumps(dict(estimate.detail))
        if estimate.value is None:
            assert estimate.reason
        else:
            assert 0 <= estimate.low <= estimate.value <= estimate.high <= 1
