import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from audits.workflows.states import RetrainingState


class Retraining(models.Model):
    """One approved retraining, carried out by a pipeline that is given `change.reference` as its idempotency key."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    change = models.OneToOneField("workflows.ChangeRequest", on_delete=models.PROTECT, related_name="retraining")
    state = models.CharField(
        max_length=20, choices=[(s.value, s.capitalize()) for s in RetrainingState], default=RetrainingState.APPROVED
    )
    pipeline = models.CharField(max_length=100, default="built-in")
    callback_hash = models.CharField(max_length=64, blank=True)  # SHA-256 of the one-time secret it reports back with.
    external_id = models.CharField(max_length=200, blank=True)
    attempt = models.PositiveSmallIntegerField(default=0)  # Of the built-in pipeline; a lost worker's is followed.
    candidate = models.OneToOneField(
        "inventory.ModelVersion", null=True, blank=True, on_delete=models.PROTECT, related_name="retraining"
    )
    metrics = models.JSONField(default=dict)
    reason = models.TextField(blank=True)  # Why it failed, or its candidate was abandoned.
    abandoned_by = models.ForeignKey(
        "accounts.Person", null=True, blank=True, on_delete=models.PROTECT, related_name="retrainings_abandoned"
    )
    abandoned_at = models.DateTimeField(null=True, blank=True)
    dispatched_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=[s.value for s in RetrainingState]), name="retraining_state_is_known"
            ),
        ]

    def __str__(self):
        return f"retraining for {self.change.reference}"

    @property
    def model_slug(self):
        return self.change.model.slug
