"""Runs: asked for, carried out once, taken up again after a crash, never promising what was not measured."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from audits.assessments.models import Breach, Kind, Plan, Result, Run
from audits.assessments.services import (
    execute,
    queue_due_runs,
    queue_reruns_for_late_outcomes,
    request_run,
    rerun,
    waiting_runs,
)
from audits.assessments.services.execution import MOST_ATTEMPTS, _finish, results_digest
from audits.assessments.states import RunState
from audits.trail.models import Action, Entry
from inventory.models import Policy
from mrm.accounts.policies import Role
from mrm.adapters import storage
from mrm.errors import NotPermitted, RuleBroken
from reports.contents.agreement import disagreements
from tests.factories import make_otherwise, make_person, publish
from tests.fixtures.story import SUMMER, assess, learn, make_applicants, scored


@pytest.fixture
def queued(story) -> Run:
    """A run of the drift plan that nobody has taken in hand."""
    first = story.run(Kind.DRIFT)
    return rerun(first, actor=story.validator)


def test_nobody_takes_a_due_window_from_the_schedule_by_asking_for_it_first(story):
    plan = story.plan("drift")
    due = timezone.now() - timedelta(hours=1)
    Plan.objects.filter(pk=plan.pk).update(window_start=due - timedelta(days=1), next_due_at=due)
    plan.refresh_from_db()
    with pytest.raises(RuleBroken, match="is due and is assessed by itself"):
        request_run(plan, window_start=plan.window_start, window_end=due, actor=story.validator)


def left_behind(run: Run, *, attempt: int = 1) -> Run:
    """As a worker leaves it that is killed while it measures."""
    Run.objects.filter(pk=run.pk).update(state=RunState.RUNNING, attempt=attempt, started_at=timezone.now())
    return Run.objects.get(pk=run.pk)


@pytest.mark.parametrize("role", [Role.OWNER, Role.AUDITOR, Role.ADMINISTRATOR])
def test_who_may_not_ask_for_a_run(story, role):
    person = make_person(role, workspace=story.workspace)
    with pytest.raises(NotPermitted):
        request_run(story.plan("drift"), actor=person)
    with pytest.raises(NotPermitted):
        rerun(story.run("drift"), actor=person)


@pytest.mark.parametrize("role", [Role.ENGINEER, Role.VALIDATOR, Role.RISK_OFFICER])
def test_who_may_ask_for_a_run(story, role):
    run = request_run(story.plan("drift"), actor=make_person(role, workspace=story.workspace))
    assert (run.state, run.window_start) == (RunState.QUEUED, story.plan("drift").window_start)
    assert run.pk in waiting_runs()


def test_one_asks_again_only_when_the_run_asked_for_is_finished(story):
    request_run(story.plan("drift"), actor=story.validator)
    with pytest.raises(RuleBroken, match="already asked for"):
        request_run(story.plan("drift"), actor=story.engineer)


def test_a_window_must_end_after_it_begins_and_not_in_the_future(story):
    plan, now = story.plan("drift"), timezone.now()
    with pytest.raises(RuleBroken, match="ends before it begins"):
        request_run(plan, window_start=now, window_end=now, actor=story.validator)
    with pytest.raises(RuleBroken, match="future"):
        request_run(plan, window_end=now + timedelta(days=1), actor=story.validator)


def test_asking_for_a_window_that_was_assessed_measures_it_again(story):
    first = story.run("drift")
    window = {"window_start": first.window_start, "window_end": first.window_end}
    assert request_run(first.plan, **window, actor=story.validator).rerun_of == first


def test_a_window_of_a_plan_becomes_a_run_exactly_once(story):
    before = Run.objects.count()
    queue_due_runs(timezone.now())
    queue_due_runs(timezone.now())
    assert Run.objects.count() == before
    run = story.run("drift")
    with pytest.raises(IntegrityError, match="one_run_per_plan_and_window"), transaction.atomic():
        Run(
            plan=run.plan,
            version=run.version,
            policy=run.policy,
            window_start=run.window_start,
            window_end=run.window_end,
        ).save()


def test_a_run_is_carried_out_once_however_often_it_is_handed_over(queued):
    assert execute(queued.pk).state == RunState.SUCCEEDED
    assert execute(queued.pk) is None
    queued.refresh_from_db()
    assert queued.attempt == 1 and queued.pk not in waiting_runs()


def test_a_run_left_behind_by_a_lost_worker_is_taken_up_again(queued):
    left_behind(queued)
    assert queued.pk in waiting_runs()
    done = execute(queued.pk)
    assert (done.state, done.attempt, done.progress) == (RunState.SUCCEEDED, 2, 100)
    assert done.results.exists()


def test_an_attempt_that_comes_too_late_writes_nothing(queued):
    overtaken = left_behind(queued, attempt=1)
    left_behind(queued, attempt=2)
    assert _finish(overtaken, "fail", reason="Too late.") is None
    queued.refresh_from_db()
    assert (queued.state, queued.reason) == (RunState.RUNNING, "")
    assert execute(queued.pk).state == RunState.SUCCEEDED


def test_after_three_attempts_without_an_answer_a_run_fails_with_a_reason(queued):
    left_behind(queued, attempt=MOST_ATTEMPTS)
    assert execute(queued.pk) is None
    queued.refresh_from_db()
    assert queued.state == RunState.FAILED
    assert f"after {MOST_ATTEMPTS} attempts" in queued.reason
    assert Entry.objects.filter(action=Action.ASSESSMENT_FAILED, details__reason=queued.reason).exists()


def test_an_artifact_that_is_no_model_fails_the_run_with_a_reason(story):
    make_otherwise(story.version, artifact_sha256=storage.put(b"\x80\x04not a model, however it is called."))
    failed = execute(rerun(story.run("explainability"), actor=story.validator).pk)
    assert failed.state == RunState.FAILED and failed.reason
    assert failed.verdict == "unknown" and not failed.results.exists()


def test_a_model_that_takes_too_long_times_its_run_out_and_the_end_is_told_as_a_failure_is(story, settings):
    settings.SCORING_WALL_SECONDS = 0
    late = execute(rerun(story.run("explainability"), actor=story.validator).pk)
    assert (late.state, late.verdict) == (RunState.TIMED_OUT, "unknown") and not late.results.exists()
    assert late.reason == "The model ran longer than 0 seconds."
    assert Entry.objects.about(late).get().action == Action.ASSESSMENT_FAILED
    assert not [one for one in disagreements() if str(late.pk) in one]
    with pytest.raises(IntegrityError, match="is finished is never changed"), transaction.atomic():
        Run.objects.filter(pk=late.pk).update(state=RunState.FAILED)


def test_what_timed_out_is_listed_apart_from_what_failed(story, settings, api):
    settings.SCORING_WALL_SECONDS = 0
    late = execute(rerun(story.run("explainability"), actor=story.validator).pk)
    client = api(story.risk_officer)
    for state, found in (("timed_out", [str(late.pk)]), ("failed", [])):
        assert [
            run["id"] for run in client.get(f"/api/v1/models/{story.model.slug}/runs/?state={state}").json()["results"]
        ] == found


def test_a_window_without_predictions_is_insufficient_data_and_says_so(story):
    window = {"window_start": SUMMER - timedelta(days=20), "window_end": SUMMER - timedelta(days=10)}
    for kind in Kind.values:
        run = execute(request_run(story.plan(kind), **window, actor=story.validator).pk)
        assert (run.state, run.verdict) == (RunState.INSUFFICIENT_DATA, "insufficient")
        assert run.reason.startswith("No predictions were logged between")


def test_late_outcomes_repeat_the_performance_run_that_lacked_them_once(story):
    lacking = story.run("performance")
    assert lacking.state == RunState.INSUFFICIENT_DATA and "Outcomes are known for none" in lacking.reason
    assert queue_reruns_for_late_outcomes() == []
    learn(story.model, scored(story.booster, make_applicants(500, seed=6, prefix="S", shift=1.5)), story.folder)
    (again,) = queue_reruns_for_late_outcomes()
    assert again.rerun_of == lacking
    assert queue_reruns_for_late_outcomes() == []
    assert execute(again.pk).results.get(measure="auc").value is not None


def test_the_limit_that_judged_a_result_is_copied_into_it(story):
    result = story.run("drift").results.get(measure="psi", column="score")
    assert result.limit == {
        "amber": 0.1,
        "red": 0.25,
        "direction": "upper",
        "decided_by": "tolerance",
        "minimum_size": 100,
        "significance": 0.05,
        "policy_version": 1,
    }


def test_a_new_policy_judges_new_runs_and_leaves_old_results_alone(story, queued):
    document = Policy.objects.in_force().document
    for limit in document["limits"]:
        if limit["measure"] == "psi":
            limit.update(amber=5.0, red=9.0)
    publish(document)
    before = results_digest(queued.rerun_of.results.all())
    again = rerun(execute(queued.pk), actor=story.validator)
    execute(again.pk)
    assert again.results.get(measure="psi", column="score").verdict == "within"
    assert results_digest(queued.rerun_of.results.all()) == before


def test_measuring_again_gives_the_same_numbers(story):
    for kind in ("drift", "bias"):
        first = story.run(kind)
        again = execute(rerun(first, actor=story.validator).pk)
        assert results_digest(again.results.all()) == results_digest(first.results.all())


def test_a_run_that_is_not_finished_is_not_measured_again(queued, story):
    with pytest.raises(RuleBroken, match="not finished"):
        rerun(queued, actor=story.validator)


def test_a_number_that_could_not_be_computed_is_never_within(story, queued):
    row = {"run": queued, "position": 0, "measure": "psi", "method": "m", "value": None}
    with pytest.raises(IntegrityError, match="nothing_unmeasured_is_within"), transaction.atomic():
        Result.objects.create(**row, verdict="within", reason="There was nothing.")
    with pytest.raises(IntegrityError, match="result_without_value_has_a_reason"), transaction.atomic():
        Result.objects.create(**row, verdict="unknown")


def test_results_and_their_verdict_are_recorded_by_digest(story):
    run = story.run("drift")
    entry = Entry.objects.about(run).get(action=Action.ASSESSMENT_COMPLETED)
    assert entry.details["results_digest"] == results_digest(run.results.all())
    assert (entry.details["verdict"], entry.actor_name) == ("red", "system")


def test_who_asked_for_a_run_is_recorded_with_what_it_found(queued, story):
    details = Entry.objects.about(execute(queued.pk)).get(action=Action.ASSESSMENT_COMPLETED).details
    assert details["requested_by"] == str(story.validator.pk)
    due = Entry.objects.about(queued.rerun_of).get(action=Action.ASSESSMENT_COMPLETED).details
    assert "requested_by" not in due


def test_a_run_tells_what_it_read_and_in_which_environment(story):
    run, version = story.run("drift"), story.version
    assert run.inputs["reference"]["sha256"] == version.reference.sha256
    assert run.inputs["rows"] == {"reference": 600, "current": 500}
    assert {"python", "libraries", "seed"} <= run.environment.keys()


def test_a_candidate_opens_no_breach_whatever_its_results(story):
    candidate = story.candidate()
    assess(candidate)
    assert candidate.runs.filter(state=RunState.SUCCEEDED).count() == 4
    assert not Breach.objects.filter(version=candidate).exists()
