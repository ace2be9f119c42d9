import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from audits.workflows.models.findings import Finding


class Submission(models.Model):
    """That the first line says a finding is put right, and what shows it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    finding = models.ForeignKey(Finding, on_delete=models.PROTECT, related_name="submissions")
    number = models.PositiveSmallIntegerField()
    told = models.TextField()
    evidence = models.JSONField(default=list)  # As a finding's own.
    submitted_by = models.ForeignKey("accounts.Person", on_delete=models.PROTECT, related_name="submissions_made")
    submitted_at = models.DateTimeField(default=timezone.now)
    returned_by = models.ForeignKey(
        "accounts.Person", null=True, blank=True, on_delete=models.PROTECT, related_name="submissions_returned"
    )
    returned_at = models.DateTimeField(null=True, blank=True)
    returned_because = models.TextField(blank=True)

    class Meta:
        ordering = ["finding", "number"]
        constraints = [
            models.UniqueConstraint(fields=["finding", "number"], name="one_submission_per_number"),
            models.UniqueConstraint(
                fields=["finding"], condition=Q(returned_at__isnull=True), name="one_standing_submission_per_finding"
            ),
        ]

    def __str__(self):
        return f"submission {self.number} of {self.finding.reference}"


class Reperformance(models.Model):
    """That the second line did the test again after a submission: by a run of ours, or elsewhere with its evidence."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="reperformances")
    run = models.ForeignKey(
        "assessments.Run", null=True, blank=True, on_delete=models.PROTECT, related_name="reperformances"
    )
    results_digest = models.CharField(max_length=64)  # Of the run's results, or of the evidence kept elsewhere.
    told = models.TextField()  # What was done again and what came out.
    performed_by = models.ForeignKey("accounts.Person", on_delete=models.PROTECT, related_name="reperformances")
    performed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["performed_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["submission", "results_digest"], name="one_reperformance_per_submission_and_evidence"
            ),
            models.CheckConstraint(condition=~Q(told=""), name="reperformance_says_what_came_out"),
        ]

    def __str__(self):
        return f"re-performance for {self.submission}"
