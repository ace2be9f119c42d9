"""Calibrated: small versions of `make bench-calibration`. Fixed seeds; docs/calibration.md has the whole tables."""

import numpy as np
import pytest

from audits.statistics import drift
from bench.calibration import simulations
from bench.calibration.simulations import COVERAGES, Rate

POINTS = 0.015


@pytest.fixture
def rng():
    return np.random.default_rng(2026)


@pytest.mark.parametrize("sizes", [(1000, 200), (1000, 1000), (100_000, 100_000)])
def test_the_test_of_no_change_rejects_a_stable_population_as_often_as_stated(sizes, rng):
    size, _ = simulations.null_size(sizes, 3000, rng)
    assert abs(size.happened - 0.05) <= POINTS


@pytest.mark.parametrize(
    ("sizes", "tolerance"), [((200, 200), 0.25), ((1000, 300), 0.02), ((1000, 1000), 0.10), ((200_000, 50_000), 0.25)]
)
def test_the_tolerance_test_rejects_at_its_tolerance_as_often_as_stated(sizes, tolerance, rng):
    assert abs(simulations.tolerance_size(sizes, tolerance, 3000, rng).happened - 0.05) <= POINTS


@pytest.mark.parametrize(
    "name",
    [name for name in COVERAGES if name.startswith(("AUC (DeLong on", "impact ratio", "PSI")) or "Wilson" in name],
)
def test_an_interval_holds_the_truth_as_often_as_stated(name, rng):
    assert abs(simulations.coverage(name, 1200, rng).happened - 0.95) <= POINTS


@pytest.mark.parametrize("name", [name for name in COVERAGES if "isotonic" in name or "slope (Wald), 400" in name])
def test_a_dear_interval_holds_the_truth_as_often_as_stated_so_far_as_few_runs_can_tell(name, rng):
    found = simulations.coverage(name, 300, rng)
    assert abs(found.happened - 0.95) <= POINTS + 2 * found.error


@pytest.mark.parametrize("tolerance", [0.10, 0.25])
def test_the_tolerance_test_keeps_its_size_where_a_shift_thins_out_some_cells(tolerance, rng):
    found = simulations.tolerance_size((1000, 300), tolerance, 3000, rng, shape="density tilted")
    assert abs(found.happened - 0.05) <= POINTS


def test_delongs_interval_is_known_to_be_a_little_short_with_thirty_events(rng):
    name = "AUC (DeLong), 30 with the outcome and 1,000 without"
    assert 0.91 < simulations.coverage(name, 1200, rng).happened < 0.95


def test_fifty_features_at_once_alarm_falsely_as_seldom_as_stated(rng):
    uncorrected, family, discoveries = simulations.families(120, rng)
    assert uncorrected.happened > 0.5
    assert family.happened <= 0.05 + 2 * family.error
    assert discoveries.happened <= 0.05 + 2 * discoveries.error


@pytest.mark.parametrize("true_psi", [0.0, 0.05])
def test_the_standard_policy_alarms_in_fewer_than_one_year_in_twenty_while_the_psi_is_tolerable(true_psi, rng):
    assert simulations.policy_alarms(true_psi, 60, rng).happened <= 0.05


def test_the_standard_policy_does_alarm_when_the_psi_is_beyond_its_tolerance(rng):
    assert simulations.policy_alarms(0.2, 20, rng).happened == 1.0


@pytest.mark.parametrize(
    "watch",
    [
        simulations.spent_alarms,
        simulations.sequence_misses,
        simulations.betting_alarms,
        simulations.calibration_alarms,
    ],
)
def test_what_is_valid_at_any_time_errs_in_at_most_one_year_in_twenty(watch, rng):
    found = watch(120, rng)
    assert found.happened <= 0.05 + 2 * found.error


def test_testing_every_week_whether_anything_changed_would_alarm_in_most_years(rng):
    assert simulations.change_alarms(20, rng).happened > 0.5


@pytest.mark.parametrize("shape", simulations.SHAPES)
def test_the_simulated_shift_has_the_psi_it_is_named_after(shape, rng):
    shares = simulations.shares_per_decile(10**9, 0.1, 1, rng, shape=shape)[0]
    assert np.sum((shares - 0.1) * np.log(shares / 0.1)) == pytest.approx(0.1, abs=1e-3)
    assert simulations.psi(1000, np.round(shares * 1e6).astype(int)).value == pytest.approx(0.1, abs=1e-3)


def test_counts_of_deciles_give_the_psi_of_the_rows(rng):
    reference, current = rng.normal(size=1000), rng.normal(0.3, 1, 800)
    from_rows = drift.population_stability_index(reference, current)
    cells = np.array([round(cell["current"] * 800) for cell in from_rows.detail["bins"]])
    assert simulations.psi(1000, cells).value == pytest.approx(from_rows.value, abs=1e-12)


def test_a_promise_is_broken_only_beyond_the_error_of_the_simulation():
    assert Rate("size", 0.070, 400, 0.05).keeps(POINTS, 3)
    assert not Rate("size", 0.070, 400_000, 0.05).keeps(POINTS, 3)
    assert not Rate("size", 0.030, 400_000, 0.05).keeps(POINTS, 3)
    assert Rate("alarms", 0.0, 400_000, 0.05, at_most=True).keeps(POINTS, 3)
    assert not Rate("alarms", 0.060, 400_000, 0.05, at_most=True).keeps(POINTS, 3)
    assert Rate("for contrast", 0.9, 400).keeps(POINTS, 3)
