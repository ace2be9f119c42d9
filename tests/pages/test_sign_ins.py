"""Signing in: counted and locked out; seen and ended; and what a change of roles does to those who are in."""

import json

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from allauth.usersessions.models import UserSession
from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from audits.trail.models import Action, Entry
from mrm.accounts.models import Reading
from mrm.accounts.policies import Role
from mrm.accounts.services import choose_password, end_session, open_sessions, record_factors_from_before
from mrm.errors import NotPermitted
from mrm_verify.passkeys import base64url, from_base64url
from tests.accounts.authenticators import SecurityKey
from tests.factories import PASSWORD, make_person
from tests.signing import close_account, revoke_role


@pytest.fixture(autouse=True)
def nothing_counted():
    cache.clear()


def attempt(person, password: str = PASSWORD, *, client: Client | None = None, address: str = "192.0.2.1"):
    client = client or Client(REMOTE_ADDR=address)
    return client.post(reverse("account_login"), {"login": person.email, "password": password})


@pytest.fixture
def at_the_office(engineer) -> Client:
    """A browser in which the engineer has signed in by password."""
    client = Client(REMOTE_ADDR="192.0.2.7", headers={"User-Agent": "Office browser"})
    assert attempt(engineer, client=client).status_code == 302
    return client


def reads(client: Client) -> bool:
    return client.get(reverse("portfolio")).status_code == 200


def test_after_five_wrong_passwords_the_right_one_has_to_wait_wherever_it_comes_from(engineer):
    for number in range(5):
        assert "not correct" in attempt(engineer, f"wrong {number}").text
    locked = attempt(engineer, address="192.0.2.99")
    assert locked.status_code == 200 and "Too many failed login attempts" in locked.text
    cache.clear()  # As five minutes do.
    assert attempt(engineer).status_code == 302


def lock_out(person) -> None:
    for number in range(5):
        attempt(person, f"wrong {number}", address=f"198.51.100.{number}")
    assert "Too many failed login attempts" in attempt(person).text


def test_whoever_is_locked_out_by_others_still_comes_in_by_passkey(risk_officer):
    key, client = SecurityKey(risk_officer, origin="http://localhost"), Client(headers={"host": "localhost"})
    lock_out(risk_officer)
    asked = client.get(reverse("mfa_login_webauthn"), headers={"X-Requested-With": "XMLHttpRequest"})
    challenge = from_base64url(asked.json()["request_options"]["publicKey"]["challenge"])
    answer = key.answer(challenge)
    answer["response"]["userHandle"] = base64url(str(risk_officer.pk).encode())
    assert client.post(reverse("mfa_login_webauthn"), {"credential": json.dumps(answer)}).status_code == 302
    assert reads(client)


def test_signing_in_gives_the_browser_another_session_than_it_came_with(engineer):
    client = Client()
    session = client.session
    session["brought"] = "by somebody else"
    session.save()
    client.cookies["sessionid"] = session.session_key
    assert attempt(engineer, client=client).status_code == 302
    assert client.cookies["sessionid"].value != session.session_key
    stranger = Client()
    stranger.cookies["sessionid"] = session.session_key
    assert not reads(stranger)


def test_what_was_shown_is_kept_by_no_cache(at_the_office, api, engineer):
    assert at_the_office.get(reverse("portfolio"))["Cache-Control"] == "private, no-store"
    assert api(engineer).get("/api/v1/models/")["Cache-Control"] == "private, no-store"


def test_one_address_does_not_try_one_password_on_everybody(workspace):
    answers = [attempt(make_person(), "Summer2026!summer", address="198.51.100.1") for _ in range(12)]
    assert "Too many failed login attempts" in answers[-1].text


def test_a_wrong_address_and_a_wrong_password_are_answered_alike(engineer, workspace):
    unknown = Client().post(reverse("account_login"), {"login": "nobody@bank.example", "password": "wrong"})
    known = attempt(engineer, "wrong")
    told = [answer.context["form"].non_field_errors() for answer in (unknown, known)]
    assert told[0] == told[1] and told[0]


def test_a_person_sees_where_they_are_signed_in_and_ends_a_sign_in_at_once(engineer, at_the_office):
    at_home = Client(REMOTE_ADDR="203.0.113.5", headers={"User-Agent": "Home browser"})
    attempt(engineer, client=at_home)
    page = at_home.get(reverse("my-sessions")).text
    assert "Office browser" in page and "192.0.2.7" in page and "this browser" in page
    office = UserSession.objects.get(user_agent="Office browser")
    assert at_home.post(reverse("end-session", args=[office.pk])).status_code == 302
    assert not reads(at_the_office) and reads(at_home)
    assert Entry.objects.about(engineer).filter(action=Action.SESSION_ENDED).count() == 1


def test_an_administrator_ends_the_sign_in_of_another_and_nobody_else_does(engineer, validator, administrator, visit):
    assert attempt(engineer).status_code == 302
    session = UserSession.objects.get(user=engineer)
    assert visit(validator).post(reverse("end-session", args=[session.pk])).status_code == 404
    assert visit(validator).get(reverse("sessions-of", args=[engineer.pk])).status_code == 403
    with pytest.raises(NotPermitted):
        end_session(session, actor=validator)
    assert visit(administrator).get(reverse("sessions-of", args=[engineer.pk])).status_code == 200
    assert visit(administrator).post(reverse("end-session", args=[session.pk])).status_code == 302
    assert open_sessions(engineer) == []


