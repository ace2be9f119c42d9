"""The test vectors of Web Authentication Level 3 (W3C, section 16: none.ES256, apple.ES256 and packed.RS256)."""

from dataclasses import dataclass, replace

import pytest
from cryptography.hazmat.primitives import serialization
from fido2.cose import CoseKey

from mrm.accounts.verification import Assertion, base64url, fault_in, is_cloned, pem, read_assertion

ORIGIN = "https://example.org"
SITE = "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b5"  # SHA-256 of example.org.
TWO_MERSENNE_PRIMES = ((2**1279 - 1) * (2**2203 - 1)).to_bytes(436, "big")


def es256(x: str, y: str) -> CoseKey:
    return CoseKey.parse({1: 2, 3: -7, -1: 1, -2: bytes.fromhex(x), -3: bytes.fromhex(y)})


@dataclass(frozen=True)
class Vector:
    name: str
    public_key: CoseKey
    challenge: str
    authenticator_data: str
    client_data: str
    signature: str

    @property
    def assertion(self) -> Assertion:
        parts = (self.authenticator_data, self.client_data, self.signature)
        names = ("authenticatorData", "clientDataJSON", "signature")
        response = {name: base64url(bytes.fromhex(part)) for name, part in zip(names, parts, strict=True)}
        return read_assertion({"rawId": "AA", "response": response})

    def fault(self, assertion: Assertion | None = None, **other) -> str:
        expected = {"challenge": bytes.fromhex(self.challenge), "origin": ORIGIN, "public_key": self.public_key}
        return fault_in(assertion or self.assertion, **expected | {"user_verified": False} | other)


def client_data(challenge: str) -> str:
    said = f'{{"type":"webauthn.get","challenge":"{base64url(bytes.fromhex(challenge))}","origin":"{ORIGIN}",'
    return (said + '"crossOrigin":false}').encode().hex()


NONE, APPLE, RSA = (
    "39c0e7521417ba54d43e8dc95174f423dee9bf3cd804ff6d65c857c9abf4d408",
    "d3eb2964641e26fed023403a72dde093b19c4ba9008c3f9dd83fcfd347a66d05",
    "295f59f5fa8fe62c5aca9e27626c78c8da376ae6d8cd2dd29aebad601e1bc4c5",
)
VECTORS = [
    Vector(
        "none.ES256",
        es256(
            "afefa16f97ca9b2d23eb86ccb64098d20db90856062eb249c33a9b672f26df61",
            "930a56b87a2fca66334b03458abf879717c12cc68ed73290af2e2664796b9220",
        ),
        NONE,
        f"{SITE}1900000000",
        client_data(NONE),
        "3046022100f50a4e2e4409249c4a853ba361282f09841df4dd4547a13a87780218deffcd380221008480ac0f0b93538174f575bf11a1dd"
        "5d78c6e486013f937295ea13653e331e87",
    ),
    Vector(
        "apple.ES256",
        es256(
            "8a3d5b1b4c543a706bf6e4b00afedb3c930b690dd286934fe2911f779cc7761a",
            "f728e1aa3b0ff66692192daa776b83ddf8e3340d2d9a0eabdfc324eb3e2f136c",
        ),
        APPLE,
        f"{SITE}0900000000",
        client_data(APPLE),
        "3046022100ee35db795ce28044e1f8231d68b3d79a9882f7415aa35c1b5ac74d24251073c8022100dcc65691650a412d0ceef843710c09"
        "827acf26c7845bddac07eec95863e7fc4c",
    ),
    Vector(
        "packed.RS256",
        CoseKey.parse({1: 3, 3: -257, -1: TWO_MERSENNE_PRIMES, -2: b"\x01\x00\x01"}),
        RSA,
        f"{SITE}1900000000",
        client_data(RSA),
        "01063d52d7c39b4d432fc7063c5d93e582bdcb16889cd71f888d67d880ea730a428498d3bc8e1ee11f2b1ecbe6c292b118c55ffaaddefa"
        "8cad0a54dd137c51f1eec673f1bb6c4d1789d6826a222b22d0f585fc901fdc933212e579d199b89d672aa44891333e6a1355536025e82b"
        "25590256c3538229b55737083b2f6b9377e49e2472f11952f79fdd0da180b5ffd901b4049a8f081bb40711bef76c62aed943571f2d0575"
        "304cb549d68d8892f95086a30f93716aee818f8dc06e96c0d5e0ed4cfa9fd8773d90464b68cf140f7986666ff9c9e3302acd0535d60d76"
        "9f465e2ab57ef8aabc89fccfef7ba32a64154a8b3d26be2298f470b8cc5377dbe3dfd4b0b45f8f01e63bde6cfc76b62771f9b70aa27cf4"
        "0152cad93aa5acd784fd4b90f676e2ea828d0bf2400aebbaae4153e5838f537f88b6228346782a93a899be66ec77de45b3efcf311da632"
        "1c92e6b0cd11bfe653bf3e98cee8e341f02d67dbb6f9c98d9e8178090cfb5b70fbc6d541599ac794ae2f1d4de1286ec8de8c2daf7b1d15"
        "c8438e90d924df5c19045220a4c8438c1b979bbe016cf3d0eeec23c3999d4882cc645b776de930756612cdc6dd398160ff02a6",
    ),
]


@pytest.fixture(params=VECTORS, ids=[vector.name for vector in VECTORS])
def vector(request) -> Vector:
    return request.param


def test_a_published_assertion_holds_though_its_user_was_not_verified(vector):
    assert vector.fault() == ""
    assert "did not verify who" in vector.fault(user_verified=True)
    assert vector.assertion.sign_count == 0 and not is_cloned(sign_count=0, last=0)


def test_the_public_key_of_a_published_assertion_is_exported_for_other_tools(vector):
    assert serialization.load_pem_public_key(pem(vector.public_key).encode())


@pytest.mark.parametrize("part", ["authenticator_data", "client_data", "signature"])
def test_a_published_assertion_with_one_bit_changed_does_not_hold(vector, part):
    whole = getattr(vector.assertion, part)
    for place in (5, len(whole) - 1):
        changed = bytearray(whole)
        changed[place] ^= 1
        assert vector.fault(replace(vector.assertion, **{part: bytes(changed)}))


def test_a_published_assertion_signs_no_other_challenge_and_no_other_site(vector):
    assert "something else" in vector.fault(challenge=b"1" * 32)
    assert "another page" in vector.fault(origin="https://example.com")
