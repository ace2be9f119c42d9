"""A version that a retraining made replaces nothing before it was compared with it, and run beside it where asked."""

from copy import deepcopy
from datetime import timedelta

import polars as pl
import pytest
from django.utils import timezone

from audits.assessments.models import Run
from audits.assessments.services import execute, rerun
from audits.assessments.services.measuring_again import measure_again
from audits.statistics.limits import Verdict
from audits.workflows.gates import gate_for
from audits.workflows.gates.retrained import asked_of, blockers_in_parallel_run, ran_beside
from audits.workflows.models import ChangeRequest
from audits.workflows.services import open_retraining_requests
from inventory.models import ModelVersion, Policy
from inventory.policies import asked_of_candidate, faults_in, standard
from tests.factories import promote, publish, without_triggers
from tests.fixtures.story import assess, learn, log, make_applicants, make_scoring_version, scored

COMPARED, PARALLEL = "retraining.compared", "retraining.parallel_run"


@pytest.fixture
def asked(story) -> ChangeRequest:
    (change,) = open_retraining_requests(timezone.now())
    return change


def make_candidate(story, asked, **facts) -> ModelVersion:
    """As an outside pipeline registers it; here with the very artifact of the version in use."""
    facts = {"origin": asked.reference, "predecessor": story.version} | facts
    return make_scoring_version(story.model, story.booster, story.folder, **facts)


def measure_on_labelled_rows(story, version, *, upside_down: bool = False) -> Run:
    rows = scored(story.booster, make_applicants(300, seed=9, prefix="L"))
    learn(story.model, rows, story.folder)
    log(version, rows.with_columns(score=1 - rows["score"]) if upside_down else rows, story.folder)
    assess(version)
    return Run.objects.get(version=version, plan__kind="performance")


def clauses(version) -> list[str]:
    return [blocker.clause for blocker in gate_for(version).blockers]


def ask_for(days: int, rows: int) -> None:
    document = Policy.objects.in_force().document
    candidate = document["retraining"]["candidate"]
    candidate["parallel_run"] = dict.fromkeys("123", {"days": days, "rows": rows})
    publish(document)


def test_a_candidate_is_compared_with_the_version_before_on_the_very_same_rows(story, asked):
    version = make_candidate(story, asked)
    gain = measure_on_labelled_rows(story, version).results.get(measure="gain_on_champion")
    assert (gain.value, gain.verdict) == (0.0, Verdict.WITHIN)
    assert sum(gain.sizes.values()) == 300
    assert COMPARED not in clauses(version)


def test_a_candidate_that_ranks_worse_than_what_it_replaces_stays_out(story, asked):
    version = make_candidate(story, asked)
    run = measure_on_labelled_rows(story, version, upside_down=True)
    assert run.results.get(measure="gain_on_champion").verdict == Verdict.RED
    assert any("gain_on_champion score is" in reason for reason in gate_for(version).reasons)


def test_a_retrained_version_that_was_compared_with_nothing_stays_out(story, asked):
    version = make_candidate(story, asked, predecessor=None)
    measure_on_labelled_rows(story, version)
    (told,) = [one.text for one in gate_for(version).blockers if one.clause == COMPARED and "performance" in one.text]
    assert "does not compare" in told


def test_a_version_that_no_retraining_made_is_asked_for_no_comparison(story, asked):
    document = Policy.objects.in_force().document
    assert asked_of(make_candidate(story, asked, origin="", predecessor=None), document) is None
    assert asked_of(make_candidate(story, asked, origin="CR-1999-0001"), document) is None
    version = make_candidate(story, asked)
    assert asked_of(version, document)
    promote(version)
    version.refresh_from_db()
    assert asked_of(version, document) is None, "decided by then"


def test_a_retrained_version_runs_beside_the_one_in_use_for_as_long_as_the_policy_says(story, asked):
    version = make_candidate(story, asked)
    ask_for(days=2, rows=100)
    assert PARALLEL in clauses(version)
    now = timezone.now()
    rows = scored(story.booster, make_applicants(120, seed=9, prefix="N", start=now))
    log(version, rows, story.folder, actor=story.engineer)
    assert ran_beside(version, story.version) == (0, 0), "nobody else saw this traffic"
    log(story.version, rows, story.folder, actor=story.engineer)
    days, logged = ran_beside(version, story.version)
    assert days in (1, 2) and logged == 120, "ten hours, perhaps over midnight"
    ask_for(days=3, rows=100)
    (blocker,) = blockers_in_parallel_run(version, asked_of(version, Policy.objects.in_force().document).parallel_run)
    assert f"on {days} of 3 days and 120 of 100 rows" in blocker.text
    ask_for(days=days, rows=121)
    assert PARALLEL in clauses(version)
    ask_for(days=days, rows=120)
    assert PARALLEL not in clauses(version)


def test_what_was_scored_before_it_was_registered_is_no_parallel_run(story, asked):
    version = make_candidate(story, asked)
    before = timezone.now() - timedelta(days=9)
    rows = scored(story.booster, make_applicants(120, seed=9, prefix="P", start=before))
    for one in (version, story.version):
        log(one, rows, story.folder, actor=story.engineer)
    assert ran_beside(version, story.version) == (0, 0)


def test_only_days_that_hold_rows_are_days_of_a_parallel_run(story, asked):
    """Two rows thirteen days apart are two days, in however few batches they came."""
    version = make_candidate(story, asked)
    moments = [version.registered_at + timedelta(days=days) for days in (0, 13)]
    without_triggers(
        "inventory_modelversion",
        f"UPDATE inventory_modelversion SET registered_at = now() - interval '20 days' WHERE id = '{version.pk}'",
    )
    version = ModelVersion.objects.get(pk=version.pk)
    rows = pl.concat(
        scored(story.booster, make_applicants(1, seed=9, prefix=f"G{at.day}", start=at - timedelta(days=14)))
        for at in moments
    )
    for one in (version, story.version):
        log(one, rows, story.folder, actor=story.engineer)
    assert ran_beside(version, story.version) == (2, 2)


def test_what_its_training_scored_itself_is_no_parallel_run(story, asked):
    version = make_candidate(story, asked)
    rows = scored(story.booster, make_applicants(20, seed=9, prefix="T", start=timezone.now()))
    log(version, rows, story.folder)
    log(story.version, rows, story.folder, actor=story.engineer)
    assert ran_beside(version, story.version) == (0, 0)


def test_a_candidate_is_compared_with_what_is_in_production_when_it_is_measured(story, asked):
    version = make_candidate(story, asked)
    run = measure_on_labelled_rows(story, version)
    assert run.inputs["replaces"] == 1
    meanwhile = make_scoring_version(story.model, story.booster, story.folder)
    promote(meanwhile)
    (told,) = [one.text for one in gate_for(version).blockers if one.clause == COMPARED and "performance" in one.text]
    assert f"with version 1, and {meanwhile} is in production now" in told
    again = execute(rerun(run, actor=story.engineer).pk)
    assert again.inputs["replaces"] == meanwhile.number
    assert not any(one.clause == COMPARED and "performance" in one.text for one in gate_for(version).blockers)
    assert [one.value for one in measure_again(run)] == [one.value for one in run.results.all()]


def test_a_policy_from_before_leaves_the_candidate_to_the_standard_policy():
    document = deepcopy(standard())
    del document["retraining"]["candidate"]
    assert faults_in(document) == []
    assert asked_of_candidate(document, 1) == asked_of_candidate(standard(), 1)
    document["retraining"]["candidate"] = {"assessed": ["luck"], "decided": [], "parallel_run": {}}
    assert any("assessed" in fault for fault in faults_in(document))
