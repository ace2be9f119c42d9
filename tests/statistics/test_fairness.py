"""Fairness from weighted cells: Fairlearn's numbers, hand-worked and published ones, and the silence of small
groups."""

import math
import time

import fairlearn.metrics as fairlearn
import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics
from statsmodels.stats.proportion import confint_proportions_2indep

from audits.statistics import fairness

# EEOC 2023 (assessing adverse impact in software): 48 of 80 white and 12 of 40 Black applicants selected.
EEOC = {
    "race": ["White", "White", "Black", "Black"],
    "prediction": [1, 0, 1, 0],
    "count": [48, 32, 12, 28],
}

FAIRLEARN = {
    "selection_rate": fairlearn.selection_rate,
    "accuracy": metrics.accuracy_score,
    "true_positive_rate": fairlearn.true_positive_rate,
    "false_positive_rate": fairlearn.false_positive_rate,
    "false_negative_rate": fairlearn.false_negative_rate,
    "precision": metrics.precision_score,
}


def people(rng, rows=4000):
    frame = pd.DataFrame(
        {"sex": rng.choice(["f", "m"], rows), "race": rng.choice(["a", "b", "c"], rows, p=[0.6, 0.3, 0.1])}
    )
    tilt = 0.15 * (frame["sex"] == "m") + 0.1 * (frame["race"] == "a")
    frame["label"] = (rng.random(rows) < 0.3 + tilt).astype(int)
    frame["prediction"] = (rng.random(rows) < 0.2 + 0.4 * frame["label"] + tilt).astype(int)
    return frame


def cells_of(frame, attributes=("sex", "race")):
    return frame.groupby([*attributes, "label", "prediction"]).size().rename("count").reset_index()


def test_cells_give_fairlearns_numbers_on_the_rows():
    frame = people(np.random.default_rng(1))
    for attributes in (["sex"], ["sex", "race"]):
        table = fairness.group_table(cells_of(frame), attributes)
        rows = fairlearn.MetricFrame(
            metrics=FAIRLEARN,
            y_true=frame["label"],
            y_pred=frame["prediction"],
            sensitive_features=frame[attributes],
        )
        for key, row in rows.by_group.iterrows():
            name = key if isinstance(key, str) else " & ".join(key)
            for rate, expected in row.items():
                assert table.groups[name][rate].value == pytest.approx(expected, abs=1e-12)
        for rate, expected in rows.overall.items():
            assert table.overall[rate].value == pytest.approx(expected, abs=1e-12)


def test_gaps_are_fairlearns_on_the_rows():
    frame = people(np.random.default_rng(2))
    arguments = frame["label"], frame["prediction"]
    groups = {"sensitive_features": frame[["sex", "race"]]}
    cells = cells_of(frame)
    for measure, expected in (
        (fairness.demographic_parity, fairlearn.demographic_parity_difference(*arguments, **groups)),
        (fairness.equalized_odds, fairlearn.equalized_odds_difference(*arguments, **groups)),
        (fairness.equal_opportunity, fairlearn.equal_opportunity_difference(*arguments, **groups)),
    ):
        assert measure(cells, ["sex", "race"]).value == pytest.approx(expected, abs=1e-12)
        assert measure(frame, ["sex", "race"]) == measure(cells, ["sex", "race"])


def test_pandas_polars_and_plain_columns_are_the_same_cells():
    frame = cells_of(people(np.random.default_rng(3)))
    answers = [
        fairness.equalized_odds(table, "race")
        for table in (frame, pl.DataFrame(frame.to_dict("list")), frame.to_dict("list"))
    ]
    assert answers[0] == answers[1] == answers[2]


def test_predictive_parity_by_hand():
    cells = {
        "sex": ["f", "f", "m", "m", "f", "m"],
        "label": [1, 0, 1, 0, 0, 1],
        "prediction": [1, 1, 1, 1, 0, 0],
        "count": [30, 10, 45, 45, 60, 10],
    }
    estimate = fairness.predictive_parity(cells, "sex")
    assert estimate.value == pytest.approx(0.75 - 0.5)
    assert estimate.detail["gaps"]["precision"]["highest"] == "f"
    # Newcombe's interval of the two rates.
    low, high = confint_proportions_2indep(30, 40, 45, 90, method="newcomb", compare="diff")
    assert (estimate.low, estimate.high) == pytest.approx((low, high), abs=1e-9)


