"""SHAP values summed up: hand-worked, against SHAP, scikit-learn and SciPy, and as properties."""

import math

import numpy as np
import pytest
import shap
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.spatial import distance
from sklearn import linear_model, metrics

from audits.statistics import explanation

importances = st.dictionaries(st.sampled_from("abcdefgh"), st.floats(0.01, 10), min_size=2)


def test_importance_is_the_mean_of_absolute_shap_values_and_their_shares_sum_to_one():
    values = np.array([[1.0, -2.0, 0.0], [-1.0, 4.0, 0.0], [1.0, 0.0, 0.0]])
    answers = explanation.global_importance(values, ["age", "income", "noise"])
    assert list(answers) == ["income", "age", "noise"]
    assert [answer.value for answer in answers.values()] == pytest.approx([2, 1, 0])
    assert [answer.detail["share"] for answer in answers.values()] == pytest.approx([2 / 3, 1 / 3, 0])
    assert answers["income"].detail["rank"] == 1
    assert answers["income"].detail["mean_signed"] == pytest.approx(2 / 3)
    # |SHAP| of income: 2, 4, 0 has standard deviation 2.
    assert answers["income"].detail["standard_error"] == pytest.approx(2 / math.sqrt(3))


def test_importance_agrees_with_shap_on_a_linear_model():
    rng = np.random.default_rng(1)
    features = rng.normal(size=(200, 4))
    model = linear_model.LinearRegression().fit(features, features @ [3, -2, 1, 0] + rng.normal(size=200))
    explained = shap.LinearExplainer(model, features)(features)
    names = ["a", "b", "c", "d"]
    answers = explanation.global_importance(explained.values, names)
    for name, expected in zip(names, explained.abs.mean(0).values, strict=True):
        assert answers[name].value == pytest.approx(expected, abs=1e-12)
    gap = explanation.additivity_gap(explained.values, explained.base_values, model.predict(features))
    assert gap.value < 1e-9


def test_share_intervals_cover_the_truth_at_their_level():
    rng = np.random.default_rng(2)
    scale, covered = np.array([3.0, 2.0, 1.0]), np.zeros(3)
    for _ in range(1000):
        answers = explanation.global_importance(rng.normal(size=(300, 3)) * scale, ["a", "b", "c"])
        for at, name in enumerate("abc"):
            detail = answers[name].detail
            covered[at] += detail["share_low"] <= scale[at] / 6 <= detail["share_high"]
    assert (np.abs(covered / 1000 - 0.95) <= 0.02).all()


def test_neighbours_in_rank_are_told_apart_only_by_enough_rows():
    rng = np.random.default_rng(3)
    values = rng.normal(size=(5000, 2)) * [1.1, 1.0]
    few = explanation.global_importance(values[:30], ["a", "b"])
    many = explanation.global_importance(values, ["a", "b"])
    assert next(iter(few.values())).detail["p_value_against_next"] > 0.05
    assert many["a"].detail["p_value_against_next"] < 0.001


def test_nothing_important_has_no_shares_and_one_row_no_importance():
    flat = explanation.global_importance(np.zeros((5, 2)), ["a", "b"])
    assert flat["a"].value == 0
    assert "share" not in flat["a"].detail
    assert explanation.global_importance(np.zeros((1, 2)), ["a", "b"])["a"].value is None


def test_an_explanation_that_does_not_add_up_is_told_with_its_row():
    gap = explanation.additivity_gap([[1, 2], [3, 4]], 10.0, [13, 18])
    assert gap.value == pytest.approx(1)
    assert gap.detail == {"mean": 0.5, "worst_row": 1, "share_of_output_range": 0.2}
    with pytest.raises(ValueError, match="output"):
        explanation.additivity_gap([[1, 2]], 0, [1, 2])


def test_attribution_drift_by_hand_and_with_scikit_learn():
    # The reference ranks a, b, c with gains 3, 2, 1; now the order is c, a, b.
    drift = explanation.attribution_drift({"a": 3, "b": 2, "c": 1}, {"a": 2, "b": 1, "c": 3})
    expected = (1 + 3 / math.log2(3) + 2 / 2) / (3 + 2 / math.log2(3) + 1 / 2)
    assert drift.value == pytest.approx(expected)
    assert drift.value == pytest.approx(metrics.ndcg_score([[3, 2, 1]], [[2, 1, 3]]), abs=1e-12)
    assert drift.detail["jensen_shannon_distance"] == pytest.approx(
        distance.jensenshannon([3, 2, 1], [2, 1, 3], base=2), abs=1e-12
    )


def test_features_that_vanish_or_appear_are_named():
    drift = explanation.attribution_drift({"a": 3, "b": 2}, {"a": 3, "new": 1})
    assert (drift.detail["vanished"], drift.detail["appeared"]) == (["b"], ["new"])
    assert drift.value < 1
    nothing = explanation.attribution_drift({"a": 0.0}, {"a": 1.0})
    assert nothing.value is None
    with pytest.raises(ValueError, match="reference_importance"):
        explanation.attribution_drift({"a": math.nan}, {"a": 1.0})
    with pytest.raises(ValueError, match="negative"):
        explanation.attribution_drift({"a": 1.0}, {"a": -1.0})


