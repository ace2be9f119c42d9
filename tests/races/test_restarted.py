"""PostgreSQL and Redis that are stopped and started again, beside web, worker and scheduler that are not."""

from collections.abc import Iterator
from functools import partial

import httpx
import psutil
import pytest
from django.conf import settings
from django.db import OperationalError, connection, connections
from psycopg.errors import AdminShutdown, DeadlockDetected, LockNotAvailable, UniqueViolation

from audits.assessments.models import Run
from audits.assessments.services import rerun
from mrm import embedded
from mrm.http import cannot_be_reached
from mrm.processes import Crew
from tests.conftest import pristine
from tests.factories import make_token
from tests.migrated import postgres
from tests.races.test_killed import assert_finished_once, in_the_middle


class Machine:
    """A PostgreSQL and a Redis of the test's own, which keeps nothing when it stops."""

    def __init__(self, services: embedded.Services) -> None:
        self.services = services
        self.running = {"postgres": services.start_postgres(), "redis": services.start_redis()}

    def stop(self, name: str) -> None:
        self.services.crew.stop(self.running.pop(name))

    def start(self, name: str) -> None:
        self.running[name] = getattr(self.services, f"start_{name}")()


@pytest.fixture
def machine(tmp_path) -> Iterator[Machine]:
    with Crew() as crew:
        services = embedded.Services(tmp_path, crew, durable=False)
        services.own("a test that restarts them")
        yield Machine(services)
    services.release()


@pytest.fixture
def own_database(django_db_setup, django_db_blocker, machine, tmp_path) -> Iterator[str]:
    """The prepared database on that machine, to which everything here connects meanwhile."""
    dump, there = tmp_path / "prepared.dump", embedded.database_url(tmp_path)
    plain = ("--format", "custom", "--compress", "0")
    postgres("pg_dump", *plain, "--file", dump, embedded.database_url(settings.VAR, pristine()))
    postgres("pg_restore", "--exit-on-error", "--dbname", there, dump)
    with django_db_blocker.unblock():
        connections.close_all()
        shared = {name: connection.settings_dict[name] for name in ("NAME", "HOST")}
        connection.settings_dict |= {"NAME": embedded.DATABASE, "HOST": httpx.URL(there).params["host"]}
        yield embedded.DATABASE
        connections.close_all()
        connection.settings_dict |= shared


@pytest.fixture
def stage(stage, machine, tmp_path):
    stage.server.env |= {
        "DATABASE_URL": embedded.database_url(tmp_path, role=embedded.SERVING_ROLE),
        "REDIS_URL": embedded.redis_url(tmp_path),
        "WORKERS": "1",
    }
    return stage


@pytest.fixture
def ask(stage, engineer):
    """Asks for the register over REST and MLflow, and for a page, on connections that are kept open."""
    paths = {"rest": "/api/v1/models/", "mlflow": "/api/2.0/mlflow/registered-models/search"}
    paths["page"] = "/accounts/login/"
    headers = {"Authorization": f"Bearer {make_token(engineer)}"}
    with httpx.Client(base_url=stage.address, headers=headers, timeout=60) as client:
        yield lambda: {name: client.get(path) for name, path in paths.items()}


def test_a_run_and_the_server_outlive_a_restart_of_whatever_they_stand_on(stage, machine, explanation, ask):
    """One run after another on the same worker, which loses something in the middle of each."""
    with in_the_middle(stage, partial(stage.start, "web", "worker", "scheduler")) as run:
        assert {answer.status_code for answer in ask().values()} == {200}
        for process in psutil.Process(stage.children["worker"].process.pid).children():
            process.kill()  # As where memory runs out: the processes that work, not the one that leads them.
    wait_until_nothing_is_left(stage)
    assert_finished_once(run, attempt=2)

    with in_the_middle(stage, partial(rerun, run, actor=None)) as run:
        connections.close_all()
        machine.stop("postgres")
    told = ask()
    assert {name: answer.status_code for name, answer in told.items()} == {"rest": 503, "mlflow": 503, "page": 503}
    assert all("The database cannot be reached at this moment" in answer.text for answer in told.values())
    assert told["mlflow"].json()["error_code"] == "TEMPORARILY_UNAVAILABLE"
    assert {answer.headers["Retry-After"] for answer in told.values()} == {"10"}
    machine.start("postgres")
    assert {answer.status_code for answer in ask().values()} == {200}
    wait_until_nothing_is_left(stage)
    assert_finished_once(run, attempt=2)

    with in_the_middle(stage, partial(rerun, run, actor=None)) as run:
        machine.stop("redis")
    told = ask()
    assert {name: answer.status_code for name, answer in told.items()} == {"rest": 503, "mlflow": 503, "page": 200}
    assert "The queue cannot be reached at this moment" in told["rest"].json()["detail"]
    machine.start("redis")
    assert {answer.status_code for answer in ask().values()} == {200}
    wait_until_nothing_is_left(stage)
    assert_finished_once(run, attempt=1)


def wait_until_nothing_is_left(stage) -> None:
    stage.wait_until(lambda: not Run.objects.unfinished().exists())


@pytest.mark.parametrize("fault", [DeadlockDetected, LockNotAvailable, UniqueViolation])
def test_what_the_database_itself_refuses_is_not_told_as_if_it_were_away(fault):
    told = OperationalError()
    told.__cause__ = fault()
    assert cannot_be_reached(told) == ""
    told.__cause__ = AdminShutdown()
    assert cannot_be_reached(told).startswith("The database cannot be reached")
