import uuid

from django.db import models
from django.utils import timezone

from inventory import policies


class PolicyQuerySet(models.QuerySet):
    def in_force(self) -> "Policy":
        """The newest published version: what runs, gates and decisions are bound to from now on."""
        return self.latest("number")


class Policy(models.Model):
    """One published version of what the firm requires; never edited, only followed by the next."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.PositiveIntegerField(unique=True)
    document = models.JSONField()
    digest = models.CharField(max_length=64)
    published_by = models.ForeignKey("accounts.Person", null=True, on_delete=models.PROTECT)
    published_at = models.DateTimeField(default=timezone.now)

    objects = PolicyQuerySet.as_manager()

    def __str__(self):
        return f"{self.document['title']}, version {self.number}"

    def section(self, name: str):
        """One section; the standard policy's where this one was published before there was such a section."""
        return policies.section(self.document, name)
