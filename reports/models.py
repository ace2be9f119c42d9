"""What was handed to someone outside."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from inventory.models import Model
from reports.states import HANDED_OUT, ReportState


class ReportQuerySet(models.QuerySet):
    def visible_to(self, person):
        return self.filter(model__in=Model.objects.visible_to(person))

    def regular(self):
        """Those somebody asked for; what was asked for by an emergency stands beside them."""
        return self.filter(origin="")

    def in_full(self):
        """With all that lists and answers tell of each."""
        related = self.select_related("model", "version", "requested_by", "published_by", "superseded_by")
        return related.prefetch_related("signatures__signature", "signatures__person")


class Report(models.Model):
    """One document about a model and a period: sealed, signed, published. Its file is never replaced."""

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
    # The one that it is about; not kept of those that earlier releases sealed.
    version = models.ForeignKey(
        "inventory.ModelVersion", null=True, blank=True, on_delete=models.PROTECT, related_name="reports"
    )
    reason = models.TextField(blank=True)  # Why it failed.
    published_by = models.ForeignKey(
        "accounts.Person", null=True, blank=True, on_delete=models.PROTECT, related_name="reports_published"
    )
    published_at = models.DateTimeField(null=True, blank=True)
    superseded_by = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="supersedes"
    )

    objects = ReportQuerySet.as_manager()

    class Meta:
        ordering = ["-requested_at"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=[s.value for s in ReportState]), name="report_state_is_known"),
            models.CheckConstraint(
                condition=Q(state__in=HANDED_OUT, published_at__isnull=False, published_by__isnull=False)
                | ~Q(state__in=HANDED_OUT) & Q(published_at=None, published_by=None),
                name="published_report_says_when_and_by_whom",
            ),
            models.CheckConstraint(
                condition=Q(state=ReportState.SUPERSEDED, superseded_by__isnull=False)
                | ~Q(state=ReportState.SUPERSEDED) & Q(superseded_by=None),
                name="superseded_report_says_by_which",
            ),
            models.UniqueConstraint(
                fields=["model", "kind"],
                condition=Q(state=ReportState.PUBLISHED, origin=""),
                name="one_report_in_force",
            ),
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


class ReportSignature(models.Model):
    """That one person signed a report."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="signatures")
    person = models.ForeignKey("accounts.Person", on_delete=models.PROTECT, related_name="+")
    signature = models.OneToOneField("accounts.Signature", on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["signature__signed_at"]
        constraints = [
            models.UniqueConstraint(fields=["report", "person"], name="nobody_signs_a_report_twice"),
        ]

    def __str__(self):
        return f"{self.signature} on {self.report.reference}"

    @property
    def role(self):
        """As what they signed."""
        return self.signature.statement["signer"]["role"]
