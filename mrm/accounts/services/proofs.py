"""Proving again who one is, for a signature."""

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.core.cache import cache

from mrm.accounts.models import Person
from mrm.errors import NotPermitted

MOST_FAILURES = 5
FAILURES_FORGOTTEN_AFTER = 300  # seconds


def reauthenticate(person: Person, *, password: str, code: str = "") -> str:
    """Prove again who is deciding; returns how, as the signature will record it.

    Whoever has enrolled a time-based code must give one. Wrong answers are counted: after a few the person has to wait.
    """
    counter = f"reauthentication-failures:{person.pk}"
    if cache.get(counter, 0) >= MOST_FAILURES:
        raise NotPermitted("Too many wrong passwords or codes; wait a few minutes, then sign again.")
    totp = Authenticator.objects.filter(user=person, type=Authenticator.Type.TOTP).first()
    if not person.check_password(password):
        _count_failure(counter)
        raise NotPermitted("The password is not right; nothing was signed.")
    if person.password_given_by_id:
        raise NotPermitted(
            f"{person.password_given_by} chose your first password and knows it; choose your own on the page “Change "
            "password”, then sign. Nothing was signed."
        )
    if totp is None:
        return "password"
    if not TOTP(totp).validate_code(code.strip()):
        _count_failure(counter)
        raise NotPermitted("The code of your authenticator app is missing or not right; nothing was signed.")
    return "password+totp"


def _count_failure(counter: str) -> None:
    cache.add(counter, 0, timeout=FAILURES_FORGOTTEN_AFTER)
    cache.incr(counter)
