"""What a person has to be told by mail. Their pages say the same; a notice waits until it is sent."""

import uuid
from datetime import datetime, timedelta

from django.db import models
from django.utils import timezone

from mrm.accounts.models.people import Person

GIVEN_UP_AFTER = timedelta(days=3)


class NoticeQuerySet(models.QuerySet):
    def to_send(self, now: datetime):
        """Those not sent yet, unless the mail server has refused them for days."""
        return self.filter(sent_at__isnull=True, written_at__gt=now - GIVEN_UP_AFTER, person__is_active=True)


class Notice(models.Model):
    """One message to one person, written in the transaction of what it tells, sent after it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="notices")
    subject = models.CharField(max_length=300)
    text = models.TextField()
    html = models.TextField(blank=True)
    written_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)

    objects = NoticeQuerySet.as_manager()

    def __str__(self):
        return f"{self.subject} to {self.person}"
