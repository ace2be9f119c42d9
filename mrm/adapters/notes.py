"""Signing in the C2SP format *signed-note*, so that existing tools read our checkpoints; `mrm_verify.notes` reads."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from mrm_verify.notes import ED25519, VerifierKey, checkpoint_body, note_holds, signature_line

__all__ = ["checkpoint_body", "note_holds", "sign_note", "verifier_key"]


def sign_note(body: str, name: str, key: Ed25519PrivateKey) -> str:
    """The body, a blank line, and one signature line."""
    mine = VerifierKey(name, ED25519, key.public_key())
    return f"{body}\n{signature_line(name, mine.id + key.sign(body.encode()))}"


def verifier_key(name: str, key: Ed25519PublicKey) -> str:
    """The line that tells a verifier whom to trust: name, key id and key."""
    return str(VerifierKey(name, ED25519, key))