def test_equality_p_value_is_the_chi_square_of_scipy():
    cells = cells_of(people(np.random.default_rng(4)), ["race"])
    table = cells.groupby(["race", "prediction"])["count"].sum().unstack()
    expected = stats.chi2_contingency(table, correction=False)
    estimate = fairness.demographic_parity(cells, "race")
    assert (estimate.statistic, estimate.p_value) == pytest.approx((expected.statistic, expected.pvalue), abs=1e-12)


def test_what_people_want_may_be_the_zero():
    frame = people(np.random.default_rng(5))
    turned = frame.assign(label=1 - frame["label"], prediction=1 - frame["prediction"])
    for measure in (fairness.demographic_parity, fairness.equal_opportunity, fairness.predictive_parity):
        assert measure(frame, "sex", favourable=0).value == pytest.approx(measure(turned, "sex").value)
    assert fairness.impact_ratio(frame, "sex", favourable=0) == fairness.impact_ratio(turned, "sex")


def test_eeoc_example_of_the_four_fifths_rule():
    answers = fairness.impact_ratio(EEOC, "race")
    black = answers["Black"]
    assert black.value == pytest.approx(0.5)
    assert black.detail["finding"] == "practical and statistical"
    assert answers["White"].detail == {"reference": True, "rate": 0.6}
    low, high = confint_proportions_2indep(12, 40, 48, 80, method="log", compare="ratio")
    assert (black.low, black.high) == pytest.approx((low, high), abs=1e-9)
    difference = confint_proportions_2indep(12, 40, 48, 80, method="newcomb", compare="diff")
    assert (black.detail["difference_low"], black.detail["difference_high"]) == pytest.approx(difference, abs=1e-9)
    pooled = 60 / 120
    assert black.statistic == pytest.approx(-0.3 / math.sqrt(pooled * (1 - pooled) * (1 / 40 + 1 / 80)))


def test_published_relative_risk_interval():
    # Physicians' Health Study (1989; Agresti 2002, section 2.1): 189 of 11 034 on placebo and 104 of 11 037 on aspirin
    # had a heart attack; relative risk 1.82 with 95 % log interval (1.43, 2.30).
    cells = {"arm": ["placebo", "placebo", "aspirin", "aspirin"], "prediction": [1, 0, 1, 0]}
    cells["count"] = [189, 11034 - 189, 104, 11037 - 104]
    estimate = fairness.impact_ratio(cells, "arm", reference="aspirin")["placebo"]
    assert (estimate.value, estimate.low, estimate.high) == pytest.approx((1.82, 1.43, 2.30), abs=0.01)


def test_small_cells_are_tested_exactly():
    cells = {"sex": ["f", "f", "m", "m"], "prediction": [1, 0, 1, 0], "count": [1, 34, 9, 31]}
    estimate = fairness.impact_ratio(cells, "sex")["f"]
    assert estimate.detail["test"] == "Fisher exact test"
    assert estimate.p_value == pytest.approx(stats.fisher_exact([[1, 34], [9, 31]]).pvalue, abs=1e-12)


@pytest.mark.parametrize(
    ("counts", "finding"),
    [
        ([14, 36, 160, 240], "practical only"),
        ([3400, 6600, 4000, 6000], "statistical only"),
        ([40, 60, 160, 240], "none"),
        ([150, 850, 400, 600], "practical and statistical"),
    ],
)
def test_practical_and_statistical_findings_are_told_apart(counts, finding):
    cells = {"sex": ["f", "f", "m", "m"], "prediction": [1, 0, 1, 0], "count": counts}
    assert fairness.impact_ratio(cells, "sex", reference="m")["f"].detail["finding"] == finding


