"""Signatures of people by passkey: a WebAuthn assertion whose challenge is the digest of what was signed.

    {"kind": "webauthn", "rp_id": "risk.bank.example",
     "public_key": …, "authenticator_data": …, "client_data": …, "signature": …}      all four in base64url

The public key is a COSE key (RFC 9052) as the authenticator gave it when it was enrolled: ES256, EdDSA with Ed25519, or
RS256.
"""

import base64
import binascii
import json
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from mrm_verify.canonical import canonical
from mrm_verify.cbor import NotCbor, decoded
from mrm_verify.faults import Fault

KIND = "webauthn"
USER_PRESENT, USER_VERIFIED = 0x01, 0x04
ES256, EDDSA, RS256 = -7, -8, -257


def check_signature(statement: dict, signature: dict) -> None:
    """That this assertion signs exactly this statement, by a person who was verified on a page of the relying party."""
    try:
        parts = {name: from_base64url(signature[name]) for name in ("public_key", "authenticator_data", "signature")}
        client_data = from_base64url(signature["client_data"])
        rp_id = signature["rp_id"]
    except (KeyError, TypeError, ValueError) as fault:
        raise Fault(f"The passkey's signature is incomplete or malformed ({fault}).") from fault
    challenge = sha256(canonical(statement)).digest()
    client = check_assertion(challenge=challenge, rp_id=rp_id, client_data=client_data, **parts)
    if client.get("crossOrigin"):
        raise Fault("The passkey was used inside a page of another site.")


def check_assertion(
    *,
    challenge: bytes,
    rp_id: str,
    public_key: bytes,
    authenticator_data: bytes,
    client_data: bytes,
    signature: bytes,
    user_verified: bool = True,
) -> dict:
    """Verify one assertion (WebAuthn Level 3, section 7.2, steps on signed content); gives the client data."""
    try:
        client = json.loads(client_data)
    except ValueError as fault:
        raise Fault("The passkey's client data are not JSON.") from fault
    if not isinstance(client, dict) or client.get("type") != "webauthn.get":
        raise Fault("The passkey's client data are not those of a signature.")
    if client.get("challenge") != base64url(challenge):
        raise Fault("The passkey signed something else: its challenge is not the digest of this statement.")
    host = str(client.get("origin", "")).partition("://")[2].partition("/")[0].rpartition(":")
    host = host[0] if host[1] and host[2].isdecimal() else host[2]
    if host != rp_id and not host.endswith(f".{rp_id}"):
        raise Fault(f"The passkey was used on {client.get('origin')}, not on {rp_id}.")
    if authenticator_data[:32] != sha256(rp_id.encode()).digest() or len(authenticator_data) < 37:
        raise Fault(f"The passkey does not belong to {rp_id}.")
    flags = authenticator_data[32]
    if not flags & USER_PRESENT:
        raise Fault("Nobody was present when the passkey signed.")
    if user_verified and not flags & USER_VERIFIED:
        raise Fault("The passkey signed without verifying the person.")
    try:
        _verify(decoded(public_key), signature, authenticator_data + sha256(client_data).digest())
    except (NotCbor, KeyError, TypeError, ValueError) as fault:
        raise Fault(f"The passkey's public key is malformed ({fault}).") from fault
    except InvalidSignature as fault:
        raise Fault("The passkey's signature does not hold.") from fault
    return client


def _verify(key: dict, signature: bytes, signed: bytes) -> None:
    algorithm = key[3]
    if algorithm == ES256 and key[1] == 2 and key[-1] == 1:
        x, y = (int.from_bytes(key[name], "big") for name in (-2, -3))
        public = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
        public.verify(signature, signed, ec.ECDSA(hashes.SHA256()))
    elif algorithm == EDDSA and key[1] == 1 and key[-1] == 6:
        ed25519.Ed25519PublicKey.from_public_bytes(key[-2]).verify(signature, signed)
    elif algorithm == RS256 and key[1] == 3:
        modulus, exponent = (int.from_bytes(key[name], "big") for name in (-1, -2))
        rsa.RSAPublicNumbers(exponent, modulus).public_key().verify(
            signature, signed, padding.PKCS1v15(), hashes.SHA256()
        )
    else:
        raise ValueError(f"algorithm {algorithm} is not ES256, EdDSA or RS256")


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as fault:
        raise ValueError(f"not base64url: {fault}") from fault
