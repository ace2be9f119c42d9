"""Drift: tolerances and verdicts, the answers without a number, and properties that hold for any rows."""

import datetime as dt
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from audits.statistics import drift
from audits.statistics.limits import DecidedBy, Limit, Verdict, judge
from tests.statistics.drift_cases import (
    COUNT_FUNCTIONS,
    ORDER_FUNCTIONS,
    ROW_FUNCTIONS,
    SHARE_FUNCTIONS,
    categories,
    on_grid,
)

# Tests, tolerances and verdicts


def test_a_psi_above_its_limit_is_red_only_when_the_tolerance_test_rejects():
    limit = Limit(amber=0.10, red=0.25, decided_by=DecidedBy.TOLERANCE)
    small = drift.population_stability_index(categories(20, 30), categories(13, 6))
    large = drift.population_stability_index(categories(20_000, 30_000), categories(13_000, 6_000))
    assert small.value == pytest.approx(large.value, abs=1e-12)
    assert small.value > 0.25
    assert judge(small, limit) is Verdict.WITHIN
    assert judge(large, limit) is Verdict.RED


def test_the_tolerance_test_reports_the_smallest_tolerance():
    reference, current = categories(600, 400), categories(500, 500)
    psi = drift.population_stability_index(reference, current, tolerances=(0.25, 0.02))
    test = drift.psi_tolerance_test(reference, current, tolerances=(0.25, 0.02))
    assert test.p_value == psi.detail["tolerance"]["0.02"]
    assert set(psi.detail["tolerance"]) == {"0.02", "0.25"}
    assert test.value == psi.value


def test_a_value_at_its_critical_value_has_about_the_significance_as_p_value():
    reference, current = categories(700, 300), categories(550, 450)
    estimate = drift.population_stability_index(reference, current, tolerances=(0.03,))
    p_value = estimate.detail["tolerance"]["0.03"]
    critical = drift.psi_critical_value(1000, 1000, 2, tolerance=0.03, significance=p_value)
    assert critical == pytest.approx(estimate.value, rel=0.02)  # The critical value does not know the shares.


def test_the_lower_end_of_a_psi_interval_is_about_where_the_one_sided_test_stops_rejecting():
    reference, current = categories(700, 300), categories(550, 450)
    low = drift.population_stability_index(reference, current).low
    estimate = drift.population_stability_index(reference, current, tolerances=(low,))
    assert estimate.detail["tolerance"][f"{low:g}"] == pytest.approx(0.025, abs=1e-3)


@pytest.mark.parametrize("rows", [60_000, 90_000, 100_000, 2_000_000])
def test_both_ends_of_a_psi_interval_invert_the_noncentral_chi_squared(rows):
    # Small statistics are inverted exactly, those above 5 000 by an expansion.
    reference, current = categories(int(rows * 0.7), int(rows * 0.3)), categories(int(rows * 0.52), int(rows * 0.48))
    estimate = drift.population_stability_index(reference, current)
    sampling = 2 / rows
    for end, tail in ((estimate.low, 0.975), (estimate.high, 0.025)):
        assert stats.ncx2.cdf(estimate.statistic, 1, end / sampling) == pytest.approx(tail, abs=1e-4)


@pytest.mark.parametrize(
    ("rows", "shift", "tolerance"), [((1000, 300), 0.0, 0.0), ((1000, 300), 1.0, 0.10), ((20_000, 5000), 1.0, 0.02)]
)
def test_the_tolerance_test_keeps_its_size(rows, shift, tolerance):
    # 4 000 draws: the standard error of a size of 5 % is 0.34 points; the design asks for 1.5.
    rng = np.random.default_rng(7)
    p = np.full(10, 0.1)
    direction = np.linspace(-1, 1, 10) * 0.1
    lowest, highest = 0.0, 0.99
    for _ in range(60):  # the tilt whose true PSI is the tolerance
        tilt = (lowest + highest) / 2
        q = p + shift * tilt * direction
        lowest, highest = (tilt, highest) if np.sum((q - p) * np.log(q / p)) < tolerance else (lowest, tilt)
    q = p + shift * lowest * direction
    first = rng.multinomial(rows[0], p, size=4000)
    second = rng.multinomial(rows[1], q, size=4000)
    shares_p = np.where(first == 0, 0.5, first) / rows[0]
    shares_q = np.where(second == 0, 0.5, second) / rows[1]
    values = np.sum((shares_q - shares_p) * np.log(shares_q / shares_p), axis=1)
    rejected = np.mean(values > drift.psi_critical_value(*rows, 10, tolerance=tolerance))
    assert 0.035 < rejected < 0.065
    judged = [drift.population_stability_index(categories(*a), categories(*b)).value for a, b in
              zip(first[:20], second[:20], strict=True)]  # fmt: skip
    assert judged == pytest.approx(values[:20].tolist())


