"""Assertions of passkeys as browsers send them and keys as authenticators give them; `mrm_verify.passkeys` judges them.

Nothing here needs the database.
"""

from dataclasses import dataclass

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from fido2.cose import CoseKey

from mrm_verify import passkeys
from mrm_verify.passkeys import base64url, from_base64url

__all__ = [
    "ALGORITHMS",
    "Assertion",
    "base64url",
    "fault_in",
    "from_base64url",
    "is_cloned",
    "is_weak",
    "pem",
    "read_assertion",
]

ALGORITHMS = {-7: "ES256", -8: "EdDSA", -35: "ES384", -36: "ES512", -37: "PS256", -257: "RS256"}
CURVES = {-7: ec.SECP256R1(), -35: ec.SECP384R1(), -36: ec.SECP521R1()}
LONGEST_PART = 4096  # Bytes; what browsers send is a tenth of it.


@dataclass(frozen=True)
class Assertion:
    """What an authenticator answered: the four parts that its signature is checked with."""

    credential_id: bytes
    authenticator_data: bytes
    client_data: bytes
    signature: bytes

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
        key = serialization.load_pem_public_key(pem(public_key).encode())
    except (KeyError, TypeError, ValueError):  # Another algorithm; or, as an authenticator may say anything, no key.
        return "The kind of key is not one that others can verify."
    return passkeys.fault_in(
        authenticator_data=assertion.authenticator_data,
        client_data=assertion.client_data,
        signature=assertion.signature,
        challenge=challenge,
        origin=origin,
        public_key=key,
        algorithm=ALGORITHMS[public_key[3]],
        user_verified=user_verified,
    )


def is_weak(public_key: CoseKey) -> bool:
    """Whether others could sign with it; of a kind that is not verified here it is not known, and signs nothing."""
    try:
        return passkeys.is_weak(serialization.load_pem_public_key(pem(public_key).encode()))
    except (KeyError, TypeError, ValueError):
        return False


def is_cloned(*, sign_count: int, last: int) -> bool:
    """Whether a counter shows that two authenticators hold the same key. Passkeys that do not count always say 0."""
    return (sign_count or last) != 0 and sign_count <= last


def pem(public_key: CoseKey) -> str:
    """A COSE key as anybody's tools read it: SubjectPublicKeyInfo in PEM."""
    algorithm = public_key[3]
    if algorithm not in ALGORITHMS:
        raise ValueError(f"{algorithm} is no algorithm that is verified here")
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
