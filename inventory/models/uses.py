"""What a model may be used for, and which version was approved for it."""

import uuid
from datetime import date, timedelta

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from inventory import policies
from inventory.states import HELD, IN_USE, Stage, UseState


class UseQuerySet(models.QuerySet):
    def in_use(self):
        return self.filter(state__in=IN_USE)


class Use(models.Model):
    """One purpose that a model serves: for whom, within which boundaries, and how much rests on it.

    What was once approved does not change; another purpose is another use.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    model = models.ForeignKey("inventory.Model", on_delete=models.PROTECT, related_name="uses")
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=200)
    business_purpose = models.TextField(blank=True)
    population = models.TextField(blank=True)  # Whom or what it may be applied to.
    operating_boundaries = models.TextField(blank=True)
    prohibited_uses = models.TextField(blank=True)
    reliance = models.CharField(
        max_length=10, choices=[(level, level.capitalize()) for level in policies.LEVELS], blank=True
    )
    environment = models.CharField(max_length=100, blank=True)
    users = models.CharField(max_length=500, blank=True)  # Units and systems.
    frequency = models.CharField(max_length=200, blank=True)
    volume = models.CharField(max_length=200, blank=True)
    state = models.CharField(
        max_length=20, choices=[(s.value, s.capitalize()) for s in UseState], default=UseState.PROPOSED
    )
    state_because = models.TextField(blank=True)  # Why it is restricted, suspended, ended, or proposed once more.
    # What a person ordered for this use alone, restricted or suspended: nothing else that is put in order lifts it.
    held = models.CharField(max_length=20, choices=[(s.value, s.capitalize()) for s in HELD], blank=True)
    held_because = models.TextField(blank=True)
    proposed_by = models.ForeignKey(
        "accounts.Person", null=True, on_delete=models.PROTECT, related_name="uses_proposed"
    )
    proposed_at = models.DateTimeField(default=timezone.now)
    edited_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)  # First live.
    ended_at = models.DateTimeField(null=True, blank=True)
    revision = models.PositiveIntegerField(default=1)  # The ETag.

    objects = UseQuerySet.as_manager()

    class Meta:
        ordering = ["model", "number"]
        constraints = [
            models.UniqueConstraint(fields=["model", "number"], name="one_use_per_number"),
            models.CheckConstraint(condition=Q(state__in=[s.value for s in UseState]), name="use_state_is_known"),
            models.CheckConstraint(condition=Q(reliance__in=["", *policies.LEVELS]), name="reliance_of_a_use_is_known"),
            models.CheckConstraint(
                condition=Q(held="") | Q(held__in=[s.value for s in HELD]) & ~Q(held_because=""),
                name="what_holds_a_use_says_why",
            ),
            models.CheckConstraint(
                condition=~Q(held="suspended", state__in=["live", "restricted"]) & ~Q(held="restricted", state="live"),
                name="a_held_use_does_not_go_on",
            ),
        ]

    def __str__(self):
        return f"{self.model.name}, use {self.number}: {self.title}"

    @property
    def model_slug(self):
        return self.model.slug

    @property
    def is_in_use(self):
        return self.state in IN_USE


class UseApprovalQuerySet(models.QuerySet):
    def standing(self, now):
        """What is in force: begun, not ended, not expired, and of a version that is not retired."""
        lasting = Q(expires_at__isnull=True) | Q(expires_at__gt=now)
        return self.filter(lasting, effective_at__lte=now, ended_at=None).exclude(version__stage=Stage.RETIRED)

    def lapsed(self, now):
        """Past their day, or of a version retired before approvals ended with it, and not ended yet: for the sweep."""
        return self.filter(Q(expires_at__lte=now) | Q(version__stage=Stage.RETIRED), ended_at=None)


class UseApproval(models.Model):
    """That one version may serve one use, under conditions, until a day. Ended once, never otherwise changed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    use = models.ForeignKey(Use, on_delete=models.PROTECT, related_name="approvals")
    version = models.ForeignKey("inventory.ModelVersion", on_delete=models.PROTECT, related_name="use_approvals")
    change_reference = models.CharField(max_length=50, blank=True)  # Of the request that was decided.
    conditions = models.JSONField(default=list)  # Sentences.
    approved_by = models.ForeignKey("accounts.Person", null=True, on_delete=models.PROTECT, related_name="+")
    effective_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_because = models.TextField(blank=True)

    objects = UseApprovalQuerySet.as_manager()

    class Meta:
        ordering = ["-effective_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["use", "version"], condition=Q(ended_at__isnull=True), name="one_standing_approval_per_use"
            ),
            models.CheckConstraint(
                condition=Q(expires_at__isnull=True) | Q(expires_at__gt=F("effective_at")),
                name="use_approval_expires_after_it_begins",
            ),
        ]

    def __str__(self):
        return f"version {self.version.number} for {self.use}"

    @property
    def model_slug(self):
        return self.use.model_slug

    @property
    def last_day(self) -> date | None:
        """The day at whose end it is over; None where it is open-ended."""
        return (self.expires_at - timedelta(microseconds=1)).date() if self.expires_at else None

    def stands(self, now=None) -> bool:
        now = now or timezone.now()
        lasts = self.ended_at is None or self.ended_at > now
        return lasts and self.effective_at <= now and (self.expires_at is None or self.expires_at > now)
