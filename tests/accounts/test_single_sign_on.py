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
from mrm.accounts.services import record_factors_from_before, unrecorded_factors
from tests.accounts.provider import CLIENT_ID, CLIENT_SECRET, OTHER_KEY, OpenIdProvider
from tests.factories import PASSWORD, make_person
from tests.signing import close_account

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


@pytest.mark.parametrize(
    ("says", "why"),
    [
        ({"email": ""}, "did not say your e-mail address"),
        ({"email": None}, "did not say your e-mail address"),
        ({"email": "no address"}, "gave as your e-mail address is none"),
        ({"email": f"{'x' * 300}@bank.example"}, "gave as your e-mail address is none"),
        ({"email": ["grace@bank.example"]}, "gave as your e-mail address is none"),
        ({"email_verified": False}, "has not verified that grace@bank.example is your address"),
        ({"email_verified": None}, "has not verified"),
        ({"email_verified": "false"}, "has not verified"),
    ],
)
def test_nobody_gets_an_account_under_an_address_that_is_none_or_not_theirs(provider, says, why):
    """An administrator would give it the roles of whoever they take it for."""
    provider.overrides = says
    answer, client = signed_on()
    assert answer.status_code == 409 and why in answer.text and not is_in(client)
    assert not SocialAccount.objects.exists()
    assert client.get("/accounts/3rdparty/signup/").url.startswith(reverse("account_login")), "nobody is asked for one"


@pytest.mark.parametrize(
    "says", [{}, {"email_verified": True}, {"email_verified": "true"}], ids=["unsaid", "yes", "yes as a text"]
)
def test_whoever_has_an_account_needs_no_verified_address_any_more(provider, says):
    provider.overrides = says | {"name": "  "}
    assert is_in(signed_on()[1]) and Person.objects.get(email=EMAIL).display_name == EMAIL
    provider.overrides = {"email_verified": False}
    assert is_in(signed_on()[1])


def test_whoever_has_no_name_with_the_provider_is_called_by_their_address(provider):
    provider.overrides = {"name": None}
    assert is_in(signed_on()[1]) and Person.objects.get(email=EMAIL).display_name == EMAIL


def test_a_name_that_is_none_is_refused_in_words(provider):
    provider.overrides = {"name": 7}
    answer, client = signed_on()
    assert answer.status_code < 500 and not is_in(client)


def test_the_owner_of_an_account_connects_it_and_then_signs_in_without_a_password(provider, engineer):
    client = signed_in_by_password(engineer)
    assert client.get(reverse("sign-on"), {"process": "connect"}).status_code == 403, "a link is not enough"
    assert client.get("/accounts/oidc/sign-on/login/", {"process": "connect"}).status_code == 404
    assert "Connect" in client.get(reverse("my-sessions")).text
    connect(client)
    assert SocialAccount.objects.get().user == engineer
    _, later = signed_on()
    assert str(later.session["_auth_user_id"]) == str(engineer.pk)


def signed_in_by_password(person) -> Client:
    """A browser in which this person signed in and has just given their password again."""
    client = Client()
    client.post(reverse("account_login"), {"login": person.email, "password": PASSWORD})
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    return client


def connect(client: Client):
    assert client.post(reverse("connect-sign-on")).status_code == 200
    return client.get(go_and_come_back(client, process="connect"))


def factors_told(person) -> list[tuple[str, str]]:
    told = Entry.objects.about(person).filter(action__startswith="person.factor").order_by("position")
    return [(entry.action, entry.details["kind"]) for entry in told]


def test_connecting_and_disconnecting_single_sign_on_stands_in_the_trail(provider, engineer):
    client = signed_in_by_password(engineer)
    connect(client)
    assert client.post(reverse("disconnect-sign-on")).status_code == 302 and not SocialAccount.objects.exists()
    assert factors_told(engineer) == [
        (Action.FACTOR_ENROLLED, "single sign-on"), (Action.FACTOR_REMOVED, "single sign-on"),
    ]  # fmt: skip
    assert client.get("/accounts/3rdparty/").status_code == client.get("/accounts/sessions/").status_code == 404


def test_a_browser_left_open_connects_nothing_without_the_password(provider, engineer):
    client = Client()
    client.post(reverse("account_login"), {"login": engineer.email, "password": PASSWORD})
    for address in ("connect-sign-on", "disconnect-sign-on"):
        answer = client.post(reverse(address))
        assert answer.status_code == 302 and answer.url.startswith(reverse("account_reauthenticate"))


def test_a_second_identity_is_not_connected_to_an_account_that_has_one(provider):
    _, client = signed_on()
    provider.overrides = {"sub": "mallory", "email": "mallory@bank.example"}
    answer = connect(client)
    assert answer.status_code == 409 and "connected already" in answer.text
    assert SocialAccount.objects.get().uid == "u-1"


