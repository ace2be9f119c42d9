"""Telling people by mail, where mail is configured: written with the act, sent outside its transaction."""

import logging
from datetime import datetime

from django.conf import settings

from mrm.accounts.models import Notice, Person
from mrm.adapters import mail

log = logging.getLogger(__name__)


def write_notice(person: Person, *, subject: str, text: str, html: str = "") -> None:
    """Call inside the act that the notice is about; nothing is kept where no mail could be sent."""
    if mail.is_configured():
        if not html:
            text = f"{text}\n\nYour work at {settings.PUBLIC_URL}/ says the same.\n"
        Notice.objects.create(person=person, subject=subject[:300], text=text, html=html)


def send_notices(now: datetime) -> None:
    """Send what waits. A message whose worker dies in between is sent twice rather than never."""
    for notice in Notice.objects.to_send(now).select_related("person").order_by("written_at"):
        try:
            mail.send(to=notice.person.email, subject=notice.subject, text=notice.text, html=notice.html)
        except mail.NotSent as failure:
            log.warning("A notice to %s was not sent, and will be tried again: %s", notice.person.pk, failure)
            return
        Notice.objects.filter(pk=notice.pk).update(sent_at=now)
