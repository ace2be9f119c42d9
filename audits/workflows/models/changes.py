import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from audits.workflows.states import ChangeState


class ChangeRequestQuerySet(models.QuerySet):
    def pending(self):
        return self.filter(state=ChangeState.PENDING)

    def visible_to(self, person):
        """The requests about models this person may know of."""
        return self.filter(person.sees("model__workspace", "model__slug"))


class ChangeRequest(models.Model):
    """That somebody, or the system on a breach, asks for a change of a model; and how it was decided."""

    class Kind(models.TextChoices):
        RETRAINING = "retraining", "Retraining"
        PROMOTION = "promotion", "Promotion"
        RETIREMENT = "retirement", "Retirement"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reference = models.CharField(max_length=20, unique=True)  # CR-2026-0001
    kind = models.CharField(max_length=20, choices=Kind.choices)
    model = models.ForeignKey("inventory.Model", on_delete=models.PROTECT, related_name="changes")
    version = models.ForeignKey("inventory.ModelVersion", on_delete=models.PROTECT, related_name="changes")
    breach = models.ForeignKey(
        "assessments.Breach", null=True, blank=True, on_delete=models.PROTECT, related_name="changes"
    )
    requester = models.ForeignKey(
        "accounts.Person", null=True, blank=True, on_delete=models.PROTECT, related_name="changes_requested"
    )  # None: the system asked.
    reason = models.TextField()
    policy = models.ForeignKey("inventory.Policy", on_delete=models.PROTECT)
    roles_required = models.JSONField()  # One approval each, by different people, from the policy in force when asked.
    evidence = models.JSONField(default=dict)  # What the deciders are shown, frozen.
    evidence_digest = models.CharField(max_length=64)
    state = models.CharField(
        max_length=20, choices=[(s.value, s.capitalize()) for s in ChangeState], default=ChangeState.PENDING
    )
    outcome = models.TextField(blank=True)  # What carrying it out led to, or why it could not be.
    requested_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True)

    objects = ChangeRequestQuerySet.as_manager()

    class Meta:
        ordering = ["-requested_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["version", "kind"],
                condition=Q(state__in=["pending", "approved"]),
                name="one_open_request_per_version_and_kind",
            ),
            models.CheckConstraint(condition=Q(state__in=[s.value for s in ChangeState]), name="change_state_is_known"),
        ]

    def __str__(self):
        return f"{self.reference}: {self.get_kind_display().lower()} of {self.version}"

    @property
    def model_slug(self):
        return self.model.slug


class DecisionQuerySet(models.QuerySet):
    def standing(self):
        return self.filter(voided_at__isnull=True)


class Decision(models.Model):
    """What one person decided, over exactly which evidence, meaning what, and how they proved who they are."""

    class Meaning(models.TextChoices):
        REVIEWED = "reviewed", "Approve: I reviewed the evidence and take responsibility for it"
        APPROVED = "approved", "Approve: I agree on behalf of the second line"
        REJECTED = "rejected", "Reject this change"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    change = models.ForeignKey(ChangeRequest, on_delete=models.PROTECT, related_name="decisions")
    person = models.ForeignKey("accounts.Person", on_delete=models.PROTECT, related_name="decisions")
    printed_name = models.CharField(max_length=200)
    role = models.CharField(max_length=20)  # The one the policy asked for that this decision fills.
    approved = models.BooleanField()
    meaning = models.CharField(max_length=20, choices=Meaning.choices)
    comment = models.TextField(blank=True)
    statement = models.JSONField()  # Exactly what was signed; its RFC 8785 digest is below.
    statement_digest = models.CharField(max_length=64)
    authentication = models.CharField(max_length=50)  # How the person proved who they are, again, for this.
    signature = models.OneToOneField(
        "accounts.Signature", null=True, on_delete=models.PROTECT, related_name="decision"
    )  # None: decided before signatures were kept apart.
    decided_at = models.DateTimeField(default=timezone.now)
    voided_at = models.DateTimeField(null=True, blank=True)
    voided_because = models.TextField(blank=True)

    objects = DecisionQuerySet.as_manager()

    class Meta:
        ordering = ["decided_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["change", "person"], condition=Q(voided_at__isnull=True), name="one_decision_per_person"
            ),
        ]

    def __str__(self):
        return f"{self.printed_name} {'approved' if self.approved else 'rejected'} {self.change.reference}"

    @property
    def model_slug(self):
        return self.change.model.slug
