"""Identification surveys: sheets of models that people filled in, read and then entered in the register at once."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from inventory.states import SurveyState


class SurveyQuerySet(models.QuerySet):
    def waiting(self):
        return self.filter(state=SurveyState.REQUESTED)

    def visible_to(self, person):
        """A sheet names many models: whoever is limited to some, by role or token, does not see it."""
        if person.token and person.token.model_slugs:
            return self.none()
        workspaces = person.workspace_ids()
        return self if workspaces is None else self.filter(workspace__in=filter(person.roles_in, workspaces))


class Survey(models.Model):
    """One sheet, kept as it came: what it would register, or every fault that keeps it from that."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey("accounts.Workspace", on_delete=models.PROTECT, related_name="surveys")
    filename = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)  # Of the sheet in storage.
    entries = models.PositiveIntegerField()  # How many models it would register.
    faults = models.JSONField(default=list)  # The first by line.
    fault_count = models.PositiveIntegerField(default=0)  # All of them.
    notes = models.JSONField(default=list)  # What there is to know before it is let in, as sentences.
    state = models.CharField(max_length=20, choices=[(s.value, s.capitalize()) for s in SurveyState])
    baselined_until = models.DateField(null=True, blank=True)  # Debt of what it registers is dated until then.
    reason = models.TextField(blank=True)  # Why the import was refused in the end.
    uploaded_by = models.ForeignKey("accounts.Person", null=True, on_delete=models.PROTECT, related_name="surveys")
    requested_by = models.ForeignKey(
        "accounts.Person", null=True, on_delete=models.PROTECT, related_name="+"
    )  # Who let it in, and so registers its models.
    uploaded_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = SurveyQuerySet.as_manager()

    class Meta:
        ordering = ["-uploaded_at"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=[s.value for s in SurveyState]), name="survey_state_is_known")
        ]

    def __str__(self):
        return f"survey {self.filename}"
