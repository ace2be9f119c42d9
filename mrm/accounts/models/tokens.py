"""Tokens that act for a person, and the answers that repeated requests were given."""

import uuid

from django.db import models
from django.utils import timezone

from mrm.accounts.models.people import Person, Workspace


class Token(models.Model):
    """A secret that lets a program act for a person, within its scope; only its hash is kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="tokens")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=12)
    secret_hash = models.CharField(max_length=64, unique=True)
    workspace = models.ForeignKey(Workspace, on_delete=models.PROTECT)
    actions = models.JSONField(default=list, help_text="Permissions it may use; empty means all its person has.")
    model_slugs = models.JSONField(default=list, help_text="Slugs of the models it may touch; empty means all.")
    version_number = models.PositiveIntegerField(null=True, blank=True)  # Then it works in an address, nowhere else.
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self):
        return f"{self.name} ({self.prefix}…)"

    def why_not_usable(self, now) -> str:
        if self.revoked_at:
            return "This token was revoked."
        if self.expires_at <= now:
            return f"This token expired on {self.expires_at:%d %B %Y}; ask for a new one."
        if not self.person.is_active:
            return "The account behind this token is closed."
        return "" if self.person.all_roles() else "The account behind this token holds no role now."


class IdempotencyKey(models.Model):
    """The answer a POST was given, so that sending it again gives the same answer and does nothing twice."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE)
    key = models.CharField(max_length=200)
    path = models.CharField(max_length=500)
    body_sha256 = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    answer = models.JSONField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "key"], name="one_answer_per_idempotency_key")]

    def __str__(self):
        return f"{self.key} for {self.path}"
