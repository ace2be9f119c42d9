"""Drift: hand-worked values, agreement with scipy, what rows and counts share, and the answers without a number."""

import datetime as dt
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.spatial import distance

from audits.statistics import drift
from audits.statistics.counts import Counts
from audits.statistics.limits import DecidedBy, Limit, Verdict, judge

ROW_FUNCTIONS = [getattr(drift, name) for name in drift.__all__ if name != "psi_critical_value"]
COUNT_FUNCTIONS = [f for f in ROW_FUNCTIONS if f not in (drift.anderson_darling, drift.cramer_von_mises)]
SHARE_FUNCTIONS = [
    drift.population_stability_index,
    drift.jensen_shannon_distance,
    drift.hellinger_distance,
    drift.l_infinity_distance,
    drift.chi_square_test,
    drift.g_test,
    drift.cramers_v,
]
ORDER_FUNCTIONS = [f for f in COUNT_FUNCTIONS if f not in (*SHARE_FUNCTIONS, drift.psi_tolerance_test)]


def categories(*cells, unseen=0):
    names = tuple("abcdefghijklmnop"[: len(cells)])
    return Counts(cells=np.array([*cells, unseen]), categories=names)


def on_grid(values, edges):
    values = np.asarray(values, dtype=float)
    return Counts(
        cells=np.bincount(np.searchsorted(edges, values, side="right"), minlength=len(edges) + 1),
        edges=np.asarray(edges, dtype=float),
        minimum=float(values.min()),
        maximum=float(values.max()),
        mean=float(values.mean()),
        second_moment=float(values.var()),
    )


@pytest.fixture
def normal_pair():
    rng = np.random.default_rng(20)
    return rng.normal(0, 1, 4000), rng.normal(0.2, 1.1, 1500)


# Hand-worked values


def test_psi_of_two_categories_worked_by_hand():
    # (0.3 - 0.2) ln(0.3/0.2) + (0.7 - 0.8) ln(0.7/0.8) = 0.1 (0.4054651 + 0.1335314) = 0.0538997
    estimate = drift.population_stability_index(categories(20, 80), categories(30, 70))
    assert estimate.value == pytest.approx(0.1 * (math.log(1.5) + math.log(8 / 7)), abs=1e-12)
    assert estimate.value == pytest.approx(0.0538997, abs=1e-7)
    assert estimate.sizes == {"reference": 100, "current": 100}


def test_psi_counts_an_empty_cell_as_half_a_row():
    # Shares 0.5, 0.5 against 1, 0.5/10: (1 - 0.5) ln 2 + (0.05 - 0.5) ln 0.1
    estimate = drift.population_stability_index(["a"] * 5 + ["b"] * 5, ["a"] * 10)
    assert estimate.value == pytest.approx(0.5 * math.log(2) + 0.45 * math.log(10), abs=1e-12)
    assert estimate.detail["smoothed"] == 1
    assert "1 empty cells counted as 0.5 rows" in estimate.method


def test_psi_of_a_continuous_column_is_that_of_its_reference_deciles(normal_pair):
    reference, current = normal_pair
    edges = np.quantile(reference, np.arange(1, 10) / 10)
    p, q = (np.bincount(np.searchsorted(edges, x, side="right")) / len(x) for x in normal_pair)
    expected = np.sum((q - p) * np.log(q / p))
    assert drift.population_stability_index(reference, current).value == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("reference", "current", "tolerance", "expected"),
    # The design's table of critical values, and Yurdakul's (1/N + 1/M) chi-squared for ten bins.
    [
        (200, 200, 0.0, 0.169), (1000, 200, 0.0, 0.102), (1000, 1000, 0.0, 0.034), (10_000, 10_000, 0.0, 0.0034),
        (100_000, 100_000, 0.0, 0.00034), (1000, 300, 0.10, 0.220), (200_000, 50_000, 0.10, 0.106),
    ],
)  # fmt: skip
def test_the_critical_psi_at_published_sizes(reference, current, tolerance, expected):
    critical = drift.psi_critical_value(reference, current, tolerance=tolerance)
    assert critical == pytest.approx(expected, rel=0.02 if expected > 0.001 else 0.01)


def test_kolmogorov_smirnov_worked_by_hand():
    # F jumps at 1, 2, 3; G at 3, 4: the largest gap is 2/3, just before 3.
    estimate = drift.kolmogorov_smirnov([1, 2, 3], [3, 4])
    assert estimate.value == pytest.approx(2 / 3, abs=1e-15)


def test_wasserstein_worked_by_hand():
    # One unit of mass moves from 0 to 3, one from 1 to 3: (3 + 2) / 2; the deviation of 0 and 1 is 1/2.
    assert drift.wasserstein_distance([0, 1], [3, 3]).value == pytest.approx(2.5)
    assert drift.wasserstein_distance([0, 1], [3, 3], scaled=True).value == pytest.approx(5.0)


