"""`python -m bench registry`: our registry and MLflow's own, on one PostgreSQL, by the same calls.

Two web processes each, eight connections, each server alone at its time; ours with sign-in by token, policy and trail.
The program that calls shares the machine with the server, alike for both.
"""

import contextlib
import http.client
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import psycopg

from bench.peers.environments import FOLDER, Peer, PeerMissing, installed
from bench.serving import free_port, serving, web
from mrm import embedded
from mrm.processes import Crew

MLFLOW = Peer("mlflow", "mlflow==3.17.2", ("psycopg[binary]",))
BASE = "/api/2.0/mlflow/"
PROCESSES, CONNECTIONS = 2, 8
MODELS = 200
PREPARE = """
from mrm.accounts.models import Person, Workspace
from mrm.accounts.services import create_person, grant_role, issue_token
from inventory.services import prepare_installation
prepare_installation()
person = create_person("bench@bank.example", "Bench", password=None, actor=None)
grant_role(person, "engineer", actor=None)
workspace = Workspace.objects.get(slug="main")
print(issue_token(person, "bench", workspace=workspace, actor=person)[1])
"""
Request = tuple[str, str, dict | None]


@dataclass(frozen=True)
class Speed:
    """Of one kind of call: how many a second, and how long all but one in twenty took at most."""

    per_second: float
    p95: float  # milliseconds


@dataclass(frozen=True)
class Kind:
    """One kind of call; `request(number)` makes the next. `faster` and `sooner` are the shares to be reached."""

    name: str
    request: Callable[[int], Request]
    faster: float
    sooner: float = 0.5


KINDS = (
    Kind("registered-models/get", lambda n: ("GET", f"registered-models/get?name=model-{n % MODELS}", None), 3.0),
    Kind(
        "registered-models/search",
        lambda n: ("GET", "registered-models/search?" + urlencode({"filter": "name LIKE 'model-1%'"}), None),
        3.0,
    ),
    Kind("registered-models/create", lambda n: ("POST", "registered-models/create", {"name": f"new-{n}"}), 1.5),
    Kind(
        "model-versions/create",
        lambda n: ("POST", "model-versions/create", {"name": f"model-{n % MODELS}", "source": f"s3://bucket/{n}"}),
        1.5,
    ),
)


class Caller:
    """One connection that stays open."""

    def __init__(self, port: int, headers: dict):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.headers = {"Content-Type": "application/json"} | headers

    def call(self, request: Request) -> None:
        method, path, body = request
        content = None if body is None else json.dumps(body)
        self.connection.request(method, BASE + path, body=content, headers=self.headers)
        response = self.connection.getresponse()
        answered = response.read()
        if response.status != 200:
            raise RuntimeError(f"{method} {path} was answered {response.status}: {answered[:300]!r}")


def speed_of(kind: Kind, port: int, headers: dict, *, seconds: float) -> Speed:
    """What eight connections at once get through in this time; numbers never repeat between kinds and calls."""
    times: list[float] = []
    numbers = iter(range(10**9))
    lock, faults = threading.Lock(), []
    until = time.perf_counter() + seconds

    def work() -> None:
        caller = Caller(port, headers)
        try:
            while time.perf_counter() < until:
                with lock:
                    request = kind.request(next(numbers))
                start = time.perf_counter()
                caller.call(request)
                times.append(time.perf_counter() - start)
        except (RuntimeError, OSError, http.client.HTTPException) as fault:
            faults.append(fault)

    threads = [threading.Thread(target=work) for _ in range(CONNECTIONS)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]
    took = time.perf_counter() - began
    return Speed(len(times) / took, 1000 * sorted(times)[int(len(times) * 0.95)])


def measured(port: int, headers: dict, *, seconds: float) -> dict[str, Speed]:
    """Each kind of call against a server that was just started, with the same models in it."""
    caller = Caller(port, headers)
    for number in range(MODELS):
        tags = [{"key": "team", "value": f"team {number % 7}"}]
        caller.call(("POST", "registered-models/create", {"name": f"model-{number}", "tags": tags}))
        caller.call(("POST", "model-versions/create", {"name": f"model-{number}", "source": "s3://bucket/model"}))
    return {kind.name: speed_of(kind, port, headers, seconds=seconds) for kind in KINDS}


