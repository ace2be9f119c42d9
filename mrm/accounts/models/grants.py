"""The roles that people hold, where and for how long, and how they are confirmed again every so often."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from mrm.accounts import policies
from mrm.accounts.models.people import Person, Workspace
from mrm.accounts.states import GrantState


def choices(words):
    return [(word.value, word.replace("_", " ").capitalize()) for word in words]


class GrantQuerySet(models.QuerySet):
    def in_force(self, now):
        open_end = Q(ends_at__isnull=True) | Q(ends_at__gt=now)
        return self.filter(open_end, state=GrantState.GRANTED, starts_at__lte=now)

    def held_at(self, moment):
        """What was in force at a moment of the past, whatever became of it since."""
        open_end = Q(ends_at__isnull=True) | Q(ends_at__gt=moment)
        given = Q(decided_at__isnull=False) | ~Q(alone_because="")  # A proposal that was taken back never was.
        held = (GrantState.GRANTED, GrantState.REVOKED, GrantState.LAPSED)
        return self.filter(open_end, given, state__in=held, starts_at__lte=moment)

    def proposed(self):
        return self.filter(state=GrantState.PROPOSED)

    def awaiting_somebody(self):
        """Proposed roles, and roles in force to be confirmed again, with the day until when (`confirm_by`)."""
        pending = Q(recertifications__outcome="pending")
        rows = self.filter(Q(state=GrantState.PROPOSED) | Q(state=GrantState.GRANTED) & pending)
        rows = rows.annotate(confirm_by=models.Min("recertifications__due_at", filter=pending))
        return rows.select_related("person", "workspace", "granted_by").order_by("proposed_at")


class RoleGrant(models.Model):
    """A role that a person holds, in one workspace or in all, perhaps for some models only, for a time.

    One person proposes it and another approves it; until then it gives nothing.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="grants")
    role = models.CharField(max_length=20, choices=choices(policies.Role))
    workspace = models.ForeignKey(Workspace, null=True, blank=True, on_delete=models.PROTECT, related_name="grants")
    model_slugs = models.JSONField(default=list)  # Empty: every model there.
    state = models.CharField(max_length=10, choices=choices(GrantState), default=GrantState.PROPOSED.value)
    reason = models.TextField(blank=True)
    granted_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="grants_given")
    proposed_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="grants_decided")
    decided_at = models.DateTimeField(null=True, blank=True)
    alone_because = models.TextField(blank=True)  # Why no second person approved it.
    starts_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField(null=True, blank=True)
    ended_because = models.TextField(blank=True)

    objects = GrantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(role__in=[r.value for r in policies.Role]), name="role_is_known"),
            models.CheckConstraint(condition=Q(state__in=[s.value for s in GrantState]), name="grant_state_is_known"),
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gte=models.F("starts_at")), name="grant_ends_after_start"
            ),
            models.CheckConstraint(
                condition=~Q(state="granted") | Q(decided_by__isnull=False) | ~Q(alone_because=""),
                name="grant_has_a_second_person",
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True)
                | (~Q(decided_by=F("granted_by")) | Q(granted_by__isnull=True)) & ~Q(decided_by=F("person")),
                name="second_person_is_another",
            ),
            models.UniqueConstraint(
                fields=["person", "role", "workspace"],
                condition=Q(state="proposed"),
                nulls_distinct=False,
                name="one_proposal_per_role_and_place",
            ),
        ]

    def __str__(self):
        return f"{self.person} as {self.held}"

    @property
    def held(self) -> str:
        """The role and where: validator in Main, for loans only."""
        where = str(self.workspace or "every workspace")
        if self.model_slugs:
            where += f", for {', '.join(self.model_slugs)} only"
        return f"{self.get_role_display().lower()} in {where}"


class RecertificationQuerySet(models.QuerySet):
    def open(self):
        return self.filter(outcome=Recertification.Outcome.PENDING)

    def awaiting(self, now):
        """Those that somebody can confirm now: in time, and of a role that is in force."""
        return self.open().filter(due_at__gt=now, grant__in=RoleGrant.objects.in_force(now))


class Recertification(models.Model):
    """That one role in force has to be confirmed until a date, else it lapses. One per role and cycle."""

    class Outcome(models.TextChoices):
        PENDING = "pending", "Awaits confirmation"
        CONFIRMED = "confirmed", "Confirmed"
        LAPSED = "lapsed", "Lapsed"
        OVER = "over", "The role ended before"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    grant = models.ForeignKey(RoleGrant, on_delete=models.PROTECT, related_name="recertifications")
    opened_at = models.DateTimeField()  # The same for all of one cycle.
    due_at = models.DateTimeField()
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default=Outcome.PENDING)
    decided_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="roles_confirmed")
    decided_at = models.DateTimeField(null=True, blank=True)

    objects = RecertificationQuerySet.as_manager()

    class Meta:
        ordering = ["due_at", "grant__person__display_name"]
        constraints = [
            models.UniqueConstraint(fields=["grant", "opened_at"], name="one_recertification_per_grant_and_cycle"),
            models.CheckConstraint(
                condition=Q(outcome__in=["pending", "confirmed", "lapsed", "over"]), name="recertification_is_known"
            ),
        ]

    def __str__(self):
        return f"recertification of {self.grant}"
