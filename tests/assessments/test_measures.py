"""Measuring: which rows count, what is compared with what, and what is said to be missing."""

from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from audits.assessments.measures import Measured, NotEnoughData, Subject, measure
from audits.assessments.measures.bias import LONGEST_NAME, in_bands
from audits.statistics.limits import Verdict, judge
from inventory.models import ModelVersion, Policy
from tests.factories import NOON, SCHEMA, make_batch, make_outcomes, make_reference, make_rows, make_version, publish
from tests.fixtures.story import SPRING, SUMMER, log, make_applicants, make_scoring_version, scored

DAY = timedelta(days=1)
NUMBERS = [
    {"name": "application", "kind": "text", "role": "id"},
    {"name": "at", "kind": "datetime", "role": "time"},
    {"name": "income", "kind": "numeric", "role": "feature"},
    {"name": "forecast", "kind": "numeric", "role": "prediction"},
    {"name": "sold", "kind": "numeric", "role": "label"},
]


def measured(kind: str, version: ModelVersion, *, start=NOON, days: float = 1) -> Measured:
    told = []
    version = ModelVersion.objects.select_related("model", "reference", "predecessor").get(pk=version.pk)
    subject = Subject(
        version=version,
        policy=Policy.objects.in_force(),
        start=start,
        end=start + days * DAY,
        seed=7,
        report_progress=lambda percent, step: told.append(percent),
        replaces=version.predecessor,
    )
    found = measure(kind, subject)
    assert told == sorted(told) and told and 0 < told[0] <= told[-1] < 100, "progress only grows"
    return found


def one(found: Measured, name: str, column: str = "", segment: str = ""):
    (row,) = [m for m in found.measurements if (m.measure, m.column, m.segment) == (name, column, segment)]
    return row


def verdict(measurement) -> str:
    return measurement.verdict or judge(measurement.estimate, measurement.limit)


@pytest.fixture
def version(workspace, tmp_path):
    """A score for repayment with 500 labelled reference rows, and 300 predictions of one day."""
    version = make_version()
    make_reference(version, tmp_path)
    make_batch(version, tmp_path, rows=make_rows(300, seed=5, repaid=None))
    return version


def changed(schema: list[dict], name: str, **fields) -> list[dict]:
    return [column | fields if column["name"] == name else column for column in schema]


def test_drift_looks_at_the_score_first_and_at_every_feature(version):
    columns = list(dict.fromkeys(m.column for m in measured("drift", version).measurements if m.column))
    assert columns == ["score", "income", "debt_ratio", "purpose"]


def test_drift_counts_only_the_rows_of_the_window(version, tmp_path):
    make_batch(version, tmp_path, rows=make_rows(50, seed=6, first_id=1000, start=NOON + DAY, repaid=None))
    whole = measured("drift", version, days=2)
    first = measured("drift", version)
    half = measured("drift", version, days=150 / (24 * 60))
    assert [found.inputs["rows"]["current"] for found in (whole, first, half)] == [350, 300, 150]
    assert [len(found.inputs["batches"]) for found in (whole, first, half)] == [2, 1, 1]


def test_a_window_nobody_logged_to_is_not_enough_data(version):
    for kind in ("drift", "bias", "performance"):
        with pytest.raises(NotEnoughData, match="No predictions were logged between 11 June 2026"):
            measured(kind, version, start=NOON + 10 * DAY)


def test_bias_without_outcomes_says_what_it_could_not_examine(version, tmp_path):
    found = measured("bias", version)
    assert [m.measure for m in found.measurements] == ["impact_ratio", "impact_ratio", "demographic_parity"]
    assert found.inputs["not_examined"] == ["equalized_odds: no outcome of this window is known yet."]
    make_outcomes(version.model, tmp_path, rows=make_rows(300, seed=5).select("application", "repaid"))
    assert one(measured("bias", version), "equalized_odds", "sex").estimate.value is not None


def test_bias_looks_at_pairs_of_attributes_too(workspace, tmp_path):
    version = make_version(schema=changed(SCHEMA, "region", role="protected"))
    make_reference(version, tmp_path)
    make_batch(version, tmp_path, rows=make_rows(1200, seed=5, repaid=None))
    found = measured("bias", version)
    assert {m.column for m in found.measurements} == {"sex", "region", "sex & region"}
    pairs = {m.segment for m in found.measurements if m.column == "sex & region" and m.measure == "impact_ratio"}
    assert pairs == {f"{sex} & {region}" for sex in ("female", "male") for region in ("north", "south")}


