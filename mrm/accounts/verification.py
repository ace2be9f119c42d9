"""Whether an assertion is the signature of a passkey over a challenge (Web Authentication Level 3, section 7.2).

Nothing here needs the database: what is stored with a signature is enough to ask again years later.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from fido2.cose import CoseKey

ALGORITHMS = {-7: "ES256", -8: "EdDSA", -35: "ES384", -36: "ES512", -37: "PS256", -257: "RS256"}
CURVES = {-7: ec.SECP256R1(), -35: ec.SECP384R1(), -36: ec.SECP521R1()}
LONGEST_PART = 4096  # Bytes; what browsers send is a tenth of it.
USER_PRESENT, USER_VERIFIED = 0x01, 0x04


@dataclass(frozen=True)
class Assertion:
    """What an authenticator answered: the four parts that its signature is checked with."""

    credential_id: bytes
    authenticator_data: bytes
    client_data: bytes
    signature: bytes

    @property
    def flags(self) -> int:
        return self.authenticator_data[32]

    @property
    def sign_count(self) -> int:
        return int.from_bytes(self.authenticator_data[33:37], "big")


def read_assertion(told) -> Assertion | None:
    """The assertion in what `PublicKeyCredential.toJSON()` gave; None where that is something else."""
    try:
        answer = told["response"]
        names = ("authenticatorData", "clientDataJSON", "signature")
        parts = [from_base64url(part) for part in (told["rawId"], *(answer[name] for name in names))]
    except (KeyError, TypeError, ValueError):
        return None
    assertion = Assertion(*parts)
    if len(assertion.authenticator_data) < 37 or any(len(part) > LONGEST_PART for part in parts):
        return None
    return assertion


def fault_in(
    assertion: Assertion, *, challenge: bytes, origin: str, public_key: CoseKey, user_verified: bool = True
) -> str:
    """Why the assertion is not this key's signature over the challenge, given on our page; empty where it is."""
    try:
        client = json.loads(assertion.client_data)
        kind, signed = client["type"], from_base64url(client["challenge"])
    except (KeyError, TypeError, ValueError, RecursionError):
        return "What the browser sent with it cannot be read."
    if kind != "webauthn.get":
        return "It was made for another purpose."
    if signed != challenge:
        return "It signs something else than the statement that was shown."
    if client.get("origin") != origin or client.get("crossOrigin", False) is not False:
        return "It was given on another page than ours."
    if assertion.authenticator_data[:32] != sha256((urlsplit(origin).hostname or "").encode()).digest():
        return "It belongs to another site."
    if not assertion.flags & USER_PRESENT:
        return "Nobody touched the authenticator."
    if user_verified and not assertion.flags & USER_VERIFIED:
        return "The authenticator did not verify who was using it: a PIN, a fingerprint or a face is needed."
    if public_key.get(3) not in ALGORITHMS:
        return "The kind of key is not one that others can verify."
    try:
        public_key.verify(assertion.authenticator_data + sha256(assertion.client_data).digest(), assertion.signature)
    except InvalidSignature:
        return "The signature is not that of this passkey."
    return ""


def is_cloned(*, sign_count: int, last: int) -> bool:
    """Whether a counter shows that two authenticators hold the same key. Passkeys that do not count always say 0."""
    return (sign_count or last) != 0 and sign_count <= last


def pem(public_key: CoseKey) -> str:
    """A COSE key as anybody's tools read it: SubjectPublicKeyInfo in PEM."""
    algorithm = public_key[3]
    if algorithm in CURVES:
        numbers = (int.from_bytes(public_key[part], "big") for part in (-2, -3))
        key = ec.EllipticCurvePublicNumbers(*numbers, CURVES[algorithm]).public_key()
    elif algorithm == -8:
        key = ed25519.Ed25519PublicKey.from_public_bytes(public_key[-2])
    else:
        exponent, modulus = (int.from_bytes(public_key[part], "big") for part in (-2, -1))
        key = rsa.RSAPublicNumbers(exponent, modulus).public_key()
    encoding, form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_bytes(encoding, form).decode()


def base64url(data: bytes) -> str:
    """Base64 as Web Authentication writes it: for addresses, without padding."""
    return urlsafe_b64encode(data).decode().rstrip("=")


def from_base64url(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
