"""The examples of Web Authentication Level 3, section 16, made as that section says they are made.

Everything in them is drawn by HKDF-SHA-256 from one text and the name of the example, and ECDSA and Ed25519 sign
without chance. So it is enough to hold the published signatures: another byte would give another signature.
"""

import json
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from fido2 import cbor
from fido2.cose import ES256, ES384, ES512, CoseKey, EdDSA
from fido2.webauthn import Aaguid, AttestationObject, AttestedCredentialData

from mrm.accounts.verification import base64url

ORIGIN, SITE = "https://example.org", sha256(b"example.org").digest()
TWO_MERSENNE_PRIMES = ((2**1279 - 1) * (2**2203 - 1)).to_bytes(436, "big")
RS256 = CoseKey.parse({1: 3, 3: -257, -1: TWO_MERSENNE_PRIMES, -2: b"\x01\x00\x01"})
EXTENDED = "clientDataJSON may be extended with additional fields in the future, such as this: "
# What the secrets of each curve are drawn as, and what hashes what is signed.
CURVES = {
    "ES256": (ec.SECP256R1(), 32, hashes.SHA256(), ES256),
    "ES384": (ec.SECP384R1(), 48, hashes.SHA384(), ES384),
    "ES512": (ec.SECP521R1(), 65, hashes.SHA512(), ES512),
}
PRESENT, VERIFIED, ELIGIBLE, BACKED_UP, ATTESTED = 0x01, 0x04, 0x08, 0x10, 0x40


class Draws:
    """The values of one example: each drawn with the next salt."""

    def __init__(self, name: str):
        self.name, self.salt = name, 0

    def __call__(self, length: int) -> bytes:
        salt, self.salt = bytes([self.salt]), self.salt + 1
        return HKDF(hashes.SHA256(), length, salt, self.name.encode()).derive(b"WebAuthn test vectors")


@dataclass(frozen=True)
class Example:
    """One example: its name, what section 16 prints as its signature, and what its credential is like."""

    name: str
    signature: bytes
    id_length: int = 32
    has_certificate: bool = False
    attestation: bytes = b""

    @property
    def algorithm(self) -> str:
        return self.name.split(".")[1]

    @cached_property
    def _drawn(self) -> dict:
        draw = Draws(self.name)
        said = {"challenge": draw(32)}
        secret_length = CURVES[self.algorithm][1] if self.algorithm in CURVES else 32
        said["key"] = self._key(b"" if self.algorithm == "RS256" else draw(secret_length))
        said["create"] = self._client(draw, "webauthn.create", said["challenge"])
        aaguid, credential_id, bits = draw(16), draw(self.id_length), draw(1)[0]
        flags = bits & (VERIFIED | ELIGIBLE) | (bits & BACKED_UP if bits & ELIGIBLE else 0)
        said["flags"] = flags | PRESENT | ATTESTED
        said["credential"] = AttestedCredentialData.create(Aaguid(aaguid), credential_id, said["key"][1])
        if self.has_certificate:
            draw(32), draw(16)
        said["second"] = draw(32)
        said["get"] = self._client(draw, "webauthn.get", said["second"])
        bits = draw(1)[0]
        said["used"] = PRESENT | bits & VERIFIED | flags & ELIGIBLE | (bits & BACKED_UP if flags & ELIGIBLE else 0)
        return said

    def _key(self, secret: bytes):
        """Private and public key; of the RSA example only the latter is needed."""
        if self.algorithm == "RS256":
            return None, RS256
        if self.algorithm == "EdDSA":
            private = ed25519.Ed25519PrivateKey.from_private_bytes(secret)
            return private, EdDSA.from_cryptography_key(private.public_key())
        curve, _, _, kind = CURVES[self.algorithm]
        private = ec.derive_private_key(int.from_bytes(secret, "big"), curve)
        return private, kind.from_cryptography_key(private.public_key())

    def _client(self, draw: Draws, purpose: str, challenge: bytes) -> bytes:
        said = {"type": purpose, "challenge": base64url(challenge), "origin": ORIGIN, "crossOrigin": False}
        if draw(1)[0] & 1:
            said["extraData"] = EXTENDED + base64url(draw(16))
        return json.dumps(said, separators=(",", ":")).encode()

    @property
    def public_key(self) -> CoseKey:
        return self._drawn["key"][1]

    @property
    def challenge(self) -> bytes:
        return self._drawn["second"]

    @property
    def client_data(self) -> bytes:
        return self._drawn["get"]

    @property
    def authenticator_data(self) -> bytes:
        return SITE + bytes([self._drawn["used"]]) + bytes(4)

    @property
    def verifies_its_user(self) -> bool:
        return bool(self._drawn["used"] & VERIFIED)

    def signed_again(self) -> bytes:
        """What the credential signs, without chance."""
        content, private = self.authenticator_data + sha256(self.client_data).digest(), self._drawn["key"][0]
        if self.algorithm == "EdDSA":
            return private.sign(content)
        return private.sign(content, ec.ECDSA(CURVES[self.algorithm][2], deterministic_signing=True))

    @property
    def enrolment_challenge(self) -> bytes:
        return self._drawn["challenge"]

    def enrolment(self) -> dict:
        """What the browser hands over when this credential is enrolled."""
        data = SITE + bytes([self._drawn["flags"]]) + bytes(4) + bytes(self._drawn["credential"])
        statement = {"alg": -7, "sig": self.attestation} if self.attestation else {}
        kind = "packed" if self.attestation else "none"
        whole = AttestationObject(cbor.encode({"fmt": kind, "attStmt": statement, "authData": data}))
        said = {"attestationObject": bytes(whole), "clientDataJSON": self._drawn["create"]}
        return self._handed_over({name: base64url(part) for name, part in said.items()})

    def assertion(self) -> dict:
        """What the browser hands over when this credential signs."""
        said = {"authenticatorData": self.authenticator_data, "clientDataJSON": self.client_data}
        said["signature"] = self.signature
        return self._handed_over({name: base64url(part) for name, part in said.items()})

    def _handed_over(self, response: dict) -> dict:
        name = base64url(self._drawn["credential"].credential_id)
        return {"type": "public-key", "id": name, "rawId": name, "response": response, "clientExtensionResults": {}}


