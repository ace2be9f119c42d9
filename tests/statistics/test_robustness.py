"""Robustness: by hand, with SciPy and statsmodels, published indices, and what cannot be said."""

import math

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn import linear_model

from audits.statistics import robustness
from audits.statistics.robustness.stress import ALL


def linear(rows):
    return 2 * rows[:, 0] - rows[:, 1]


# S1: refits


def test_refit_variance_by_hand():
    outputs = iter([[1.0, 5.0], [2.0, 5.0], [3.0, 5.0]])
    answer = robustness.refit_variance(lambda rng: next(outputs), rng=np.random.default_rng(1), refits=3, threshold=1.5)
    # Variances 1 and 0; of the first row, one refit of three is below 1.5: chance of disagreement 2·2·1/(3·2), halved.
    assert answer.value == pytest.approx(math.sqrt(0.5))
    assert (answer.detail["largest_deviation"], answer.detail["row"]) == (1.0, 0)
    assert answer.detail["decided_both_ways"] == 0.5
    assert answer.detail["chance_of_disagreement"] == pytest.approx((2 / 3) / 2)


def test_a_model_that_never_changes_has_no_refit_variance():
    answer = robustness.refit_variance(lambda rng: [0.2, 0.7], rng=np.random.default_rng(1), refits=5)
    assert (answer.value, answer.low, answer.high) == (0, 0, 0)


def test_bootstrap_refits_of_a_mean_vary_by_its_standard_error():
    rng = np.random.default_rng(2)
    label = rng.normal(size=400)

    def fit(features, drawn, rng):
        return lambda rows: np.full(len(rows), drawn.mean())

    refit = robustness.bootstrap_refit(fit, np.zeros((400, 1)), label, np.zeros((3, 1)))
    answer = robustness.refit_variance(refit, rng=rng, refits=60)
    assert answer.low < label.std() / 20 < answer.high


def test_refits_that_differ_in_rows_or_are_too_few_are_refused():
    outputs = iter([[1.0], [1.0, 2.0], [1.0]])
    with pytest.raises(ValueError, match="what refit returns"):
        robustness.refit_variance(lambda rng: next(outputs), rng=np.random.default_rng(1), refits=3)
    with pytest.raises(ValueError, match="refits"):
        robustness.refit_variance(lambda rng: [1.0], rng=np.random.default_rng(1), refits=2)


# S2: stress


def test_noise_on_a_linear_model_moves_it_by_slope_times_the_mean_of_a_folded_normal():
    rng = np.random.default_rng(3)
    rows = rng.normal(size=(4000, 2)) * [1.0, 3.0]
    answers = robustness.perturbation_stress(linear, rows, rng=rng, size=0.1, feature_names=["a", "b"], threshold=0.0)
    folded = math.sqrt(2 / math.pi)
    slopes = {"a": 2 * rows[:, 0].std(), "b": rows[:, 1].std()}
    for name, slope in slopes.items():
        assert answers[name].value == pytest.approx(0.1 * slope * folded, rel=0.03)
        assert answers[name].low < answers[name].value < answers[name].high
    assert answers[ALL].value == pytest.approx(0.1 * math.hypot(*slopes.values()) * folded, rel=0.03)
    assert 0 < answers[ALL].detail["decisions_turned"] < 0.2


def test_a_missing_value_is_replaced_as_in_production_and_the_change_is_by_hand():
    rows = np.array([[1.0, 1.0], [3.0, 2.0]])
    answers = robustness.missing_value_stress(linear, rows, replacement={"a": 2.0, "b": 0.0}, feature_names=["a", "b"])
    assert answers["a"].value == 2  # 2·|2 - 1| and 2·|2 - 3|
    assert answers["b"].value == 1.5
    assert answers[ALL].value == pytest.approx((abs(4 - 1) + abs(4 - 4)) / 2)


def test_missing_values_stay_missing_under_noise_and_an_empty_column_has_none():
    rows = np.column_stack([np.arange(10.0), np.full(10, np.nan)])
    answers = robustness.perturbation_stress(
        lambda rows: np.isnan(rows[:, 1]) * 1.0, rows, rng=np.random.default_rng(1)
    )
    assert all(answer.value == 0 for answer in answers.values())


def test_a_model_that_refuses_missing_values_is_answered_with_its_reason():
    rows = np.random.default_rng(4).normal(size=(20, 2))
    model = linear_model.LinearRegression().fit(rows, linear(rows))
    assert "refuses rows with 0 missing" in robustness.missing_value_stress(model.predict, rows)["0"].reason
    answer = robustness.missing_value_stress(linear, rows)["1"]
    assert "no finite output for 20 of 20 rows" in answer.reason
    with pytest.raises(ValueError, match="no feature"):
        robustness.missing_value_stress(linear, rows, replacement={"z": 0.0})
    with pytest.raises(ValueError, match="size"):
        robustness.perturbation_stress(linear, rows, rng=np.random.default_rng(1), size=0)