def test_a_group_too_small_to_judge_is_insufficient_never_within(workspace, tmp_path):
    version = make_version()
    make_reference(version, tmp_path)
    make_batch(version, tmp_path, rows=make_rows(300, seed=5, sex=["female"] * 20 + ["male"] * 280, repaid=None))
    small = one(measured("bias", version), "impact_ratio", "sex", "female")
    assert verdict(small) == Verdict.INSUFFICIENT


def test_a_group_that_is_clearly_favoured_less_is_red(workspace, tmp_path):
    version = make_version()
    make_reference(version, tmp_path)
    sex = ["female"] * 300 + ["male"] * 300
    approved = [True] * 90 + [False] * 210 + [True] * 240 + [False] * 60
    make_batch(version, tmp_path, rows=make_rows(600, seed=5, sex=sex, approved=approved, repaid=None))
    found = one(measured("bias", version), "impact_ratio", "sex", "female")
    assert found.estimate.value == pytest.approx((90 / 300) / (240 / 300))
    assert verdict(found) == Verdict.RED


def test_the_policy_says_which_group_the_others_are_compared_with(workspace, tmp_path):
    version = make_version()
    make_reference(version, tmp_path)
    sex = ["female"] * 400 + ["male"] * 200
    approved = [True] * 120 + [False] * 280 + [True] * 160 + [False] * 40
    make_batch(version, tmp_path, rows=make_rows(600, seed=5, sex=sex, approved=approved, repaid=None))
    of_women = one(measured("bias", version), "impact_ratio", "sex", "female")
    assert verdict(of_women) == Verdict.RED, "whoever is most often favoured is the yardstick, however few they are"
    document = Policy.objects.in_force().document
    document["fairness"]["reference_group"] = "largest"
    publish(document)
    of_men = one(measured("bias", version), "impact_ratio", "sex", "male")
    assert of_men.estimate.value == pytest.approx((160 / 200) / (120 / 400))


def test_what_is_favourable_turns_the_ratio_round(workspace, tmp_path):
    flagged = make_version(schema=changed(SCHEMA, "approved", favourable=False))
    make_reference(flagged, tmp_path)
    sex, fraud = ["female"] * 200 + ["male"] * 200, [True] * 100 + [False] * 100 + [True] * 20 + [False] * 180
    make_batch(flagged, tmp_path, rows=make_rows(400, seed=5, sex=sex, approved=fraud, repaid=None))
    found = one(measured("bias", flagged), "impact_ratio", "sex", "female")
    assert found.estimate.value == pytest.approx((100 / 200) / (180 / 200))


def test_rows_of_which_nothing_says_what_was_decided_are_left_out_and_counted(workspace, tmp_path):
    schema = changed(SCHEMA, "approved", required=False)
    version = make_version(schema=[column for column in schema if column["role"] != "score"], decision_threshold=None)
    make_reference(version, tmp_path, rows=make_rows(300, score=None, first_id=5000))
    approved = [None] * 100 + [True, False] * 100
    make_batch(version, tmp_path, rows=make_rows(300, score=None, approved=approved, repaid=None))
    found = measured("bias", version)
    assert found.inputs["rows"]["logged"] == 200
    assert "100 rows, of which nothing says what was decided." in found.inputs["not_examined"]
    assert sum(m.estimate.sizes.get("group", 0) for m in found.measurements if m.measure == "impact_ratio") <= 200


def test_protected_numbers_are_cut_into_bands_and_missing_ones_named():
    ages = pl.Series([18.0, 30.0, 45.0, None, 70.0])
    assert in_bands(ages, [30.0, 45.0, 60.0]).to_list() == [
        "below 30",
        "30 to below 45",
        "45 to below 60",
        "not stated",
        "60 and above",
    ]
    assert in_bands(pl.Series(["a", None]), []).to_list() == ["a", "not stated"]


def test_long_names_of_groups_are_cut_and_stay_apart():
    long = ["x" * 5000 + end for end in "ab"]
    first, second = in_bands(pl.Series(long), []).to_list()
    assert first != second and max(len(first), len(second)) <= LONGEST_NAME + 12


def test_performance_counts_only_rows_whose_outcome_is_known(version, tmp_path):
    with pytest.raises(NotEnoughData, match="none of the 300 predictions"):
        measured("performance", version)
    make_outcomes(version.model, tmp_path, rows=make_rows(300, seed=5)[:120].select("application", "repaid"))
    found = measured("performance", version)
    assert found.inputs["rows"] == {"reference with outcome": 500, "logged": 300, "with outcome": 120}
    assert sum(one(found, "auc", "score").estimate.sizes.values()) == 120


