"""Proving again who one is, for a signature."""

from contextlib import suppress

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.conf import settings
from django.core.cache import cache

from mrm.accounts.models import Person
from mrm.accounts.services.factors import require_recorded_code
from mrm.accounts.services.passwords import require_recorded_password
from mrm.errors import NotPermitted

FAILURES = "reauthentication-failures:{}"  # Of whom.
MOST_FAILURES = 5
ALONE = (
    "A password alone signs nothing. Set up an authenticator app, or enrol a passkey, on the page “Second factor and "
    "passkeys”; then sign. Nothing was signed."
)
FAILURES_FORGOTTEN_AFTER = 300  # seconds


def reauthenticate(person: Person, *, password: str, code: str = "") -> str:
    """Prove again who is deciding; returns how, as the signature will record it.

    A password signs with the code of an enrolled app, and alone only where somebody tries this out. Every try is
    counted before it is looked at, so that many at once are no more tries than one after another; a right one is taken
    back. After a few the person has to wait.
    """
    totp = Authenticator.objects.filter(user=person, type=Authenticator.Type.TOTP).first()
    if totp is None and not settings.DEVELOPMENT:
        raise NotPermitted(ALONE)
    counter = FAILURES.format(person.pk)
    if _counted(counter) > MOST_FAILURES:
        raise NotPermitted("Too many wrong passwords or codes; wait a few minutes, then sign again.")
    if not person.check_password(password):
        raise NotPermitted("The password is not right; nothing was signed.")
    require_recorded_password(person)
    if totp:
        require_recorded_code(totp)
    if totp and not TOTP(totp).validate_code(code.strip()):
        raise NotPermitted("The code of your authenticator app is missing or not right; nothing was signed.")
    with suppress(ValueError):  # Forgotten meanwhile.
        cache.decr(counter)
    if person.password_given_by_id:
        raise NotPermitted(
            f"{person.password_given_by} chose your first password and knows it; choose your own on the page “Change "
            "password”, then sign. Nothing was signed."
        )
    return "password+totp" if totp else "password"


def _counted(counter: str) -> int:
    """How many tries there were lately, this one included."""
    while True:
        cache.add(counter, 0, timeout=FAILURES_FORGOTTEN_AFTER)
        with suppress(ValueError):  # It was forgotten between these two lines.
            return cache.incr(counter)
