"""Processes and connections that die in the middle of something: nothing is lost, nothing is done twice.

Web and worker are the processes they are in production; what they are doing is known from the rows they write.
"""

import socket
from datetime import timedelta

import httpx
import psutil
import pytest
import redis
from django.conf import settings
from django.db import connection
from django.utils import timezone

from audits.assessments.models import Plan, Run
from audits.assessments.services import change_plan, create_missing_plans, rerun
from audits.assessments.states import RunState
from audits.assessments.tasks import run_due_plans
from audits.trail.models import Action, Entry
from audits.trail.services import verify_trail
from audits.workflows.models import ChangeRequest, Retraining
from audits.workflows.services import request_change
from audits.workflows.states import ChangeState, RetrainingState
from audits.workflows.tasks import dispatch_approved_retrainings
from inventory.models import ModelVersion, PredictionBatch
from tests.factories import PARQUET, confirm, make_model, make_token, promote
from tests.fixtures.story import approve, learn, log, make_applicants, make_scoring_version, scored, train
from tests.migrated import administer


@pytest.fixture
def version(open_gate, owner, engineer, tmp_path):
    """A version with its artifact, whose predictions of last month have outcomes."""
    booster, model = train(), make_model(owner=owner, actor=engineer)
    confirm(model)
    version = make_scoring_version(model, booster, tmp_path, actor=engineer)
    rows = scored(booster, make_applicants(2000, seed=5, start=timezone.now() - timedelta(days=30)))
    log(version, rows, tmp_path, actor=engineer)
    learn(model, rows, tmp_path, actor=engineer)
    return version


@pytest.fixture
def explanation(version) -> Plan:
    """The plan to explain the version, the only one that is enabled. Explaining takes seconds."""
    create_missing_plans()
    for plan in Plan.objects.exclude(kind="explainability"):
        change_plan(plan, enabled=False, actor=None)
    return Plan.objects.get(kind="explainability")


def sweep() -> bool:
    """What the scheduler asks for every few seconds, here as often as the test looks; always true."""
    run_due_plans()
    dispatch_approved_retrainings()
    return True


def wait_until_explaining(stage) -> Run:
    """A run that is in the middle of its work."""
    stage.wait_until(lambda: " ready." in stage.log("worker"))
    in_the_middle = Run.objects.filter(state=RunState.RUNNING, step__startswith="Explaining")
    sweep()
    return stage.wait_until(in_the_middle.first, every=0.02)


def wait_until_nothing_is_left(stage) -> None:
    stage.wait_until(lambda: sweep() and not Run.objects.unfinished().exists(), every=1)


def assert_finished_once(run: Run, *, attempt: int) -> None:
    run.refresh_from_db()
    assert (run.state, run.attempt) == (RunState.SUCCEEDED, attempt), run.reason
    positions = list(run.results.values_list("position", flat=True))
    assert positions == list(range(len(positions))) and positions
    assert Entry.objects.about(run).filter(action=Action.ASSESSMENT_COMPLETED).count() == 1
    verification = verify_trail()
    assert verification.holds, verification.fault


def test_a_run_whose_worker_is_killed_is_taken_up_by_the_next_one_and_finished_once(stage, explanation):
    stage.start("worker")
    run = wait_until_explaining(stage)
    stage.kill("worker")
    run.refresh_from_db()
    assert (run.state, run.attempt, run.results.count()) == (RunState.RUNNING, 1, 0)
    stage.start("worker")
    wait_until_nothing_is_left(stage)
    assert_finished_once(run, attempt=2)