def test_ties_get_a_permutation_p_value_when_a_generator_is_given():
    reference, current = [0] * 60 + [1] * 40, [0] * 45 + [1] * 55
    conservative = drift.kolmogorov_smirnov(reference, current)
    permuted = drift.kolmogorov_smirnov(reference, current, rng=np.random.default_rng(1), permutations=4999)
    exact = stats.fisher_exact([[60, 40], [45, 55]]).pvalue
    assert permuted.p_value == pytest.approx(exact, abs=0.015)
    assert permuted.p_value < conservative.p_value
    assert "permutations" in permuted.method


@pytest.mark.parametrize("measure", [drift.wasserstein_distance, drift.energy_distance])
def test_a_distance_gets_a_permutation_p_value_when_a_generator_is_given(measure):
    rng = np.random.default_rng(2)
    reference, same, moved = rng.normal(size=120), rng.normal(size=80), rng.normal(1, 1, 80)
    assert measure(reference, same).p_value is None
    assert measure(reference, same, rng=rng, permutations=99).p_value > 0.05
    assert measure(reference, moved, rng=rng, permutations=99).p_value == 0.01


@pytest.mark.parametrize(
    ("rows", "size", "above_a_tenth"),
    [((200, 200), 0.059, 0.365), ((1000, 200), 0.060, 0.064), ((1000, 1000), 0.051, 0)],
)
def test_the_psi_of_a_stable_population_behaves_as_the_design_measured(rows, size, above_a_tenth):
    # Reference deciles hold equal counts; what they truly hold is Dirichlet. 8 000 draws: standard error <= 0.6 points.
    rng = np.random.default_rng(7)
    true_shares = rng.dirichlet(np.full(10, rows[0] / 10), size=8000)
    current = rng.multinomial(rows[1], true_shares)
    q = np.where(current == 0, 0.5, current) / rows[1]
    values = np.sum((q - 0.1) * np.log(q / 0.1), axis=1)
    assert np.mean(values > drift.psi_critical_value(*rows)) == pytest.approx(size, abs=0.015)
    assert np.mean(values > 0.10) == pytest.approx(above_a_tenth, abs=0.02)


def test_small_expected_counts_are_merged_and_said_to_be():
    estimate = drift.chi_square_test(categories(100, 100, 3, 2, 1), categories(100, 90, 2, 1, 3))
    assert estimate.detail["merged"] == 2
    assert estimate.detail["smallest_expected"] >= 5
    assert "merged" in estimate.method


# What cannot be computed, and what is unusual


@pytest.mark.parametrize("measure", ROW_FUNCTIONS)
@pytest.mark.parametrize("side", [[], [None, None], [math.nan, math.inf]])
def test_a_side_without_a_usable_value_is_a_reason(measure, side):
    estimate = measure([1.0, 2.0, 3.0], side)
    assert estimate.value is None
    assert "current side" in estimate.reason
    assert judge(estimate, Limit(amber=0.1)) is Verdict.UNKNOWN


@pytest.mark.parametrize("measure", ROW_FUNCTIONS)
def test_numbers_against_text_are_a_reason(measure):
    assert "cannot be compared" in measure([1, 2, 3], ["a", "b"]).reason


@pytest.mark.parametrize("measure", [f for f in ROW_FUNCTIONS if f not in (*SHARE_FUNCTIONS, drift.psi_tolerance_test)])
def test_categories_have_no_order(measure):
    assert "no order" in measure(["a", "b"], ["a", "c"]).reason


@pytest.mark.parametrize("measure", ORDER_FUNCTIONS)
def test_counted_categories_have_no_order(measure):
    assert "no order" in measure(categories(1, 2), categories(2, 1)).reason


@pytest.mark.parametrize("measure", ROW_FUNCTIONS)
def test_rows_against_counts_are_refused(measure):
    with pytest.raises(TypeError):
        measure([1, 2], categories(1, 2))


@pytest.mark.parametrize("measure", COUNT_FUNCTIONS)
def test_differing_grids_are_refused(measure):
    with pytest.raises(ValueError, match="different grids"):
        measure(on_grid([1, 2], [1.5]), on_grid([1, 2], [1.6]))


def test_a_constant_column_that_stays_constant_has_no_drift():
    estimate = drift.population_stability_index([7, 7, 7], [7, 7])
    assert (estimate.value, estimate.p_value) == (0.0, 1.0)
    assert "nothing can be tested" in estimate.method


