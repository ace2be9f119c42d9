import uuid
from datetime import timedelta

from django.db import models
from django.db.models import F, Q
from django.utils import timezone


class DelegationQuerySet(models.QuerySet):
    def in_force(self, now):
        return self.filter(starts_at__lte=now, ends_at__gt=now, revoked_at__isnull=True)


class Delegation(models.Model):
    """That one person decides for another while they are away, with the other's conflicts as well as their own."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    delegator = models.ForeignKey("accounts.Person", on_delete=models.PROTECT, related_name="delegations_given")
    delegate = models.ForeignKey("accounts.Person", on_delete=models.PROTECT, related_name="delegations_held")
    reason = models.TextField()
    starts_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = DelegationQuerySet.as_manager()

    class Meta:
        ordering = ["-starts_at"]
        constraints = [
            models.CheckConstraint(condition=~Q(delegator=F("delegate")), name="nobody_delegates_to_themselves"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="delegation_ends_after_start"),
        ]

    def __str__(self):
        return f"{self.delegate} for {self.delegator}"

    @property
    def last_day(self):
        """The day at whose end it is over."""
        return (self.ends_at - timedelta(microseconds=1)).date()
