"""Signatures by passkey as an export holds them. Published vectors: tests/accounts/test_webauthn_vectors.py."""

import json
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from mrm_verify.faults import Fault
from mrm_verify.passkeys import WEAK_POINTS, base64url, check_signature

ORIGIN = "https://risk.example.org"
SIGNED, OTHER = sha256(b"a statement").hexdigest(), sha256(b"another").hexdigest()
KINDS = ["ES256", "ES384", "ES512", "EdDSA", "RS256", "PS256"]
CURVES = {"ES256": (ec.SECP256R1, hashes.SHA256), "ES384": (ec.SECP384R1, hashes.SHA384)}
CURVES["ES512"] = (ec.SECP521R1, hashes.SHA512)


class Passkey:
    """An authenticator in memory."""

    def __init__(self, kind: str = "EdDSA"):
        self.kind = kind
        if kind in CURVES:
            curve, digest = CURVES[kind]
            self.key, self.how = ec.generate_private_key(curve()), (ec.ECDSA(digest()),)
        elif kind == "EdDSA":
            self.key, self.how = ed25519.Ed25519PrivateKey.generate(), ()
        else:
            salted = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
            self.key = rsa.generate_private_key(65537, 2048)
            self.how = (padding.PKCS1v15() if kind == "RS256" else salted, hashes.SHA256())

    def sign(self, digest: str, *, origin=ORIGIN, site="risk.example.org", flags=0x05, **more) -> dict:
        challenge = base64url(bytes.fromhex(digest))
        client = {"type": "webauthn.get", "challenge": challenge, "origin": origin} | more
        client_data = json.dumps(client).encode()
        data = sha256(site.encode()).digest() + bytes([flags]) + bytes(4)
        signature = self.key.sign(data + sha256(client_data).digest(), *self.how)
        key = self.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        parts = {"authenticator_data": data, "client_data": client_data, "signature": signature}
        stored = {"origin": ORIGIN, "algorithm": self.kind, "public_key": key}
        return stored | {name: base64url(part) for name, part in parts.items()}


@pytest.mark.parametrize("kind", KINDS)
def test_a_statement_signed_by_passkey_holds_and_no_other_does(kind):
    assertion = Passkey(kind).sign(SIGNED)
    check_signature(SIGNED, assertion)
    with pytest.raises(Fault, match="signs something else"):
        check_signature(OTHER, assertion)


@pytest.mark.parametrize("kind", KINDS)
def test_the_signature_of_another_passkey_does_not_hold(kind):
    assertion, stranger = Passkey(kind).sign(SIGNED), Passkey(kind).sign(SIGNED)
    with pytest.raises(Fault, match="not that of this passkey"):
        check_signature(SIGNED, assertion | {"public_key": stranger["public_key"]})


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"flags": 0x01}, "did not verify who was using it"),
        ({"flags": 0x04}, "Nobody touched"),
        ({"flags": 0x15}, "backed up, and that it never can be"),
        ({"origin": "https://risk.example.org.evil.example"}, "another page"),
        ({"site": "evil.example"}, "another site"),
        ({"type": "webauthn.create"}, "another purpose"),
        ({"crossOrigin": True}, "another page"),
    ],
)
def test_a_passkey_used_in_another_way_does_not_sign(how, said):
    with pytest.raises(Fault, match=said):
        check_signature(SIGNED, Passkey().sign(SIGNED, **how))


def test_a_passkey_that_is_backed_up_signs():
    check_signature(SIGNED, Passkey().sign(SIGNED, flags=0x1D))


@pytest.mark.parametrize("point", sorted(WEAK_POINTS))
@pytest.mark.parametrize("sign", [0x00, 0x80])
def test_a_key_with_which_anybody_signs_proves_nothing(point, sign):
    """For the first of these points the signature "1, 0" holds over every text."""
    raw = bytes.fromhex(point)
    key = ed25519.Ed25519PublicKey.from_public_bytes(raw[:-1] + bytes([raw[-1] | sign]))
    weak = {"public_key": key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()}
    forged = Passkey().sign(SIGNED) | weak | {"signature": base64url(bytes([1]) + bytes(63))}
    with pytest.raises(Fault, match="so weak that others could sign"):
        check_signature(SIGNED, forged)


def test_a_short_key_proves_nothing():
    passkey = Passkey("RS256")
    passkey.key = rsa.generate_private_key(65537, 1024)
    with pytest.raises(Fault, match="so weak that others could sign"):
        check_signature(SIGNED, passkey.sign(SIGNED))


@pytest.mark.parametrize(
    "broken",
    [{"public_key": "no key"}, {"public_key": 5}, {"client_data": None}, {"client_data": "!"}, {"signature": ""}]
    + [{"authenticator_data": ""}, {"algorithm": "none"}, {"algorithm": "RS256"}, {"origin": None}],
)
def test_a_malformed_signature_is_refused_and_not_stumbled_over(broken):
    with pytest.raises(Fault):
        check_signature(SIGNED, Passkey().sign(SIGNED) | broken)
    with pytest.raises(Fault, match="incomplete"):
        check_signature(SIGNED, {})
