"""Witnesses: others who remember how long our log was, and cosign a checkpoint only if the log merely grew.

The protocol is C2SP *tlog-witness*, the answer a *tlog-cosignature* (cosignature/v1). `memory:NAME` in WITNESSES is a
witness inside this process, with the same rules and a key that anyone can compute: for evaluation and tests, no proof.
"""

import base64
import binascii
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from mrm.adapters import outside
from mrm_verify.faults import Fault
from mrm_verify.merkle import EMPTY_ROOT, verify_consistency
from mrm_verify.notes import COSIGNATURE, Checkpoint, VerifierKey, cosigned_text, signature_line

IN_MEMORY = "memory:"
SIZE = "text/x.tlog.size"


class SeenOther(Exception):
    """The witness last cosigned another size than we believed."""

    def __init__(self, size: int):
        super().__init__(f"The witness has seen {size} entries.")
        self.size = size


@dataclass(frozen=True)
class Witness:
    """One that is configured: its key, and where it is asked."""

    key: VerifierKey
    url: str

    @property
    def name(self) -> str:
        return self.key.name


def configured() -> list[Witness]:
    """The witnesses that the settings name."""
    return [_witness(text) for text in settings.WITNESSES]


def add_checkpoint(witness: Witness, *, log: VerifierKey, old: int, proof: Sequence[bytes], note: str) -> list[str]:
    """The witness's cosignature lines on this note; `proof` shows that the log only grew since the size `old`."""
    lines = [f"old {old}", *(base64.b64encode(node).decode() for node in proof), "", note]
    body = "\n".join(lines).encode()
    if witness.url.startswith(IN_MEMORY):
        status, kind, content = in_memory(witness.name).receive(body, log)
    else:
        answer = outside.post(f"{witness.url.rstrip('/')}/add-checkpoint", body, content_type="text/plain")
        status, kind, content = answer.status, answer.content_type, answer.content
    if status == 409 and kind == SIZE and content.strip().isdigit():
        raise SeenOther(int(content))
    if status != 200:
        raise outside.Unreachable(f"The witness {witness.name} refused the checkpoint with {status}.")
    return content.decode(errors="replace").splitlines()


@lru_cache(maxsize=64)
def in_memory(name: str) -> "InMemoryWitness":
    """The witness of this name inside this process."""
    return InMemoryWitness(name)


@dataclass
class InMemoryWitness:
    """A witness as C2SP describes one, that remembers for as long as the process lives."""

    name: str
    now: Callable[[], float] = time.time
    seen: dict[str, tuple[int, bytes]] = field(default_factory=dict)

    @property
    def _secret(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(sha256(f"witness {self.name}".encode()).digest())

    @property
    def key(self) -> VerifierKey:
        return VerifierKey(self.name, COSIGNATURE, self._secret.public_key())

    def receive(self, body: bytes, log: VerifierKey) -> tuple[int, str, bytes]:
        """Status, content type and body of the answer to one request."""
        try:
            head, _, note = body.decode().partition("\n\n")
            first, *proof = head.split("\n")
            old = int(first.removeprefix("old "))
            nodes = [base64.b64decode(line, validate=True) for line in proof]
            checkpoint = Checkpoint.read(note)
        except (ValueError, binascii.Error, Fault):
            return 400, "text/plain", b"not a request"
        if checkpoint.origin != log.name:
            return 404, "text/plain", b"an unknown log"
        if not checkpoint.is_signed_by(log):
            return 403, "text/plain", b"not signed by the log"
        size, root = self.seen.get(checkpoint.origin, (0, EMPTY_ROOT))
        if old > checkpoint.size:
            return 400, "text/plain", b"the old size is the larger one"
        if old != size or (size == checkpoint.size and root != checkpoint.root):
            return 409, SIZE, f"{size}\n".encode()
        if size and not verify_consistency(size, checkpoint.size, root, checkpoint.root, nodes):
            return 422, "text/plain", b"the log did not merely grow"
        self.seen[checkpoint.origin] = (checkpoint.size, checkpoint.root)
        at = int(self.now())
        signature = self._secret.sign(cosigned_text(checkpoint.body, at).encode())
        return 200, "text/plain", signature_line(self.name, self.key.id + at.to_bytes(8, "big") + signature).encode()


def _witness(text: str) -> Witness:
    if text.startswith(IN_MEMORY):
        return Witness(in_memory(text.removeprefix(IN_MEMORY)).key, text)
    line, _, url = text.partition(" ")
    key = VerifierKey.read(line)
    if key.kind != COSIGNATURE:
        raise Fault(f"The key of the witness {key.name} is not one for cosignatures.")
    return Witness(key, url.strip())
