"""Fixtures that run web, worker and scheduler as the processes they are in production."""

import contextlib
import os
import random
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from django.conf import settings

from mrm import embedded
from mrm.processes import Child, Crew
from mrm.serve import HOST, Server


class Live:
    """Processes of mrm that run beside the test, on the test's own database and queue."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.address = server.address
        self.children: dict[str, Child] = {}

    def start(self, *names: str) -> None:
        """Starts some of "web", "worker" and "scheduler"; waits until the web process serves pages."""
        for name in names:
            self.children[name] = self.server.start(name)
        if "web" in names:
            self.server.wait_for_page(self.children["web"])

    def kill(self, name: str) -> None:
        """Ends a process and everything it started the hard way, as a power cut would."""
        child = self.children.pop(name)
        os.killpg(child.process.pid, signal.SIGKILL)
        self.server.crew.stop(child)

    def log(self, name: str) -> str:
        return self.children[name].log.read_text()

    def wait_until(self, claim: Callable[[], object], seconds: float = 240.0, every: float = 0.2) -> object:
        """What `claim` answers as soon as that is true; else fails the test with the ends of the logs.

        It does not wait on when a process has died.
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and all(child.is_running() for child in self.children.values()):
            answer = claim()
            if answer:
                return answer
            time.sleep(every)
        logs = "\n".join(f"--- {name}\n{child.last_lines()}" for name, child in self.children.items())
        pytest.fail(f"What the test waits for did not become true in {seconds:.0f} s, or a process died.\n{logs}")


def _free_port() -> int:
    """A port below those that the kernel gives to outgoing connections, which could take it before the server does."""
    for port in random.sample(range(20_000, 32_000), 100):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind((HOST, port))
            return port
    raise OSError(f"None of a hundred ports of {HOST} is free.")


@pytest.fixture
def free_port() -> int:
    return _free_port()


@contextlib.contextmanager
def _set(database: str, port: int, folder: Path) -> Iterator[Live]:
    with redis.Redis.from_url(settings.REDIS_URL) as queue:
        queue.flushdb()
    with Crew() as crew:
        server = Server(crew, folder, port)
        server.env |= {
            "DJANGO_SETTINGS_MODULE": "mrm.settings",
            "DATABASE_URL": embedded.database_url(settings.VAR, database, embedded.SERVING_ROLE),
            "SWEEP_SECONDS": "2",
        }
        yield Live(server)


@pytest.fixture
def stage(own_database, free_port, tmp_path):
    """Web, worker and scheduler of mrm on a database of the test's own, none of them started yet."""
    with _set(own_database, free_port, tmp_path) as live:
        yield live


@pytest.fixture(scope="module")
def stage_of_the_file(database_of_the_file, tmp_path_factory):
    """The same on the database of a file of tests, for all of them: every start of a process costs seconds."""
    with _set(database_of_the_file, _free_port(), tmp_path_factory.mktemp("stage")) as live:
        yield live


@pytest.fixture
def live(stage):
    """Web, worker and scheduler, running."""
    stage.start("web", "worker", "scheduler")
    return stage


@pytest.fixture
def live_worker(stage):
    """A Celery worker, running."""
    stage.start("worker")
    return stage
