"""How well scores separate outcomes: hand-worked, against scikit-learn and SciPy, under simulation."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics

from audits.statistics import performance
from tests.statistics.datasets import dataset

# Four negatives and four positives with one tie across: of 16 pairs 12 are ordered, 1 tied, so AUC = 12.5 / 16.
LABEL = [0, 0, 0, 1, 0, 1, 1, 1]
SCORE = [1, 2, 3, 3, 4, 2.5, 5, 6]

scored = st.lists(st.tuples(st.booleans(), st.integers(-5, 5)), min_size=2, max_size=40).filter(
    lambda rows: 0 < sum(label for label, _ in rows) < len(rows)
)


def simulated(rng, positives=200, negatives=300, distance=1.0):
    label = np.repeat([1, 0], [positives, negatives])
    return label, rng.normal(size=len(label)) + distance * label


def test_auc_is_the_share_of_pairs_in_order_with_ties_counting_half():
    estimate = performance.auc(LABEL, SCORE)
    assert estimate.value == pytest.approx(12.5 / 16)
    assert estimate.sizes == {"positives": 4, "negatives": 4}


def test_delong_standard_error_by_hand():
    # Placements of the positives 3, 2.5, 5, 6 among the negatives: 2.5/4, 2/4, 1, 1; of the negatives 1, 2, 3, 4 among
    # the positives: 1, 1, 2.5/4, 2/4. Both have variance 0.20/3 about 0.78125, each divided by 4.
    placements = np.array([2.5 / 4, 2 / 4, 1, 1])
    expected = math.sqrt(2 * placements.var(ddof=1) / 4)
    estimate = performance.auc(LABEL, SCORE)
    assert estimate.detail["standard_error"] == pytest.approx(expected, abs=1e-12)
    assert estimate.low == pytest.approx(12.5 / 16 - 1.959963984540054 * expected)
    assert estimate.high == 1.0


def test_auc_agrees_with_scikit_learn_with_and_without_weights():
    rng = np.random.default_rng(1)
    label, score = simulated(rng)
    score, weights = score.round(1), rng.integers(1, 9, len(label))
    assert performance.auc(label, score).value == pytest.approx(metrics.roc_auc_score(label, score), abs=1e-12)
    assert performance.auc(label, score, weights=weights).value == pytest.approx(
        metrics.roc_auc_score(label, score, sample_weight=weights), abs=1e-12
    )


def test_delong_variance_agrees_with_the_definition_by_pairs():
    rng = np.random.default_rng(2)
    label, score = simulated(rng, 30, 40)
    score = score.round(1)
    positives, negatives = score[label == 1], score[label == 0]
    kernel = (positives[:, None] > negatives) + 0.5 * (positives[:, None] == negatives)
    variance = kernel.mean(1).var(ddof=1) / 30 + kernel.mean(0).var(ddof=1) / 40
    assert performance.auc(label, score).detail["standard_error"] == pytest.approx(math.sqrt(variance), abs=1e-12)


@given(scored, st.lists(st.integers(1, 4), min_size=40, max_size=40))
@settings(deadline=None)
def test_cells_with_counts_give_the_numbers_of_the_rows_they_replace(rows, counts):
    label, score = (np.array(side) for side in zip(*rows, strict=True))
    counts = np.array(counts[: len(label)])
    expanded = np.repeat(label, counts), np.repeat(score, counts)
    for measure in (performance.auc, performance.gini, performance.ks_separation, performance.average_precision):
        cells, full = measure(label, score, weights=counts), measure(*expanded)
        for part in ("value", "low", "high", "p_value"):
            assert getattr(cells, part) == pytest.approx(getattr(full, part), abs=1e-9)
        assert cells.sizes == full.sizes


@given(scored, st.randoms(use_true_random=False))
@settings(deadline=None)
def test_rank_measures_ignore_row_order_and_monotone_maps(rows, shuffler):
    moved = list(rows)
    shuffler.shuffle(moved)
    label, score = (np.array(side) for side in zip(*rows, strict=True))
    other_label, other_score = (np.array(side) for side in zip(*moved, strict=True))
    for measure in (performance.auc, performance.ks_separation, performance.average_precision):
        value = measure(label, score).value
        assert 0 <= value <= 1
        assert measure(other_label, np.exp(other_score / 3)).value == pytest.approx(value, abs=1e-12)


@given(scored)
@settings(deadline=None)
def test_turning_the_score_round_turns_auc_and_gini_round(rows):
    label, score = (np.array(side) for side in zip(*rows, strict=True))
    assert performance.auc(label, -score).value == pytest.approx(1 - performance.auc(label, score).value)
    assert performance.gini(label, -score).value == pytest.approx(-performance.gini(label, score).value)


def test_gini_carries_the_auc_interval_over():
    area, gini = performance.auc(LABEL, SCORE), performance.gini(LABEL, SCORE)
    assert (gini.value, gini.low, gini.high) == (2 * area.value - 1, 2 * area.low - 1, 1.0)


def test_perfect_separation_still_has_an_interval_of_some_length():
    estimate = performance.auc([0] * 20 + [1] * 20, range(40))
    assert estimate.value == estimate.high == 1
    assert 0.85 < estimate.low < 0.98
    mirrored = performance.auc([1] * 20 + [0] * 20, range(40))
    assert (mirrored.low, mirrored.high) == pytest.approx((0, 1 - estimate.low))


def test_auc_interval_covers_the_truth_at_its_level():
    rng = np.random.default_rng(3)
    truth = stats.norm.cdf(1 / math.sqrt(2))
    estimates = [performance.auc(*simulated(rng, 100, 200)) for _ in range(2000)]
    covered = np.mean([estimate.low <= truth <= estimate.high for estimate in estimates])
    assert abs(covered - 0.95) <= 0.015


@pytest.mark.parametrize("label", [[0, 0, 0], [1, 1, 1], []])
def test_one_class_only_is_unknown_with_its_reason(label):
    score = list(range(len(label)))
    for measure in (performance.auc, performance.gini, performance.ks_separation):
        assert measure(label, score).value is None
        assert measure(label, score).reason


@pytest.mark.parametrize(
    ("label", "score", "named"),
    [
        ([0, 1], [0.1, math.nan], "score"),
        ([0, 1], [0.1, math.inf], "score"),
        ([0, 1, 1], [0.1, 0.2], "label"),
        ([0, 2], [0.1, 0.2], "label"),
        ([0, math.nan], [0.1, 0.2], "label"),
        (["no", "yes"], [0.1, 0.2], "label"),
    ],
)
def test_bad_input_is_refused_by_name(label, score, named):
    with pytest.raises(ValueError, match=named):
        performance.auc(label, score)


def test_negative_weights_are_refused():
    with pytest.raises(ValueError, match="weights"):
        performance.auc(LABEL, SCORE, weights=[-1] * 8)


def test_auc_decline_against_validation_by_hand():
    rng = np.random.default_rng(4)
    label, score = simulated(rng)
    current = performance.auc(label, score)
    test = performance.auc_decline_test(label, score, initial_auc=0.8)
    z = (0.8 - current.value) / current.detail["standard_error"]
    assert (test.statistic, test.p_value) == pytest.approx((z, stats.norm.sf(z)))
    assert test.detail["relative_gini_fall"] == pytest.approx((0.6 - (2 * current.value - 1)) / 0.6)


def test_ks_separation_agrees_with_scipy():
    label, score = simulated(np.random.default_rng(5))
    estimate = performance.ks_separation(label, score)
    expected = stats.ks_2samp(score[label == 1], score[label == 0], method="asymp")
    assert estimate.value == pytest.approx(expected.statistic, abs=1e-12)
    assert estimate.p_value == pytest.approx(stats.kstwobign.sf(expected.statistic * math.sqrt(120)), abs=1e-12)
    assert estimate.low is None


def test_average_precision_agrees_with_scikit_learn():
    rng = np.random.default_rng(6)
    label, score = simulated(rng)
    score, weights = score.round(1), rng.integers(1, 9, len(label))
    expected = metrics.average_precision_score(label, score, sample_weight=weights)
    assert performance.average_precision(label, score, weights=weights).value == pytest.approx(expected, abs=1e-12)


def test_bootstrap_intervals_come_from_the_generator_passed_in_and_hold_the_value():
    label, score = simulated(np.random.default_rng(7), 2000, 3000)
    for measure in (performance.ks_separation, performance.average_precision):
        first = measure(label, score, rng=np.random.default_rng(1), replicates=200)
        again = measure(label, score, rng=np.random.default_rng(1), replicates=200)
        assert first == again
        assert first.low < first.value < first.high


def test_lift_of_a_perfect_score_is_one_over_the_base_rate_until_positives_run_out():
    label = np.repeat([1, 0], [20, 80])
    assert performance.lift(label, label, share=0.1).value == pytest.approx(5)
    assert performance.lift(label, np.zeros(100), share=0.1).value == pytest.approx(1)
    assert performance.lift(label, label, share=0.5).value == pytest.approx(2)


def test_realised_auc_of_census_years_is_as_published():
    # NannyML's packaging of the census data reports these yearly figures for its LightGBM model.
    frame = dataset("acs_employment_ma", ("year", "employed", "predicted_probability"))
    published = {2015: 0.903, 2016: 0.902, 2017: 0.905, 2018: 0.906}
    for year, expected in published.items():
        rows = frame[frame["year"] == year]
        assert round(performance.auc(rows["employed"], rows["predicted_probability"]).value, 3) == expected
