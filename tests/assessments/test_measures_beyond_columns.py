"""Measuring what no single column shows: texts, features together, new segments, arrival, promises of the scores."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from audits.assessments import services
from audits.assessments.measures.drift import adjusted
from audits.assessments.measures.subject import Measurement, unless_by_chance
from audits.assessments.models import Run
from audits.assessments.services.measuring_again import measure_again
from audits.statistics.estimates import Estimate
from audits.statistics.limits import DecidedBy, Limit, Verdict
from demo.simulators import app_reviews
from demo.stories.reviews import SCHEMA as REVIEWS
from inventory.models import Policy
from tests.assessments.test_measures import DAY, measured, one, verdict
from tests.factories import NOON, make_batch, make_outcomes, make_reference, make_rows, make_version, promote

TEXT_MEASURES = ("length in characters", "number of words", "share of unknown words", "share of non-letters")


@pytest.fixture
def version(workspace, tmp_path):
    version = make_version()
    make_reference(version, tmp_path)
    return version


def reviews_of(tmp_path, *, outage: float):
    """A version that reads texts, with a day of them, all written after the outage where there is one."""
    version = make_version(schema=REVIEWS)
    quiet = app_reviews(400, start=NOON - 30 * DAY, end=NOON, seed=1)
    make_reference(version, tmp_path, rows=quiet.drop("id", "time"))
    later = app_reviews(1200, start=NOON - 2 * DAY, end=NOON + DAY, seed=2, outage=outage, prefix="L")
    make_batch(version, tmp_path, rows=later.filter(pl.col("time") >= NOON).drop("label"))
    return version


def test_texts_are_measured_by_length_words_unknown_words_and_non_letters(workspace, tmp_path):
    found = measured("drift", reviews_of(tmp_path, outage=1.0))
    columns = {m.column for m in found.measurements if m.measure == "psi"}
    assert columns >= {f"review: {name}" for name in TEXT_MEASURES}
    for name in ("share of unknown words", "share of non-letters"):
        assert verdict(one(found, "psi", f"review: {name}")) == Verdict.RED
    words = one(found, "text_domain_classifier", "review")
    assert words.estimate.value > 0.6 and words.estimate.p_value < 0.05
    assert {entry["word"] for entry in words.estimate.detail["words"]} & {"outage", "token", "passkey", "timeout"}


def test_texts_about_the_same_subject_are_within(workspace, tmp_path):
    found = measured("drift", reviews_of(tmp_path, outage=0.0))
    judged = [m for m in found.measurements if m.limit and (m.column.startswith("review") or not m.column)]
    assert {verdict(m) for m in judged} == {Verdict.WITHIN}
    assert "Features together: fewer than two" in " ".join(found.inputs["not_examined"])


def test_a_missing_rate_is_judged_by_its_rise_over_the_reference(workspace, tmp_path):
    version = make_version()
    income = [None if row % 3 == 0 else 30_000.0 + row for row in range(600)]
    make_reference(version, tmp_path, rows=make_rows(600, seed=1, first_id=9_000_000, income=income))
    make_batch(version, tmp_path, rows=make_rows(300, seed=5, income=income[:300], repaid=None))
    rise = one(measured("drift", version), "missing_rate", "income")
    assert rise.estimate.value == pytest.approx(0.0) and verdict(rise) == Verdict.WITHIN


def test_values_out_of_range_and_rows_logged_twice_are_found(version, tmp_path):
    rows = make_rows(300, seed=5, repaid=None)
    far = rows.with_columns(income=pl.when(pl.int_range(300) % 5 == 0).then(1e9).otherwise("income"))
    make_batch(version, tmp_path, rows=far)
    again = far.with_columns(application=pl.format("again-{}", "application")).head(100)
    make_batch(version, tmp_path, rows=again)
    found = measured("drift", version)
    outside, twice = one(found, "out_of_range_rate", "income"), one(found, "duplicate_rate")
    assert outside.estimate.value == pytest.approx(80 / 400) and verdict(outside) == Verdict.RED
    assert twice.estimate.value == pytest.approx(100 / 400) and verdict(twice) == Verdict.RED


def test_a_value_that_the_reference_never_had_is_a_new_category(workspace, tmp_path):
    schema = [
        {name: value for name, value in column.items() if name != "categories"} for column in make_version().schema
    ]
    version = make_version(schema=schema)
    make_reference(version, tmp_path)
    purpose = ["boat"] * 60 + ["home"] * 240
    make_batch(version, tmp_path, rows=make_rows(300, seed=5, purpose=purpose, repaid=None))
    found = one(measured("drift", version), "new_category_rate", "purpose")
    assert found.estimate.value == pytest.approx(0.2) and verdict(found) == Verdict.RED


def test_volume_and_freshness_compare_with_the_windows_before(version, tmp_path):
    for day, rows in enumerate((300, 320, 310, 60)):
        batch = make_rows(rows, seed=day, first_id=1 + 1000 * day, start=NOON + day * DAY, repaid=None)
        make_batch(version, tmp_path, rows=batch)
    found = measured("drift", version, start=NOON + 3 * DAY)
    volume, age = one(found, "volume_change"), one(found, "freshness")
    assert volume.estimate.value == pytest.approx(60 / 310 - 1) and verdict(volume) == Verdict.AMBER
    assert age.estimate.value == pytest.approx(23 + 1 / 60) and verdict(age) == Verdict.WITHIN
    assert [batch["rows"] for batch in found.inputs["earlier"]] == [300, 320, 310]
    first = measured("drift", version)
    assert "volume change: Nothing was logged before" in " ".join(first.inputs["not_examined"])


def test_a_replay_gives_the_same_numbers_whatever_is_logged_later(version, tmp_path):
    promote(version)
    for day in (0, 40):
        rows = make_rows(300, seed=day, first_id=1 + 1000 * day, start=NOON + day * DAY - 91 * DAY, repaid=None)
        make_batch(version, tmp_path, rows=rows)
    services.create_missing_plans()
    plan = version.plans.get(kind="drift")
    run = Run.objects.create(plan=plan, version=version, policy=Policy.objects.in_force(), window_start=NOON - 52 * DAY,
                             window_end=NOON - 50 * DAY)  # fmt: skip
    run = services.execute(run.pk)
    late = make_rows(200, seed=9, first_id=900_000, start=NOON - 54 * DAY, repaid=None)
    make_batch(version, tmp_path, rows=late)
    again = [(r.measure, r.column, r.segment, r.value, r.p_value, r.verdict) for r in measure_again(run)]
    assert again == list(run.results.values_list("measure", "column", "segment", "value", "p_value", "verdict"))


def test_a_group_that_grew_is_found_and_named(version, tmp_path):
    region = ["islands"] * 120 + ["north", "south"] * 90
    income = [1_000.0] * 120 + [30_000.0 + row for row in range(180)]
    make_batch(version, tmp_path, rows=make_rows(300, seed=5, region=region, income=income, repaid=None))
    found = [m for m in measured("drift", version).measurements if m.measure == "new_segment"]
    assert any(m.segment == "region: islands" for m in found)
    assert all(verdict(m) == Verdict.AMBER for m in found if m.segment == "region: islands")
    assert not any("region: islands and" in m.segment for m in found), "a narrower one is the same finding again"


def test_features_that_part_company_are_seen_together_and_not_alone(workspace, tmp_path):
    version = make_version()
    rng = np.random.default_rng(3)
    income = rng.lognormal(10, 0.5, 600)
    follows = 0.05 + 0.5 * (np.argsort(np.argsort(income)) / 600)
    make_reference(
        version, tmp_path, rows=make_rows(600, seed=1, first_id=9_000_000, income=income, debt_ratio=follows)
    )
    apart = make_rows(400, seed=5, income=income[:400], debt_ratio=rng.permutation(follows)[:400], repaid=None)
    make_batch(version, tmp_path, rows=apart)
    found = measured("drift", version)
    assert verdict(one(found, "psi", "income")) == verdict(one(found, "psi", "debt_ratio")) == Verdict.WITHIN
    assert verdict(one(found, "domain_classifier")) in (Verdict.AMBER, Verdict.RED)


def test_scores_promise_a_performance_that_outcomes_may_not_keep(version, tmp_path):
    rows = make_rows(800, seed=5)
    make_batch(version, tmp_path, rows=rows.drop("repaid"))
    promised = one(measured("drift", version), "estimated_auc_change", "score")
    assert verdict(promised) == Verdict.WITHIN and promised.estimate.detail["blind_spots"]
    turned = rows.select("application", repaid=pl.Series(np.random.default_rng(1).uniform(size=800)) > rows["score"])
    make_outcomes(version.model, tmp_path, rows=turned)
    kept = one(measured("performance", version), "realised_against_estimated", "score")
    assert kept.estimate.value < -0.2 and verdict(kept) == Verdict.RED


def test_a_group_in_which_the_model_fails_is_found_and_named(version, tmp_path):
    rows = make_rows(1200, seed=5)
    wrong = pl.when(pl.col("region") == "north").then(~(pl.col("score") > 0.5)).otherwise("repaid")
    make_batch(version, tmp_path, rows=rows.drop("repaid"))
    make_outcomes(version.model, tmp_path, rows=rows.select("application", wrong.alias("repaid")))
    found = [m for m in measured("performance", version).measurements if m.measure == "segment_error"]
    assert any(m.segment == "region: north" and verdict(m) == Verdict.RED for m in found)
    assert all("north" in m.segment for m in found)


def test_p_values_of_many_features_are_adjusted_and_that_is_said():
    limit = Limit(amber=0.1, decided_by=DecidedBy.TOLERANCE)
    p_values = [0.04, 0.04, 0.04, 0.9, 0.9, 0.9, 0.9, 0.9]
    many = [
        Measurement(measure="psi", column=f"f{at}", limit=limit,
                    estimate=Estimate(value=0.2, method="PSI", detail={"tolerance": {"0.1": p_value}}))
        for at, p_value in enumerate([*p_values, 0.04])
    ]  # fmt: skip
    changed = adjusted(many, {"f8"})
    told = [m.estimate.detail["tolerance"]["0.1"] for m in changed]
    assert told[:3] == pytest.approx([0.04 * 8 / 3] * 3) and told[8] == 0.04, "the score is not one of many"
    assert [verdict(m) for m in changed] == [Verdict.WITHIN] * 8 + [Verdict.AMBER]
    assert "Benjamini-Hochberg step-up over 8 tests" in changed[0].estimate.method
    assert changed[0].estimate.detail["unadjusted"] == {"0.1": 0.04}


def test_a_value_that_chance_gives_too_is_insufficient_not_amber():
    limit = Limit(amber=0.65)
    by_chance = Estimate(value=0.7, p_value=0.3)
    assert unless_by_chance(by_chance, limit) == Verdict.INSUFFICIENT
    assert unless_by_chance(replace(by_chance, p_value=0.01), limit) is None
    assert unless_by_chance(replace(by_chance, value=0.6), limit) is None


def test_a_run_without_enough_rows_judges_nothing_as_within(version, tmp_path):
    make_batch(version, tmp_path, rows=make_rows(4, seed=5, repaid=None))
    found = measured("drift", version)
    judged = {verdict(m) for m in found.measurements if m.limit and m.measure not in ("freshness", "volume_change")}
    assert Verdict.WITHIN not in judged
