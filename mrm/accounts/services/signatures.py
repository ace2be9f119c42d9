"""Signing: a statement is prepared and shown, its signer proves again who they are, and signs it once.

The three calls of every act that needs a signature, whatever it is about:

    statement = prepare_statement(subject, signer=..., ...)     shown word for word
    proven = prove(statement_id, proof, signer=...)             slow, so before the trail's pen is held
    signature = sign(proven, subject=..., evidence_digest=...)  inside the governed act it belongs to
"""

import hashlib
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from allauth.mfa.models import Authenticator
from django.db.models import Max
from django.utils import timezone
from fido2.cose import CoseKey

from audits.trail.models import subject_name
from audits.trail.services import governed
from mrm.accounts import verification
from mrm.accounts.models import Person, Signature, Statement
from mrm.accounts.services.factors import is_recorded
from mrm.accounts.services.notices import write_notice
from mrm.accounts.services.proofs import reauthenticate
from mrm.context import request_context
from mrm.errors import NotPermitted, RuleBroken, UnusableData
from mrm.reading import fault_in_reading, texts_in
from mrm_verify.canonical import canonical

TIME_TO_SIGN = timedelta(minutes=10)
CHANGED = "What you were shown has changed since. Read it again, then sign. Nothing was signed."
ONLY_BY_PASSKEY = "The policy asks for a passkey here; a password does not sign this. Nothing was signed."
Method = Signature.Method


@dataclass(frozen=True)
class Password:
    """The weaker proof: the password again, with the code of an authenticator app; alone in development only."""

    password: str
    code: str = ""


@dataclass(frozen=True)
class Passkey:
    """The stronger proof: an assertion over the statement's digest, as `PublicKeyCredential.toJSON()` gives it."""

    assertion: dict


@dataclass(frozen=True)
class Enrolled:
    """A passkey of a person: its public key and the counter it was enrolled with."""

    public_key: CoseKey
    sign_count: int


@dataclass(frozen=True)
class Proven:
    """That the signer of a statement has just proved who they are."""

    statement: Statement
    method: Method
    at: datetime
    assertion: verification.Assertion | None = None
    enrolled: Enrolled | None = None


def statement_body(
    subject,
    *,
    signer: Person,
    evidence_digest: str,
    outcome: str,
    meaning: str,
    policy_version: int | None,
    comment: str = "",
    role: str = "",
    terms: dict | None = None,
) -> dict:
    """What `signer` would sign about `subject` if they did so now.

    evidence_digest  of the facts they were shown; `sign` compares it with those of that moment
    meaning          a sentence: what the signature says (21 CFR 11.50)
    terms            what else is agreed: conditions, dates, amounts
    """
    now = timezone.now().replace(microsecond=0)
    body = {
        "id": str(uuid.uuid4()),  # Makes every statement, and so every challenge, another one.
        "subject": {"id": subject_name(subject), "title": str(subject)},
        "evidence_digest": evidence_digest,
        "outcome": outcome,
        "meaning": meaning,
        "comment": comment,
        "policy_version": policy_version,
        "signer": {"id": str(signer.pk), "name": signer.display_name, "role": role},
        "time_window": {"from": now.isoformat(), "until": (now + TIME_TO_SIGN).isoformat()},
    }
    return body | {"terms": terms} if terms else body


def prepare_statement(subject, *, signer: Person, needs_passkey: bool = False, **content) -> Statement:
    """A statement (`content` as in `statement_body`) that this person can sign here within the time window."""
    if signer.is_service:
        raise NotPermitted("A service account never signs.")
    body, context = statement_body(subject, signer=signer, **content), request_context()
    refuse_to_mislead(body)
    return Statement.objects.create(
        pk=body["id"],
        person=signer,
        subject=subject_name(subject),
        body=body,
        digest=hashlib.sha256(canonical(body)).hexdigest(),
        needs_passkey=needs_passkey,
        session=context.session,
        origin=context.origin,
        expires_at=datetime.fromisoformat(body["time_window"]["until"]),
    )


def refuse_to_mislead(shown: dict) -> None:
    """Refuse what whoever signs, or decides, would read otherwise than it is kept."""
    if fault := next(filter(None, map(fault_in_reading, texts_in(shown))), ""):
        raise UnusableData({"message": f"What is to be signed {fault}"})


def statement_shown(reference, *, signer: Person) -> Statement:
    """The statement that was prepared for this person, here, and can still be signed."""
    statement = Statement.objects.filter(pk=reference, person=signer, session=request_context().session).first()
    _refuse_unless_open(statement)
    return statement


def passkeys_of(person: Person) -> dict[bytes, Enrolled]:
    """The passkeys a person can sign with, by credential id: those of which the trail says that they enrolled them."""
    enrolled = {}
    for authenticator in Authenticator.objects.filter(user=person, type=Authenticator.Type.WEBAUTHN):
        data = authenticator.wrap().authenticator_data
        credential = data.credential_data
        if credential.public_key.get(3) in verification.ALGORITHMS and is_recorded(authenticator, person):
            enrolled[credential.credential_id] = Enrolled(credential.public_key, data.counter)
    return enrolled


