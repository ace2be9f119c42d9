"""Single sign-on against a provider that runs beside the test."""

import time
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from allauth.socialaccount.models import SocialAccount
from django.test import Client
from django.urls import reverse

from audits.trail.models import Action, Entry
from mrm import env
from mrm.accounts.models import Person
from mrm.accounts.policies import Role
from mrm.accounts.services import close_account
from tests.accounts.provider import CLIENT_ID, CLIENT_SECRET, OTHER_KEY, OpenIdProvider
from tests.factories import PASSWORD, make_person

EMAIL = "grace@bank.example"


@pytest.fixture
def provider(settings, workspace):
    running = OpenIdProvider()
    options = {"client_id": CLIENT_ID, "secret": CLIENT_SECRET, "name": "Bank login"}
    settings.SOCIALACCOUNT_PROVIDERS = env.sign_on(running.issuer, **options)
    yield running
    running.stop()


def go_and_come_back(client: Client, **query) -> str:
    """To the provider and, as a browser would, back with a code; the address one comes back to."""
    there = client.get(reverse("sign-on"), query)
    assert there.status_code == 302
    back = httpx.get(there.headers["Location"]).headers["Location"]
    return back.removeprefix("http://testserver")


def signed_on(client: Client | None = None):
    """The answer to coming back, and the browser."""
    client = client or Client()
    return client.get(go_and_come_back(client)), client


def is_in(client: Client) -> bool:
    return client.get(reverse("my-sessions")).status_code == 200


def test_whoever_comes_for_the_first_time_has_an_account_and_no_role(provider):
    answer, client = signed_on()
    assert answer.status_code == 302 and is_in(client)
    grace = Person.objects.get(email=EMAIL)
    assert (grace.display_name, grace.all_roles(), grace.has_usable_password()) == ("Grace Hopper", set(), False)
    entry = Entry.objects.about(grace).get(action=Action.PERSON_CREATED)
    assert (entry.actor_name, entry.details["origin"]) == ("system", "single sign-on")
    assert client.get(reverse("register-model")).status_code == 403


def test_groups_that_the_provider_states_give_no_role(provider):
    provider.overrides = {"groups": ["administrator", "risk_officer"], "roles": ["administrator"]}
    signed_on()
    assert Person.objects.get(email=EMAIL).all_roles() == set()


def test_the_same_subject_is_the_same_person_whatever_their_address_is_now(provider):
    signed_on()
    provider.overrides = {"email": "grace.hopper@bank.example"}
    _, client = signed_on()
    assert is_in(client) and Person.objects.filter(email__contains="grace").count() == 1


def test_an_account_that_exists_is_not_taken_over_by_its_address(provider, workspace):
    there = make_person(Role.ENGINEER, workspace=workspace)
    provider.overrides = {"email": there.email.upper()}
    answer, client = signed_on()
    assert answer.status_code == 409 and "There is already an account" in answer.text
    assert not is_in(client) and not SocialAccount.objects.exists()


def test_the_owner_of_an_account_connects_it_and_then_signs_in_without_a_password(provider, engineer):
    client = Client()
    client.post(reverse("account_login"), {"login": engineer.email, "password": PASSWORD})
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    assert client.get(reverse("sign-on"), {"process": "connect"}).status_code == 403, "a link is not enough"
    assert "Connect" in client.get(reverse("my-sessions")).text
    assert client.post(reverse("connect-sign-on")).status_code == 200
    client.get(go_and_come_back(client, process="connect"))
    assert SocialAccount.objects.get().user == engineer
    _, later = signed_on()
    assert str(later.session["_auth_user_id"]) == str(engineer.pk)


@pytest.mark.parametrize(
    "overrides",
    [
        {"aud": "somebody else"},
        {"iss": "https://evil.example"},
        {"exp": int(time.time()) - 1000},
    ],
)
def test_an_id_token_for_somebody_else_from_somebody_else_or_out_of_date_signs_nobody_in(provider, overrides):
    provider.overrides = overrides
    _, client = signed_on()
    assert not is_in(client) and not Person.objects.exists()


def test_an_id_token_signed_with_another_key_signs_nobody_in(provider):
    provider.key = OTHER_KEY
    _, client = signed_on()
    assert not is_in(client) and not Person.objects.exists()


@pytest.mark.parametrize(("algorithm", "key"), [("none", None), ("HS256", "the public key would do, " * 3)])
def test_an_id_token_that_is_not_signed_with_a_key_pair_signs_nobody_in(provider, algorithm, key):
    provider.algorithm, provider.key = algorithm, key
    _, client = signed_on()
    assert not is_in(client) and not Person.objects.exists()


def test_without_an_address_there_is_no_account(provider):
    provider.overrides = {"email": ""}
    answer, client = signed_on()
    assert answer.status_code == 409 and "did not say your e-mail address" in answer.text
    assert not is_in(client)


def test_a_code_is_worth_nothing_in_another_browser_or_a_second_time(provider):
    client, thief = Client(), Client()
    back = go_and_come_back(client)
    thief.get(back)
    assert not is_in(thief)
    client.get(back)
    assert is_in(client)
    client.logout()
    client.get(back)
    assert not is_in(client)


def test_the_exchange_proves_that_it_is_the_one_who_asked(provider):
    client = Client()
    asked = parse_qs(urlsplit(client.get(reverse("sign-on")).headers["Location"]).query)
    assert asked["code_challenge_method"] == ["S256"] and asked["state"]
    signed_on()
    assert provider.asked[0]["code_verifier"]


def test_a_closed_account_does_not_come_in_by_single_sign_on(provider, administrator):
    signed_on()
    close_account(Person.objects.get(email=EMAIL), reason="Left.", actor=administrator)
    _, client = signed_on()
    assert not is_in(client)


def test_whoever_is_locked_out_by_wrong_passwords_still_comes_in_by_single_sign_on(provider):
    signed_on()
    for number in range(6):
        told = Client().post(reverse("account_login"), {"login": EMAIL, "password": f"wrong {number}"})
    assert "Too many failed login attempts" in told.text
    answer, client = signed_on()
    assert answer.status_code == 302 and is_in(client)


def test_single_sign_on_is_offered_only_where_it_is_configured(provider, settings):
    assert "Sign in with Bank login" in Client().get(reverse("account_login")).text
    settings.SOCIALACCOUNT_PROVIDERS = {}
    assert reverse("sign-on") not in Client().get(reverse("account_login")).text
    assert Client().get(reverse("sign-on")).status_code == 404
