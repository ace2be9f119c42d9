"""A forgotten password, and where passkeys work: what the pages say is so."""

import re
from io import StringIO

import pytest
from django.core import mail
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from audits.trail.models import Action, Entry
from mrm.accounts.models import Person
from mrm.accounts.services import choose_password
from mrm.errors import RuleBroken
from tests.factories import make_person, settle
from tests.signing import close_account

FORGOTTEN = "account_reset_password"


@pytest.fixture(autouse=True)
def nothing_counted():
    cache.clear()


@pytest.fixture
def with_mail(settings):
    settings.EMAIL_URL = "smtp://mail.bank.example"


def ask(email: str):
    return Client().post(reverse(FORGOTTEN), {"email": email}, follow=True)


def test_without_mail_nobody_is_told_that_any_was_sent(engineer):
    for answer in (
        Client().get(reverse(FORGOTTEN)),
        ask(engineer.email),
        Client().get(reverse("account_reset_password_done")),
    ):
        assert answer.status_code == 200 and "sends no mail" in answer.text and "administrator" in answer.text
        assert "on its way" not in answer.text and 'name="email"' not in answer.text
    assert mail.outbox == []


def test_the_sign_in_page_leads_there(db):
    assert reverse(FORGOTTEN) in Client().get(reverse("account_login")).text


def test_with_mail_the_link_lets_its_owner_choose_another_password_once(with_mail, settings, engineer):
    assert "is on its way" in ask(engineer.email).text
    (message,) = mail.outbox
    assert message.to == [engineer.email] and message.subject == "Choose another password, within 72 hours"
    assert settings.ORGANISATION in message.body and "testserver!" not in message.body
    link = re.search(r"http://testserver(/accounts/password/reset/key/\S+)", message.body)[1]
    chosen = "a better horse and a battery"
    choose_by(link, chosen)
    assert Person.objects.get(pk=engineer.pk).check_password(chosen)
    assert 'name="password1"' not in Client().get(link, follow=True).text


def choose_by(link: str, chosen: str) -> None:
    client = Client()
    place = client.get(link, follow=True).redirect_chain[-1][0]
    client.post(place, {"password1": chosen, "password2": chosen})


def test_without_mail_a_link_made_on_the_server_lets_its_owner_choose_another_password_once(engineer, settings):
    said, chosen = StringIO(), "a better horse and a battery"
    call_command("password_link", engineer.email.upper(), stdout=said)
    link = said.getvalue().split()[-1].removeprefix(settings.PUBLIC_URL)
    choose_by(link, chosen)
    assert 'name="password1"' not in Client().get(link, follow=True).text
    settle()
    entered = Client().post(reverse("account_login"), {"login": engineer.email, "password": chosen})
    assert entered.status_code == 302
    last = Entry.objects.about(engineer).latest("position")
    assert (last.action, last.actor_name) == (Action.PASSWORD_CHOSEN, str(engineer))


def test_no_link_is_made_for_a_service_account_a_closed_one_or_nobody(workspace, administrator, engineer):
    robot = make_person("engineer", workspace=workspace, kind=Person.Kind.SERVICE)
    close_account(engineer, reason="Left the firm.", actor=administrator)
    for email in (robot.email, engineer.email, "nobody@bank.example"):
        with pytest.raises(CommandError, match="Nobody who signs in"):
            call_command("password_link", email)


def test_whoever_asks_does_not_learn_whether_there_is_an_account_and_strangers_get_no_mail(with_mail, engineer):
    known, unknown = ask(engineer.email), ask("nobody@bank.example")
    plain = [re.sub(r'(value|nonce)="[^"]+"', "", answer.text) for answer in (known, unknown)]
    assert plain[0] == plain[1] and known.redirect_chain == unknown.redirect_chain
    assert [message.to for message in mail.outbox] == [[engineer.email]]


def test_a_mail_server_that_does_not_answer_is_told_to_nobody_who_asks(with_mail, settings, engineer):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    assert "is on its way" in ask(engineer.email).text


def test_a_service_account_gets_no_password_by_any_way(with_mail, workspace):
    robot = make_person("engineer", workspace=workspace, kind=Person.Kind.SERVICE)
    ask(robot.email)
    for message in mail.outbox:
        link = re.search(r"http://testserver(/accounts/password/reset/key/\S+)", message.body)[1]
        choose_by(link, "a better horse and a battery")
    assert not Person.objects.get(pk=robot.pk).has_usable_password()
    with pytest.raises(RuleBroken, match="tokens only"):
        choose_password(robot, "a better horse and a battery")


def test_nobody_changes_the_address_that_their_account_is_known_by(visit, engineer):
    for answer in (
        visit(engineer).get("/accounts/email/"),
        visit(engineer).post("/accounts/email/", {"action_add": "", "email": "other@bank.example"}),
    ):
        assert answer.status_code == 404


@pytest.mark.parametrize(
    ("host", "offered"),
    [
        ("127.0.0.1:8123", "http://localhost:8123"),
        ("[::1]:8123", "http://localhost:8123"),
        ("localhost:8123", ""),
        ("127.0.0.1:99999", ""),
    ],
    ids=["number", "number of version 6", "name", "no port"],
)
def test_where_passkeys_cannot_work_the_page_says_where_they_do(host, offered, visit, engineer):
    entrance, own = Client().get(reverse("account_login"), headers={"Host": host}), visit(engineer)
    page = own.get(reverse("mfa_index"), headers={"Host": host})
    for answer in (entrance, page):
        assert ("Passkeys belong to a name" in answer.text) == bool(offered)
        assert offered in answer.text
    assert ("Sign in with a passkey" in entrance.text) == (not offered)
    assert ("Enrol a passkey" in page.text) == (not offered)
