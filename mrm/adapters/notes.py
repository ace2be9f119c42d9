"""Signed notes in the C2SP formats *signed-note* and *tlog-checkpoint*, so that existing tools read our checkpoints."""

import base64
import binascii
import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ED25519 = b"\x01"


def checkpoint_body(origin: str, size: int, root: bytes) -> str:
    """The text that is signed: whose log, how many entries, and the root over them."""
    return f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"


def sign_note(body: str, name: str, key: Ed25519PrivateKey) -> str:
    """The body, a blank line, and one signature line."""
    signature = _key_id(name, key.public_key()) + key.sign(body.encode())
    return f"{body}\n— {name} {base64.b64encode(signature).decode()}\n"


def note_holds(note: str, body: str, name: str, key: Ed25519PublicKey) -> bool:
    """Whether the note is this body with this key's valid signature."""
    text, separator, signatures = note.partition("\n\n")
    if not separator or text + "\n" != body:
        return False
    for line in signatures.splitlines():
        prefix = f"— {name} "
        if not line.startswith(prefix):
            continue
        try:
            raw = base64.b64decode(line.removeprefix(prefix), validate=True)
        except binascii.Error:
            return False
        if raw[:4] != _key_id(name, key):
            continue
        try:
            key.verify(raw[4:], body.encode())
        except InvalidSignature:
            return False
        return True
    return False


def verifier_key(name: str, key: Ed25519PublicKey) -> str:
    """The line that tells a verifier whom to trust: name, key id and key."""
    raw = ED25519 + key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return f"{name}+{_key_id(name, key).hex()}+{base64.b64encode(raw).decode()}"


def _key_id(name: str, key: Ed25519PublicKey) -> bytes:
    raw = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return hashlib.sha256(name.encode() + b"\n" + ED25519 + raw).digest()[:4]