def test_distances_between_disjoint_sides_are_one():
    for measure in (drift.jensen_shannon_distance, drift.hellinger_distance, drift.l_infinity_distance):
        assert measure(["a", "a"], ["b", "b", "b"]).value == pytest.approx(1.0)


def test_hellinger_worked_by_hand():
    # Shares (1/4, 3/4) and (9/16, 7/16).
    expected = math.sqrt(((0.5 - 0.75) ** 2 + (math.sqrt(0.75) - math.sqrt(7 / 16)) ** 2) / 2)
    assert drift.hellinger_distance(categories(4, 12), categories(9, 7)).value == pytest.approx(expected, abs=1e-12)


def test_l_infinity_names_the_share_that_changed_most():
    estimate = drift.l_infinity_distance(categories(50, 30, 20), categories(55, 5, 40))
    assert estimate.value == pytest.approx(0.25)
    assert estimate.detail["largest"] == "b"


def test_mann_whitney_worked_by_hand():
    # Of the 6 pairs the current value is larger in 4 and equal in 1.
    estimate = drift.mann_whitney([1, 2, 3], [3, 2.5])
    assert estimate.value == pytest.approx((2 + 2 + 0.5) / 6)


# Published values


def test_cramers_v_of_the_titanic_by_sex():
    # Dawson 1995, 2201 persons: 1364 of 1731 men and 126 of 470 women died; phi = 0.456.
    estimate = drift.cramers_v(categories(1364, 367), categories(126, 344))
    assert estimate.statistic == pytest.approx(456.87, abs=0.01)
    assert estimate.value == pytest.approx(0.456, abs=0.0005)
    assert estimate.low < estimate.value < estimate.high


def test_chi_square_of_mendels_peas():
    # Mendel 1865, tested by Pearson and Fisher 1936: 315, 108, 101, 32 against 9:3:3:1 gives 0.470 with 3 degrees.
    estimate = drift.chi_square_test(categories(9, 3, 3, 1), categories(315, 108, 101, 32), reference_is_known=True)
    assert estimate.value == pytest.approx(0.470, abs=0.0005)
    assert estimate.detail["degrees_of_freedom"] == 3
    assert estimate.p_value == pytest.approx(0.9254, abs=0.0001)


# Agreement with scipy


def test_agreement_with_scipy_on_rows(normal_pair):
    reference, current = normal_pair
    smirnov = stats.ks_2samp(reference, current)
    assert drift.kolmogorov_smirnov(reference, current).value == pytest.approx(smirnov.statistic, abs=1e-9)
    assert drift.kolmogorov_smirnov(reference, current).p_value == pytest.approx(smirnov.pvalue, abs=1e-9)
    moved = stats.wasserstein_distance(reference, current)
    assert drift.wasserstein_distance(reference, current).value == pytest.approx(moved, abs=1e-9)
    energy = stats.energy_distance(reference, current)
    assert drift.energy_distance(reference, current).value == pytest.approx(energy, abs=1e-9)
    criterion = stats.cramervonmises_2samp(reference, current)
    assert drift.cramer_von_mises(reference, current).value == pytest.approx(criterion.statistic, abs=1e-9)
    assert drift.cramer_von_mises(reference, current).p_value == pytest.approx(criterion.pvalue, abs=1e-9)


def test_mann_whitney_agrees_with_scipy_under_ties():
    rng = np.random.default_rng(4)
    reference, current = rng.integers(0, 9, 300), rng.integers(1, 10, 200)
    ours = drift.mann_whitney(reference, current)
    theirs = stats.mannwhitneyu(current, reference, method="asymptotic")
    assert ours.statistic == pytest.approx(theirs.statistic, abs=1e-9)
    assert ours.p_value == pytest.approx(theirs.pvalue, abs=1e-9)


def test_anderson_darling_agrees_with_scipy_on_the_data_of_scholz_and_stephens():
    # Laboratories A and B of the paper smoothness data, Scholz & Stephens 1987.
    first = [38.7, 41.5, 43.8, 44.5, 45.5, 46.0, 47.7, 58.0]
    second = [39.2, 39.3, 39.7, 41.4, 41.8, 42.9, 43.3, 45.8]
    result = stats.anderson_ksamp([first, second], variant="midrank")
    estimate = drift.anderson_darling(first, second)
    assert estimate.value == pytest.approx(result.statistic, abs=1e-9)
    assert estimate.p_value == pytest.approx(result.pvalue, abs=1e-9)


