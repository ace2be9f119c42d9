"""A peer's own environment under var/bench-peers, made by uv when it is first needed."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bench.measure import Cost

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "var" / "bench-peers"


class PeerMissing(Exception):
    """Why a peer could not be measured, in one line."""


@dataclass(frozen=True)
class Peer:
    """Another library: how it is called here and in the package index, and what it needs that it does not say.

    None of them bounds what it depends on by what it was tested with, so `bounds` does.
    """

    name: str
    package: str
    bounds: tuple[str, ...] = ()

    @property
    def requirements(self) -> tuple[str, ...]:
        return (self.package, "pyarrow", *self.bounds)


@dataclass(frozen=True)
class Answer:
    version: str
    cost: Cost
    found: dict[str, dict[str, float]]


def installed(peer: Peer, *, folder: Path = FOLDER) -> Path:
    """The Python of the peer's environment. Raises PeerMissing where it cannot be installed."""
    place = folder / peer.name
    python, stamp = place / "bin" / "python", place / "installed"
    wanted = "\n".join(peer.requirements)
    if stamp.is_file() and stamp.read_text() == wanted:
        return python
    beside = Path(sys.executable).with_name("uv")
    uv = str(beside) if beside.exists() else shutil.which("uv")
    if uv is None:
        raise PeerMissing("uv is missing; `make set-up` installs it.")
    run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(place)])
    run([uv, "pip", "install", "--quiet", *_index(), "--python", str(python), *peer.requirements])
    stamp.write_text(wanted)
    return python


def _index() -> list[str]:
    """Where pip is told to look, which uv does not read; the Makefile says the same of everything else."""
    if os.environ.get("UV_DEFAULT_INDEX"):
        return []
    asked = [sys.executable, "-m", "pip", "config", "get", "global.index-url"]
    told = subprocess.run(asked, capture_output=True, text=True, check=False)
    return ["--default-index", told.stdout.strip()] if told.stdout.strip() else []


def measured(peer: Peer, paths: list[Path], *, seconds: float, folder: Path = FOLDER) -> Answer:
    """What the peer's job costs in its environment. Raises PeerMissing where it does not install, fails or is late."""
    python = installed(peer, folder=folder)
    asked = f"import importlib.metadata as m; print(m.version({peer.package!r}))"
    version = run([str(python), "-c", asked]).strip()
    with tempfile.TemporaryDirectory() as place:
        answer = Path(place) / "answer.json"
        run([str(python), "-m", "bench.peers.measured", str(answer), peer.name, *map(str, paths)], seconds=seconds)
        given = json.loads(answer.read_text())
    return Answer(version, Cost(**given["cost"]), given["found"])


def run(command: list[str], *, seconds: float | None = None) -> str:
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=seconds)
    except subprocess.TimeoutExpired as late:
        raise PeerMissing(f"not done after {seconds:g} seconds") from late
    if done.returncode:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        raise PeerMissing(lines[-1] if lines else f"ended with status {done.returncode} and said nothing")
    return done.stdout