def test_the_reference_is_the_largest_group_or_the_best_rate_or_a_named_one():
    cells = {
        "race": ["a", "a", "b", "b", "c", "c"],
        "prediction": [1, 0] * 3,
        "count": [50, 150, 60, 40, 40, 60],
    }
    assert fairness.impact_ratio(cells, "race")["b"].value == pytest.approx(0.6 / 0.25)
    assert fairness.impact_ratio(cells, "race", reference="best")["a"].value == pytest.approx(0.25 / 0.6)
    assert fairness.impact_ratio(cells, "race", reference="c")["a"].value == pytest.approx(0.25 / 0.4)
    with pytest.raises(ValueError, match="'d' does not occur"):
        fairness.impact_ratio(cells, "race", reference="d")


def test_nobody_selected_still_has_an_upper_bound_and_an_empty_reference_a_reason():
    cells = {"sex": ["f", "m", "m"], "prediction": [0, 1, 0], "count": [60, 30, 60]}
    none = fairness.impact_ratio(cells, "sex", reference="m")["f"]
    assert (none.value, none.low) == (0, 0)
    assert 0 < none.high < 1
    answers = fairness.impact_ratio(cells, "sex", reference="f")
    assert answers["m"].value is None
    assert "nobody in the reference group" in answers["m"].reason
    assert answers["f"].value is None


@pytest.mark.parametrize("interval", ["katz", "newcombe"])
def test_impact_ratio_interval_covers_the_truth_at_its_level(interval):
    rng = np.random.default_rng(6)
    covered = 0
    for chosen, other in zip(rng.binomial(100, 0.24, 1000), rng.binomial(2000, 0.3, 1000), strict=True):
        cells = {
            "g": ["x", "x", "y", "y"],
            "prediction": [1, 0, 1, 0],
            "count": [chosen, 100 - chosen, other, 2000 - other],
        }
        estimate = fairness.impact_ratio(cells, "g", interval=interval)["x"]
        covered += estimate.low <= 0.8 <= estimate.high
    assert abs(covered / 1000 - 0.95) <= 0.02


def test_a_group_below_the_minimum_is_named_with_its_reason():
    cells = {
        "race": ["a", "a", "b", "b", "rare", "rare"],
        "label": [1, 0] * 3,
        "prediction": [1, 0] * 3,
        "count": [50, 50, 60, 40, 5, 7],
    }
    words = "the group has 12 rows, fewer than the minimum of 30"
    assert words in fairness.impact_ratio(cells, "race")["rare"].reason
    assert fairness.demographic_parity(cells, "race").detail["excluded"] == {"rare": words}
    assert words in fairness.group_table(cells, "race").groups["rare"]["accuracy"].reason
    assert fairness.group_table(cells, "race").sizes["rare"] == 12
    assert fairness.demographic_parity(cells, "race", minimum_size=10).detail["excluded"] == {}


def test_one_group_only_is_unknown_with_its_reason():
    cells = {"sex": ["f", "f"], "label": [1, 0], "prediction": [1, 0], "count": [50, 50]}
    for measure in (fairness.demographic_parity, fairness.equalized_odds, fairness.equal_opportunity):
        estimate = measure(cells, "sex", rng=np.random.default_rng(1))
        assert estimate.value is None
        assert "only the group f" in estimate.reason
    assert fairness.impact_ratio(cells, "sex")["f"].value is None


def test_one_outcome_only_leaves_no_odds_to_equalize():
    cells = {"sex": ["f", "f", "m", "m"], "label": [1] * 4, "prediction": [1, 0, 1, 0], "count": [50] * 4}
    estimate = fairness.equalized_odds(cells, "sex")
    assert estimate.value is None
    assert "false positive rate" in estimate.reason
    assert fairness.equal_opportunity(cells, "sex").value == 0