def test_agreement_with_scipy_on_tables():
    first, second = np.array([120, 45, 60, 33]), np.array([80, 60, 41, 19])
    for measure, name in ((drift.chi_square_test, "pearson"), (drift.g_test, "log-likelihood")):
        theirs = stats.chi2_contingency([first, second], correction=False, lambda_=name)
        ours = measure(categories(*first), categories(*second))
        assert ours.value == pytest.approx(theirs.statistic, abs=1e-9)
        assert ours.p_value == pytest.approx(theirs.pvalue, abs=1e-9)
        known = measure(categories(*first), categories(*second), reference_is_known=True)
        fit = stats.power_divergence(second, first / first.sum() * second.sum(), lambda_=name)
        assert known.value == pytest.approx(fit.statistic, abs=1e-9)
        assert known.p_value == pytest.approx(fit.pvalue, abs=1e-9)
    association = stats.contingency.association(np.array([first, second]), method="cramer")
    assert drift.cramers_v(categories(*first), categories(*second)).value == pytest.approx(association, abs=1e-9)
    p, q = first / first.sum(), second / second.sum()
    ours = drift.jensen_shannon_distance(categories(*first), categories(*second)).value
    assert ours == pytest.approx(distance.jensenshannon(p, q, base=2), abs=1e-9)


# Rows and counts


@pytest.mark.parametrize("measure", SHARE_FUNCTIONS)
def test_rows_and_counts_of_categories_give_the_same_number(measure):
    reference = ["a"] * 50 + ["b"] * 30 + ["c"] * 20
    current = ["a"] * 30 + ["c"] * 25 + ["z"] * 10
    rows = measure(reference, current)
    counts = measure(categories(50, 30, 20), categories(30, 0, 25, unseen=10))
    assert rows.value == counts.value
    assert rows.p_value == counts.p_value


@pytest.mark.parametrize("measure", SHARE_FUNCTIONS)
def test_a_fine_grid_is_regrouped_into_bins_of_equal_reference_mass(measure, normal_pair):
    reference, current = normal_pair
    edges = np.quantile(reference, np.arange(1, 400) / 400)
    counts = measure(on_grid(reference, edges), on_grid(current, edges))
    assert counts.value == pytest.approx(measure(reference, current).value, rel=1e-9)
    assert "10 groups" in counts.method


@pytest.mark.parametrize("measure", [drift.kolmogorov_smirnov, drift.wasserstein_distance, drift.mann_whitney])
def test_what_a_grid_gives_differs_from_rows_by_at_most_the_stated_bound(measure, normal_pair):
    reference, current = normal_pair
    edges = np.quantile(reference, np.arange(1, 40) / 40)
    exact = measure(reference, current)
    coarse = measure(on_grid(reference, edges), on_grid(current, edges))
    assert abs(coarse.value - exact.value) <= coarse.detail["bound"] + 1e-12
    assert coarse.detail["bound"] > 0
    assert exact.detail["bound"] == 0.0


def test_the_smirnov_bound_of_a_thousand_cells_is_below_two_thousandths(normal_pair):
    reference, current = normal_pair
    edges = np.quantile(reference, np.arange(1, 1000) / 1000)
    assert drift.kolmogorov_smirnov(on_grid(reference, edges), on_grid(current, edges)).detail["bound"] < 0.002


def test_a_cell_one_number_wide_adds_nothing_to_the_smirnov_bound():
    others = list(np.linspace(1, 2, 40))
    many, few = [0.0] * 60 + others, [0.0] * 20 + others
    edges = np.array([0.0, np.nextafter(0.0, 1.0), *others[1:]])
    alone = drift.kolmogorov_smirnov(on_grid(many, edges), on_grid(few, edges))
    assert alone.value == pytest.approx(0.6 - 1 / 3)
    assert alone.detail["bound"] < 0.02
    shared = drift.kolmogorov_smirnov(on_grid(many, edges[2:]), on_grid(few, edges[2:]))
    assert shared.detail["bound"] > 0.3


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


def test_a_value_at_its_critical_value_has_the_significance_as_p_value():
    reference, current = categories(700, 300), categories(550, 450)
    estimate = drift.population_stability_index(reference, current, tolerances=(0.03,))
    p_value = estimate.detail["tolerance"]["0.03"]
    critical = drift.psi_critical_value(1000, 1000, 2, tolerance=0.03, significance=p_value)
    assert critical == pytest.approx(estimate.value, rel=1e-6)


def test_the_lower_end_of_a_psi_interval_is_where_the_one_sided_test_stops_rejecting():
    reference, current = categories(700, 300), categories(550, 450)
    low = drift.population_stability_index(reference, current).low
    estimate = drift.population_stability_index(reference, current, tolerances=(low,))
    assert estimate.detail["tolerance"][f"{low:g}"] == pytest.approx(0.025, abs=1e-4)


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
