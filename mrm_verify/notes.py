"""Signed notes in the C2SP formats *signed-note*, *tlog-checkpoint* and *tlog-cosignature* (cosignature/v1)."""

import base64
import binascii
import re
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from mrm_verify.faults import Fault

ED25519, COSIGNATURE = b"\x01", b"\x04"
LATEST = 253_402_300_799  # The last second of the year 9999, in seconds since 1970: no clock says more.
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")  # A note may hold line feeds and no others.


@dataclass(frozen=True)
class VerifierKey:
    """Whom to trust: a name, a kind of signature and an Ed25519 key, as one line of text `name+id+key`."""

    name: str
    kind: bytes
    key: Ed25519PublicKey

    @classmethod
    def read(cls, line: str) -> "VerifierKey":
        name, _, rest = line.strip().partition("+")  # A name never holds a plus; the key in base64 may.
        stated, _, encoded = rest.partition("+")
        try:
            raw = base64.b64decode(encoded, validate=True)
        except binascii.Error as fault:
            raise Fault(f"The verifier key of {name} is malformed ({fault}).") from fault
        if len(raw) != 33 or raw[:1] not in (ED25519, COSIGNATURE):
            raise Fault(f"The verifier key of {name} is not an Ed25519 key.")
        found = cls(name, raw[:1], Ed25519PublicKey.from_public_bytes(raw[1:]))
        if found.id.hex() != stated:
            raise Fault(f"The verifier key of {name} does not have the id it states.")
        return found

    @property
    def raw(self) -> bytes:
        return self.kind + self.key.public_bytes(Encoding.Raw, PublicFormat.Raw)

    @property
    def id(self) -> bytes:
        return sha256(self.name.encode() + b"\n" + self.raw).digest()[:4]

    def __str__(self):
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(self.raw).decode()}"


@dataclass(frozen=True)
class Checkpoint:
    """What a note says: whose log, how many entries, and the root over them; with every signature line it carries."""

    origin: str
    size: int
    root: bytes
    signatures: tuple[tuple[str, bytes], ...]

    @classmethod
    def read(cls, note: str) -> "Checkpoint":
        text, blank, lines = note.rpartition("\n\n")
        parts = text.split("\n")
        if not blank or len(parts) != 3 or not parts[0] or not _SIZE.fullmatch(parts[1]):
            raise Fault("A checkpoint is not a signed note of three lines.")
        if not note.endswith("\n") or _CONTROL.search(note):
            raise Fault(f"The checkpoint over {parts[1]} entries has a control character or is cut off.")
        try:
            root = base64.b64decode(parts[2], validate=True)
            signatures = tuple(_signature(line) for line in lines.splitlines())
        except (binascii.Error, ValueError) as fault:
            raise Fault(f"The checkpoint over {parts[1]} entries is malformed ({fault}).") from fault
        if len(root) != 32:
            raise Fault(f"The root of the checkpoint over {parts[1]} entries is not the length of one.")
        found = cls(parts[0], int(parts[1]), root, signatures)
        if found.body != text + "\n":
            raise Fault(f"The checkpoint over {parts[1]} entries is not spelt as it must be.")
        return found

    @property
    def body(self) -> str:
        return checkpoint_body(self.origin, self.size, self.root)

    def is_signed_by(self, key: VerifierKey) -> bool:
        """Whether a signature of this key stands under it and holds; a wrong one beside it does not help."""
        mine = self._signatures_of(key)
        return bool(mine) and all(_holds(key.key, signature, self.body) for signature in mine)

    def cosigned_at(self, key: VerifierKey) -> int | None:
        """When this witness saw it, in seconds since 1970; None where it did not; Fault where it is wrong."""
        times = []
        for blob in self._signatures_of(key):
            at = int.from_bytes(blob[:8], "big")
            if len(blob) != 72 or at > LATEST or not _holds(key.key, blob[8:], cosigned_text(self.body, at)):
                raise Fault(f"The signature of the witness {key.name} over {self.size} entries does not hold.")
            times.append(at)
        return max(times, default=None)

    def _signatures_of(self, key: VerifierKey) -> list[bytes]:
        return [blob[4:] for name, blob in self.signatures if name == key.name and blob[:4] == key.id]


def checkpoint_body(origin: str, size: int, root: bytes) -> str:
    """The text that is signed: whose log, how many entries, and the root over them."""
    return f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"


def cosigned_text(body: str, at: int) -> str:
    """What a witness signs: when it saw which checkpoint."""
    return f"cosignature/v1\ntime {at}\n{body}"


def signature_line(name: str, blob: bytes) -> str:
    """One line under a note; the blob begins with the key's id."""
    return f"— {name} {base64.b64encode(blob).decode()}\n"


def note_holds(note: str, body: str, name: str, key: Ed25519PublicKey) -> bool:
    """Whether the note is this body with this key's valid signature."""
    try:
        checkpoint = Checkpoint.read(note)
    except Fault:
        return False
    return checkpoint.body == body and checkpoint.is_signed_by(VerifierKey(name, ED25519, key))


def _signature(line: str) -> tuple[str, bytes]:
    dash, name, encoded = line.split(" ")
    if dash != "—":
        raise ValueError("a signature line begins with a dash")
    return name, base64.b64decode(encoded, validate=True)


def _holds(key: Ed25519PublicKey, signature: bytes, text: str) -> bool:
    try:
        key.verify(signature, text.encode())
    except InvalidSignature:
        return False
    return True
