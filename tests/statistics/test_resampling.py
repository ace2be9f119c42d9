"""Resampling: cells and rows tell the same, BCa agrees with scipy, and intervals cover as they say."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from audits.statistics import resampling


def share_of_first(cells):
    return cells[:, 0] / cells.sum(axis=1)


def test_resampled_cells_keep_the_number_of_rows_and_the_empty_cells():
    draws = resampling.resample_cells([[5, 0], [3, 2]], rng=np.random.default_rng(1), resamples=200)
    assert draws.shape == (200, 2, 2)
    assert (draws.sum(axis=(1, 2)) == 10).all()
    assert (draws[:, 0, 1] == 0).all()


def test_resampled_cells_have_the_variance_of_resampled_rows():
    draws = resampling.resample_cells([30, 70], rng=np.random.default_rng(2), resamples=20_000)
    assert draws[:, 0].mean() == pytest.approx(30, abs=0.15)
    assert draws[:, 0].var() == pytest.approx(100 * 0.3 * 0.7, rel=0.05)


def test_the_same_seed_gives_the_same_interval():
    answers = [resampling.bootstrap_cells(share_of_first, [30, 70], rng=np.random.default_rng(3)) for _ in range(2)]
    assert answers[0] == answers[1]
    assert answers[0].value == 0.3
    assert "999 resamples, BCa interval" in answers[0].method


def test_cells_and_rows_give_the_same_interval_up_to_chance():
    rows = np.array([1] * 30 + [0] * 70)
    cells = resampling.bootstrap_cells(share_of_first, [30, 70], rng=np.random.default_rng(4), resamples=9999)
    by_row = resampling.bootstrap_rows(np.mean, rows, rng=np.random.default_rng(5), resamples=9999)
    assert (cells.low, cells.high) == pytest.approx((by_row.low, by_row.high), abs=0.011)


@pytest.mark.parametrize("corrected", [True, False])
def test_rows_agree_with_scipy(corrected):
    sample = np.random.default_rng(6).exponential(size=40)
    ours = resampling.bootstrap_rows(np.std, sample, rng=np.random.default_rng(7), resamples=2999, corrected=corrected)
    theirs = stats.bootstrap(
        (sample,), np.std, n_resamples=2999, rng=np.random.default_rng(7), method="BCa" if corrected else "percentile",
        vectorized=False, batch=1,
    ).confidence_interval  # fmt: skip
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=1e-9)


def test_the_grouped_jackknife_equals_that_of_rows():
    cells = [[12, 5], [3, 9]]
    replicates = np.linspace(0.2, 0.8, 501)
    rows = np.repeat([0, 1], [17, 12])
    hits = np.array([1] * 12 + [0] * 5 + [1] * 3 + [0] * 9)
    difference = hits[rows == 0].mean() - hits[rows == 1].mean()
    left_out = [
        np.array([np.delete(hits[rows == 0], i).mean() - 0.25 for i in range(17)]),
        np.array([12 / 17 - np.delete(hits[rows == 1], i).mean() for i in range(12)]),
    ]
    grouped = [np.array([11 / 16 - 0.25, 12 / 16 - 0.25]), np.array([12 / 17 - 2 / 11, 12 / 17 - 3 / 11])]
    by_row = resampling.bca_interval(difference, replicates, left_out)
    by_cell = resampling.bca_interval(difference, replicates, grouped, weights=cells)
    assert by_row == pytest.approx(by_cell, abs=1e-12)


def test_paired_samples_are_drawn_together():
    x = np.arange(50.0)
    together = resampling.bootstrap_rows(
        lambda a, b: float(np.mean(a - b)), x, x - 1, rng=np.random.default_rng(8), resamples=99, paired=True
    )
    assert (together.value, together.low, together.high) == (1.0, 1.0, 1.0)


def test_a_percentile_interval_covers_as_it_says():
    # 600 samples: the standard error of 95 % is 0.9 points.
    rng = np.random.default_rng(9)
    covered = 0
    for _ in range(600):
        hits = rng.binomial(200, 0.3)
        answer = resampling.bootstrap_cells(share_of_first, [hits, 200 - hits], rng=rng, resamples=399)
        covered += answer.low <= 0.3 <= answer.high
    assert 0.92 < covered / 600 < 0.975


def test_undefined_replicates_are_counted_and_an_undefined_statistic_is_a_reason():
    def ratio(cells):
        with np.errstate(divide="ignore", invalid="ignore"):
            return cells[:, 1] / cells[:, 0]

    some = resampling.bootstrap_cells(ratio, [1, 9], rng=np.random.default_rng(10))
    assert some.detail["undefined"] > 100
    assert "left out" in some.method
    assert math.isfinite(some.high)
    assert "not defined" in resampling.bootstrap_cells(ratio, [0, 9], rng=np.random.default_rng(10)).reason


def test_what_cannot_be_resampled_is_refused():
    rng = np.random.default_rng(11)
    for cells in ([], [0, 0], [-1, 2], [0.5, 1]):
        with pytest.raises(ValueError, match="whole counts"):
            resampling.resample_cells(cells, rng=rng)
    with pytest.raises(ValueError, match="resample"):
        resampling.resample_cells([1], rng=rng, resamples=0)
    with pytest.raises(ValueError, match="equal lengths"):
        resampling.bootstrap_rows(np.mean, [1, 2], [1], rng=rng, paired=True)
    with pytest.raises(ValueError, match="at least one row"):
        resampling.bootstrap_rows(np.mean, [], rng=rng)
    with pytest.raises(ValueError, match="level"):
        resampling.percentile_interval([1, 2], level=1.0)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(0, 30), min_size=2, max_size=6).filter(sum), st.integers(0, 2**32 - 1))
def test_an_interval_is_ordered_and_within_the_range_of_the_statistic(cells, seed):
    answer = resampling.bootstrap_cells(share_of_first, cells, rng=np.random.default_rng(seed), resamples=99)
    assert 0 <= answer.low <= answer.high <= 1
