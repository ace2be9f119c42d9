"""Others who attest to our checkpoints, as real servers on the loopback address."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from audits.trail.services import trust
from inventory.services import edit_model
from mrm.adapters.witnesses import InMemoryWitness
from mrm_verify.notes import VerifierKey
from tests.factories import make_model

CLOCK = """
[clock]
serial = {folder}/serial
default_policy = 1.2.3.4.1
signer_digest = sha256
digests = sha256, sha384, sha512
accuracy = secs:1
ess_cert_id_alg = sha256
"""


@pytest.fixture
def trail(workspace):
    """A dozen entries about a model."""
    model = make_model()
    for number in range(5):
        edit_model(model, changes={"purpose": f"Purpose {number}."}, actor=None)
    return model


@contextmanager
def serving(answer) -> Iterator[str]:
    """The address of a server that answers each POST with `answer(path, body)`: status, content type, content."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, kind, content = answer(self.path, body)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def witness(db, settings):
    """A witness behind HTTP that the settings name."""
    twin = InMemoryWitness("witness.example/w1")
    log = VerifierKey.read(trust().log)  # Told to the witness beforehand, as its operator does.

    def answer(path, body):
        return twin.receive(body, log) if path == "/add-checkpoint" else (404, "text/plain", b"")

    with serving(answer) as url:
        settings.WITNESSES = [f"{twin.key} {url}"]
        yield twin


@dataclass
class Clock:
    """A time-stamp authority made of `openssl ts`, with a root of its own."""

    folder: Path
    purposes: str = "critical,timeStamping"

    def make(self) -> "Clock":
        new = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-batch"]
        self.run("req", "-x509", *new, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Outside authority")
        self.run("req", "-new", *new, "-keyout", "clock.key", "-out", "clock.csr", "-subj", "/CN=Outside clock")
        (self.folder / "extensions").write_text(f"extendedKeyUsage={self.purposes}\n")
        signed = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "extensions"]
        self.run("x509", "-req", "-in", "clock.csr", *signed, "-out", "clock.pem", "-days", "30")
        (self.folder / "config").write_text(CLOCK.format(folder=self.folder))
        return self

    @property
    def root(self) -> str:
        return (self.folder / "ca.pem").read_text()

    def answer(self, path: str, body: bytes):
        (self.folder / "query").write_bytes(body)
        signer = ["-signer", "clock.pem", "-inkey", "clock.key"]
        self.run(
            "ts", "-reply", "-queryfile", "query", *signer, "-config", "config", "-section", "clock", "-out", "reply"
        )
        return 200, "application/timestamp-reply", (self.folder / "reply").read_bytes()

    def run(self, *arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True)


@pytest.fixture
def time_stamp_authority(tmp_path, settings):
    """An authority that the settings name and whose root is trusted."""
    (tmp_path / "clock").mkdir()
    clock = Clock(tmp_path / "clock").make()
    settings.KEYS_DIR = str(tmp_path / "keys")
    (tmp_path / "keys" / "trusted").mkdir(parents=True)
    (tmp_path / "keys" / "trusted" / "clock.pem").write_text(clock.root)
    with serving(clock.answer) as settings.TSA_URL:
        yield clock