@pytest.mark.parametrize("current", [[8.0] * 30, [6.0] * 30])
def test_a_constant_column_that_moves_is_noticed(current):
    estimate = drift.population_stability_index([7.0] * 40, current)
    assert estimate.value > 1
    edges = [7.0, np.nextafter(7.0, 8.0)]
    assert drift.population_stability_index(on_grid([7.0] * 40, edges), on_grid(current, edges)).value > 1


def test_a_value_that_holds_much_of_the_mass_gets_a_group_of_its_own():
    rng = np.random.default_rng(3)
    reference = np.concatenate((np.zeros(400), rng.exponential(1, 600)))
    current = np.concatenate((np.zeros(450), rng.exponential(1, 550)))
    first = drift.population_stability_index(reference, current).detail["bins"][0]
    assert (first["reference"], first["current"]) == (0.4, 0.45)


def test_a_cell_of_one_number_is_named_by_it():
    edges = [0.0, np.nextafter(0.0, 1.0), 1.0, np.nextafter(1.0, 2.0)]
    flags = on_grid([0.0] * 6 + [1.0] * 4, edges)
    shown = drift.population_stability_index(flags, flags).detail["bins"]
    assert [cell["label"] for cell in shown] == ["below 0", "0", "above 0 to 1", "1", "above 1"]
    constant = drift.population_stability_index([7.0] * 5, [8.0] * 5).detail["bins"]
    assert [cell["label"] for cell in constant] == ["below 7", "7", "above 7"]
    near = np.array([1.0000001, 1.0000002])
    close = drift.population_stability_index(on_grid(near, near), on_grid(near, near)).detail["bins"]
    assert [cell["label"] for cell in close] == ["below 1.0000001", "1.0000001 to 1.0000002", "1.0000002 and above"]


def test_the_intervals_cover_as_they_say():
    # 400 runs: the standard error of 95 % is 1.1 points.
    rng = np.random.default_rng(23)
    p = np.full(5, 0.2)
    q = np.array([0.14, 0.18, 0.2, 0.22, 0.26])
    truth = np.sum((q - p) * np.log(q / p))
    first, second = rng.multinomial(3000, p, 400), rng.multinomial(1000, q, 400)
    answers = [
        drift.population_stability_index(categories(*a), categories(*b)) for a, b in zip(first, second, strict=True)
    ]
    assert np.mean([answer.low <= truth <= answer.high for answer in answers]) == pytest.approx(0.95, abs=0.03)
    larger = stats.norm.cdf(0.5 / math.sqrt(2))
    answers = [drift.mann_whitney(rng.normal(size=150), rng.normal(0.5, 1, 60)) for _ in range(400)]
    assert np.mean([answer.low <= larger <= answer.high for answer in answers]) == pytest.approx(0.95, abs=0.03)


def test_missing_and_non_finite_rows_are_counted_apart():
    masked = np.ma.array([1.0, 2.0, math.nan, 4.0], mask=[True, False, False, False])
    estimate = drift.population_stability_index(masked, [1.0, None, -math.inf, 3.0, None])
    assert estimate.detail["missing"] == {"reference": 1, "current": 2}
    assert estimate.detail["nonfinite"] == {"reference": 1, "current": 1}
    assert "counted apart: 1 reference and 2 current rows without a value" in estimate.method


def test_integers_beyond_float_precision_stay_apart():
    large = 2**53
    assert drift.population_stability_index([large] * 50, [large + 1] * 50).value > 1
    assert drift.kolmogorov_smirnov([large] * 5, [large + 1] * 5).value == 1.0
    assert drift.wasserstein_distance([large], [large + 1]).value == 1.0


def test_distances_beyond_the_range_of_floats_are_a_reason():
    assert "too far apart" in drift.wasserstein_distance([-1e308, 1e308], [1.7e308]).reason
    assert "too far apart" in drift.energy_distance([-1e308], [1.7e308]).reason


def test_a_constant_reference_cannot_scale_a_distance():
    estimate = drift.wasserstein_distance([2, 2], [3, 4], scaled=True)
    assert "constant" in estimate.reason
    assert estimate.detail["raw"] == 1.5


def test_booleans_and_dates_are_ordered_values():
    assert drift.kolmogorov_smirnov([True, False], [True, True]).value == 0.5
    days = [dt.date(2024, 1, 1), dt.date(2024, 1, 3)]
    moved = drift.wasserstein_distance(days, np.array(["2024-01-02", "2024-01-04", "NaT"], dtype="datetime64[D]"))
    assert moved.value == 86_400e6
    assert moved.detail["missing"] == {"reference": 0, "current": 1}
    assert "2024-01-03" in drift.population_stability_index(days, days).detail["bins"][0]["label"]


