"""Signatures by passkey: the vectors of WebAuthn Level 3, and statements signed with keys of each kind."""

import json
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from mrm_verify.canonical import canonical
from mrm_verify.cbor import NotCbor, decoded
from mrm_verify.faults import Fault
from mrm_verify.passkeys import base64url, check_assertion, check_signature

RP_ID, ORIGIN = "example.org", "https://example.org"
STATEMENT = {"subject": {"id": "1"}, "outcome": "approved", "signer": {"id": "2", "name": "Vera"}}


def long(value: int) -> bytes:
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def cbor(value) -> bytes:
    """A COSE key is a map of integers to integers and byte strings."""
    if isinstance(value, dict):
        return bytes([0xA0 + len(value)]) + b"".join(cbor(name) + cbor(item) for name, item in value.items())
    kind, number = (2, len(value)) if isinstance(value, bytes) else (0, value) if value >= 0 else (1, -1 - value)
    head = bytes([kind << 5 | number]) if number < 24 else bytes([kind << 5 | 25]) + number.to_bytes(2, "big")
    return head + value if isinstance(value, bytes) else head


def cose_es256(x: bytes, y: bytes) -> bytes:
    return cbor({1: 2, 3: -7, -1: 1, -2: x, -3: y})


def cose_eddsa(x: bytes) -> bytes:
    return cbor({1: 1, 3: -8, -1: 6, -2: x})


# WebAuthn Level 3, section 16 "Test vectors": none.ES256, packed-self.ES256 and the one of Ed25519.
VECTORS = {
    "ES256": {
        "public_key": cose_es256(
            bytes.fromhex("afefa16f97ca9b2d23eb86ccb64098d20db90856062eb249c33a9b672f26df61"),
            bytes.fromhex("930a56b87a2fca66334b03458abf879717c12cc68ed73290af2e2664796b9220"),
        ),
        "challenge": "39c0e7521417ba54d43e8dc95174f423dee9bf3cd804ff6d65c857c9abf4d408",
        "authenticator_data": "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b51900000000",
        "client_data": "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a224f63446e55685158"
        "756c5455506f334a5558543049393770767a7a59425039745a63685879617630314167222c226f726967696e"
        "223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73657d",
        "signature": "3046022100f50a4e2e4409249c4a853ba361282f09841df4dd4547a13a87780218deffcd380221008480ac0f"
        "0b93538174f575bf11a1dd5d78c6e486013f937295ea13653e331e87",
    },
    "ES256, the person verified": {
        "public_key": cose_es256(
            bytes.fromhex("22200a473f90b11078851550d03b4e44a2279f8c4eca27b3153dedfe03e4e97d"),
            bytes.fromhex("cbd0be95e746ad6f5a8191be11756e4c0420e72f65b466d39bc56b8b123a9c6e"),
        ),
        "challenge": "876aa517ba83fdee65fcffdbca4c84eeae5d54f8041a1fc85c991e5bbb273137",
        "authenticator_data": "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b50500000000",
        "client_data": "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a226832716c46377144"
        "5f65356c5f505f62796b7945377135645650674547685f49584a6b655737736e4d5463222c226f726967696e"
        "223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a747275652c22"
        "657874726144617461223a22636c69656e74446174614a534f4e206d617920626520657874656e6465642077"
        "697468206164646974696f6e616c206669656c647320696e20746865206675747572652c2073756368206173"
        "20746869733a2039327063545644304162792d713464746d6a36656667227d",
        "signature": "3046022100eb12fcf23b12764c0f122e22371fab92e283879fd798f38ee1841c951b6e40e7022100c76237ff"
        "9db77b3c56f30837cda6a09acfa2e915544e609c0733b1184036d1cf",
    },
    "EdDSA": {
        "public_key": cose_eddsa(bytes.fromhex("44e06ddd331c36a8dc667bab52bcae63486c916aa5e339e6acebaa84934bf832")),
        "challenge": "895957e01c633a698348a2d8a31a54b7db27e8c1c43b2080d79ae2190267bfd2",
        "authenticator_data": "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b50100000000",
        "client_data": "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a2269566c583442786a"
        "4f6d6d44534b4c596f7870557439736e364d48454f7943413135726947514a6e763949222c226f726967696e"
        "223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73657d",
        "signature": "f5c59c7e46c34f6f8cc197101ddf9934fa2595f68eb1913a637e8419eb9ba4cfdfc48f85393bc0d40b011f0d"
        "6fecb097d6607525713223a0dc0d453993dae00b",
    },
}


def vector(name: str) -> dict:
    return {part: bytes.fromhex(value) if isinstance(value, str) else value for part, value in VECTORS[name].items()}