@contextlib.contextmanager
def ours(crew: Crew, folder: Path) -> Iterator[tuple[int, dict]]:
    """Our web server on an empty database; its port, and the header that signs in."""
    port, address = free_port(), embedded.database_url(folder, _database(folder, "ours"))
    env = os.environ | {"DATABASE_URL": address, "MRM_VAR": str(folder), "REDIS_URL": embedded.redis_url(folder)}
    env |= {"MRM_DEVELOPMENT": "true", "LOG_LEVEL": "WARNING", "REGISTRY_CALLS_PER_MINUTE": "1000000"}
    env["PUBLIC_URL"] = f"http://127.0.0.1:{port}"
    manage = [sys.executable, "manage.py"]
    _done(crew, [*manage, "migrate", "--no-input", "--skip-checks"], env, folder / "migrate.log")
    _done(crew, [*manage, "shell", "--no-imports", "-c", PREPARE], env, folder / "token.log")
    secret = (folder / "token.log").read_text().split()[-1]
    with serving(crew, web(port, PROCESSES), env, folder / "ours.log", port):
        yield port, {"Authorization": f"Bearer {secret}"}


@contextlib.contextmanager
def theirs(crew: Crew, folder: Path, peers: Path) -> Iterator[tuple[int, dict]]:
    """MLflow's server on an empty database of the same PostgreSQL."""
    port, address = free_port(), embedded.database_url(folder, _database(folder, "theirs"))
    program = installed(MLFLOW, folder=peers).with_name("mlflow")
    command = [program, "server", "--backend-store-uri", address, "--port", port, "--workers", PROCESSES]
    env = os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true", "PATH": f"{program.parent}:{os.environ['PATH']}"}
    with serving(crew, command, env, folder / "theirs.log", port, cwd=folder):
        yield port, {}


def run(*, seconds: float = 8.0, peers: Path = FOLDER) -> str:
    """The table, side by side; without MLflow's environment only our half, and why."""
    with tempfile.TemporaryDirectory(prefix="mrm-bench-", dir="/tmp") as place:
        folder = Path(place)
        with embedded.running(folder, purpose="the registry's benchmark") as crew:
            with ours(crew, folder) as (port, headers):
                mine = measured(port, headers, seconds=seconds)
            try:
                with theirs(crew, folder, peers) as (port, headers):
                    other = measured(port, headers, seconds=seconds)
            except PeerMissing as reason:
                return printed(mine, {}) + f"\nMLflow's server could not be measured: {reason}"
    return printed(mine, other)


def printed(mine: dict[str, Speed], other: dict[str, Speed]) -> str:
    """A table that is Markdown too: both sides, what is reached and what was to be."""
    title = f"Registry: {PROCESSES} web processes each, {CONNECTIONS} connections, {MODELS} models"
    lines = [f"\n## {title}\n", "| call | mrm | p95 | MLflow | p95 | faster | p95 at | reached |"]
    lines.append("|---|---:|---:|---:|---:|---:|---:|---|")
    for kind in KINDS:
        us, them = mine[kind.name], other.get(kind.name)
        line = f"| `{kind.name}` | {us.per_second:.0f}/s | {us.p95:.1f} ms |"
        if them is None:
            lines.append(f"{line} | | | | |")
            continue
        faster, share = us.per_second / them.per_second, us.p95 / them.p95
        reached = "yes" if faster >= kind.faster and share <= kind.sooner else "no"
        line += f" {them.per_second:.0f}/s | {them.p95:.1f} ms | {faster:.1f} × | {share:.2f} | {reached}"
        lines.append(f"{line}: ≥ {kind.faster:g} ×, ≤ {kind.sooner:g} |")
    return "\n".join(lines)


def _database(folder: Path, name: str) -> str:
    with psycopg.connect(embedded.database_url(folder, "postgres"), autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
    return name


def _done(crew: Crew, command: list, env: dict, log: Path) -> None:
    child = crew.start(log.stem, command, env=env, log=log)
    child.process.wait()
    crew.stop(child)
    if child.process.returncode:
        raise RuntimeError(f"{command[1:3]} failed: {child.last_lines()}")
