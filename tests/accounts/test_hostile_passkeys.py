"""Whatever is sent as a passkey, or as a proof by one, is refused in words; nobody reads of an error of ours."""

import contextlib
import copy
import json
from functools import partial

import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from mrm.accounts.models import Person
from mrm_verify.passkeys import base64url, from_base64url
from tests.accounts.authenticators import SecurityKey
from tests.factories import PASSWORD, make_person

pytestmark = pytest.mark.django_db
SITE = "http://localhost"


@pytest.fixture(autouse=True)
def nobody_has_tried_too_often():
    yield
    cache.clear()


@pytest.fixture
def person() -> Person:
    return make_person()


def at_site(person=None) -> Client:
    cache.clear()
    client = Client(headers={"host": "localhost"}, raise_request_exception=False)
    if person:
        client.post(reverse("account_login"), {"login": person.email, "password": PASSWORD})
    return client


def challenge(client, page: str) -> bytes:
    asked = client.get(reverse(page), headers={"X-Requested-With": "XMLHttpRequest"})
    options = asked.json() if asked["Content-Type"] == "application/json" else asked.context["js_data"]
    options = options.get("request_options") or options["creation_options"]
    return from_base64url(options["publicKey"]["challenge"])


def altered(credential: dict, path: str, value) -> dict:
    credential = copy.deepcopy(credential)
    *way, last = path.split(".")
    inner = credential
    for name in way:
        inner = inner[name]
    if value is None:
        del inner[last]
    else:
        inner[last] = value
    return credential


WRONG = [
    *[(name, value) for name in ("id", "rawId", "response", "type") for value in (None, 7, "é", [])],
    *[
        (f"response.{name}", value)
        for name in ("clientDataJSON", "attestationObject", "authenticatorData", "signature")
        for value in (None, 7, "é", "AA", base64url(b"{}"), base64url(b"\xa0"))
    ],
    ("clientExtensionResults", {"x": "\ud800"}),
    ("clientExtensionResults", {"x": "\x00"}),
    ("clientExtensionResults", {"x": 1e400}),
    ("clientExtensionResults", {"x": 10**400}),
    ("clientExtensionResults", 7),
    ("\ud800", 1),
]


def at_fault(send) -> dict[str, int]:
    """Which of these an answer of 500 is given to; what is not part of what is sent is not altered."""
    told = {}
    for path, value in WRONG:
        with contextlib.suppress(KeyError):
            told[f"{path}: {str(value)[:20]}"] = send(partial(altered, path=path, value=value))
    return {what: status for what, status in told.items() if status >= 500}


def test_what_is_enrolled_as_a_passkey_and_cannot_be_read_is_refused_in_words(person):
    def send(altering) -> int:
        client = at_site(person)
        client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
        sent = altering(SecurityKey.registration(SITE, challenge(client, "mfa_add_webauthn")))
        answer = client.post(reverse("mfa_add_webauthn"), {"name": "Key", "credential": json.dumps(sent)})
        Authenticator.objects.filter(user=person).delete()
        return answer.status_code

    assert at_fault(send) == {}


@pytest.mark.parametrize("page", ["mfa_login_webauthn", "mfa_authenticate", "mfa_reauthenticate_webauthn"])
def test_what_is_sent_as_a_proof_by_passkey_and_cannot_be_read_is_refused_in_words(person, page):
    key = SecurityKey(person, origin=SITE)

    def send(altering) -> int:
        client = at_site(person if page == "mfa_authenticate" else None)
        if page == "mfa_reauthenticate_webauthn":
            client.force_login(person)
        sent = key.answer(challenge(client, page))
        sent["response"]["userHandle"] = base64url(str(person.pk).encode())
        return client.post(reverse(page), {"credential": json.dumps(altering(sent))}).status_code

    assert at_fault(send) == {}