@pytest.mark.parametrize("name", VECTORS)
def test_the_vectors_of_the_standard_hold(name):
    verified = "verified" in name
    assert check_assertion(rp_id=RP_ID, user_verified=verified, **vector(name))["origin"] == ORIGIN


@pytest.mark.parametrize("name", VECTORS)
@pytest.mark.parametrize("part", ["challenge", "authenticator_data", "client_data", "signature", "public_key"])
def test_a_vector_with_one_changed_byte_does_not_hold(name, part):
    changed = vector(name)
    value = bytearray(changed[part])
    value[-2] ^= 1
    with pytest.raises(Fault):
        check_assertion(rp_id=RP_ID, user_verified=False, **changed | {part: bytes(value)})


def test_a_vector_of_somebody_unverified_does_not_count_as_a_signature():
    with pytest.raises(Fault, match="without verifying the person"):
        check_assertion(rp_id=RP_ID, **vector("ES256"))


class Passkey:
    """An authenticator in memory."""

    def __init__(self, kind: str):
        self.kind = kind
        if kind == "ES256":
            self.key = ec.generate_private_key(ec.SECP256R1())
            numbers = self.key.public_key().public_numbers()
            self.public = cose_es256(numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big"))
        elif kind == "EdDSA":
            self.key = ed25519.Ed25519PrivateKey.generate()
            self.public = cose_eddsa(self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
        else:
            self.key = rsa.generate_private_key(65537, 2048)
            numbers = self.key.public_key().public_numbers()
            self.public = cbor({1: 3, 3: -257, -1: long(numbers.n), -2: long(numbers.e)})

    def sign(self, challenge: bytes, *, origin=ORIGIN, rp_id=RP_ID, flags=0x05, **more) -> dict:
        client = {"type": "webauthn.get", "challenge": base64url(challenge), "origin": origin} | more
        client_data = json.dumps(client).encode()
        data = sha256(rp_id.encode()).digest() + bytes([flags]) + bytes(4)
        signed = data + sha256(client_data).digest()
        arguments = {"ES256": (ec.ECDSA(hashes.SHA256()),), "RS256": (padding.PKCS1v15(), hashes.SHA256())}
        signature = self.key.sign(signed, *arguments.get(self.kind, ()))
        parts = {"public_key": self.public, "authenticator_data": data, "client_data": client_data}
        parts["signature"] = signature
        return {"kind": "webauthn", "rp_id": RP_ID} | {name: base64url(value) for name, value in parts.items()}


def digest(statement) -> bytes:
    return sha256(canonical(statement)).digest()


@pytest.mark.parametrize("kind", ["ES256", "EdDSA", "RS256"])
def test_a_statement_signed_by_passkey_holds_and_no_other_does(kind):
    signature = Passkey(kind).sign(digest(STATEMENT))
    check_signature(STATEMENT, signature)
    with pytest.raises(Fault, match="signed something else"):
        check_signature(STATEMENT | {"outcome": "rejected"}, signature)
    with pytest.raises(Fault):
        check_signature(STATEMENT, signature | {"public_key": Passkey(kind).sign(b"")["public_key"]})


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"flags": 0x01}, "without verifying"),
        ({"flags": 0x04}, "Nobody was present"),
        ({"origin": "https://example.org.evil.example"}, "not on example.org"),
        ({"origin": "https://evilexample.org"}, "not on example.org"),
        ({"rp_id": "evil.example"}, "does not belong to example.org"),
        ({"type": "webauthn.create"}, "not those of a signature"),
        ({"crossOrigin": True}, "page of another site"),
    ],
)
def test_a_passkey_used_in_another_way_does_not_sign(how, said):
    with pytest.raises(Fault, match=said):
        check_signature(STATEMENT, Passkey("EdDSA").sign(digest(STATEMENT), **how))


@pytest.mark.parametrize("origin", [ORIGIN, "https://risk.example.org:8443", "https://example.org:443"])
def test_a_page_below_the_relying_party_may_ask_for_the_signature(origin):
    check_signature(STATEMENT, Passkey("EdDSA").sign(digest(STATEMENT), origin=origin))


@pytest.mark.parametrize("broken", [{}, {"rp_id": RP_ID}, {"public_key": "!"}, {"public_key": 5}, None])
def test_an_incomplete_signature_is_named_and_not_stumbled_over(broken):
    whole = Passkey("EdDSA").sign(digest(STATEMENT))
    with pytest.raises(Fault):
        check_signature(STATEMENT, broken if not broken else whole | broken if "public_key" in broken else broken)


@pytest.mark.parametrize("hostile", ["", "5f", "9f", "bf", "a1", "5bffffffffffffffff00", "81" * 50, "a10100ff", "f6"])
def test_what_is_no_cose_key_is_refused_and_not_stumbled_over(hostile):
    with pytest.raises(NotCbor):
        decoded(bytes.fromhex(hostile))