def test_an_identity_put_into_the_database_by_sql_opens_no_account_and_is_named(provider, risk_officer):
    SocialAccount.objects.create(user=risk_officer, provider="sign-on", uid="u-1", extra_data={})
    assert list(unrecorded_factors()) == [(risk_officer, "single sign-on")]
    answer, client = signed_on()
    assert answer.status_code == 409 and "Nothing says that you connected" in answer.text and not is_in(client)


def test_what_an_earlier_release_connected_is_recorded_once(provider, engineer):
    there = {"provider": "sign-on", "extra_data": {}}
    SocialAccount.objects.create(user=engineer, uid="u-1", **there)
    record_factors_from_before()
    SocialAccount.objects.create(user=engineer, uid="u-2", **there)
    record_factors_from_before()
    assert factors_told(engineer) == [(Action.FACTOR_ENROLLED, "single sign-on")]
    assert is_in(signed_on()[1])


def test_whoever_has_no_password_signs_in_at_the_provider_again_before_they_enrol_anything(provider):
    _, client = signed_on()
    for page in ("mfa_add_webauthn", "mfa_activate_totp"):
        for answer in (client.get(reverse(page)), client.post(reverse(page), {"code": "123456", "credential": "{}"})):
            assert answer.status_code == 302 and answer.url.startswith(f"{reverse('sign-on')}?again=1")
    asked = parse_qs(urlsplit(client.get(reverse("sign-on"), {"again": 1}).headers["Location"]).query)
    assert (asked["prompt"], asked["max_age"]) == (["login"], ["0"])
    provider.overrides = {"auth_time": int(time.time()) - 1}
    back = client.get(go_and_come_back(client, again=1, next=reverse("mfa_add_webauthn")))
    assert back.url == reverse("mfa_add_webauthn") and client.get(back.url).status_code == 200


@pytest.mark.parametrize("said", [None, "now", 0, 2**40], ids=["nothing", "a text", "long ago", "in the future"])
def test_a_provider_that_does_not_say_that_somebody_has_just_signed_in_lets_nobody_enrol(provider, said):
    _, client = signed_on()
    provider.overrides = {"auth_time": said}
    answer = client.get(go_and_come_back(client, again=1))
    assert answer.status_code == 409 and "did not say that you have just signed in" in answer.text
    assert client.get(reverse("mfa_add_webauthn")).status_code == 302


def test_a_link_to_the_sign_in_passes_nothing_of_its_own_on_to_the_provider(provider):
    hostile = {"auth_params": "redirect_uri=https://evil.example&prompt=none", "scope": "offline_access"}
    asked = parse_qs(urlsplit(Client().get(reverse("sign-on"), hostile).headers["Location"]).query)
    assert asked["redirect_uri"] == ["http://testserver/accounts/oidc/sign-on/login/callback/"]
    assert "prompt" not in asked and "offline_access" not in asked["scope"][0]


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_nobody_is_led_to_another_site_after_signing_in(provider, elsewhere, engineer):
    client = Client()
    answer = client.get(go_and_come_back(client, next=elsewhere))
    assert answer.status_code == 302 and "evil" not in answer.url
    for page in ("account_login", "account_reauthenticate"):
        form = {"login": engineer.email, "password": PASSWORD, "next": elsewhere}
        answer = signed_in_by_password(engineer).post(reverse(page), form)
        assert answer.status_code == 302 and "evil" not in answer.url


@pytest.mark.parametrize(
    "overrides",
    [
        {"aud": "somebody else"},
        {"iss": "https://evil.example"},
        {"exp": int(time.time()) - 1000},
        {"nonce": "of another question"},
        {"nonce": None},
    ],
    ids=["for another", "from another", "out of date", "another question", "no question"],
)
def test_an_id_token_for_somebody_else_from_somebody_else_or_out_of_date_signs_nobody_in(provider, overrides):
    provider.overrides = overrides
    _, client = signed_on()
    assert not is_in(client) and not Person.objects.exists()


def test_an_id_token_is_the_answer_to_one_question_and_signs_nobody_in_again(provider):
    browser = Client()
    first, second = (go_and_come_back(browser) for _ in range(2))  # Two tabs of one browser.
    asked = provider.codes.values()
    assert len({told["nonce"] for told in asked}) == 2
    provider.overrides = {"nonce": next(iter(asked))["nonce"]}
    browser.get(first)
    assert is_in(browser)
    browser.post(reverse("account_logout"))
    provider.overrides |= {"sub": "mallory", "email": "mallory@bank.example"}
    browser.get(second)
    assert not is_in(browser) and Person.objects.count() == 1


def test_an_id_token_signed_with_another_key_signs_nobody_in(provider):
    provider.key = OTHER_KEY
    _, client = signed_on()
    assert not is_in(client) and not Person.objects.exists()


@pytest.mark.parametrize(("algorithm", "key"), [("none", None), ("HS256", "the public key would do, " * 3)])
def test_an_id_token_that_is_not_signed_with_a_key_pair_signs_nobody_in(provider, algorithm, key):
    provider.algorithm, provider.key = algorithm, key
    _, client = signed_on()
    assert not is_in(client) and not Person.objects.exists()


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