def test_reference_rows_without_an_outcome_are_no_non_events(workspace, tmp_path):
    version = make_version()
    half = make_rows(400, seed=1, first_id=9000).with_columns(
        pl.when(pl.int_range(pl.len()) < 200).then("repaid").alias("repaid")
    )
    make_reference(version, tmp_path, rows=half)
    rows = make_rows(300, seed=5)
    make_batch(version, tmp_path, rows=rows.drop("repaid"))
    make_outcomes(version.model, tmp_path, rows=rows.select("application", "repaid"))
    whole = make_version(version.model)
    make_reference(whole, tmp_path, rows=half[:200])
    make_batch(whole, tmp_path, rows=rows.drop("repaid"))
    changes = [one(measured("performance", v), "auc_change", "score").estimate.value for v in (version, whole)]
    assert changes[0] == changes[1]


def test_a_reference_without_any_outcome_leaves_the_change_unknown_with_a_reason(workspace, tmp_path):
    version = make_version()
    make_reference(version, tmp_path, rows=make_rows(300, first_id=9000, repaid=None))
    rows = make_rows(300, seed=5)
    make_batch(version, tmp_path, rows=rows.drop("repaid"))
    make_outcomes(version.model, tmp_path, rows=rows.select("application", "repaid"))
    found = measured("performance", version)
    change = one(found, "auc_change", "score")
    assert change.estimate.value is None and change.estimate.reason and verdict(change) == Verdict.UNKNOWN
    assert one(found, "auc", "score").estimate.value is not None


def test_outcomes_of_one_kind_only_are_unknown_with_a_reason_not_a_crash(version, tmp_path):
    make_outcomes(
        version.model, tmp_path, rows=make_rows(300, seed=5, repaid=[True] * 300).select("application", "repaid")
    )
    found = measured("performance", version)
    assert one(found, "auc", "score").estimate.value is None and one(found, "auc", "score").estimate.reason


def test_a_predicted_number_is_judged_by_its_errors(workspace, tmp_path):
    version = make_version(schema=NUMBERS, decision_threshold=None)
    rng = np.random.default_rng(3)

    def rows(count, first, error):
        given = make_rows(count, first_id=first).select("application", "at", "income")
        sold = rng.normal(100, 10, count)
        return given.with_columns(pl.Series("sold", sold), pl.Series("forecast", sold + rng.normal(0, error, count)))

    make_reference(version, tmp_path, rows=rows(500, 9000, 1.0))
    batch = rows(500, 1, 2.0)
    make_batch(version, tmp_path, rows=batch.drop("sold"))
    make_outcomes(version.model, tmp_path, rows=batch.select("application", "sold"))
    found = measured("performance", version)
    assert one(found, "rmse", "forecast").estimate.value == pytest.approx(2.0, rel=0.1)
    ratio = one(found, "rmse_ratio", "forecast")
    assert ratio.estimate.value == pytest.approx(2.0, rel=0.15) and verdict(ratio) == Verdict.RED


def test_shares_of_attribution_add_up_to_one_and_carry_those_of_the_reference(story):
    results = story.run("explainability").results.filter(measure="importance")
    assert {result.column for result in results} == {"income", "debt"}
    assert sum(result.value for result in results) == pytest.approx(1)
    assert sum(result.detail["reference"] for result in results) == pytest.approx(1)


def test_scores_that_are_not_the_artifacts_own_are_found(story):
    version = make_scoring_version(story.model, story.booster, story.folder)
    forged = scored(story.booster, make_applicants(200, seed=9, prefix="F")).with_columns(pl.col("score") * 0.9)
    log(version, forged, story.folder)
    found = measured("explainability", version, start=SPRING, days=5)
    assert verdict(one(found, "replication_gap")) == Verdict.RED
    assert verdict(one(found, "additivity_gap")) == Verdict.WITHIN


def test_the_same_window_and_seed_give_the_same_numbers(story):
    one_way, other_way = (measured("bias", story.version, start=SUMMER, days=5) for _ in range(2))
    assert [m.estimate for m in one_way.measurements] == [m.estimate for m in other_way.measurements]


@pytest.mark.parametrize("measure", ["psi", "kolmogorov_smirnov"])
def test_a_tolerance_is_tested_at_the_limits_that_the_policy_sets_whatever_they_are(measure, version, tmp_path):
    shifted = make_rows(300, seed=6, start=NOON + 3 * DAY, first_id=5000, repaid=None)
    shifted = shifted.with_columns(income=shifted["income"] * 3)
    make_batch(version, tmp_path, rows=shifted)
    document = Policy.objects.in_force().document
    limit = {"measure": measure, "role": "feature", "amber": 0.07, "red": 0.13, "decided_by": "tolerance"}
    document["limits"] = [limit, *(entry for entry in document["limits"] if entry["measure"] != measure)]
    publish(document)
    assert verdict(one(measured("drift", version, start=NOON + 3 * DAY), measure, "income")) == "red"
