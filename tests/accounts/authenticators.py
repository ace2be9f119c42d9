"""An authenticator in software, for tests that need no browser: it enrols and signs as a security key does."""

import contextlib
import json
import secrets
from hashlib import sha256
from urllib.parse import urlsplit

from allauth.mfa.models import Authenticator
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256, CoseKey
from fido2.webauthn import Aaguid, AttestationObject, AttestedCredentialData, AuthenticatorData

from mrm.accounts.services import change_factors
from mrm.accounts.verification import base64url
from mrm.context import RequestContext, enter, leave

ORIGIN = "https://mrm.bank.example"
PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


@contextlib.contextmanager
def working_at(origin: str, session: str = "the session"):
    """Everything inside happens in one session of a browser that shows our pages from this address."""
    token = enter(RequestContext("request", "session", session=session, origin=origin))
    try:
        yield
    finally:
        leave(token)


class SecurityKey:
    """One credential for one site; `count` is the counter it will say next."""

    def __init__(self, person, *, origin: str = ORIGIN, count: int = 1, credential_id: bytes = b"", public=None):
        """`public` is enrolled in place of its own key: nobody asks who enrols one for a proof that it is theirs."""
        self.origin, self.count = origin, count
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.credential_id = credential_id or secrets.token_bytes(32)
        self.site = sha256(urlsplit(origin).hostname.encode()).digest()
        self._enrol(person, public or ES256.from_cryptography_key(self.key.public_key()))

    def answer(
        self, challenge: bytes, *, flags=PRESENT | VERIFIED, origin="", purpose="webauthn.get", **client
    ) -> dict:
        """What the browser would hand over: `PublicKeyCredential.toJSON()` of an assertion."""
        data = self.site + bytes([flags]) + self.count.to_bytes(4, "big")
        said = {"type": purpose, "challenge": base64url(challenge), "origin": origin or self.origin} | client
        client_data = json.dumps(said).encode()
        signature = self.key.sign(data + sha256(client_data).digest(), ec.ECDSA(hashes.SHA256()))
        self.count += 1 if self.count else 0
        return {
            "type": "public-key",
            "id": base64url(self.credential_id),
            "rawId": base64url(self.credential_id),
            "response": {
                "authenticatorData": base64url(data),
                "clientDataJSON": base64url(client_data),
                "signature": base64url(signature),
            },
        }

    @classmethod
    def registration(cls, origin: str, challenge: bytes, *, credential_id: bytes = b"", public=None, count=1) -> dict:
        """What the browser would hand over of a new credential: `PublicKeyCredential.toJSON()` of an attestation."""
        credential_id = credential_id or secrets.token_bytes(32)
        public = public or ES256.from_cryptography_key(ec.generate_private_key(ec.SECP256R1()).public_key())
        site = sha256(urlsplit(origin).hostname.encode()).digest()
        credential = AttestedCredentialData.create(Aaguid.NONE, credential_id, public)
        data = AuthenticatorData.create(site, PRESENT | VERIFIED | ATTESTED, count, bytes(credential))
        client = {"type": "webauthn.create", "challenge": base64url(challenge), "origin": origin}
        return {
            "type": "public-key",
            "id": base64url(credential_id),
            "rawId": base64url(credential_id),
            "response": {
                "attestationObject": base64url(bytes(AttestationObject.create("none", data, {}))),
                "clientDataJSON": base64url(json.dumps(client).encode()),
            },
            "clientExtensionResults": {},
        }

    def _enrol(self, person, public: CoseKey) -> None:
        """As the sign-in library keeps an enrolled key."""
        registration = self.registration(
            self.origin, b"x" * 32, credential_id=self.credential_id, public=public, count=self.count
        )
        self.count += 1 if self.count else 0
        kept = {"name": "Key", "credential": registration}
        self.kept = Authenticator(user=person, type=Authenticator.Type.WEBAUTHN, data=kept)
        change_factors(person, self.kept.save)
