"""Acts that take effect by one signature: asked, shown word for word, signed, asked again, done. All in this one way.

statement = prepare_act(ACT, subject, comment=..., actor=...)             shown
done = sign_act(ACT, subject, statement.pk, proof=..., actor=...)         signed, and carried out
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from audits.trail.services import governed
from mrm.accounts.models import Person, Statement
from mrm.accounts.services.signatures import CHANGED, Passkey, Password, Proven, prepare_statement, prove, sign
from mrm.errors import DomainError, NotPermitted, RuleBroken, UnusableData
from mrm_verify.canonical import canonical


@dataclass(frozen=True)
class Bound:
    """Under which policy an act is signed, and whether that policy takes nothing weaker than a passkey."""

    policy_version: int | None = None
    needs_passkey: bool = False


@dataclass(frozen=True)
class Act:
    """What somebody may do by their signature alone, or as the last of several.

    name     of its outcome, as the statement says it; no two acts share one
    meaning  a sentence: what the signature says of the subject
    refuse   raises with every reason why this person may not do it, or not now; writes nothing
    facts    what the signature rests on; two calls give the same unless something changed in between
    role     in which the person acts
    done     carries it out, inside the governed block, with the signature for its entry
    refresh  brings up to date what it rests on, before it is prepared; that stays, also where it is refused then
    about    the row that the entry of the act is about; the subject itself unless said otherwise
    bound    the policy it is signed under
    asks     what a blank comment is refused with; empty where the signature alone says enough
    longest  how many characters a comment has at most
    terms    what exactly is decided, in the words in which the entry of the act says it
    """

    name: str
    meaning: Callable[..., str]
    refuse: Callable[..., None]
    facts: Callable[..., dict]
    role: Callable[..., str]
    done: Callable
    refresh: Callable[..., None] = lambda subject, actor: None
    about: Callable = lambda subject: subject
    bound: Callable[..., Bound] = lambda subject: Bound()
    asks: str = ""
    longest: int = 4000
    terms: Callable[..., dict] = lambda subject: {}


def prepare_act(act: Act, subject, *, comment: str = "", actor: Person) -> Statement:
    """What `actor` would sign to do this; refused where they may not."""
    actor = _as_person(actor)
    act.refresh(_anew(subject), actor=actor)
    subject = _anew(subject)
    act.refuse(subject, actor=actor)
    comment, bound = _comment(act, comment), act.bound(subject)
    return prepare_statement(
        act.about(subject),
        signer=actor,
        needs_passkey=bound.needs_passkey,
        evidence_digest=digest_of_act(act, subject),
        outcome=act.name,
        meaning=act.meaning(subject),
        comment=comment,
        policy_version=bound.policy_version,
        role=act.role(subject, actor),
        terms=act.terms(subject),
    )


def sign_act(act: Act, subject, reference, *, proof: Password | Passkey, actor: Person):
    """Sign the prepared statement, and so do what it says."""
    actor = _as_person(actor)
    act.refuse(_anew(subject), actor=actor)
    proven = prove(reference, proof, signer=actor)  # Slow on purpose, so before the pen is held.
    return _do(act, subject, proven, actor=actor)


def act_at_once(
    act: Act,
    subject,
    *,
    comment: str = "",
    evidence_digest: str | None = None,
    password: str,
    code: str = "",
    actor: Person,
):
    """Prepare and sign by password in one step, as a program does.

    evidence_digest  of what the program has shown to whoever signs; None where it is the one who reads it
    """
    statement = prepare_act(act, subject, comment=comment, actor=actor)
    if evidence_digest not in (None, statement.body["evidence_digest"]):
        raise RuleBroken(CHANGED)
    return sign_act(act, subject, statement.pk, proof=Password(password, code), actor=actor)


def view_of_act(act: Act, subject, *, person: Person) -> dict:
    """What this person would sign over, its digest, and every reason why they may not."""
    subject, reasons = _anew(subject), why_not_act(act, subject, person=person)
    return {
        "may_sign": not reasons,
        "reasons_not_to": reasons,
        "evidence_digest": digest_of_act(act, subject),
        "evidence": act.facts(subject),
    }


def why_not_act(act: Act, subject, *, person: Person) -> list[str]:
    """Every reason why this person may not do it now; empty if they may."""
    try:
        act.refuse(_anew(subject), actor=_as_person(person))
    except DomainError as refusal:
        return refusal.reasons
    return []


def digest_of_act(act: Act, subject) -> str:
    """SHA-256 of the RFC 8785 form of what is done, and of the facts it rests on."""
    return hashlib.sha256(canonical({"act": act.name} | act.facts(subject))).hexdigest()


@governed()
def _do(act: Act, subject, proven: Proven, *, actor: Person):
    """Asks everything again, now that nobody else can write."""
    subject, actor = _anew(subject), actor.as_now()
    act.refuse(subject, actor=actor)
    said = proven.statement.body
    if said["outcome"] != act.name:
        raise RuleBroken("This statement is about something else. Nothing was signed.")
    if said.get("terms", {}) != act.terms(subject):
        raise RuleBroken(CHANGED)
    if said["signer"]["role"] != act.role(subject, actor):
        raise RuleBroken("Your roles have changed since you were shown this. Read it again, then sign.")
    signature = sign(
        proven,
        subject=act.about(subject),
        evidence_digest=digest_of_act(act, subject),
        needs_passkey=act.bound(subject).needs_passkey,
    )
    return act.done(subject, comment=said["comment"], signature=signature, actor=actor)


def _anew(subject):
    return subject._meta.model.objects.get(pk=subject.pk)


def _as_person(actor: Person | None) -> Person:
    if actor is None or actor.is_service:
        raise NotPermitted("A person signs this and answers for it; no program does.")
    return actor


def _comment(act: Act, given: str) -> str:
    given = given.strip()
    if act.asks and not given:
        raise RuleBroken(act.asks)
    if len(given) > act.longest or "\x00" in given:
        raise UnusableData({"message": f"At most {act.longest} characters fit.", "field": "comment"})
    return given
