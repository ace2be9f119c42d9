"""`make run` as a program: it names what is in its way, mends what dies and leaves nothing behind."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import psycopg
import pytest

from mrm import embedded

ROOT = Path(__file__).resolve().parents[2]


class Run:
    """One `make run`, without the demo portfolio, with its data in a folder of its own."""

    def __init__(self, var: Path, port: int) -> None:
        self.var = var
        env = {name: value for name, value in os.environ.items() if name not in {"REDIS_URL", "MAKELEVEL"}}
        env |= {"DJANGO_SETTINGS_MODULE": "mrm.settings", "MRM_VAR": str(var), "PORT": str(port)}
        env |= {"DEMO": "no", "WORKERS": "1"}
        self.output = var.with_suffix(".output")
        with self.output.open("wb") as output:
            command = [sys.executable, "-m", "mrm.serve"]
            self.process = psutil.Popen(command, cwd=ROOT, env=env, stdout=output, stderr=subprocess.STDOUT)

    def wait_for(self, words: str, seconds: float = 240) -> None:
        deadline = time.monotonic() + seconds
        while words not in self.output.read_text():
            assert self.process.poll() is None, self.output.read_text()
            assert time.monotonic() < deadline, self.output.read_text()
            time.sleep(0.1)

    def family(self) -> list[psutil.Process]:
        return self.process.children(recursive=True)

    def count(self, table: str) -> int:
        with psycopg.connect(embedded.database_url(self.var)) as connection:
            return connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def left_behind(family: list[psutil.Process], seconds: float = 30) -> list[psutil.Process]:
    _, alive = psutil.wait_procs(family, timeout=seconds)
    return [process for process in alive if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]


@pytest.fixture(scope="module")
def var(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("run") / "var"


@pytest.fixture
def start(var, free_port):
    """Starts `make run` once more on the same data; ends it when the test has not."""
    runs = []

    def start() -> Run:
        runs.append(Run(var, free_port))
        return runs[-1]

    yield start
    for run in runs:
        if run.process.poll() is None:
            run.process.terminate()
            run.process.wait(60)


def test_a_dead_worker_is_started_again_and_killing_the_supervisor_leaves_no_process_behind(start):
    run = start()
    run.wait_for("Ctrl-C stops everything")
    worker = next(process for process in run.family() if "worker" in process.cmdline())
    worker.kill()
    run.wait_for("The worker process ended (-9); starting it again.")
    time.sleep(1)
    family = run.family()
    assert {"postgres", "redis-server"} <= {process.name() for process in family}

    run.process.kill()

    assert left_behind(family) == []


def test_a_start_after_a_crash_reuses_the_data_and_an_orderly_stop_ends_everything(start):
    run = start()
    run.wait_for("mrm is ready at http://127.0.0.1:")
    migrations = run.count("django_migrations")
    assert migrations > 0
    assert "Applying" not in (run.var / "log" / "migrate.log").read_text().rpartition("Running migrations:")[2]
    family = run.family()

    run.process.send_signal(signal.SIGTERM)

    assert run.process.wait(60) == 0
    assert left_behind(family, seconds=1) == []


def test_a_taken_port_is_named_with_the_command_that_mends_it(start, free_port):
    with socket.create_server(("127.0.0.1", free_port)):
        run = start()
        assert run.process.wait(60) == 1
    output = run.output.read_text()
    assert f"Port {free_port} on 127.0.0.1 is taken by another program." in output
    assert "PORT=" in output and "make run" in output