@given(importances, st.floats(0.1, 50))
@settings(deadline=None)
def test_a_change_of_scale_is_no_drift(importance, factor):
    scaled = {name: value * factor for name, value in importance.items()}
    drift = explanation.attribution_drift(importance, scaled)
    assert drift.value == pytest.approx(1)
    # The root of a rounding error: a distance of 1e-8 is nothing.
    assert drift.detail["jensen_shannon_distance"] < 1e-6


@given(importances, importances)
@settings(deadline=None)
def test_rank_agreement_is_bounded_symmetric_and_one_with_itself(first, second):
    there, back = explanation.ranking_stability(first, second), explanation.ranking_stability(second, first)
    for name in ("rank_biased_overlap", "top_jaccard"):
        assert 0 <= there[name].value <= 1
        assert there[name].value == pytest.approx(back[name].value)
        assert explanation.ranking_stability(first, first)[name].value == pytest.approx(1)
    assert 0 <= explanation.attribution_drift(first, second).value <= 1


def test_kendall_agrees_with_scipy_and_the_top_sets_by_hand():
    reference = {"a": 5, "b": 4, "c": 3, "d": 2, "e": 1}
    current = {"a": 4, "b": 5, "c": 1, "d": 3, "e": 2}
    answers = explanation.ranking_stability(reference, current, top=3)
    assert answers["kendall"].value == pytest.approx(stats.kendalltau([5, 4, 3, 2, 1], [4, 5, 1, 3, 2]).statistic)
    assert answers["top_jaccard"].value == pytest.approx(2 / 4)


def test_rank_biased_overlap_by_hand():
    # Overlaps at depths 1, 2, 3 of abc and bac: 0, 1, 1. With p = 0.5: 1 x 0.125 + 1 x (0 + 0.25 + 0.125).
    assert explanation.rank_biased_overlap("abc", "bac", persistence=0.5) == pytest.approx(0.5)
    assert explanation.rank_biased_overlap("abc", "xyz") == 0
    with pytest.raises(ValueError, match="twice"):
        explanation.rank_biased_overlap("aa", "ab")


def test_ranking_stability_has_an_interval_over_resampled_rows():
    rng = np.random.default_rng(4)
    scale = np.array([3, 2.9, 1, 0.5])
    first, second = rng.normal(size=(100, 4)) * scale, rng.normal(size=(100, 4)) * scale
    answers = explanation.bootstrap_ranking_stability(first, second, list("abcd"), rng=rng, replicates=100, top=1)
    for answer in answers.values():
        assert answer.low <= answer.value <= answer.high
    assert answers["top_jaccard"].low < 1


def test_reason_codes_name_only_what_pushed_the_adverse_way():
    values = [[0.5, -0.2, 0.1, 0.0], [-1.0, -2.0, 3.0, 0.2]]
    names = ["debt", "age", "arrears", "region"]
    codes = explanation.reason_codes(values, names, count=2)
    assert (codes.named(0), codes.named(1)) == (("debt", "arrears"), ("arrears", "region"))
    assert codes.contributions.tolist() == [[0.5, 0.1], [3.0, 0.2]]
    turned = explanation.reason_codes(values, names, count=2, adverse=-1)
    assert (turned.named(0), turned.named(1)) == (("age",), ("age", "debt"))


def test_reason_code_stability_by_hand():
    before = np.array([[3.0, 2.0, 1.0], [3.0, 2.0, 1.0], [3.0, 2.0, -1.0], [3.0, 2.0, 1.0]])
    after = np.array([[2.0, 3.0, 1.0], [3.0, 1.0, 2.0], [3.0, 2.0, -5.0], [3.0, 2.0, 1.0]])
    answers = explanation.reason_code_stability(before, after, list("abc"), count=2, near_boundary=[1, 1, 0, 0])
    assert answers["identical_set"].value == pytest.approx(3 / 4)
    assert answers["top_reason_changed"].value == pytest.approx(1 / 4)
    assert answers["mean_jaccard"].value == pytest.approx((1 + 1 / 3 + 1 + 1) / 4)
    assert answers["near_boundary_identical_set"].value == pytest.approx(1 / 2)
    none = explanation.reason_code_stability(before, after, list("abc"), near_boundary=[0, 0, 0, 0])
    assert none["near_boundary_mean_jaccard"].value is None


@pytest.mark.parametrize("values", [[[1.0, math.nan]], [[1.0]], [1.0, 2.0]])
def test_shap_values_that_do_not_fit_are_refused(values):
    for measure in (explanation.global_importance, explanation.reason_codes):
        with pytest.raises(ValueError, match="shap_values"):
            measure(values, ["a", "b"])
