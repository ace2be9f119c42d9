import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from audits.workflows.states import FindingState


class FindingQuerySet(models.QuerySet):
    def open(self):
        return self.exclude(state=FindingState.CLOSED)


class Finding(models.Model):
    """What the second line observed and wants put right, by whom and by when."""

    class Severity(models.TextChoices):
        CRITICAL = "critical", "Critical"
        HIGH = "high", "High"
        MEDIUM = "medium", "Medium"
        LOW = "low", "Low"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reference = models.CharField(max_length=20, unique=True)  # F-2026-0001
    model = models.ForeignKey("inventory.Model", on_delete=models.PROTECT, related_name="findings")
    version = models.ForeignKey(
        "inventory.ModelVersion", null=True, blank=True, on_delete=models.PROTECT, related_name="findings"
    )
    breach = models.ForeignKey(
        "assessments.Breach", null=True, blank=True, on_delete=models.PROTECT, related_name="findings"
    )
    severity = models.CharField(max_length=10, choices=Severity.choices)
    title = models.CharField(max_length=200)
    observation = models.TextField()
    required_outcome = models.TextField()
    state = models.CharField(
        max_length=20, choices=[(s.value, s.capitalize()) for s in FindingState], default=FindingState.OPEN
    )
    raised_by = models.ForeignKey(
        "accounts.Person", null=True, on_delete=models.PROTECT, related_name="findings_raised"
    )
    raised_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateField()
    response = models.TextField(blank=True)
    submitted_by = models.ForeignKey(
        "accounts.Person", null=True, blank=True, on_delete=models.PROTECT, related_name="findings_submitted"
    )
    closed_by = models.ForeignKey(
        "accounts.Person", null=True, blank=True, on_delete=models.PROTECT, related_name="findings_closed"
    )
    closed_at = models.DateTimeField(null=True, blank=True)
    closing_reason = models.TextField(blank=True)

    objects = FindingQuerySet.as_manager()

    class Meta:
        ordering = ["due_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=[s.value for s in FindingState]), name="finding_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(severity__in=["critical", "high", "medium", "low"]), name="finding_severity_is_known"
            ),
        ]

    def __str__(self):
        return f"{self.reference}: {self.title}"

    @property
    def model_slug(self):
        return self.model.slug
