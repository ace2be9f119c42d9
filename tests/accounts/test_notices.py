"""Mail to those whose signature no longer holds."""

import pytest
from django.core import mail
from django.utils import timezone

from mrm import env
from mrm.accounts.models import Notice
from mrm.accounts.services import Password, prepare_statement, prove, send_notices, sign, void_signatures, write_notice
from tests.factories import PASSWORD


@pytest.fixture
def configured(settings):
    settings.EMAIL_URL = "smtp://mail.bank.example"


def void_a_signature(workspace, person) -> None:
    content = {"evidence_digest": "5" * 64, "outcome": "approved", "meaning": "I agree.", "policy_version": 1}
    statement = prepare_statement(workspace, signer=person, **content)
    sign(prove(statement.pk, Password(PASSWORD), signer=person), subject=workspace, evidence_digest="5" * 64)
    void_signatures(workspace, because="The tier has changed.")


def test_whoever_signed_is_told_once_that_it_no_longer_holds(configured, workspace, risk_officer):
    void_a_signature(workspace, risk_officer)
    for _ in range(2):
        send_notices(timezone.now())
    (message,) = mail.outbox
    assert message.to == [risk_officer.email] and message.subject == "Your signature no longer holds: Main"
    assert "The tier has changed." in message.body and "sign again" in message.body


def test_where_no_mail_is_configured_nothing_is_kept_for_sending(workspace, risk_officer):
    void_a_signature(workspace, risk_officer)
    assert not Notice.objects.exists()


def test_what_the_mail_server_does_not_take_is_tried_again(configured, settings, risk_officer):
    write_notice(risk_officer, subject="Over\nBcc: everybody@evil.example", text="Read it.")
    taken = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    send_notices(timezone.now())
    assert Notice.objects.get().sent_at is None
    settings.EMAIL_BACKEND = taken
    send_notices(timezone.now())
    (message,) = mail.outbox
    assert Notice.objects.get().sent_at and message.recipients() == [risk_officer.email]


def test_the_address_of_a_mail_server_is_read_or_refused():
    told = env.mail("smtps://postmaster:s%40fe@mail.bank.example")
    assert (told["EMAIL_HOST"], told["EMAIL_PORT"], told["EMAIL_USE_SSL"]) == ("mail.bank.example", 465, True)
    assert told["EMAIL_HOST_PASSWORD"] == "s@fe" and not told["EMAIL_USE_TLS"]
    assert env.mail("smtp://mail")["EMAIL_USE_TLS"] and not env.mail("smtp://mail?tls=off")["EMAIL_USE_TLS"]
    assert "dummy" in env.mail("")["EMAIL_BACKEND"]
    with pytest.raises(env.ImproperlyConfigured, match="must look like"):
        env.mail("mail.bank.example")
