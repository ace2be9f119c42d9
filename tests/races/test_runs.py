"""Sweeps and workers that get at the same work at the same moment: every window is assessed once."""

from datetime import timedelta
from functools import partial
from itertools import pairwise

import pytest
from django.utils import timezone

from audits.assessments.models import Plan, Run
from audits.assessments.services import (
    create_missing_plans,
    execute,
    queue_due_runs,
    queue_reruns_for_late_outcomes,
    request_run,
    rerun,
)
from audits.assessments.states import RunState
from audits.trail.models import Action, Entry
from audits.trail.services import verify_trail
from tests.factories import make_batch, make_outcomes, make_rows, promote, sql
from tests.races.threads import at_once, refusals


@pytest.fixture
def watched(candidate, engineer, tmp_path):
    """A candidate that has scored something, with a plan for each kind of assessment and a run of each waiting."""
    make_batch(candidate, tmp_path, actor=engineer)
    create_missing_plans()
    queue_due_runs(timezone.now())
    return candidate


def test_sweeps_at_once_create_each_plan_once(candidate, engineer, tmp_path):
    make_batch(candidate, tmp_path, actor=engineer)
    at_once(*[create_missing_plans] * 4)
    assert sorted(Plan.objects.values_list("kind", flat=True)) == ["bias", "drift", "performance"]
    assert Entry.objects.filter(action=Action.PLAN_CREATED).count() == 3


def test_sweeps_at_once_make_one_run_of_each_window_and_leave_none_out(candidate, engineer, tmp_path):
    make_batch(candidate, tmp_path, actor=engineer)
    promote(candidate)
    create_missing_plans()
    sql("ALTER TABLE assessments_plan DISABLE TRIGGER assessments_plan_is_not_put_off")  # The sweeps are ahead of it.
    at_once(*[partial(queue_due_runs, timezone.now() + timedelta(days=800))] * 4)
    for plan in Plan.objects.all():
        windows = list(plan.runs.order_by("window_start").values_list("window_start", "window_end"))
        assert len(windows) > 3
        assert all(before[1] == after[0] for before, after in pairwise(windows))
        assert windows[-1][1] == plan.window_start


def test_a_run_that_four_workers_get_at_once_is_carried_out_by_one(watched):
    run = Run.objects.get(plan__kind="drift")
    answers = at_once(*[partial(execute, run.pk)] * 4)
    assert answers.count(None) == 3
    run.refresh_from_db()
    assert (run.state, run.attempt) == (RunState.SUCCEEDED, 1)
    positions = list(run.results.values_list("position", flat=True))
    assert positions == list(range(len(positions)))
    assert Entry.objects.filter(action=Action.ASSESSMENT_COMPLETED).count() == 1


def test_runs_of_one_version_that_end_at_once_write_their_results_one_after_the_other(watched):
    runs = list(Run.objects.values_list("pk", flat=True))
    at_once(*[partial(execute, run) for run in runs])
    assert not Run.objects.unfinished().exists()
    verification = verify_trail()
    assert verification.holds, verification.fault
    assert Entry.objects.filter(action=Action.ASSESSMENT_COMPLETED).count() == len(runs) == 3


def test_a_run_asked_for_six_times_at_once_is_queued_once(watched, validator):
    plan = Plan.objects.get(kind="drift")
    answers = at_once(*[partial(request_run, plan, actor=validator)] * 6)
    assert len(refusals(answers)) == 5
    assert Run.objects.filter(requested_by=validator).count() == 1


def test_a_rerun_asked_for_six_times_at_once_is_queued_once(watched, validator):
    run = execute(Run.objects.get(plan__kind="drift").pk)
    answers = at_once(*[partial(rerun, run, actor=validator)] * 6)
    assert len(refusals(answers)) == 5
    assert run.reruns.count() == 1


def test_sweeps_at_once_repeat_a_run_that_lacked_outcomes_once(watched, engineer, tmp_path):
    lacking = execute(Run.objects.get(plan__kind="performance").pk)
    assert lacking.state == RunState.INSUFFICIENT_DATA
    make_outcomes(watched.model, tmp_path, rows=make_rows().select("application", "repaid"), actor=engineer)
    at_once(*[queue_reruns_for_late_outcomes] * 4)
    assert lacking.reruns.count() == 1
