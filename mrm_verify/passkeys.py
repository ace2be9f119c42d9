"""Signatures of people by passkey: whether an assertion signs a challenge (Web Authentication Level 3, section 7.2).

Nothing here needs more than what is stored with a signature, so it can be asked again years later.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from mrm_verify.faults import Fault

METHOD = "passkey"
WEAK = "Its key is so weak that others could sign with it."
USER_PRESENT, USER_VERIFIED, MAY_BE_BACKED_UP, IS_BACKED_UP = 0x01, 0x04, 0x08, 0x10
SHORTEST = 37  # Bytes of authenticator data: digest of the site, flags, counter.
CURVES = {"ES256": ("secp256r1", hashes.SHA256()), "ES384": ("secp384r1", hashes.SHA384())}
CURVES["ES512"] = ("secp521r1", hashes.SHA512())
SHORTEST_RSA = 2048  # Bits.
# Points of Ed25519 of order 1, 2, 4 and 8, without their sign, 0 and 1 in either spelling: one signature holds over
# many texts, or over all.
WEAK_POINTS = {
    f"{0:064x}",
    f"01{0:062x}",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    f"ec{'ff' * 30}7f",
    f"ed{'ff' * 30}7f",
    f"ee{'ff' * 30}7f",
}


def fault_in(
    *,
    authenticator_data: bytes,
    client_data: bytes,
    signature: bytes,
    challenge: bytes,
    origin: str,
    public_key,
    algorithm: str,
    user_verified: bool = True,
) -> str:
    """Why this is not the key's signature over the challenge, given on a page of that origin; empty where it is."""
    try:
        client = json.loads(client_data)
        kind, signed = client["type"], from_base64url(client["challenge"])
    except (KeyError, TypeError, ValueError, RecursionError):
        return "What the browser sent with it cannot be read."
    if kind != "webauthn.get":
        return "It was made for another purpose."
    if signed != challenge:
        return "It signs something else than the statement that was shown."
    if client.get("origin") != origin or client.get("crossOrigin", False) is not False:
        return "It was given on another page than ours."
    if len(authenticator_data) < SHORTEST or authenticator_data[:32].hex() != site_of(origin):
        return "It belongs to another site."
    flags = authenticator_data[32]
    if not flags & USER_PRESENT:
        return "Nobody touched the authenticator."
    if user_verified and not flags & USER_VERIFIED:
        return "The authenticator did not verify who was using it: a PIN, a fingerprint or a face is needed."
    if flags & IS_BACKED_UP and not flags & MAY_BE_BACKED_UP:
        return "It says of its key that it is backed up, and that it never can be."
    if is_weak(public_key):
        return WEAK
    try:
        _verify(public_key, algorithm, signature, authenticator_data + sha256(client_data).digest())
    except InvalidSignature:
        return "The signature is not that of this passkey."
    except UnsupportedAlgorithm:
        return "The kind of key is not one that others can verify."
    return ""


def is_weak(key) -> bool:
    """Whether others could sign with this public key, so that whoever enrolled it could say that they did not."""
    match key:
        case rsa.RSAPublicKey():
            return key.key_size < SHORTEST_RSA
        case ed25519.Ed25519PublicKey():
            *rest, last = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
            return bytes([*rest, last & 0x7F]).hex() in WEAK_POINTS
    return False


def check_signature(digest: str, assertion: dict) -> None:
    """Fault unless a stored assertion signs the statement of this digest; the key is in PEM, the rest in base64url."""
    try:
        key = load_pem_public_key(assertion["public_key"].encode())
        stored = ("authenticator_data", "client_data", "signature")
        parts = {name: from_base64url(assertion[name]) for name in stored}
        about = {"challenge": bytes.fromhex(digest), "origin": assertion["origin"], "algorithm": assertion["algorithm"]}
    except (AttributeError, KeyError, TypeError, ValueError, UnsupportedAlgorithm) as fault:
        raise Fault(f"The passkey's signature is incomplete or malformed ({fault}).") from fault
    if fault := fault_in(public_key=key, **parts, **about):
        raise Fault(f"The passkey's signature does not hold. {fault}")


def digest_of_key(pem: str) -> str:
    """SHA-256 of a public key, however its PEM is laid out: of its SubjectPublicKeyInfo in DER."""
    key = load_pem_public_key(pem.encode())
    return sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def site_of(origin: str) -> str:
    """SHA-256 of the name of the site, as an authenticator puts it before all that it signs there."""
    return sha256((urlsplit(origin).hostname or "").encode()).hexdigest()


def _verify(key, algorithm: str, signature: bytes, signed: bytes) -> None:
    """Raise unless the signature holds and the key is of the kind that the algorithm asks for."""
    match key:
        case ec.EllipticCurvePublicKey() if algorithm in CURVES and key.curve.name == CURVES[algorithm][0]:
            key.verify(signature, signed, ec.ECDSA(CURVES[algorithm][1]))
        case ed25519.Ed25519PublicKey() if algorithm == "EdDSA":
            key.verify(signature, signed)
        case rsa.RSAPublicKey() if algorithm == "RS256":
            key.verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())
        case rsa.RSAPublicKey() if algorithm == "PS256":
            salted = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
            key.verify(signature, signed, salted, hashes.SHA256())
        case _:
            raise UnsupportedAlgorithm(algorithm)


def base64url(data: bytes) -> str:
    """Base64 as Web Authentication writes it: for addresses, without padding."""
    return urlsafe_b64encode(data).decode().rstrip("=")


def from_base64url(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
