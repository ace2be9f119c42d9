"""The published examples of Web Authentication Level 3: on what serves, and on the stand-alone verifier."""

from dataclasses import replace

import pytest
from allauth.core import context
from allauth.mfa.webauthn.internal import auth
from cryptography.hazmat.primitives import serialization
from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.test import RequestFactory
from fido2.cose import CoseKey

from mrm.accounts.services import change_factors
from mrm.accounts.services.signatures import passkeys_of
from mrm.accounts.verification import ALGORITHMS, fault_in, is_cloned, pem, read_assertion
from mrm_verify import passkeys
from mrm_verify.faults import Fault
from tests.accounts.published import EXAMPLES, OF_LONGER_CURVES, ORIGIN, Example
from tests.factories import make_person

KEPT = ("authenticator_data", "client_data", "signature")


ALL = [*EXAMPLES, *OF_LONGER_CURVES]


@pytest.fixture(params=ALL, ids=[example.name for example in ALL])
def example(request) -> Example:
    return request.param


def fault(example: Example, assertion=None, **other) -> str:
    expected = {"challenge": example.challenge, "origin": ORIGIN, "public_key": example.public_key}
    found = assertion or read_assertion(example.assertion())
    return fault_in(found, **expected | {"user_verified": False} | other)


@pytest.mark.parametrize("example", EXAMPLES, ids=[example.name for example in EXAMPLES])
def test_the_examples_are_made_here_as_the_standard_makes_them(example):
    if example.algorithm != "RS256":
        assert example.signed_again() == example.signature


def test_a_published_assertion_holds_and_signs_only_where_its_user_was_verified(example):
    assert fault(example) == ""
    assert ("did not verify who" in fault(example, user_verified=True)) is not example.verifies_its_user
    assertion = read_assertion(example.assertion())
    assert assertion.sign_count == 0 and not is_cloned(sign_count=0, last=0)


def test_the_stand_alone_verifier_judges_published_assertions_alike(example):
    parts = {name: getattr(example, name) for name in KEPT}
    algorithm, text = ALGORITHMS[example.public_key[3]], pem(example.public_key)
    expected = {"challenge": example.challenge, "origin": ORIGIN, "algorithm": algorithm, "user_verified": False}
    assert passkeys.fault_in(public_key=serialization.load_pem_public_key(text.encode()), **parts, **expected) == ""
    stored = {name: passkeys.base64url(part) for name, part in parts.items()}
    stored |= {"origin": ORIGIN, "algorithm": algorithm, "public_key": text}
    if example.verifies_its_user:
        passkeys.check_signature(example.challenge.hex(), stored)
    else:
        with pytest.raises(Fault, match="did not verify who"):
            passkeys.check_signature(example.challenge.hex(), stored)


def test_a_published_credential_is_enrolled_as_it_is_and_signs_here(db, example, settings):
    settings.MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN, settings.ALLOWED_HOSTS = False, ["example.org"]
    person, request = make_person(), RequestFactory().get("/", headers={"host": "example.org"})
    request.session = SessionStore()
    with context.request_context(request):
        auth.begin_registration(person, passwordless=False)
        state = auth.get_state() | {"challenge": passkeys.base64url(example.enrolment_challenge)}
        auth.set_state(state)
        data = auth.complete_registration(example.enrolment())
        change_factors(person, lambda: auth.WebAuthn.add(person, "Published", example.enrolment()))
    [(name, enrolled)] = passkeys_of(person).items()
    assert name == data.credential_data.credential_id and enrolled.sign_count == 0
    assert pem(enrolled.public_key) == pem(example.public_key)
    assert fault(example, public_key=enrolled.public_key) == ""


@pytest.mark.parametrize("part", KEPT)
def test_a_published_assertion_with_one_bit_changed_does_not_hold(example, part):
    assertion = read_assertion(example.assertion())
    whole = getattr(assertion, part)
    for place in (5, len(whole) - 1):
        changed = bytearray(whole)
        changed[place] ^= 1
        assert fault(example, replace(assertion, **{part: bytes(changed)}))


def test_a_published_assertion_signs_no_other_challenge_and_no_other_site(example):
    assert "something else" in fault(example, challenge=b"1" * 32)
    assert "another page" in fault(example, origin="https://example.com")


KEYS_THAT_ARE_NONE = {
    "Ed448": {1: 1, 3: -53, -1: 7, -2: b"1" * 57},
    "Ed448 said to be EdDSA": {1: 1, 3: -8, -1: 7, -2: b"1" * 57},
    "secp256k1": {1: 2, 3: -47, -1: 8, -2: b"1" * 32, -3: b"2" * 32},
    "not on its curve": {1: 2, 3: -35, -1: 2, -2: b"1" * 48, -3: b"2" * 48},
    "without its number": {1: 2, 3: -7, -1: 1},
}


@pytest.mark.parametrize("name", KEYS_THAT_ARE_NONE)
def test_a_key_that_others_could_not_verify_is_refused_in_words(name):
    found = fault(EXAMPLES[0], public_key=CoseKey.parse(KEYS_THAT_ARE_NONE[name]))
    assert found == "The kind of key is not one that others can verify."


@pytest.mark.parametrize("algorithm", ["ES256", "ES384", "ES512", "EdDSA", "RS256", "PS256", "ES256K"])
def test_a_signature_holds_under_the_algorithm_of_its_key_alone(example, algorithm):
    parts = {name: getattr(example, name) for name in KEPT}
    expected = {"challenge": example.challenge, "origin": ORIGIN, "algorithm": algorithm, "user_verified": False}
    key = serialization.load_pem_public_key(pem(example.public_key).encode())
    assert (passkeys.fault_in(public_key=key, **parts, **expected) == "") is (algorithm == example.algorithm)