def test_rows_without_an_outcome_count_for_selection_only():
    cells = {
        "sex": ["f", "f", "m", "m", "f"],
        "label": [1, 0, 1, 0, None],
        "prediction": [1, 0, 1, 0, 1],
        "count": [50, 50, 50, 50, 100],
    }
    assert fairness.demographic_parity(cells, "sex").value == pytest.approx(0.75 - 0.5)
    odds = fairness.equalized_odds(cells, "sex")
    assert odds.value == 0
    assert odds.detail["rows_without_outcome"] == 100
    table = fairness.group_table(cells, "sex").groups["f"]
    assert (table["selection_rate"].sizes["rows"], table["accuracy"].sizes["rows"]) == (200, 100)


def test_a_missing_attribute_is_a_group_of_its_own():
    cells = {"sex": ["f", None, "f", None], "prediction": [1, 1, 0, 0], "count": [40, 30, 10, 30]}
    assert set(fairness.impact_ratio(cells, "sex")) == {"f", "(not stated)"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"prediction": [1, 2, 1, 0]}, "prediction"),
        ({"count": [1, -1, 1, 1]}, "count"),
        ({"label": [1, 0, 3, 0]}, "label"),
        ({"prediction": [1, None, 1, 0]}, "prediction"),
        ({"count": [1, 1]}, "count"),
    ],
)
def test_bad_cells_are_refused_by_column(change, words):
    cells = EEOC | {"label": [1, 0, 1, 0]} | change
    with pytest.raises(ValueError, match=words):
        fairness.demographic_parity(cells, "race")
    with pytest.raises(ValueError, match="no column 'age'"):
        fairness.demographic_parity(EEOC, "age")


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.integers(0, 1), st.integers(0, 1), st.integers(1, 80)),
        min_size=1,
        max_size=20,
    ),
    st.randoms(use_true_random=False),
)
@settings(deadline=None)
def test_gaps_stay_in_bounds_and_ignore_the_order_of_cells(rows, shuffler):
    moved = list(rows)
    shuffler.shuffle(moved)
    for measure in (fairness.demographic_parity, fairness.equalized_odds, fairness.predictive_parity):
        answers = []
        for cells in (rows, moved):
            columns = dict(zip(("group", "label", "prediction", "count"), zip(*cells, strict=True), strict=True))
            answers.append(measure(columns, "group", rng=np.random.default_rng(1), replicates=50))
        assert answers[0] == answers[1]
        if answers[0].value is None:
            assert answers[0].reason
        else:
            assert 0 <= answers[0].low <= answers[0].value + 1e-12 <= 1 + 1e-12


@pytest.mark.parametrize("rates", [(0.3, 0.3), (0.3, 0.5), (0.3, 0.3, 0.3, 0.3, 0.3), (0.2, 0.3, 0.4)])
def test_bootstrap_interval_of_a_gap_covers_the_truth_at_least_at_its_level(rates):
    rng = np.random.default_rng(7)
    truth, covered = max(rates) - min(rates), 0
    group, decision = np.repeat(np.arange(len(rates)), 2), np.tile([1, 0], len(rates))
    for chosen in rng.binomial(200, rates, size=(400, len(rates))):
        counts = np.column_stack([chosen, 200 - chosen]).ravel()
        cells = {"g": group, "prediction": decision, "count": counts}
        estimate = fairness.demographic_parity(cells, "g", rng=rng, replicates=200)
        covered += estimate.low <= truth <= estimate.high + 1e-12
    assert covered / 400 >= 0.92


def test_three_attributes_six_metrics_and_a_thousand_replicates_are_quick():
    rng = np.random.default_rng(8)
    grid = np.indices((2, 5, 4, 2, 2)).reshape(5, -1)
    cells = dict(zip(("sex", "race", "age", "label", "prediction"), grid, strict=True))
    cells["count"] = rng.integers(20, 400, grid.shape[1])
    attributes = ["sex", "race", "age"]
    fairness.group_table(cells, attributes)
    spent = []
    for _ in range(3):
        start = time.process_time()
        fairness.group_table(cells, attributes)
        fairness.equalized_odds(cells, attributes, rng=rng)
        spent.append(time.process_time() - start)
    # Half a second leaves room for a busy machine; alone it takes about a tenth.
    assert min(spent) < 0.5
