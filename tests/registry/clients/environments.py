"""`python -m tests.registry.clients.environments` makes the environments; tests find out whether they are there.

Apart from ours because no environment holds two versions of MLflow, and because one of them would bring fastapi, a
cloud provider's SDK and two dozen others into every developer's.
"""

import json
import os
import subprocess
from pathlib import Path

from bench.peers.environments import Peer, PeerMissing, installed

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "var" / "mlflow-clients"
NEEDED = ("pandas", "numpy", "cloudpickle")
CLIENTS = {
    "3": Peer("mlflow-3", "mlflow-skinny==3.17.2", (*NEEDED, "sqlalchemy", "alembic")),  # With its own SQL registry.
    "2": Peer("mlflow-2", "mlflow-skinny==2.22.5", NEEDED),
}


def python_of(client: str) -> Path | None:
    """The Python of a client's environment; None where `make mlflow-clients` did not make it."""
    place = FOLDER / CLIENTS[client].name
    return place / "bin" / "python" if (place / "installed").exists() else None


def run(python: Path, program: str, folder: Path, *arguments: str, **environment: str):
    """What a program printed as the JSON of its last line, run by a stock client in an empty folder."""
    # Of our own environment only the way to the machine: no proxy of mine, no credentials, no settings of Django's.
    own = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_ALLOW_FILE_STORE": "true", "GIT_PYTHON_REFRESH": "quiet"}
    done = subprocess.run(
        [python, Path(__file__).with_name(program), *arguments],
        cwd=folder,
        env=own | quiet | environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, f"{program} failed:\n{done.stderr[-4000:]}"
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    for peer in CLIENTS.values():
        try:
            installed(peer, folder=FOLDER)
        except PeerMissing as reason:
            print(f"{peer.package} could not be installed, so its tests will be skipped: {reason}")


if __name__ == "__main__":
    main()