def test_values_that_the_known_proportions_exclude_are_a_reason():
    estimate = drift.chi_square_test(["a"] * 9, ["a"] * 8 + ["b"], reference_is_known=True, minimum_expected=0)
    assert "impossible" in estimate.reason


def test_at_most_twenty_bins_are_shown():
    names = [f"c{number:03}" for number in range(200)]
    shown = drift.population_stability_index(names * 3, names * 2).detail["bins"]
    assert len(shown) == 20
    assert shown[-1]["label"] == "182 smaller cells"
    assert sum(cell["reference"] for cell in shown) == pytest.approx(1.0)


def test_two_dimensions_and_one_bin_are_refused():
    with pytest.raises(ValueError, match="one-dimensional"):
        drift.kolmogorov_smirnov([[1, 2]], [1, 2])
    with pytest.raises(ValueError, match="2 bins"):
        drift.population_stability_index([1, 2], [1, 2], bins=1)
    with pytest.raises(ValueError, match="not negative"):
        drift.population_stability_index(categories(1, 2), categories(2, 1), tolerances=(-0.1,))


# Properties

numbers = st.lists(st.integers(-50, 50) | st.floats(-1e6, 1e6, width=32), min_size=2, max_size=60)
columns = numbers | st.lists(st.sampled_from("abcde"), min_size=2, max_size=60)
anything = st.lists(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.dates(), max_size=12
)


@settings(deadline=None, max_examples=40)
@given(anything, anything)
def test_no_input_gives_a_bare_nan_or_an_accident(reference, current):
    for measure in ROW_FUNCTIONS:
        estimate = measure(reference, current)
        assert estimate.value is not None or estimate.reason
        json.dumps(dict(estimate.detail))


@settings(deadline=None, max_examples=40)
@given(columns, columns, st.randoms(use_true_random=False))
def test_bounds_symmetry_and_row_order(reference, current, shuffler):
    shuffled = shuffler.sample(current, len(current))
    for measure in ROW_FUNCTIONS:
        assert measure(reference, current).value == measure(reference, shuffled).value
    for measure in (*SHARE_FUNCTIONS, drift.kolmogorov_smirnov):
        value = measure(reference, current).value
        if value is not None:
            assert value >= 0
            if measure not in (drift.population_stability_index, drift.chi_square_test, drift.g_test):
                assert value <= 1
    for measure in (drift.kolmogorov_smirnov, drift.wasserstein_distance, drift.energy_distance):
        there, back = measure(reference, current).value, measure(current, reference).value
        assert there == back or there == pytest.approx(back, rel=1e-9)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(0, 40), min_size=3, max_size=8), st.randoms(use_true_random=False))
def test_share_distances_are_symmetric_and_zero_only_without_change(cells, shuffler):
    other = shuffler.sample(cells, len(cells))
    if sum(cells) == 0:
        return
    for measure in SHARE_FUNCTIONS:
        there, back = measure(categories(*cells), categories(*other)), measure(categories(*other), categories(*cells))
        if there.value is None:
            assert back.value is None
            continue
        assert there.value == pytest.approx(back.value, abs=1e-9)
        unchanged = measure(categories(*cells), categories(*cells)).value  # None where one cell is all there is
        assert unchanged is None or unchanged == pytest.approx(0.0, abs=1e-7)
        if measure not in (drift.chi_square_test, drift.g_test):  # merging may hide a change of small cells
            assert (there.value > 1e-9) == (cells != other)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(-20, 20), min_size=3, max_size=60), st.lists(st.integers(-20, 20), min_size=3, max_size=60))
def test_rank_statistics_and_psi_survive_a_monotone_map(reference, current):
    def stretched(values):
        return [3 * value + value**3 for value in values]

    for measure in (drift.kolmogorov_smirnov, drift.mann_whitney, drift.cramer_von_mises, drift.anderson_darling):
        assert measure(reference, current).value == measure(stretched(reference), stretched(current)).value


@settings(deadline=None, max_examples=40)
@given(numbers, numbers, st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=30, unique=True))
def test_the_truth_lies_within_the_bound_of_any_grid(reference, current, edges):
    edges = np.sort(np.array(edges))
    first, second = on_grid(reference, edges), on_grid(current, edges)
    for measure in (drift.kolmogorov_smirnov, drift.wasserstein_distance, drift.mann_whitney):
        exact, counted = measure(np.array(reference, float), np.array(current, float)), measure(first, second)
        room = counted.detail["bound"] + 1e-9 * max(1.0, abs(exact.value))
        assert abs(exact.value - counted.value) <= room
