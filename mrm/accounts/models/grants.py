"""The roles that people hold, where and for how long."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from mrm.accounts import policies
from mrm.accounts.models.people import Person, Workspace


def choices(words):
    return [(word.value, word.replace("_", " ").capitalize()) for word in words]


class GrantQuerySet(models.QuerySet):
    def in_force(self, now):
        return self.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=now), starts_at__lte=now)


class RoleGrant(models.Model):
    """A role that a person holds, in one workspace or in all, for a time."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="grants")
    role = models.CharField(max_length=20, choices=choices(policies.Role))
    workspace = models.ForeignKey(Workspace, null=True, blank=True, on_delete=models.PROTECT, related_name="grants")
    granted_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="grants_given")
    starts_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField(null=True, blank=True)

    objects = GrantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(role__in=[r.value for r in policies.Role]), name="role_is_known"),
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gte=models.F("starts_at")), name="grant_ends_after_start"
            ),
        ]

    def __str__(self):
        return f"{self.person} as {self.get_role_display().lower()} in {self.workspace or 'every workspace'}"
