"""Processes and connections that die in the middle of something: nothing is lost, nothing is done twice.

Web and worker are the processes they are in production; what they are doing is known from the rows they write.
"""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import httpx
from django.db import connection
from django.utils import timezone

from audits.assessments.models import Run
from audits.assessments.states import RunState
from audits.assessments.tasks import run_due_plans
from audits.trail.models import Action, Entry
from audits.trail.services import verify_trail
from audits.workflows.models import ChangeRequest, Retraining
from audits.workflows.services import request_change
from audits.workflows.states import ChangeState, RetrainingState
from audits.workflows.tasks import dispatch_approved_retrainings
from inventory.models import ModelVersion, PredictionBatch
from tests.factories import PARQUET, make_token, promote
from tests.fixtures.story import approve, make_applicants, scored, train


def sweep() -> bool:
    """What the scheduler asks for every few seconds, here as often as the test looks; always true."""
    run_due_plans()
    dispatch_approved_retrainings()
    return True


@contextmanager
def in_the_middle(stage, begin: Callable[[], object]) -> Iterator[Run]:
    """A run that is explaining, and finished no sooner than the block, however fast the machine: no result is kept."""
    other_session = connection.copy()
    try:
        other_session.set_autocommit(False)
        with other_session.cursor() as cursor:
            cursor.execute("LOCK TABLE assessments_result IN SHARE MODE")
        begin()
        stage.wait_until(lambda: " ready." in stage.log("worker"))
        explaining = Run.objects.filter(state=RunState.RUNNING, step__startswith="Explaining")
        yield stage.wait_until(explaining.first, every=0.02)
    finally:
        other_session.close()


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
    with in_the_middle(stage, sweep) as run:
        stage.kill("worker")
    run.refresh_from_db()
    assert (run.state, run.attempt, run.results.count()) == (RunState.RUNNING, 1, 0)
    stage.start("worker")
    wait_until_nothing_is_left(stage)
    assert_finished_once(run, attempt=2)


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
