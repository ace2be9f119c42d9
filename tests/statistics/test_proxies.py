"""Proxies of protected attributes, and groups known only by chance: by hand, with SciPy and scikit-learn."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics

from audits.statistics import fairness


def test_mutual_information_by_hand_and_with_scikit_learn():
    # Half the rows: the feature is the group; the other half: independent. I = 1/2 ln 2 x ... by scikit-learn, in nats.
    group = ["a", "b"] * 200
    feature = ["x" if (g == "a") ^ (row % 8 == 0) else "y" for row, g in enumerate(group)]
    answer = fairness.conditional_mutual_information(group, feature)
    assert answer.detail["plain"] == pytest.approx(metrics.mutual_info_score(group, feature) / math.log(2), abs=1e-9)
    table = np.array(
        [[sum(g == a and f == b for g, f in zip(group, feature, strict=True)) for a in "ab"] for b in "xy"]
    )
    expected = stats.chi2_contingency(table, correction=False, lambda_="log-likelihood")
    assert (answer.statistic, answer.p_value) == pytest.approx((expected.statistic, expected.pvalue), abs=1e-9)
    assert answer.value == pytest.approx(answer.detail["plain"] - 1 / (2 * 400 * math.log(2)))
    assert answer.low < answer.value < answer.high


def test_a_feature_that_is_the_group_tells_all_of_its_entropy():
    group = ["a", "b", "b", "b"] * 100
    answer = fairness.conditional_mutual_information(group, group)
    entropy = -(0.25 * math.log2(0.25) + 0.75 * math.log2(0.75))
    assert answer.detail["plain"] == pytest.approx(entropy)
    assert answer.detail["share"] == pytest.approx(1, abs=0.01)


def test_what_a_legitimate_factor_explains_is_no_information_given_it():
    rng = np.random.default_rng(1)
    factor = rng.integers(0, 3, 3000)
    group = np.where(rng.random(3000) < np.array([0.2, 0.5, 0.8])[factor], "a", "b")
    feature = rng.random(3000) < np.array([0.1, 0.5, 0.9])[factor]
    plain = fairness.conditional_mutual_information(group, feature)
    beyond = fairness.conditional_mutual_information(group, feature, factor)
    assert plain.p_value < 1e-6
    assert beyond.p_value > 0.01
    assert beyond.value < plain.value / 20
    assert "degrees_of_freedom" in beyond.detail
    assert fairness.conditional_mutual_information(group, factor, factor).value is None


def test_the_test_of_conditional_independence_keeps_its_level_and_the_correction_its_mean():
    rng = np.random.default_rng(2)
    found, plain = [], []
    for _ in range(300):
        answer = fairness.conditional_mutual_information(
            rng.integers(0, 3, 1500), rng.integers(0, 4, 1500), rng.integers(0, 2, 1500)
        )
        found.append(answer.p_value < 0.05)
        plain.append(answer.detail["plain"])
    assert np.mean(found) == pytest.approx(0.05, abs=0.03)
    assert np.mean(plain) == pytest.approx(12 / (2 * 1500 * math.log(2)), rel=0.1)


@given(st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=10)
def test_mutual_information_is_symmetric_and_not_negative(seed):
    rng = np.random.default_rng(seed)
    one, other, third = rng.integers(0, 3, (3, 120)).astype(str)
    there = fairness.conditional_mutual_information(one, other, third)
    back = fairness.conditional_mutual_information(other, one, third)
    assert there.detail["plain"] == pytest.approx(back.detail["plain"])
    assert there.value >= 0


def test_the_strongest_proxy_comes_first_and_only_true_ones_are_significant():
    rng = np.random.default_rng(3)
    group = rng.choice(["a", "b"], 2000, p=[0.7, 0.3])
    member = group == "b"
    features = {
        "noise": rng.normal(size=2000),
        "postcode": np.where(rng.random(2000) < np.where(member, 0.7, 0.3), "centre", "suburb"),
        "score": rng.normal(size=2000) + 0.4 * member,
        "itself": group,
    }
    answers = fairness.proxy_detection(group, features, rng=rng)
    assert list(answers) == ["itself", "postcode", "score", "noise"]
    assert answers["itself"].value == 1
    assert 0.98 < answers["itself"].low < 1
    assert answers["postcode"].value == pytest.approx(0.7, abs=0.03)
    assert answers["score"].value == pytest.approx(stats.norm.cdf(0.4 / 2**0.5), abs=0.04)
    assert answers["score"].detail["adjusted_p_value"] < 0.01
    assert answers["noise"].detail["adjusted_p_value"] > 0.05


def test_proxies_are_found_by_chance_no_more_often_than_stated():
    rng = np.random.default_rng(4)
    p_values = [
        fairness.proxy_detection(rng.choice(list("abc"), 400), {"x": rng.normal(size=400)}, rng=rng)["x"].p_value
        for _ in range(150)
    ]
    assert np.mean(np.array(p_values) < 0.05) <= 0.08


def test_groups_too_small_are_named_and_left_out():
    rng = np.random.default_rng(5)
    group = ["a"] * 100 + ["b"] * 100 + ["c"] * 5
    answer = fairness.proxy_detection(group, {"x": rng.normal(size=205)}, rng=rng)["x"]
    assert list(answer.detail["excluded"]) == ["c"]
    assert answer.sizes == {"a": 100, "b": 100}
    alone = fairness.proxy_detection(["a"] * 50, {"x": rng.normal(size=50)}, rng=rng)["x"]
    assert "fewer than two groups" in alone.reason
    with pytest.raises(ValueError, match="x has 1 rows"):
        fairness.proxy_detection(group, {"x": [1.0]}, rng=rng)


# Groups known only by chance


def test_surname_and_place_are_joined_by_bayes_rule():
    # P(a | surname) = 0.6, P(a | place) = 0.5, P(a) = 0.2: 0.6·0.5/0.2 = 1.5 against 0.4·0.5/0.8 = 0.25.
    answer = fairness.surname_geocoding([[0.6, 0.4]], [[0.5, 0.5]], [0.2, 0.8])
    assert answer[0] == pytest.approx([1.5 / 1.75, 0.25 / 1.75])


@given(st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=15)
def test_a_place_like_the_whole_population_adds_nothing_to_the_surname(seed):
    rng = np.random.default_rng(seed)
    surname, share = rng.dirichlet(np.ones(4), size=6), rng.dirichlet(np.ones(4)) * 0.9 + 0.025
    assert fairness.surname_geocoding(surname, np.tile(share, (6, 1)), share) == pytest.approx(surname)


def test_tables_that_are_no_shares_or_leave_no_group_are_refused():
    with pytest.raises(ValueError, match="sum to 1"):
        fairness.surname_geocoding([[0.6, 0.6]], [[0.5, 0.5]], [0.2, 0.8])
    with pytest.raises(ValueError, match="no group"):
        fairness.surname_geocoding([[1.0, 0.0]], [[0.0, 1.0]], [0.2, 0.8])
    with pytest.raises(ValueError, match="group_share"):
        fairness.surname_geocoding([[1.0, 0.0]], [[0.0, 1.0]], [0.0, 1.0])


def test_with_memberships_known_the_ratio_is_the_impact_ratio():
    rng = np.random.default_rng(6)
    group = np.repeat(["a", "b"], [200, 100])
    decision = (rng.random(300) < np.where(group == "a", 0.6, 0.45)).astype(int)
    membership = np.column_stack([group == "a", group == "b"]).astype(float)
    answers = fairness.proxy_impact_ratio(decision, membership, ["a", "b"], rng=rng)
    known = fairness.impact_ratio({"g": group, "prediction": decision}, "g")["b"]
    assert answers["b"]["ratio"].value == pytest.approx(known.value)
    assert answers["b"]["ratio"].low == pytest.approx(known.low, abs=0.06)
    assert answers["b"]["ratio"].high == pytest.approx(known.high, abs=0.08)
    assert answers["b"]["rate"].detail["purity"] == pytest.approx(1)
    assert answers["a"]["ratio"].value == 1


def test_weighted_rates_by_hand():
    answers = fairness.proxy_impact_ratio(
        [1, 0], [[0.75, 0.25], [0.25, 0.75]], ["a", "b"], rng=np.random.default_rng(7), minimum_size=1, replicates=20
    )
    assert (answers["a"]["rate"].value, answers["b"]["rate"].value) == (0.75, 0.25)
    assert answers["b"]["ratio"].value == pytest.approx(1 / 3)


def test_less_certain_memberships_give_no_narrower_intervals_and_hold_the_truth():
    rng = np.random.default_rng(8)
    covered = 0
    for _ in range(40):
        chance = rng.beta(0.5, 0.5, 800)
        # Decisions depend on the chance, not on the membership beyond it, as assumed.
        decision = rng.random(800) < 0.3 + 0.3 * chance
        answers = fairness.proxy_impact_ratio(
            decision, np.column_stack([chance, 1 - chance]), ["a", "b"], rng=rng, reference="b", replicates=100
        )
        # E[0.3 + 0.3c | a] with density ∝ c·beta(c): c has mean 3/4; for b 1/4.
        truth = (0.3 + 0.3 * 0.75) / (0.3 + 0.3 * 0.25)
        covered += answers["a"]["ratio"].low <= truth <= answers["a"]["ratio"].high
    assert covered >= 35


def test_a_group_hardly_anyone_belongs_to_is_not_judged():
    rng = np.random.default_rng(9)
    membership = np.tile([0.95, 0.05], (100, 1))
    answers = fairness.proxy_impact_ratio(rng.integers(0, 2, 100), membership, ["a", "b"], rng=rng, replicates=10)
    assert "fewer than 30" in answers["b"]["ratio"].reason
    assert answers["a"]["rate"].value is not None
    with pytest.raises(ValueError, match="reference"):
        fairness.proxy_impact_ratio([1], [[1.0, 0.0]], ["a", "b"], rng=rng, reference="c")
    nobody = fairness.proxy_impact_ratio(np.zeros(100), np.tile([0.5, 0.5], (100, 1)), ["a", "b"], rng=rng)
    assert "nobody" in nobody["b"]["ratio"].reason
