"""Mail, one message at a time, through the server that the settings name."""

from contextlib import contextmanager
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import send_mail


class NotSent(Exception):
    """The mail server did not take the message."""


def is_configured() -> bool:
    return bool(settings.EMAIL_URL)


@contextmanager
def sending():
    """Whatever goes wrong with the server inside is NotSent."""
    try:
        yield
    except (SMTPException, OSError) as failure:
        raise NotSent(str(failure)) from failure


def send(*, to: str, subject: str, text: str, html: str = "") -> None:
    """With `html`, whoever reads it sees that or the text, as they prefer."""
    with sending():
        send_mail(" ".join(subject.split()), text, settings.DEFAULT_FROM_EMAIL, [to], html_message=html or None)
