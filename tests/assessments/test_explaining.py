"""Explaining until it is precise enough, and whether the version before would have given the same reasons."""

import numpy as np
import polars as pl
import pytest
import xgboost

from audits.assessments.measures.explaining import FIRST_ROWS, draw
from audits.statistics.limits import Verdict
from inventory import services as inventory
from tests.assessments.test_measures import measured, one, verdict
from tests.factories import make_reference, promote
from tests.fixtures.story import FEATURES, SPRING, log, make_applicants, make_scoring_version, scored, train


def other_booster() -> xgboost.Booster:
    """Trained on applicants for whom debt is everything and income nothing."""
    rows = make_applicants(800, seed=1)
    label = (np.random.default_rng(2).uniform(size=800) < 1 / (1 + np.exp(-2 * rows["debt"].to_numpy()))).astype(float)
    data = xgboost.DMatrix(rows.select(FEATURES).to_numpy(), label, feature_names=FEATURES)
    options = {"objective": "binary:logistic", "max_depth": 2, "eta": 0.5, "seed": 1, "nthread": 1}
    return xgboost.train(options, data, num_boost_round=5)


def test_rows_are_explained_until_every_share_is_known_and_the_run_says_how_well(story):
    version = make_scoring_version(story.model, story.booster, story.folder)
    log(version, scored(story.booster, make_applicants(1400, seed=9, prefix="L")), story.folder)
    found = measured("explainability", version, start=SPRING, days=5)
    rows = found.inputs["rows"]
    assert FIRST_ROWS <= rows["current"] < 1400, "no more than it takes"
    for side in ("reference", "window"):
        attained = one(found, "attribution_precision", segment=side)
        assert attained.estimate.value <= 0.05 and verdict(attained) == Verdict.WITHIN
        assert "against 5 % asked for" in attained.estimate.method or "every one of" in attained.estimate.method


def test_where_every_row_is_explained_nothing_is_left_to_chance(story):
    version = make_scoring_version(story.model, story.booster, story.folder)
    log(version, scored(story.booster, make_applicants(200, seed=9, prefix="L")), story.folder)
    attained = one(measured("explainability", version, start=SPRING, days=5), "attribution_precision", segment="window")
    assert attained.estimate.value == 0.0 and "every one of the 200 rows" in attained.estimate.method


def test_the_same_seed_draws_the_same_rows_in_the_same_order():
    rows = pl.LazyFrame({"a": range(1000)})
    assert draw(rows, seed=3).drawn.equals(draw(rows, seed=3).drawn)
    assert not draw(rows, seed=3).drawn.equals(draw(rows, seed=4).drawn)


@pytest.mark.parametrize(("booster", "stable"), [(train, True), (other_booster, False)])
def test_reasons_are_compared_with_those_of_the_version_before(story, booster, stable):
    before = story.version
    made = booster()
    version = inventory.register_version(
        story.model, schema=before.schema, decision_threshold=0.5, predecessor=before, actor=None
    )
    artifact = story.folder / f"artifact-{version.pk}"
    artifact.write_bytes(bytes(made.save_raw("json")))
    version = inventory.attach_artifact(version, artifact, actor=None)
    make_reference(version, story.folder, rows=scored(made, make_applicants(300, seed=3)).drop("id", "time"))
    log(version, scored(made, make_applicants(300, seed=9, prefix="L")), story.folder)
    found = measured("explainability", version, start=SPRING, days=5)
    same, first = one(found, "reason_code_stability"), one(found, "top_reason_changed")
    assert one(found, "reason_code_stability", segment="near the threshold").estimate.value is not None
    if stable:
        assert (same.estimate.value, first.estimate.value) == (1.0, 0.0)
        assert verdict(same) == verdict(first) == Verdict.WITHIN
        promote(version)
        later = measured("explainability", version, start=SPRING, days=365)
        assert not [m for m in later.measurements if m.measure == "reason_code_stability"], "decided by then"
    else:
        assert {verdict(same), verdict(first)} <= {Verdict.AMBER, Verdict.RED}


def test_a_version_without_a_predecessor_has_no_reasons_to_compare(story):
    measures = set(story.run("explainability").results.values_list("measure", flat=True))
    assert "reason_code_stability" not in measures and "attribution_precision" in measures
