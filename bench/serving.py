"""Web servers that benchmarks start and stop."""

import contextlib
import http.client
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from bench.peers.environments import PeerMissing
from mrm.processes import Crew

START_SECONDS = 120.0


def web(port: int, processes: int) -> list:
    """The command that starts ours, as in production."""
    command = [Path(sys.executable).with_name("gunicorn"), "mrm.wsgi", "--config", "mrm/gunicorn_settings.py"]
    return [*command, "--bind", f"127.0.0.1:{port}", "--workers", processes, "--no-control-socket"]


@contextlib.contextmanager
def serving(crew: Crew, command: list, env: dict, log: Path, port: int, cwd: Path | None = None) -> Iterator[None]:
    """A web server for as long as this lasts, from when it answers on its port."""
    child = crew.start(log.stem, command, env=env, log=log, cwd=cwd)
    deadline = time.monotonic() + START_SECONDS
    try:
        while not _answers(port):
            if not child.is_running() or time.monotonic() > deadline:
                raise PeerMissing(f"{log.stem} did not start: {child.last_lines()}")
            time.sleep(0.2)
        yield
    finally:
        crew.stop(child)


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
        connection.request("GET", "/api/3.0/mlflow/server-info")
        return connection.getresponse().status == 200
    return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
