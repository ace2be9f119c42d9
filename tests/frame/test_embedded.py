"""The embedded PostgreSQL and Redis: they survive crashes, refuse a second owner and end with their starter."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from mrm import embedded
from mrm.embedded import Services
from mrm.processes import Crew

ROOT = Path(__file__).resolve().parents[2]
HOLD_THE_SERVICES = """
import pathlib, sys, time
from mrm import embedded
with embedded.running(pathlib.Path(sys.argv[1]), purpose="a run that will be killed", durable=False):
    print("ready", flush=True)
    time.sleep(120)
"""


@pytest.fixture
def crew():
    with Crew() as crew:
        yield crew


@pytest.fixture
def services(tmp_path, crew):
    services = Services(tmp_path, crew, durable=False)
    yield services
    crew.close()
    services.release()


def query(var: Path, statement: str):
    with psycopg.connect(embedded.database_url(var)) as connection:
        return connection.execute(statement).fetchone()


def keep_a_row(var: Path) -> None:
    with psycopg.connect(embedded.database_url(var)) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")


def test_a_stale_pid_file_of_a_crashed_run_does_not_block_the_next(tmp_path, crew):
    services = Services(tmp_path, crew)
    postgres = services.start_postgres()
    keep_a_row(tmp_path)
    os.killpg(postgres.process.pid, signal.SIGKILL)
    crew.stop(postgres)
    pid_file = tmp_path / "embedded" / "postgres" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(os.getppid()), *lines[1:]]))  # The number now belongs to another live program.

    services.start_postgres()

    assert query(tmp_path, "SELECT number FROM kept") == (7,)


def test_servers_left_behind_by_a_crashed_run_are_ended_before_the_next_start(tmp_path, crew, services):
    left_behind = [services.start_postgres(), services.start_redis()]
    keep_a_row(tmp_path)
    with Crew() as next_crew:
        following = Services(tmp_path, next_crew, durable=False)
        following.start_postgres()
        following.start_redis()
        assert [child.is_running() for child in left_behind] == [False, False]
        assert query(tmp_path, "SELECT number FROM kept") == (7,)
        assert redis.Redis.from_url(embedded.redis_url(tmp_path)).ping()


def test_a_second_owner_is_told_who_holds_the_services_and_how_to_stop_it(tmp_path, crew, services):
    services.own("make run at http://127.0.0.1:8000")
    with pytest.raises(embedded.AlreadyRunning) as refusal:
        Services(tmp_path, crew).own("manage.py shell")
    assert "make run at http://127.0.0.1:8000" in str(refusal.value)
    assert f"kill {os.getpid()}" in str(refusal.value)


def test_the_services_listen_on_no_network_address(services):
    for child in (services.start_postgres(), services.start_redis()):
        family = [psutil.Process(child.process.pid), *psutil.Process(child.process.pid).children(recursive=True)]
        assert [process.net_connections(kind="inet") for process in family] == [[]] * len(family)


def test_a_folder_with_a_path_too_long_for_a_socket_still_works(tmp_path, crew):
    var = tmp_path / ("a-folder-with-a-long-name" * 5)
    services = Services(var, crew, durable=False)
    services.start_postgres()
    assert query(var, "SELECT 1") == (1,)
    sockets = Path(psycopg.conninfo.conninfo_to_dict(embedded.database_url(var))["host"])
    crew.close()
    services.release()
    assert not sockets.exists()


@pytest.mark.parametrize(
    "watchdog_too",
    [False, pytest.param(True, marks=pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's PDEATHSIG"))],
)
def test_no_service_survives_the_sudden_death_of_its_owner(tmp_path, watchdog_too):
    owner = subprocess.Popen(
        [sys.executable, "-c", HOLD_THE_SERVICES, tmp_path], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    with owner:
        assert owner.stdout.readline() == "ready\n"
        family = psutil.Process(owner.pid).children(recursive=True)
        assert {"postgres", "redis-server"} <= {process.name() for process in family}
        watchdogs = [process for process in family if any("watchdog" in part for part in process.cmdline())]
        assert len(watchdogs) == 1
        for process in [psutil.Process(owner.pid), *(watchdogs if watchdog_too else [])]:
            process.kill()
    _, alive = psutil.wait_procs(family, timeout=20)
    assert [process for process in alive if process.status() != psutil.STATUS_ZOMBIE] == []


def test_a_service_that_cannot_start_says_why(tmp_path, services):
    services.start_postgres()
    data = tmp_path / "embedded" / "postgres"
    services.crew.close()
    (data / "PG_VERSION").write_text("9\n")
    with pytest.raises(embedded.CannotStart, match="PostgreSQL stopped while starting"):
        services.start_postgres()


def test_what_serves_owns_nothing_also_in_an_installation_that_had_one_role(tmp_path, crew, services):
    """A table that was there before, and one that the owner makes later, can be used and not altered."""
    services.start_postgres()
    owner, serving = (embedded.database_url(tmp_path, role=role) for role in (embedded.ROLE, embedded.SERVING_ROLE))
    with psycopg.connect(embedded.database_url(tmp_path, role="postgres"), autocommit=True) as server:
        server.execute(f"DROP OWNED BY {embedded.SERVING_ROLE}")
    keep_a_row(tmp_path)
    crew.close()
    services.start_postgres()
    with psycopg.connect(owner) as connection:
        connection.execute("CREATE TABLE later (id bigserial, number int)")
    with psycopg.connect(serving, autocommit=True) as connection:
        assert connection.execute("UPDATE kept SET number = 8 RETURNING number").fetchone() == (8,)
        connection.execute("INSERT INTO later (number) VALUES (1)")
        for statement in (
            "TRUNCATE kept",
            "ALTER TABLE later DISABLE TRIGGER ALL",
            "DROP TABLE later",
            "SET session_replication_role = replica",
            "CREATE TABLE mine (number int)",
            "SET ROLE mrm",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


@pytest.mark.parametrize(
    ("command", "role"),
    [
        (["manage.py", "migrate", "--no-input"], embedded.ROLE),
        (["/srv/mrm/manage.py", "migrate"], embedded.ROLE),
        (["manage.py", "demo"], embedded.SERVING_ROLE),
        (["manage.py"], embedded.SERVING_ROLE),
        (["gunicorn", "migrate"], embedded.SERVING_ROLE),
        (["-c"], embedded.SERVING_ROLE),
    ],
)
def test_only_commands_that_change_tables_connect_as_their_owner(command, role):
    assert embedded.role_for(command) == role
