"""Passkeys, second factors and single sign-on: the sign-in library keeps them, the trail says who enrolled which.

A passkey signs and opens an account, and single sign-on opens one, only where an entry says that its holder enrolled
exactly this one, so a row that somebody puts into the database does neither.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import TypeVar

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.db import transaction
from django.db.models import QuerySet
from fido2.webauthn import AttestedCredentialData

from audits.trail.models import Action, Entry, subject_name
from audits.trail.services import governed, record
from mrm.accounts import verification
from mrm.accounts.models import Person
from mrm.adapters import keys
from mrm.errors import NotPermitted, RuleBroken
from mrm_verify.canonical import canonical
from mrm_verify.passkeys import METHOD, WEAK, digest_of_key

Type = Authenticator.Type
SECRETS = {Type.TOTP: "secret", Type.RECOVERY_CODES: "seed"}  # What is kept under which name.
SIGN_ON = "single sign-on"
KINDS = {Type.WEBAUTHN: "passkey", Type.TOTP: "authenticator app", Type.RECOVERY_CODES: "recovery codes"}
Done = TypeVar("Done")


def require_own_password(person: Person) -> None:
    """Whoever knows the first password of somebody enrols nothing that would sign for them ever after."""
    if person.password_given_by_id:
        raise NotPermitted(
            f"{person.password_given_by} chose your first password and knows it. Choose your own on the page “Change "
            "password” first; then enrol a passkey or an app."
        )


def require_recorded_code(factor: Authenticator) -> None:
    """A code counts only where the trail says that its holder set up what it is of: not what SQL put in its place."""
    if not is_recorded(factor, factor.user):
        raise NotPermitted(
            f"No entry of the trail says that you set up the {KINDS[factor.type]} that this code is of, so it opens "
            "and signs nothing. Tell an administrator; then set up your own."
        )


@governed()
def change_factors(person: Person, change: Callable[[], Done]) -> Done:
    """Let the library add or remove what this person signs in and signs with, and record what it did."""
    before = _factors_of(person)
    done = change()
    after = _factors_of(person)
    for pk in sorted(after.keys() - before.keys()):
        _refuse_what_proves_nothing(after[pk])
        record_enrolment(after[pk], actor=person)
    for pk in sorted(before.keys() - after.keys()):
        record(Action.FACTOR_REMOVED, actor=person, subject=person, **_told(before[pk]))
    return done


@governed()
def connect_sign_on(account: SocialAccount, person: Person) -> None:
    """From now on, whoever the identity provider knows by this name comes in as this person."""
    if SocialAccount.objects.filter(user=person).exists():
        raise RuleBroken("Your account is connected already. Disconnect that sign-on first.")
    account.user = person
    account.save()
    record_enrolment(account, actor=person)


@governed()
def disconnect_sign_on(person: Person) -> None:
    if not person.has_usable_password():
        raise RuleBroken("You have no password here, so without single sign-on nobody could open your account.")
    for account in SocialAccount.objects.filter(user=person):
        record(Action.FACTOR_REMOVED, actor=person, subject=person, **_told(account))
        account.delete()


@governed()
def record_enrolment(factor: Authenticator | SocialAccount, *, actor: Person | None) -> None:
    record(Action.FACTOR_ENROLLED, actor=actor, subject=factor.user, **_told(factor))


@governed()
def record_factors_from_before() -> None:
    """Once, in an installation older than these entries: what there is counts as enrolled, and the trail says so.

    Also once: the keys of passkeys whose entries are older than their telling it, and recovery codes of a release that
    told nothing of them.
    """
    enrolled = Entry.objects.filter(action=Action.FACTOR_ENROLLED)
    keyless = enrolled.filter(details__kind=METHOD).exclude(details__has_key="key")
    for factor in _passkeys_enrolled_by(keyless):
        record_enrolment(factor, actor=None)
    if not enrolled.exclude(details__kind=SIGN_ON).exists():
        for factor in Authenticator.objects.filter(type__in=KINDS).select_related("user").order_by("pk"):
            record_enrolment(factor, actor=None)
    if not enrolled.filter(details__kind=KINDS[Type.RECOVERY_CODES]).exists():
        for codes in Authenticator.objects.filter(type=Type.RECOVERY_CODES).select_related("user").order_by("pk"):
            record_enrolment(codes, actor=None)
    if not enrolled.filter(details__kind=SIGN_ON).exists():
        for account in SocialAccount.objects.select_related("user").order_by("pk"):
            record_enrolment(account, actor=None)


@transaction.atomic
def hide_secrets_from_before() -> None:
    """Hide what an earlier release left readable in the database: secrets of apps, seeds of recovery codes."""
    hiding = keys.hiding()
    for factor in Authenticator.objects.select_for_update().filter(type__in=SECRETS):
        name = SECRETS[factor.type]
        kept = factor.data.get(name)
        if kept and not hiding.is_hidden(kept):
            factor.data[name] = hiding.hide(kept)
            factor.save(update_fields=["data"])


def is_recorded(factor: Authenticator | SocialAccount, person: Person) -> bool:
    """Whether the last that the trail says of exactly this factor is that this person enrolled it."""
    return _enrolled_by(factor, person) is not None or _is_of_before(factor, person)


def _enrolled_by(factor: Authenticator | SocialAccount, person: Person) -> Entry | None:
    """The entry that this person enrolled exactly this, unless a later one says that it was removed."""
    told = Entry.objects.filter(
        subject=subject_name(person),
        action__in=[Action.FACTOR_ENROLLED, Action.FACTOR_REMOVED],
        details__digest=_digest_of(factor),
    )
    last = told.order_by("-position").first()
    return last if last and last.action == Action.FACTOR_ENROLLED else None


def _is_of_before(factor: Authenticator | SocialAccount, person: Person) -> bool:
    """Whether the last entry about an app of theirs is of a release that did not tell one from another."""
    if not _is_app(factor):
        return False
    told = Entry.objects.filter(subject=subject_name(person), details__kind=KINDS[Type.TOTP])
    last = told.order_by("-position").first()
    return last is not None and "digest" not in last.details and last.action == Action.FACTOR_ENROLLED


def _is_app(factor: Authenticator | SocialAccount) -> bool:
    return isinstance(factor, Authenticator) and factor.type == Type.TOTP


def unrecorded_factors() -> Iterator[tuple[Person, str]]:
    """Whose account has a passkey or a single sign-on of which the trail does not say that they enrolled it."""
    passkeys = Authenticator.objects.filter(type=Type.WEBAUTHN)
    for kind, factors in ((KINDS[Type.WEBAUTHN], passkeys), (SIGN_ON, SocialAccount.objects)):
        for factor in factors.select_related("user").order_by("pk").iterator():
            if not is_recorded(factor, factor.user):
                yield factor.user, kind


def vanished_factors() -> Iterator[tuple[str, str]]:
    """Who, as entries say, has enrolled what is no longer there; of apps also who has one of which none says so.

    Entries of earlier releases do not tell one app from another, so of those their number is compared.
    """
    standing: dict[tuple[str, str], tuple[str, str]] = {}
    apps: Counter[str] = Counter()
    names: dict[str, str] = {}
    told = Entry.objects.filter(action__in=[Action.FACTOR_ENROLLED, Action.FACTOR_REMOVED]).order_by("position")
    for entry in told.iterator():
        enrolled, digest = entry.action == Action.FACTOR_ENROLLED, entry.details.get("digest")
        names[entry.subject] = entry.subject_name
        if digest is None:
            apps[entry.subject] += 1 if enrolled else -1
        elif enrolled:
            standing[entry.subject, digest] = entry.subject_name, entry.details["kind"]
        elif not standing.pop((entry.subject, digest), None) and entry.details["kind"] == KINDS[Type.TOTP]:
            apps[entry.subject] -= 1  # Enrolled by such a release.
    for factors in (Authenticator.objects.filter(type__in=KINDS), SocialAccount.objects):
        for factor in factors.select_related("user").order_by("pk").iterator():
            subject = subject_name(factor.user)
            if not standing.pop((subject, _digest_of(factor)), None) and _is_app(factor):
                apps[subject] -= 1
                names.setdefault(subject, str(factor.user))
    yield from standing.values()
    yield from ((names[subject], KINDS[Type.TOTP]) for subject, difference in apps.items() if difference)


def credentials_by_key() -> dict[str, set[str]]:
    """What the passkeys of each public key call themselves (base64url), by its digest."""
    found: dict[str, set[str]] = {}
    for credential in _credentials(Authenticator.objects.order_by("pk")):
        found.setdefault(_key_of(credential), set()).add(verification.base64url(credential.credential_id))
    return found


def _credentials(factors: QuerySet[Authenticator]) -> Iterator[AttestedCredentialData]:
    for factor in factors.filter(type=Type.WEBAUTHN).iterator():
        yield factor.wrap().authenticator_data.credential_data


def _refuse_what_proves_nothing(factor: Authenticator) -> None:
    """Refuse a passkey with which others sign as well, by a key that anybody could use or that is somebody's already.

    Nobody proves, when they enrol one, that they have its private key: both can be read in any export.
    """
    if factor.type != Type.WEBAUTHN:
        return
    [credential] = _credentials(Authenticator.objects.filter(pk=factor.pk))
    others = _credentials(Authenticator.objects.exclude(pk=factor.pk))
    told = {"action": Action.FACTOR_ENROLLED, "details__key": _key_of(credential)}
    if Entry.objects.filter(**told).exclude(details__key="").exists() or credential.credential_id in {
        other.credential_id for other in others
    }:
        raise RuleBroken("This passkey was enrolled before, by you or by somebody else. Enrol another.")
    if verification.is_weak(credential.public_key):
        raise RuleBroken(f"This passkey cannot be enrolled. {WEAK}")


def _passkeys_enrolled_by(keyless: QuerySet[Entry]) -> list[Authenticator]:
    """Those still there of which the last that the trail says is one of these entries."""
    if not keyless.exists():
        return []
    passkeys = Authenticator.objects.filter(type=Type.WEBAUTHN).select_related("user").order_by("pk")
    return [one for one in passkeys if (last := _enrolled_by(one, one.user)) and "key" not in last.details]


def _factors_of(person: Person) -> dict[int, Authenticator]:
    return {factor.pk: factor for factor in Authenticator.objects.filter(user=person, type__in=KINDS)}


def _told(factor: Authenticator | SocialAccount) -> dict:
    if isinstance(factor, SocialAccount):
        return {"kind": SIGN_ON, "digest": _digest_of(factor)}
    if factor.type in SECRETS:
        return {"kind": KINDS[factor.type], "digest": _digest_of(factor)}
    told = {"kind": KINDS[factor.type], "named": factor.data["name"][:100], "digest": _digest_of(factor)}
    data = factor.wrap().authenticator_data
    return told | {"key": _key_of(data.credential_data), "site": data.rp_id_hash.hex()}


def _key_of(credential: AttestedCredentialData) -> str:
    """The digest of its public key; empty where it is of a kind that is not verified here, and so signs nothing."""
    try:
        return digest_of_key(verification.pem(credential.public_key))
    except (KeyError, TypeError, ValueError):
        return ""


def _digest_of(factor: Authenticator | SocialAccount) -> str:
    """Of the name the provider knows somebody by; of all their browser said of a passkey, the public key with it.

    Of the secret of an app, or the seed of codes, as it is hidden: that of the secret itself would help to guess it.
    """
    if isinstance(factor, SocialAccount):
        return sha256(canonical([factor.provider, factor.uid])).hexdigest()
    if factor.type in SECRETS:
        return sha256(factor.data[SECRETS[factor.type]].encode()).hexdigest()
    return sha256(canonical(factor.data["credential"])).hexdigest()