def passkey_options(statement: Statement) -> dict:
    """What the browser is asked for (`PublicKeyCredential.parseRequestOptionsFromJSON`); empty without a passkey."""
    credentials = [
        {"type": "public-key", "id": verification.base64url(credential_id)}
        for credential_id in passkeys_of(statement.person)
    ]
    if not credentials:
        return {}
    return {
        "challenge": verification.base64url(bytes.fromhex(statement.digest)),
        "rpId": statement.origin.partition("://")[2].partition(":")[0],
        "allowCredentials": credentials,
        "userVerification": "required",
        "timeout": int(TIME_TO_SIGN.total_seconds() * 1000),
    }


def prove(reference, proof: Password | Passkey, *, signer: Person) -> Proven:
    """Check the proof of whoever signs this statement. Call before the trail's pen is held: passwords are slow."""
    statement = statement_shown(reference, signer=signer)
    if isinstance(proof, Passkey):
        return _prove_by_passkey(statement, proof)
    if statement.needs_passkey:
        raise NotPermitted(ONLY_BY_PASSKEY)
    method = reauthenticate(signer, password=proof.password, code=proof.code)
    return Proven(statement, Method(method), timezone.now())


@governed()
def sign(proven: Proven, *, subject, evidence_digest: str, needs_passkey: bool = False) -> Signature:
    """Turn a proven statement into a signature, once, if it is still about what is there now.

    Call it inside the governed act that was signed, and put `signature.in_trail()` into the act's entry.

    needs_passkey  whether a policy takes nothing weaker by now
    """
    statement = Statement.objects.select_for_update().filter(pk=proven.statement.pk).first()
    _refuse_unless_open(statement)
    if needs_passkey and proven.method != Method.PASSKEY:
        raise NotPermitted(ONLY_BY_PASSKEY)
    if statement.subject != subject_name(subject):
        raise RuleBroken("This statement is about something else. Nothing was signed.")
    if statement.body["evidence_digest"] != evidence_digest:
        raise RuleBroken(CHANGED)
    signature = Signature.objects.create(
        pk=statement.pk,
        person=statement.person,
        printed_name=statement.body["signer"]["name"],
        subject=statement.subject,
        meaning=statement.body["meaning"],
        statement=statement.body,
        statement_digest=statement.digest,
        evidence_digest=evidence_digest,
        method=proven.method,
        authenticated_at=proven.at,
        **_assertion_fields(proven),
    )
    statement.delete()
    Statement.objects.filter(expires_at__lt=timezone.now() - TIME_TO_SIGN).delete()
    return signature


@governed()
def void_signatures(subject, *, because: str, but: Signature | None = None) -> list[Signature]:
    """What was signed about the subject no longer holds, nor what is about to be; the caller's entry says so.

    Whoever signed is told by mail; their work queue is the caller's. `but` stands: what it says is that all others go.
    """
    name = subject_name(subject)
    Statement.objects.filter(subject=name).update(void_because=because)
    standing = Signature.objects.standing().filter(subject=name).exclude(pk=but and but.pk)
    voided = list(standing.select_related("person"))
    standing.update(voided_at=timezone.now(), voided_because=because)
    for signature in voided:
        title = signature.statement["subject"]["title"]
        write_notice(
            signature.person,
            subject=f"Your signature no longer holds: {title}",
            text=f"You signed “{signature.meaning}” about {title}.\n\n{because} Your signature is void. Read it again, "
            "then sign again if you still agree.",
        )
    return voided


def _refuse_unless_open(statement: Statement | None) -> None:
    if statement is None:
        raise RuleBroken("This statement was signed already, or was not shown to you here. Open the page again.")
    if statement.void_because:
        raise RuleBroken(statement.void_because, "Read it again, then sign.")
    if statement.expires_at <= timezone.now():
        raise RuleBroken("The time to sign this statement is over. Open the page again.")


def _prove_by_passkey(statement: Statement, proof: Passkey) -> Proven:
    assertion = verification.read_assertion(proof.assertion)
    enrolled = passkeys_of(statement.person).get(assertion.credential_id) if assertion else None
    if enrolled is None:
        raise NotPermitted("This is no answer of a passkey of yours. Nothing was signed.")
    challenge = bytes.fromhex(statement.digest)
    fault = verification.fault_in(
        assertion, challenge=challenge, origin=statement.origin, public_key=enrolled.public_key
    )
    if fault:
        raise NotPermitted(f"The passkey's answer was refused. {fault} Nothing was signed.")
    return Proven(statement, Method.PASSKEY, timezone.now(), assertion, enrolled)


def _assertion_fields(proven: Proven) -> dict:
    """What is kept of a passkey's answer. Refuses a counter that did not advance: then the key was copied."""
    assertion, enrolled = proven.assertion, proven.enrolled
    if assertion is None:
        return {}
    credential_id = verification.base64url(assertion.credential_id)
    earlier = proven.statement.person.signatures.filter(credential_id=credential_id).aggregate(last=Max("sign_count"))
    last = max(enrolled.sign_count, earlier["last"] or 0)
    if verification.is_cloned(sign_count=assertion.sign_count, last=last):
        raise NotPermitted(
            "The counter of this passkey did not advance, as if somebody had copied it. Nothing was signed; tell an "
            "administrator, and enrol another passkey."
        )
    return {
        "origin": proven.statement.origin,
        "credential_id": credential_id,
        "algorithm": verification.ALGORITHMS[enrolled.public_key[3]],
        "public_key": verification.pem(enrolled.public_key),
        "authenticator_data": verification.base64url(assertion.authenticator_data),
        "client_data": verification.base64url(assertion.client_data),
        "signature": verification.base64url(assertion.signature),
        "sign_count": assertion.sign_count,
    }