EXAMPLES = [
    Example(
        "none.ES256",
        bytes.fromhex(
            "3046022100f50a4e2e4409249c4a853ba361282f09841df4dd4547a13a87780218deffcd380221008480ac0f0b93538174f575bf11"
            "a1dd5d78c6e486013f937295ea13653e331e87"
        ),
    ),
    Example(
        "packed-self.ES256",
        bytes.fromhex(
            "304402203310b9431903c401f1be2bdc8d23a4007682dbbddcf846994947b7f465daf84002204e94dd00047b316061b3b99772b7ef"
            "d95994a83ef584b3b6b825ea3550251b66"
        ),
        attestation=bytes.fromhex(
            "30440220067a20754ab925005dbf378097c92120031581c73228d1fb4f5b881bcd7da98302207fc7b147558c7c0eba3af18bd9d121"
            "fa3d3a26d17fe3f220272178f473b6006d"
        ),
    ),
    Example(
        "none.ES256.long-credential-id",
        bytes.fromhex(
            "304502203ecef83fb12a0cae7841055f9f87103a99fd14b424194bbf06c4623d3ee6e3fd022100d2ace346db262b1374a6b70faa51"
            "f518a42ddca13a4125ce6f5052a75bac9fb6"
        ),
        id_length=1023,
    ),
    Example(
        "packed.ES256",
        bytes.fromhex(
            "30450220694969d3ee928de6f02ef23a9c644d7d779916451734a94b432542f498a1ebe90221008b0819c824218a97152cd099c55b"
            "fb1477b29d900a49a64018314f9bfccda163"
        ),
        has_certificate=True,
    ),
    Example(
        "packed.RS256",
        bytes.fromhex(
            "01063d52d7c39b4d432fc7063c5d93e582bdcb16889cd71f888d67d880ea730a428498d3bc8e1ee11f2b1ecbe6c292b118c55ffaaddefa"
            "8cad0a54dd137c51f1eec673f1bb6c4d1789d6826a222b22d0f585fc901fdc933212e579d199b89d672aa44891333e6a1355536025e82b"
            "25590256c3538229b55737083b2f6b9377e49e2472f11952f79fdd0da180b5ffd901b4049a8f081bb40711bef76c62aed943571f2d0575"
            "304cb549d68d8892f95086a30f93716aee818f8dc06e96c0d5e0ed4cfa9fd8773d90464b68cf140f7986666ff9c9e3302acd0535d60d76"
            "9f465e2ab57ef8aabc89fccfef7ba32a64154a8b3d26be2298f470b8cc5377dbe3dfd4b0b45f8f01e63bde6cfc76b62771f9b70aa27cf4"
            "0152cad93aa5acd784fd4b90f676e2ea828d0bf2400aebbaae4153e5838f537f88b6228346782a93a899be66ec77de45b3efcf311da632"
            "1c92e6b0cd11bfe653bf3e98cee8e341f02d67dbb6f9c98d9e8178090cfb5b70fbc6d541599ac794ae2f1d4de1286ec8de8c2daf7b1d15"
            "c8438e90d924df5c19045220a4c8438c1b979bbe016cf3d0eeec23c3999d4882cc645b776de930756612cdc6dd398160ff02a6"
        ),
        has_certificate=True,
    ),
    Example(
        "packed.EdDSA",
        bytes.fromhex(
            "f5c59c7e46c34f6f8cc197101ddf9934fa2595f68eb1913a637e8419eb9ba4cfdfc48f85393bc0d40b011f0d6fecb097d660752571"
            "3223a0dc0d453993dae00b"
        ),
        has_certificate=True,
    ),
]
# The longer curves, of keys drawn likewise; what they sign is made here and held against nothing that was published.
OF_LONGER_CURVES = [
    replace(example, signature=example.signed_again())
    for example in (Example(f"packed.{algorithm}", b"", has_certificate=True) for algorithm in ("ES384", "ES512"))
]