# S3: operating boundary


def test_rows_outside_the_development_data_by_hand():
    reference = {"age": [20, 40, 60], "region": ["n", "s", "s"]}
    current = {"age": [19.0, 30.0, np.nan, np.inf], "region": ["n", "w", None, "w"]}
    found = robustness.operating_boundary(reference, current)
    assert found.rows.value == 3 / 4  # too young; a new region; both infinite age and a new region
    assert found.rows.detail["by_number_of_columns"] == {"1": 2, "2": 1}
    assert found.columns["region"].value == pytest.approx(2 / 3)
    assert robustness.operating_boundary(reference, reference).rows.value == 0


def test_columns_that_differ_in_name_length_or_kind_are_refused():
    with pytest.raises(ValueError, match="not a column of both sides"):
        robustness.operating_boundary({"a": [1]}, {"b": [1]})
    with pytest.raises(ValueError, match="1 rows; 2 were expected"):
        robustness.operating_boundary({"a": [1], "b": [1]}, {"a": [1, 2], "b": [1]})
    with pytest.raises(ValueError, match="column a holds numbers"):
        robustness.operating_boundary({"a": [1]}, {"a": ["x"]})


# S4: sensitivity


def test_tornado_of_a_linear_model_is_slope_times_range_the_widest_first():
    answers = robustness.tornado(linear, [0.0, 0.0], [-1.0, -5.0], [1.0, 5.0], feature_names=["a", "b"])
    assert {name: answer.value for name, answer in answers.items()} == {"b": 10.0, "a": 4.0}
    assert answers["b"].detail == {"base": 0.0, "at_low": 5.0, "at_high": -5.0}
    assert list(answers) == ["b", "a"]


def test_sobol_indices_of_the_ishigami_function_are_the_published_ones():
    # Ishigami & Homma 1990 with a = 7, b = 0.1: first order 0.3139, 0.4424, 0; total 0.5576, 0.4424, 0.2437.
    def ishigami(rows):
        return np.sin(rows[:, 0]) + 7 * np.sin(rows[:, 1]) ** 2 + 0.1 * rows[:, 2] ** 4 * np.sin(rows[:, 0])

    grid = np.tile(np.linspace(-np.pi, np.pi, 5001)[:, None], 3)
    answers = robustness.sobol_indices(
        ishigami, grid, rng=np.random.default_rng(5), feature_names=["a", "b", "c"], size=2048, resamples=50
    )
    published = {"a": (0.3139, 0.5576), "b": (0.4424, 0.4424), "c": (0.0, 0.2437)}
    for name, (first, total) in published.items():
        assert answers[name]["first_order"].value == pytest.approx(first, abs=0.02)
        assert answers[name]["total"].value == pytest.approx(total, abs=0.02)
        assert answers[name]["total"].low <= answers[name]["total"].value <= answers[name]["total"].high
    assert list(answers) == ["a", "b", "c"]


def test_sobol_indices_agree_with_scipy_on_the_same_draws():
    def model(rows):
        return rows[:, 0] * rows[:, 1] + rows[:, 2]

    rows = np.random.default_rng(1).normal(size=(300, 3))
    ours = robustness.sobol_indices(model, rows, rng=np.random.default_rng(2), size=128, resamples=10)
    columns = [type("Column", (), {"ppf": lambda self, q, at=at: np.quantile(rows[:, at], q, method="inverted_cdf")})()
               for at in range(3)]  # fmt: skip
    theirs = stats.sobol_indices(func=lambda x: model(x.T), n=128, dists=columns, rng=np.random.default_rng(2))
    for at in range(3):
        assert ours[str(at)]["first_order"].value == pytest.approx(theirs.first_order[at], abs=1e-9)
        assert ours[str(at)]["total"].value == pytest.approx(theirs.total_order[at], abs=1e-9)


def test_an_input_the_model_ignores_has_no_share_and_the_only_one_has_all():
    rows = np.random.default_rng(3).normal(size=(200, 2))
    answers = robustness.sobol_indices(lambda rows: rows[:, 0], rows, rng=np.random.default_rng(4), size=64)
    assert (answers["1"]["first_order"].value, answers["1"]["total"].value) == (0, 0)
    alone = robustness.sobol_indices(lambda rows: rows[:, 0], rows[:, :1], rng=np.random.default_rng(4), size=256)
    assert alone["0"]["total"].value == pytest.approx(1, abs=0.05)