def test_a_role_taken_back_ends_its_power_in_browsers_that_are_open(engineer, administrator, at_the_office):
    assert at_the_office.get(reverse("register-model")).status_code == 200
    revoke_role(engineer.grants.get(), actor=administrator)
    assert at_the_office.get(reverse("register-model")).status_code == 403


def test_a_closed_account_is_signed_out_everywhere_and_does_not_come_in_again(engineer, administrator, at_the_office):
    close_account(engineer, reason="Left the firm.", actor=administrator)
    assert not reads(at_the_office)
    assert UserSession.objects.filter(user=engineer).count() == 0
    attempt(engineer, client=at_the_office)
    assert not reads(at_the_office)


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.EXAMINER])
def test_what_auditors_and_examiners_read_is_kept_for_good(role, visit, api, workspace, risk_officer):
    reader = make_person(role, workspace=workspace)
    visit(reader).get(reverse("portfolio"), {"tier": "1"})
    api(reader).get("/api/v1/models/")
    visit(reader).get(reverse("create-person"))  # Refused, so nothing was read.
    page = visit(risk_officer).get(reverse("readings", args=[reader.pk])).text
    assert "/portfolio/?tier=1" in page and "/api/v1/models/" in page
    assert Reading.objects.filter(person=reader).count() == 2
    with pytest.raises(IntegrityError), transaction.atomic():
        Reading.objects.filter(person=reader).delete()


def test_what_others_read_is_not_kept(visit, engineer):
    visit(engineer).get(reverse("portfolio"))
    assert not Reading.objects.exists()


def test_whoever_tries_one_account_after_another_locks_no_more_than_a_few(workspace):
    """After ten failures in a minute their address is told to wait, and what it tries counts against nobody."""
    people = [make_person(Role.OWNER, workspace=workspace) for _ in range(6)]
    for person in people:
        for number in range(5):
            attempt(person, f"wrong {number}", address="198.51.100.9")
    locked = [person for person in people if attempt(person, address="192.0.2.50").status_code != 302]
    assert locked == people[:2]


def test_an_account_that_there_is_not_is_locked_like_one_that_there_is(engineer):
    def told(email: str) -> list[str]:
        cache.clear()
        said = []
        for number in range(6):
            client = Client(REMOTE_ADDR=f"192.0.2.{number}")
            answer = client.post(reverse("account_login"), {"login": email, "password": "wrong"})
            said += answer.context["form"].non_field_errors()
        return said

    assert told(engineer.email) == told("nobody@bank.example")


def test_a_wrong_password_counts_whatever_the_case_of_the_address(engineer):
    for number in range(5):
        client = Client(REMOTE_ADDR=f"192.0.2.{number}")
        client.post(reverse("account_login"), {"login": engineer.email.upper(), "password": "wrong"})
    assert "Too many failed login attempts" in attempt(engineer, address="192.0.2.99").text


def test_a_recovery_code_signs_in_once_where_the_app_is_lost_and_a_wrong_code_never(engineer):
    TOTP.activate(engineer, "JBSWY3DPEHPK3PXP")
    code = RecoveryCodes.activate(engineer).get_unused_codes()[0]
    record_factors_from_before()

    def sign_in(answer: str) -> Client:
        cache.clear()
        client = Client(REMOTE_ADDR="192.0.2.1")
        assert attempt(engineer, client=client).headers["Location"] == reverse("mfa_authenticate")
        assert not reads(client), "the password alone is not enough"
        client.post(reverse("mfa_authenticate"), {"code": answer})
        return client

    assert not reads(sign_in("no code"))
    assert reads(sign_in(code))
    assert not reads(sign_in(code))


def test_a_sign_in_that_waits_for_the_second_factor_ends_with_the_password_it_began_with(engineer):
    TOTP.activate(engineer, "JBSWY3DPEHPK3PXP")
    code = RecoveryCodes.activate(engineer).get_unused_codes()
    record_factors_from_before()
    client, new = Client(REMOTE_ADDR="192.0.2.1"), "a password of my own"
    attempt(engineer, client=client)
    choose_password(engineer, new)
    refused = client.post(reverse("mfa_authenticate"), {"code": code[0]})
    assert refused.status_code == 403 and "Your password was changed after you gave it here" in refused.text
    client.post(reverse("mfa_authenticate"), {"code": code[1]})
    assert not reads(client)
    attempt(engineer, new, client=client)
    assert client.post(reverse("mfa_authenticate"), {"code": code[2]}).status_code == 302 and reads(client)


def test_codes_of_the_second_factor_are_not_tried_without_end(engineer):
    TOTP.activate(engineer, "JBSWY3DPEHPK3PXP")
    client = Client(REMOTE_ADDR="192.0.2.1")
    attempt(engineer, client=client)
    for number in range(5):
        client.post(reverse("mfa_authenticate"), {"code": f"no code {number}"})
    assert "Too many failed login attempts" in client.post(reverse("mfa_authenticate"), {"code": "no code"}).text
