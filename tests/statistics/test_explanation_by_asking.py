"""Explanations got by asking the model: by hand, with scikit-learn, and what a faithful one must show."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import inspection, linear_model, metrics, tree

from audits.statistics import explanation

ROWS = np.array([[0.0, 1.0], [1.0, 0.0], [2.0, 5.0], [3.0, 2.0], [4.0, 4.0]])


def linear(rows):
    return 2 * rows[:, 0] - 3 * rows[:, 1] + 1


def trained(seed=0, rows=300):
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(rows, 3))
    target = features[:, 0] ** 2 + features[:, 1] + 0.1 * rng.normal(size=rows)
    return tree.DecisionTreeRegressor(max_depth=5, random_state=0).fit(features, target), features, target


def test_ice_and_partial_dependence_agree_with_scikit_learn():
    model, features, _ = trained()
    grid = np.linspace(-1, 1, 7)
    ours = explanation.individual_conditional_expectation(model.predict, features, 0, grid=grid)
    theirs = inspection.partial_dependence(model, features, [0], kind="both", method="brute", custom_values={0: grid})
    assert np.allclose(ours.curves, theirs["individual"][0], atol=1e-9)
    assert np.allclose(ours.mean, theirs["average"][0], atol=1e-9)


def test_accumulated_local_effects_of_a_linear_model_are_its_slope_centred():
    ale = explanation.accumulated_local_effects(linear, ROWS, 0, cells=4)
    assert ale.edges.tolist() == [0, 1, 2, 3, 4]
    # Between two edges the effect rises by 2; the lowest value falls into the first cell, so that one holds 2 rows.
    assert ale.rows.tolist() == [2, 1, 1, 1]
    centre = (2 * 1 + 1 * 3 + 1 * 5 + 1 * 7) / 5
    assert ale.effects == pytest.approx(np.array([0, 2, 4, 6, 8]) - centre)
    assert ale.span.value == pytest.approx(8)


def test_accumulated_local_effects_do_not_tear_correlated_features_apart():
    # The model is odd only where x and its copy differ, which never happens: partial dependence falls for it.
    rng = np.random.default_rng(1)
    x = rng.uniform(-2, 2, size=1000)
    rows = np.column_stack([x, x + 0.01 * rng.normal(size=1000)])

    def model(table):
        return table[:, 0] + 50 * (np.abs(table[:, 0] - table[:, 1]) > 1.0)

    ale = explanation.accumulated_local_effects(model, rows, 0, cells=50)
    assert ale.span.value == pytest.approx(np.ptp(x), rel=0.05)
    torn = explanation.individual_conditional_expectation(model, rows, 0, points=50)
    assert np.ptp(torn.mean) > 3 * np.ptp(x)


@given(st.integers(0, 2**32 - 1), st.floats(-3, 3), st.floats(-3, 3))
@settings(deadline=None, max_examples=15)
def test_effects_of_a_sum_of_models_are_the_sum_of_their_effects(seed, first, second):
    rows = np.random.default_rng(seed).normal(size=(60, 2))

    def one(table):
        return first * table[:, 0] ** 2

    def other(table):
        return second * table[:, 0] * table[:, 1]

    parts = [explanation.accumulated_local_effects(model, rows, 0, cells=6).effects for model in (one, other)]
    whole = explanation.accumulated_local_effects(lambda table: one(table) + other(table), rows, 0, cells=6).effects
    assert whole == pytest.approx(parts[0] + parts[1], abs=1e-9)


def test_permutation_importance_agrees_with_scikit_learn_within_its_interval():
    model, features, target = trained(2)
    ours = explanation.permutation_importance(
        model.predict, features, target, metrics.r2_score, rng=np.random.default_rng(3), repeats=40,
        feature_names=["square", "line", "noise"],
    )  # fmt: skip
    theirs = inspection.permutation_importance(model, features, target, n_repeats=40, random_state=1, scoring="r2")
    assert list(ours)[0] == ("square" if theirs.importances_mean[0] > theirs.importances_mean[1] else "line")
    for place, name in enumerate(["square", "line", "noise"]):
        error = theirs.importances_std[place] / 40**0.5 + 1e-9
        assert abs(ours[name].value - theirs.importances_mean[place]) <= 3 * (
            error + (ours[name].high - ours[name].low)
        )


def test_a_column_the_model_ignores_has_no_permutation_importance():
    answer = explanation.permutation_importance(
        lambda rows: rows[:, 0], ROWS, ROWS[:, 0], metrics.r2_score, rng=np.random.default_rng(4), repeats=5
    )
    assert (answer["1"].value, answer["1"].low, answer["1"].high) == (0, 0, 0)
    assert answer["0"].value > 0


def test_a_measure_that_cannot_be_computed_gives_a_reason():
    undefined = explanation.permutation_importance(
        linear, ROWS, np.zeros(5), lambda label, output: float("nan"), rng=np.random.default_rng(5)
    )
    assert "could not be computed" in undefined["0"].reason


def test_a_monotone_model_has_no_violations_and_a_hump_is_found_where_it_is():
    assert explanation.monotonicity_violations(linear, ROWS, 0).value == 0
    assert explanation.monotonicity_violations(linear, ROWS, 1, direction=-1).value == 0
    assert explanation.monotonicity_violations(linear, ROWS, 1).value == 1

    def hump(rows):
        return np.where(rows[:, 1] > 3, -np.abs(rows[:, 0] - 2), rows[:, 0])

    answer = explanation.monotonicity_violations(hump, ROWS, 0, grid=[0.0, 2.0, 3.0])
    assert answer.value == pytest.approx(2 / 5)
    assert (answer.detail["largest"], answer.detail["from"], answer.detail["to"]) == (1.0, 2.0, 3.0)
    assert explanation.monotonicity_violations(hump, ROWS, 0, grid=[0.0, 2.0, 3.0], tolerance=1.0).value == 0
    with pytest.raises(ValueError, match="rising"):
        explanation.monotonicity_violations(linear, ROWS, 0, grid=[1.0, 0.0])
    with pytest.raises(ValueError, match="direction"):
        explanation.monotonicity_violations(linear, ROWS, 0, direction=0)


def test_a_feature_that_never_varies_has_no_effect_and_says_so():
    flat = np.ones((4, 2))
    assert "never varies" in explanation.accumulated_local_effects(linear, flat, 0).span.reason
    assert "only one value" in explanation.monotonicity_violations(linear, flat, 0).reason


def test_reasons_of_a_linear_default_score_are_faithful_and_those_of_another_model_are_not():
    def score(rows):
        return 0.5 * rows[:, 0] + 0.2 * rows[:, 1] - 0.1 * rows[:, 2]

    rows = np.array([[4.0, 3.0, 0.0], [5.0, 0.0, 1.0], [0.0, 6.0, 2.0]])
    reference = np.array([1.0, 1.0, 1.0])
    contributions = (rows - reference) * [0.5, 0.2, -0.1]
    codes = explanation.reason_codes(contributions, ["debt", "arrears", "savings"], count=2)
    answers = explanation.reason_code_fidelity(score, rows, codes, reference, immutable=["savings"])
    assert {name: answer.value for name, answer in answers.items() if name != "actionable"} == {
        "reasons": 1.0, "first_reason": 1.0, "every_reason": 1.0, "together": 1.0,
    }  # fmt: skip
    # Rows 1 and 2 name debt and arrears, debt alone (savings at the reference push nothing); row 3 arrears.
    assert answers["reasons"].sizes == {"reasons": int((codes.features >= 0).sum())}
    savings = int((codes.features == 2).sum())
    assert answers["actionable"].value == pytest.approx(1 - savings / (codes.features >= 0).sum())
    turned = explanation.reason_code_fidelity(lambda table: -score(table), rows, codes, reference)
    assert turned["reasons"].value == 0
    assert turned["together"].value == 0


def test_fidelity_per_feature_tells_which_reason_is_untrue():
    # The score ignores age, which is stated all the same.
    rows, reference = np.array([[2.0, 70.0], [3.0, 80.0]]), np.array([0.0, 40.0])
    codes = explanation.reason_codes([[1.0, 0.5], [1.0, 2.0]], ["debt", "age"])
    answers = explanation.reason_code_fidelity(lambda table: table[:, 0], rows, codes, reference)
    assert answers["reasons"].value == 0.5
    assert answers["reasons"].detail["by_feature"]["age"] == {"stated": 2, "faithful": 0.0, "actionable": True}
    assert answers["first_reason"].value == 0.5
    assert answers["every_reason"].value == 0
    assert answers["together"].value == 1
    nothing = explanation.reason_codes([[-1.0, -1.0]], ["debt", "age"])
    empty = explanation.reason_code_fidelity(lambda table: table[:, 0], rows[:1], nothing, reference)
    assert all("no row has a reason" in answer.reason for answer in empty.values())
    with pytest.raises(ValueError, match="immutable"):
        explanation.reason_code_fidelity(linear, rows, codes, reference, immutable=["sex"])


def test_surrogate_fidelity_is_scikit_learns_r2_and_the_share_decided_alike():
    rng = np.random.default_rng(6)
    features = rng.normal(size=(400, 3))
    output = features[:, 0] + np.sin(features[:, 1])
    surrogate = linear_model.LinearRegression().fit(features, output).predict(features)
    answers = explanation.surrogate_fidelity(output, surrogate, threshold=0.5)
    assert answers["r_squared"].value == pytest.approx(metrics.r2_score(output, surrogate), abs=1e-9)
    assert answers["agreement"].value == pytest.approx(((output >= 0.5) == (surrogate >= 0.5)).mean())
    assert explanation.surrogate_fidelity(output, output)["r_squared"].value == 1


def test_a_model_that_returns_no_finite_number_per_row_is_refused():
    for answer in (lambda rows: rows, lambda rows: np.full(len(rows), np.nan), lambda rows: [1.0]):
        with pytest.raises(ValueError, match="what predict returns"):
            explanation.individual_conditional_expectation(answer, ROWS, 0)
    with pytest.raises(ValueError, match="column number"):
        explanation.accumulated_local_effects(linear, ROWS, 2)


# How many rows to explain


def test_enough_rows_means_every_share_is_known_to_a_twentieth_or_the_order_is_sure():
    rng = np.random.default_rng(7)
    scale = np.array([1.0, 0.99, 0.98])
    few = explanation.enough_rows(rng.normal(size=(60, 3)) * scale)
    assert not few.enough
    many = explanation.enough_rows(rng.normal(size=(few.rows_needed * 2, 3)) * scale)
    assert (many.enough, many.precise, many.separated) == (True, True, False)
    clear = explanation.enough_rows(rng.normal(size=(200, 3)) * [9.0, 3.0, 1.0])
    assert (clear.enough, clear.separated) == (True, True)


def test_the_projected_number_of_rows_is_about_right():
    rng = np.random.default_rng(8)
    few = explanation.enough_rows(rng.normal(size=(100, 5)))
    later = explanation.enough_rows(rng.normal(size=(few.rows_needed, 5)))
    assert few.rows < later.rows
    assert later.relative_error == pytest.approx(0.05, rel=0.2)


def test_looking_again_and_again_seldom_takes_chance_for_an_order():
    rng = np.random.default_rng(9)
    mistaken = 0
    for _ in range(100):
        values = rng.normal(size=(320, 2))
        looks = (explanation.enough_rows(values[: 40 * 2**look], look=look + 1) for look in range(4))
        mistaken += any(look.separated for look in looks)
    assert mistaken <= 10  # 5 % allowed


def test_only_the_top_features_must_be_known():
    rng = np.random.default_rng(10)
    values = np.column_stack([np.ones(100) * 5, np.ones(100) * 3, rng.exponential(size=100) / 2])
    assert explanation.enough_rows(values, top=1).precise
    assert not explanation.enough_rows(values).precise


def test_too_few_rows_or_nothing_explained_is_not_enough():
    assert "fewer than the minimum" in explanation.enough_rows(np.ones((5, 2))).reason
    nothing = explanation.enough_rows(np.zeros((100, 2)))
    assert (nothing.enough, nothing.rows_needed) == (False, None)
    with pytest.raises(ValueError, match="shap_values"):
        explanation.enough_rows([[np.nan]])
    with pytest.raises(ValueError, match="look"):
        explanation.enough_rows(np.ones((100, 2)), look=0)
