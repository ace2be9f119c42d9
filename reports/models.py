"""What was handed to someone outside."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from reports.states import ReportState


class Report(models.Model):
    """One sealed document about a model and a period; a sealed report is never replaced."""

    class Kind(models.TextChoices):
        MONITORING = "monitoring", "Ongoing monitoring report"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reference = models.CharField(max_length=20, unique=True)  # R-2026-0001
    kind = models.CharField(max_length=20, choices=Kind.choices, default=Kind.MONITORING)
    model = models.ForeignKey("inventory.Model", on_delete=models.PROTECT, related_name="reports")
    period_start = models.DateField()
    period_end = models.DateField()
    state = models.CharField(
        max_length=20, choices=[(s.value, s.capitalize()) for s in ReportState], default=ReportState.REQUESTED
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    step = models.CharField(max_length=200, blank=True)
    origin = models.CharField(max_length=100, blank=True)  # What made the system ask for it; empty where somebody did.
    requested_by = models.ForeignKey("accounts.Person", null=True, on_delete=models.PROTECT)
    requested_at = models.DateTimeField(default=timezone.now)
    sealed_at = models.DateTimeField(null=True, blank=True)
    pdf_sha256 = models.CharField(max_length=64, blank=True)
    pdf_bytes = models.PositiveIntegerField(null=True, blank=True)
    evidence_sha256 = models.CharField(max_length=64, blank=True)
    reason = models.TextField(blank=True)  # Why it failed.

    class Meta:
        ordering = ["-requested_at"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=[s.value for s in ReportState]), name="report_state_is_known"),
            models.UniqueConstraint(fields=["origin"], condition=~Q(origin=""), name="one_report_per_origin"),
            models.CheckConstraint(
                condition=Q(period_end__gte=models.F("period_start")), name="report_period_is_not_empty"
            ),
        ]

    def __str__(self):
        return f"{self.reference}: {self.get_kind_display().lower()} of {self.model}"

    @property
    def model_slug(self):
        return self.model.slug
