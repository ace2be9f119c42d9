"""Confusion measures, probabilities, several classes: hand-worked and against scikit-learn and statsmodels."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics
from statsmodels.stats.inter_rater import cohens_kappa
from statsmodels.stats.proportion import proportion_confint

from audits.statistics import performance
from tests.statistics.datasets import dataset

CELLS = {"label": [1, 0, 1, 0], "prediction": [1, 1, 0, 0]}  # true +, false +, false -, true -
COUNTS = [90, 30, 10, 70]

binary_rows = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60)


def estimated(name, **options):
    return performance.BINARY_MEASURES[name](**CELLS, weights=COUNTS, **options)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("accuracy", 160 / 200),
        ("precision", 90 / 120),
        ("negative_predictive_value", 70 / 80),
        ("recall", 90 / 100),
        ("specificity", 70 / 100),
        ("false_positive_rate", 30 / 100),
        ("false_negative_rate", 10 / 100),
        ("balanced_accuracy", 0.8),
        ("f1", 180 / 220),
        ("matthews_correlation", (90 * 70 - 30 * 10) / math.sqrt(120 * 100 * 100 * 80)),
        ("cohen_kappa", 0.6),
    ],
)
def test_measures_of_a_confusion_table_by_hand(name, value):
    estimate = estimated(name)
    assert estimate.value == pytest.approx(value, abs=1e-12)
    assert estimate.low < value < estimate.high


def test_shares_carry_the_wilson_interval_of_statsmodels():
    for name, successes, total in (("accuracy", 160, 200), ("precision", 90, 120), ("recall", 90, 100)):
        estimate = estimated(name, level=0.9)
        expected = proportion_confint(successes, total, alpha=0.1, method="wilson")
        assert (estimate.low, estimate.high) == pytest.approx(expected, abs=1e-12)
        assert estimate.level == 0.9


def test_kappa_interval_agrees_with_statsmodels():
    table = cohens_kappa(np.array([[70, 30], [10, 90]]))
    estimate = estimated("cohen_kappa")
    assert (estimate.value, estimate.low, estimate.high) == pytest.approx(
        (table.kappa, table.kappa_low, table.kappa_upp), abs=1e-9
    )


@given(binary_rows)
@settings(deadline=None)
def test_every_measure_agrees_with_scikit_learn_or_says_why_not(rows):
    label, prediction = (np.array(side, dtype=int) for side in zip(*rows, strict=True))
    peers = {
        "accuracy": metrics.accuracy_score,
        "f1": metrics.f1_score,
        "matthews_correlation": metrics.matthews_corrcoef,
        "precision": metrics.precision_score,
        "recall": metrics.recall_score,
    }
    for name, measure in performance.BINARY_MEASURES.items():
        estimate = measure(label, prediction)
        if estimate.value is None:
            assert estimate.reason
            continue
        if name in peers:
            assert estimate.value == pytest.approx(peers[name](label, prediction), abs=1e-12)
        if estimate.low is not None:
            assert -1 <= estimate.low <= estimate.value + 1e-12
            assert estimate.value - 1e-12 <= estimate.high <= 1


def test_what_cannot_be_divided_says_why():
    nobody_accepted = performance.precision([0, 1], [0, 0])
    assert nobody_accepted.value is None
    assert nobody_accepted.reason == "precision: no decision was positive"
    assert performance.recall([0, 0], [0, 1]).reason == "recall: no outcome is positive"
    assert performance.matthews_correlation([0, 1], [1, 1]).value is None
    assert performance.accuracy([], []).value is None
    assert performance.f1([0, 0], [0, 0]).value is None


def test_delta_and_bootstrap_intervals_of_matthews_correlation_agree():
    delta = estimated("matthews_correlation")
    drawn = estimated("matthews_correlation", rng=np.random.default_rng(1), replicates=20_000)
    assert (drawn.low, drawn.high) == pytest.approx((delta.low, delta.high), abs=0.01)


@pytest.mark.parametrize("name", ["f1", "matthews_correlation", "balanced_accuracy", "cohen_kappa"])
def test_intervals_cover_the_truth_at_their_level(name):
    chances = np.array([0.3, 0.15, 0.1, 0.45])
    truth = performance.BINARY_MEASURES[name](**CELLS, weights=chances * 1e9).value
    tables = np.random.default_rng(2).multinomial(300, chances, size=2000)
    estimates = [performance.BINARY_MEASURES[name](**CELLS, weights=table) for table in tables]
    covered = np.mean([estimate.low <= truth <= estimate.high for estimate in estimates])
    assert abs(covered - 0.95) <= 0.015


def test_compas_error_rates_are_as_propublica_published_them():
    # ProPublica 2016, "How We Analyzed the COMPAS Recidivism Algorithm": false positive rates 44.85 and 23.45 percent,
    # false negative rates 27.99 and 47.72, for Black and white defendants scored Medium or High. Their table leaves out
    # some rows of this file by comparing dates; without that filter the rates agree to within 0.2 points.
    frame = dataset("compas_two_years")
    for race, wrongly_high, wrongly_low in (("African-American", 44.85, 27.99), ("Caucasian", 23.45, 47.72)):
        rows = frame[frame["race"] == race]
        decision = rows["score_text"] != "Low"
        assert performance.false_positive_rate(rows["two_year_recid"], decision).value * 100 == pytest.approx(
            wrongly_high, abs=0.2
        )
        assert performance.false_negative_rate(rows["two_year_recid"], decision).value * 100 == pytest.approx(
            wrongly_low, abs=0.2
        )


def test_brier_score_by_hand_splits_into_reliability_resolution_and_uncertainty():
    # Two forecasts: 0.2 for five rows of which one happens, 0.8 for five rows of which three happen.
    label, probability = [1, 0, 0, 0, 0, 1, 1, 1, 0, 0], [0.2] * 5 + [0.8] * 5
    estimate = performance.brier_score(label, probability)
    assert estimate.value == pytest.approx((0.64 + 4 * 0.04 + 3 * 0.04 + 2 * 0.64) / 10)
    assert estimate.detail["reliability"] == pytest.approx(0.5 * 0.2**2)
    assert estimate.detail["resolution"] == pytest.approx(0.2**2)
    assert estimate.detail["uncertainty"] == pytest.approx(0.24)
    assert estimate.detail["within_bin"] == pytest.approx(0, abs=1e-12)


def test_brier_score_and_log_loss_agree_with_scikit_learn():
    rng = np.random.default_rng(3)
    probability = rng.beta(1, 3, 500)
    label, weights = rng.random(500) < probability, rng.integers(1, 5, 500)
    brier = performance.brier_score(label, probability, weights=weights)
    assert brier.value == pytest.approx(metrics.brier_score_loss(label, probability, sample_weight=weights), abs=1e-12)
    parts = brier.detail
    assert brier.value == pytest.approx(
        parts["reliability"] - parts["resolution"] + parts["uncertainty"] + parts["within_bin"]
    )
    assert abs(parts["within_bin"]) < 0.005
    loss = performance.log_loss(label, probability, weights=weights)
    assert loss.value == pytest.approx(metrics.log_loss(label, probability, sample_weight=weights), abs=1e-12)


def test_log_loss_of_a_certain_error_is_large_but_finite_and_counted():
    estimate = performance.log_loss([1, 0], [0.0, 0.5])
    assert estimate.value == pytest.approx(metrics.log_loss([1, 0], [0.0, 0.5]))
    assert estimate.detail["clipped"] == 1


@pytest.mark.parametrize("probability", [[0.2, 1.1], [-0.1, 0.5], [0.2, math.nan]])
def test_what_is_no_probability_is_refused(probability):
    with pytest.raises(ValueError, match="probability"):
        performance.brier_score([0, 1], probability)


def test_several_classes_agree_with_scikit_learn():
    rng = np.random.default_rng(4)
    label = rng.integers(0, 4, 400)
    prediction = np.where(rng.random(400) < 0.6, label, rng.integers(0, 4, 400))
    weights = rng.integers(1, 5, 400)
    given_weights = {"sample_weight": weights}
    for measure, expected in (
        (performance.multiclass_accuracy, metrics.accuracy_score(label, prediction, **given_weights)),
        (performance.macro_f1, metrics.f1_score(label, prediction, average="macro", **given_weights)),
        (performance.multiclass_matthews_correlation, metrics.matthews_corrcoef(label, prediction, **given_weights)),
        (
            performance.quadratic_weighted_kappa,
            metrics.cohen_kappa_score(label, prediction, weights="quadratic", **given_weights),
        ),
    ):
        assert measure(label, prediction, weights=weights).value == pytest.approx(expected, abs=1e-12)
    drawn = performance.macro_f1(label, prediction, rng=rng)
    assert drawn.low < drawn.value < drawn.high


def test_multiclass_auc_agrees_with_scikit_learn_and_names_a_class_that_never_occurs():
    rng = np.random.default_rng(5)
    label = rng.integers(0, 3, 200)
    probability = rng.dirichlet([1, 1, 1], 200) + np.eye(3)[label]
    probability /= probability.sum(1, keepdims=True)
    estimate = performance.multiclass_auc(label, probability, [0, 1, 2])
    expected = metrics.roc_auc_score(label, probability, multi_class="ovr", average="macro")
    assert estimate.value == pytest.approx(expected, abs=1e-12)
    absent = performance.multiclass_auc(label[label < 2], probability[label < 2], [0, 1, 2])
    assert absent.value is None
    assert "class 2" in absent.reason


def test_rankings_agree_with_scikit_learn_and_by_hand():
    rng = np.random.default_rng(6)
    relevance, score = rng.integers(0, 4, (5, 8)), rng.normal(size=(5, 8))
    query = np.repeat(np.arange(5), 8)
    estimate = performance.ndcg(relevance.ravel(), score.ravel(), query, top=5)
    assert estimate.value == pytest.approx(metrics.ndcg_score(relevance, score, k=5), abs=1e-12)
    # One list with the first relevant row in second place and another in third; a second list with nothing relevant.
    rows = {"relevance": [0, 1, 1, 0, 0], "score": [9, 8, 7, 2, 1], "query": ["a", "a", "a", "b", "b"]}
    assert performance.mean_reciprocal_rank(**rows).value == pytest.approx(1 / 2)
    assert performance.mean_average_precision(**rows).value == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert performance.precision_at(**rows, top=2).value == pytest.approx(1 / 2)
    assert performance.mean_reciprocal_rank(**rows).detail == {"queries_without_relevant_rows": 1}