def test_a_run_outlives_the_process_the_connection_and_the_queue_it_is_worked_on_with(stage, explanation):
    """One run after another on the same worker, which loses something else in the middle of each."""
    sweep()
    lose_queue()  # With the only message that says which run waits.
    stage.start("worker")
    run = wait_until_explaining(stage)
    for process in psutil.Process(stage.children["worker"].process.pid).children():
        process.kill()  # As where memory runs out: the processes that work, not the one that leads them.
    wait_until_nothing_is_left(stage)
    assert_finished_once(run, attempt=2)

    rerun(run, actor=None)
    run = wait_until_explaining(stage)
    end_connections_to_database()
    wait_until_nothing_is_left(stage)
    assert_finished_once(run, attempt=2)

    rerun(run, actor=None)
    run = wait_until_explaining(stage)
    lose_queue()
    wait_until_nothing_is_left(stage)
    assert_finished_once(run, attempt=1)


def end_connections_to_database() -> None:
    """As when PostgreSQL restarts, for everybody but this test."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database(), pg_backend_pid()")
        name, mine = cursor.fetchone()
    ended = administer(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        f"WHERE datname = '{name}' AND pid <> {mine} AND backend_type = 'client backend'",
        role="postgres",  # The role that serves may end nobody else's sessions.
    )
    assert ended > 0


def lose_queue() -> None:
    """As when Redis restarts without its data: every message and every connection is gone."""
    with redis.Redis.from_url(settings.REDIS_URL) as queue:
        queue.flushdb()
        number = str(queue.connection_pool.connection_kwargs["db"])
        for client in queue.client_list():
            if client["db"] == number and client["id"] != str(queue.client_id()):
                queue.client_kill_filter(_id=client["id"])


def test_a_retraining_whose_worker_is_killed_makes_one_candidate_with_one_batch(
    stage, version, engineer, validator, risk_officer
):
    promote(version)
    change = request_change(ChangeRequest.Kind.RETRAINING, version, reason="Applicants changed.", actor=engineer)
    for person in (validator, risk_officer):
        approve(change, person)
    stage.start("worker")
    dispatch_approved_retrainings()
    trained = ModelVersion.objects.filter(origin=change.reference)
    stage.wait_until(trained.exists, every=0.02)
    stage.kill("worker")
    assert Retraining.objects.get().state == RetrainingState.DISPATCHED
    stage.start("worker")
    stage.wait_until(
        lambda: dispatch_approved_retrainings() or not Retraining.objects.filter(state="dispatched").exists(), every=1
    )
    change.refresh_from_db()
    assert change.state == ChangeState.COMPLETED, change.outcome
    candidate = trained.get()
    assert candidate.retraining.change == change
    assert (candidate.artifact_bytes or 0) > 0
    assert candidate.reference.rows + candidate.batches.get().rows < 2000
    verification = verify_trail()
    assert verification.holds, verification.fault


def test_an_upload_whose_web_process_is_killed_leaves_no_batch_and_can_be_sent_again(
    stage, version, engineer, tmp_path, free_port
):
    rows = scored(train(), make_applicants(5000, seed=7, start=timezone.now() - timedelta(days=20), prefix="U"))
    rows.drop("label").write_parquet(tmp_path / "body")
    body, headers = (tmp_path / "body").read_bytes(), {"Authorization": f"Bearer {make_token(engineer)}"}
    path = f"/api/v1/models/{version.model.slug}/versions/{version.number}/batches/"
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    stage.server.env["TMPDIR"] = str(temporary)
    stage.start("web")
    before = PredictionBatch.objects.count()

    with socket.create_connection(("127.0.0.1", free_port)) as sender:
        head = {"Host": "localhost", "Content-Type": PARQUET, "Content-Length": len(body), **headers}
        lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in head.items()), "", ""]
        sender.sendall("\r\n".join(lines).encode() + body[: len(body) // 2])
        stage.wait_until(lambda: list(temporary.glob("mrm-upload-*/body")), every=0.02)
        stage.kill("web")
    assert PredictionBatch.objects.count() == before

    stage.start("web")
    headers["Content-Type"] = PARQUET
    answer = httpx.post(f"{stage.address}{path}", content=body, headers=headers, timeout=60)
    assert answer.status_code == 201, answer.text
    assert PredictionBatch.objects.count() == before + 1
    assert PredictionBatch.objects.get(pk=answer.json()["id"]).rows == 5000