def test_an_output_that_never_varies_has_no_variance_to_share_out():
    answers = robustness.sobol_indices(
        lambda rows: np.ones(len(rows)),
        np.random.default_rng(6).normal(size=(50, 2)),
        rng=np.random.default_rng(6),
        size=64,
    )
    assert "never varies" in answers["0"]["total"].reason
    with pytest.raises(ValueError, match="power of 2"):
        robustness.sobol_indices(linear, np.eye(2), rng=np.random.default_rng(1), size=100)


# S5: feedback


def loop(rng, rows, effect):
    """Scores, decisions above 0, and outcomes that follow the score smoothly but for an effect of the decision."""
    score = rng.normal(size=rows)
    decision = score >= 0
    chance = 1 / (1 + np.exp(-0.8 * score)) * 0.5 + 0.1
    return score, decision, rng.random(rows) < chance + effect * decision


def test_the_jump_agrees_with_statsmodels_and_finds_an_effect_of_the_decision():
    score, decision, outcome = loop(np.random.default_rng(7), 4000, 0.25)
    answer = robustness.feedback_loop_check(score, decision, outcome, threshold=0.0, bandwidth=0.5)["jump"]
    near = np.abs(score) <= 0.5
    above = (score[near] >= 0).astype(float)
    design = sm.add_constant(np.column_stack([above, score[near], score[near] * above]))
    fitted = sm.OLS(outcome[near].astype(float), design).fit(cov_type="HC1", use_t=True)
    assert answer.value == pytest.approx(fitted.params[1], abs=1e-9)
    assert answer.detail["standard_error"] == pytest.approx(fitted.bse[1], abs=1e-9)
    assert answer.p_value == pytest.approx(fitted.pvalues[1], abs=1e-9)
    assert answer.low < 0.25 < answer.high
    assert (answer.detail["decided_1_above"], answer.detail["decided_1_below"]) == (1, 0)


def test_without_feedback_a_jump_is_seen_no_more_often_than_stated():
    rng = np.random.default_rng(8)
    found = [
        robustness.feedback_loop_check(*loop(rng, 1500, 0.0), threshold=0.0)["jump"].p_value < 0.05 for _ in range(150)
    ]
    assert np.mean(found) <= 0.1


def test_outcomes_known_only_of_the_selected_are_told():
    rng = np.random.default_rng(9)
    score, decision, outcome = loop(rng, 400, 0.0)
    only = np.where(decision, outcome.astype(float), np.nan)
    answers = robustness.feedback_loop_check(score, decision, only, threshold=0.0)
    assert answers["outcome_known"].value == 1
    assert answers["outcome_known"].p_value < 1e-6
    assert "fewer than 30 known outcomes" in answers["jump"].reason
    everyone = robustness.feedback_loop_check(score, decision, outcome, threshold=0.0)["outcome_known"]
    assert (everyone.value, everyone.p_value) == (0, 1)
    alike = robustness.feedback_loop_check(score, np.ones(400), outcome, threshold=0.0)["outcome_known"]
    assert "decided alike" in alike.reason


# S6: replication


def test_replication_by_hand_with_every_kind_of_row_counted():
    answer = robustness.replication_gap([0.1, 0.2, 0.3, np.nan, np.nan], [0.1, 0.25, np.nan, 0.4, np.nan])
    assert answer.value == pytest.approx(0.05)
    assert answer.detail["rows_off"] == 3
    assert answer.detail["replicated"]["share"] == pytest.approx(1 / 4)
    assert (answer.detail["only_logged"], answer.detail["only_rebuilt"], answer.detail["not_compared"]) == (1, 1, 1)
    assert (answer.detail["worst_row"], answer.sizes["rows"]) == (1, 4)
    assert "no row has both" in robustness.replication_gap([np.nan], [1.0]).reason
    with pytest.raises(ValueError, match="rebuilt"):
        robustness.replication_gap([1.0], [1.0, 2.0])
    with pytest.raises(ValueError, match="logged"):
        robustness.replication_gap(["x"], [1.0])


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=30), st.floats(0, 1))
@settings(deadline=None, max_examples=20)
def test_scores_moved_within_the_tolerance_replicate_and_beyond_it_do_not(scores, shift):
    scores = np.array(scores)
    assert robustness.replication_gap(scores, scores + shift, tolerance=shift + 1e-9).detail["rows_off"] == 0
    beyond = robustness.replication_gap(scores, scores + 2 * shift + 1e-3, tolerance=shift)
    assert beyond.detail["rows_off"] == len(scores)
    assert beyond.value == pytest.approx(robustness.replication_gap(scores + 2 * shift + 1e-3, scores).value)
