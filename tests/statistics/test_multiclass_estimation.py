"""M-CBPE: by hand, beside the binary estimator, against what came true, and the coverage of its interval."""

import numpy as np
import pytest

from audits.statistics import estimation, performance

CLASSES = ["a", "b", "c"]


def population(rng, rows):
    """Probabilities of three classes that are true, and classes drawn with them."""
    scores = rng.normal(size=(rows, 3)) * 1.5
    probability = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    drawn = (rng.random(rows)[:, None] > probability.cumsum(1)).sum(1)
    return probability, np.array(CLASSES)[np.minimum(drawn, 2)]


def test_without_calibration_expected_accuracy_is_the_mean_of_the_largest_probability():
    current = [[0.7, 0.2, 0.1], [0.1, 0.3, 0.6]]
    answers = estimation.multiclass_confidence_estimation(
        CLASSES, np.eye(3), current, CLASSES, measures=["accuracy", "macro_f1"], calibration="none"
    )
    assert answers["accuracy"].value == pytest.approx((0.7 + 0.6) / 2)
    # Expected table: class a is decided once (right 0.7) and occurs 0.8 times; c once (0.6) and 0.7; b never, and 0.5.
    expected = (2 * 0.7 / 1.8 + 0 + 2 * 0.6 / 1.7) / 3
    assert answers["macro_f1"].value == pytest.approx(expected)


def test_with_two_classes_it_is_the_binary_estimator():
    rng = np.random.default_rng(1)
    score, now = rng.random(800), rng.random(500) ** 2
    label = rng.random(800) < score**1.5
    binary = estimation.ConfidenceBasedEstimator.fit(label, score).estimate(
        now, threshold=0.5, measures=["accuracy", "auc", "matthews_correlation"]
    )
    several = estimation.multiclass_confidence_estimation(
        np.where(label, "yes", "no"),
        np.column_stack([1 - score, score]),
        np.column_stack([1 - now, now]),
        ["no", "yes"],
        prediction=np.where(now >= 0.5, "yes", "no"),
        measures=list(binary),
    )
    for name, answer in binary.items():
        assert several[name].value == pytest.approx(answer.value, abs=1e-9)


def test_estimates_come_near_what_came_true_after_the_population_shifted():
    rng = np.random.default_rng(2)
    reference, label = population(rng, 3000)
    current, truth = population(rng, 6000)
    hard = current.max(1) < 0.7
    answers = estimation.multiclass_confidence_estimation(
        label, reference, current[hard], CLASSES, measures=["accuracy", "auc", "macro_f1"]
    )
    decided = np.array(CLASSES)[current[hard].argmax(1)]
    realised = {
        "accuracy": performance.multiclass_accuracy(truth[hard], decided),
        "macro_f1": performance.macro_f1(truth[hard], decided),
        "auc": performance.multiclass_auc(truth[hard], current[hard], CLASSES),
    }
    for name, answer in answers.items():
        assert answer.value == pytest.approx(realised[name].value, abs=0.03)
        assert answer.low is None


def test_intervals_hold_what_comes_true_at_their_level():
    rng = np.random.default_rng(3)
    covered = 0
    for _ in range(40):
        reference, label = population(rng, 600)
        current, truth = population(rng, 300)
        answer = estimation.multiclass_confidence_estimation(
            label, reference, current, CLASSES, measures=["accuracy"], rng=rng, replicates=25
        )["accuracy"]
        covered += answer.low <= (np.array(CLASSES)[current.argmax(1)] == truth).mean() <= answer.high
    # 95 % of 40 is 38; the standard error is 1.4.
    assert covered >= 34


def test_what_cannot_be_estimated_says_why():
    answers = estimation.multiclass_confidence_estimation(CLASSES, np.eye(3), np.zeros((0, 3)), CLASSES)
    assert answers["accuracy"].reason
    certain = estimation.multiclass_confidence_estimation(
        CLASSES, np.eye(3), [[1.0, 0.0, 0.0]], CLASSES, calibration="none"
    )
    assert certain["auc"].value is None
    with pytest.raises(ValueError, match="not among classes"):
        estimation.multiclass_confidence_estimation(["z"], [[1, 0, 0]], [[1, 0, 0]], CLASSES)
    with pytest.raises(ValueError, match="both outcomes"):
        estimation.multiclass_confidence_estimation(["a"], [[1, 0, 0]], [[1, 0, 0]], CLASSES)
    with pytest.raises(ValueError, match="measures"):
        estimation.multiclass_confidence_estimation(CLASSES, np.eye(3), np.eye(3), CLASSES, measures=["brier"])
