"""Drift: hand-worked and published values, agreement with scipy, and what rows and counts share."""

import math

import numpy as np
import pytest
from scipy import stats
from scipy.spatial import distance

from audits.statistics import drift
from tests.statistics.drift_cases import SHARE_FUNCTIONS, categories, on_grid

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
    assert "1 empty cell counted as 0.5 rows" in estimate.method


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
