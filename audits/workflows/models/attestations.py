import uuid
from datetime import date

from django.db import models
from django.db.models import Q
from django.utils import timezone

from audits.workflows.states import AttestationState

# governance.md, section 3.3: how reports tell what is overdue, by the last day of each bucket.
OVERDUE = ((0, "current"), (90, "up to 90 days"), (365, "91 to 365 days"))
LONGEST_OVERDUE = "more than a year"


class AttestationQuerySet(models.QuerySet):
    def open(self):
        return self.filter(state=AttestationState.OPEN)

    def overdue(self, today: date):
        return self.open().filter(due_at__lt=today)

    def visible_to(self, person):
        return self.filter(person.sees("model__workspace", "model__slug"))


class Attestation(models.Model):
    """That the owner of a model is asked, once per cycle, to confirm what the register says; and what they answered."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    model = models.ForeignKey("inventory.Model", on_delete=models.PROTECT, related_name="attestations")
    policy = models.ForeignKey("inventory.Policy", on_delete=models.PROTECT)
    state = models.CharField(
        max_length=20, choices=[(s.value, s.capitalize()) for s in AttestationState], default=AttestationState.OPEN
    )
    covers_from = models.DateField()  # What the register said since then is what is confirmed.
    opened_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateField()
    statement = models.TextField(blank=True)
    changes = models.JSONField(default=list, blank=True)  # What had changed in the entry, as it was shown.
    revision = models.PositiveIntegerField(null=True, blank=True)  # Of the entry that was confirmed.
    attested_by = models.ForeignKey(
        "accounts.Person", null=True, blank=True, on_delete=models.PROTECT, related_name="attestations"
    )
    attested_at = models.DateTimeField(null=True, blank=True)

    objects = AttestationQuerySet.as_manager()

    class Meta:
        ordering = ["due_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["model"], condition=Q(state=AttestationState.OPEN), name="one_open_attestation_per_model"
            ),
            models.UniqueConstraint(
                fields=["model", "covers_from"],
                condition=~Q(state=AttestationState.WITHDRAWN),
                name="one_attestation_per_cycle",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[s.value for s in AttestationState]), name="attestation_state_is_known"
            ),
            models.CheckConstraint(
                condition=~Q(state=AttestationState.GIVEN) | Q(attested_by__isnull=False, attested_at__isnull=False),
                name="a_given_attestation_says_by_whom",
            ),
        ]

    def __str__(self):
        return f"attestation of {self.model} due {self.due_at:%d %B %Y}"

    @property
    def model_slug(self):
        return self.model.slug

    def days_overdue(self, today: date) -> int:
        return max((today - self.due_at).days, 0) if self.state == AttestationState.OPEN else 0

    def bucket(self, today: date) -> str:
        """How overdue it is, as reports tell it."""
        days = self.days_overdue(today)
        return next((name for most, name in OVERDUE if days <= most), LONGEST_OVERDUE)
