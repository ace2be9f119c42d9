import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from audits.workflows.models.findings import Finding


class ActionPlan(models.Model):
    """How the first line means to put a finding right, as it was handed in; after a return it hands in another."""

    class Standing(models.TextChoices):
        REVIEW = "review", "Under review"
        ACCEPTED = "accepted", "Accepted"
        RETURNED = "returned", "Returned"
        SUPERSEDED = "superseded", "Superseded"  # The risk was accepted instead.

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    finding = models.ForeignKey(Finding, on_delete=models.PROTECT, related_name="plans")
    number = models.PositiveSmallIntegerField()
    standing = models.CharField(max_length=10, choices=Standing.choices, default=Standing.REVIEW)
    planned_by = models.ForeignKey("accounts.Person", on_delete=models.PROTECT, related_name="plans_made")
    planned_at = models.DateTimeField(default=timezone.now)
    reviewed_by = models.ForeignKey(
        "accounts.Person", null=True, blank=True, on_delete=models.PROTECT, related_name="plans_reviewed"
    )
    reviewed_at = models.DateTimeField(null=True, blank=True)
    review = models.TextField(blank=True)

    class Meta:
        ordering = ["finding", "number"]
        constraints = [
            models.UniqueConstraint(fields=["finding", "number"], name="one_plan_per_number"),
            models.UniqueConstraint(
                fields=["finding"],
                condition=Q(standing__in=["review", "accepted"]),
                name="one_standing_plan_per_finding",
            ),
            models.CheckConstraint(
                condition=Q(standing__in=["review", "accepted", "returned", "superseded"]),
                name="plan_standing_is_known",
            ),
        ]

    def __str__(self):
        return f"plan {self.number} for {self.finding.reference}"


class ActionItem(models.Model):
    """One thing that somebody does by a day."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    plan = models.ForeignKey(ActionPlan, on_delete=models.PROTECT, related_name="items")
    number = models.PositiveSmallIntegerField()
    what = models.CharField(max_length=500)
    owner = models.ForeignKey("accounts.Person", on_delete=models.PROTECT, related_name="action_items")
    due_at = models.DateField()
    done_by = models.ForeignKey(
        "accounts.Person", null=True, blank=True, on_delete=models.PROTECT, related_name="action_items_done"
    )
    done_at = models.DateTimeField(null=True, blank=True)
    outcome = models.TextField(blank=True)  # What was done, and where it shows.

    class Meta:
        ordering = ["plan", "number"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "number"], name="one_item_per_number"),
            models.CheckConstraint(
                condition=Q(done_at__isnull=True, done_by__isnull=True)
                | Q(done_at__isnull=False, done_by__isnull=False),
                name="done_item_says_by_whom",
            ),
        ]

    def __str__(self):
        return f"{self.number}. {self.what}"

    @property
    def is_late(self) -> bool:
        return self.done_at is None and self.due_at < timezone.localdate()
