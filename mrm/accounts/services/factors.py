"""Second factors and passkeys: the sign-in library keeps them, the trail says who enrolled and removed which.

A passkey signs only where an entry says that its holder enrolled exactly this one, so a row that somebody puts into the
database signs nothing.
"""

from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import TypeVar

from allauth.mfa.models import Authenticator

from audits.trail.models import Action, Entry, subject_name
from audits.trail.services import governed, record
from mrm.accounts.models import Person
from mrm.errors import NotPermitted
from mrm_verify.canonical import canonical

Type = Authenticator.Type
KINDS = {Type.WEBAUTHN: "passkey", Type.TOTP: "authenticator app"}
Done = TypeVar("Done")


def require_own_password(person: Person) -> None:
    """Whoever knows the first password of somebody enrols nothing that would sign for them ever after."""
    if person.password_given_by_id:
        raise NotPermitted(
            f"{person.password_given_by} chose your first password and knows it. Choose your own on the page “Change "
            "password” first; then enrol a passkey or an app."
        )


@governed()
def change_factors(person: Person, change: Callable[[], Done]) -> Done:
    """Let the library add or remove what this person signs in and signs with, and record what it did."""
    before = _factors_of(person)
    done = change()
    after = _factors_of(person)
    for pk in after.keys() - before.keys():
        record_enrolment(after[pk], actor=person)
    for pk in before.keys() - after.keys():
        record(Action.FACTOR_REMOVED, actor=person, subject=person, **_told(before[pk]))
    return done


@governed()
def record_enrolment(factor: Authenticator, *, actor: Person | None) -> None:
    record(Action.FACTOR_ENROLLED, actor=actor, subject=factor.user, **_told(factor))


@governed()
def record_factors_from_before() -> None:
    """Once, in an installation older than these entries: what there is counts as enrolled, and the trail says so."""
    if not Entry.objects.filter(action=Action.FACTOR_ENROLLED).exists():
        for factor in Authenticator.objects.filter(type__in=KINDS).select_related("user").order_by("pk"):
            record_enrolment(factor, actor=None)


def is_recorded(passkey: Authenticator, person: Person) -> bool:
    """Whether the last that the trail says of exactly this passkey is that this person enrolled it."""
    told = Entry.objects.filter(
        subject=subject_name(person),
        action__in=[Action.FACTOR_ENROLLED, Action.FACTOR_REMOVED],
        details__digest=_digest_of(passkey),
    )
    last = told.order_by("-position").first()
    return last is not None and last.action == Action.FACTOR_ENROLLED


def unrecorded_passkeys() -> Iterator[Person]:
    """Whose account has a passkey of which the trail does not say that they enrolled it."""
    for passkey in Authenticator.objects.filter(type=Type.WEBAUTHN).select_related("user").order_by("pk").iterator():
        if not is_recorded(passkey, passkey.user):
            yield passkey.user


def _factors_of(person: Person) -> dict[int, Authenticator]:
    return {factor.pk: factor for factor in Authenticator.objects.filter(user=person, type__in=KINDS)}


def _told(factor: Authenticator) -> dict:
    if factor.type == Type.TOTP:  # A digest of its secret would help to guess it.
        return {"kind": KINDS[factor.type]}
    return {"kind": KINDS[factor.type], "named": factor.data["name"][:100], "digest": _digest_of(factor)}


def _digest_of(passkey: Authenticator) -> str:
    """Of everything its holder's browser said when it was enrolled, the public key with it."""
    return sha256(canonical(passkey.data["credential"])).hexdigest()
