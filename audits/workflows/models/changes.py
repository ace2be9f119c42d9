import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from audits.workflows.states import ChangeState


class ChangeRequestQuerySet(models.QuerySet):
    def pending(self):
        return self.filter(state=ChangeState.PENDING)

    def unfinished(self):
        """What is asked for and neither done nor turned down; nobody asks for the same thing again meanwhile."""
        return self.filter(state__in=(ChangeState.PENDING, ChangeState.APPROVED))

    def visible_to(self, person):
        """The requests about models this person may know of."""
        seen = person.sees("model__workspace", "model__slug")
        return self.filter(seen | Q(model__isnull=True)) if seen else self.all()  # A policy concerns everybody.


class ChangeRequest(models.Model):
    """That somebody, or the system on a breach, asks for a change; and how it was decided.

    It is about a version, about a model as a whole (no version), or about the policy (no model either).
    """

    class Kind(models.TextChoices):
        RETRAINING = "retraining", "Retraining"
        PROMOTION = "promotion", "Promotion"
        RETIREMENT = "retirement", "Retirement"
        APPROVAL = "approval", "Approval for use"
        EXCEPTION = "exception", "Exception"
        OVERLAY = "overlay", "Overlay"
        RISK_ACCEPTANCE = "risk_acceptance", "Risk acceptance"
        TIER_CHANGE = "tier_change", "Tier change"
        CADENCE_CHANGE = "cadence_change", "Looser cadence"
        POLICY_CHANGE = "policy_change", "Policy change"
        RESUMPTION = "resumption", "Lifting of a suspension"
        BREAK_GLASS = "break_glass", "Emergency release"
        EXTENSION = "extension", "More time for a finding"
        LEGAL_HOLD = "legal_hold", "Legal hold"
        HOLD_RELEASE = "hold_release", "Release of a legal hold"
        USE_ENDING = "use_ending", "End of a use"
        RETRAINING_ENVELOPE = "retraining_envelope", "Envelope for retraining"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reference = models.CharField(max_length=20, unique=True)  # CR-2026-0001
    kind = models.CharField(max_length=20, choices=Kind.choices)
    model = models.ForeignKey(
        "inventory.Model", null=True, blank=True, on_delete=models.PROTECT, related_name="changes"
    )
    version = models.ForeignKey(
        "inventory.ModelVersion", null=True, blank=True, on_delete=models.PROTECT, related_name="changes"
    )
    breach = models.ForeignKey(
        "assessments.Breach", null=True, blank=True, on_delete=models.PROTECT, related_name="changes"
    )
    requester = models.ForeignKey(
        "accounts.Person", null=True, blank=True, on_delete=models.PROTECT, related_name="changes_requested"
    )  # None: the system asked.
    renews = models.ForeignKey(
        "workflows.Arrangement", null=True, blank=True, on_delete=models.PROTECT, related_name="renewals_asked"
    )
    envelope = models.ForeignKey(
        "workflows.Arrangement", null=True, blank=True, on_delete=models.PROTECT, related_name="approved_by_it"
    )  # The standing approval that it is approved by, in place of decisions of its own.
    about = models.CharField(max_length=200, blank=True)  # Names the one thing at stake, so that it is asked for once.
    reason = models.TextField()
    terms = models.JSONField(default=dict)  # What is asked for in particular; which terms there are is the kind's.
    policy = models.ForeignKey("inventory.Policy", on_delete=models.PROTECT)
    roles_required = models.JSONField()  # One approval each, by different people, from the policy in force when asked.
    evidence = models.JSONField(default=dict)  # What the deciders are shown, frozen.
    evidence_digest = models.CharField(max_length=64)
    minutes = models.JSONField(default=dict)  # How the committee's vote was concluded; empty before, and without one.
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
                condition=Q(state__in=["pending", "approved"], kind__in=["retraining", "promotion", "retirement"]),
                name="one_open_request_per_version_and_kind",
            ),
            models.UniqueConstraint(
                fields=["kind", "about"],
                condition=Q(state__in=["pending", "approved"]) & ~Q(about=""),
                name="one_open_request_about_one_thing",
            ),
            models.CheckConstraint(
                condition=Q(version__isnull=True) | Q(model__isnull=False), name="version_of_a_change_has_its_model"
            ),
            models.CheckConstraint(condition=Q(state__in=[s.value for s in ChangeState]), name="change_state_is_known"),
        ]

    def __str__(self):
        return f"{self.reference}: {self.title}"

    def approvals(self):
        """What people signed in favour of it and stands, in the order in which they did."""
        return self.decisions.standing().filter(approved=True)

    @property
    def title(self) -> str:
        """The kind and what it is about: "promotion of Consumer credit version 3"."""
        return f"{self.get_kind_display().lower()} of {self.version or self.model or 'the whole installation'}"

    @property
    def model_slug(self):
        return self.model.slug if self.model_id else ""

    @property
    def workspace_id(self):
        """Where it is decided; None: everywhere."""
        return self.model.workspace_id if self.model_id else None

    @property
    def tier(self) -> int:
        """Whose approvals it needs; what concerns every model is decided as for the highest."""
        return self.model.tier if self.model_id else 1


OUTCOMES = {
    "rejected": "rejected",
    "recused": "stepped aside from",
    "abstained": "abstained on",
    "deferred": "wants to defer",
}


class DecisionQuerySet(models.QuerySet):
    def standing(self):
        return self.filter(voided_at__isnull=True)


class Decision(models.Model):
    """What one person decided, over exactly which evidence, meaning what, and how they proved who they are."""

    class Meaning(models.TextChoices):
        REVIEWED = "reviewed", "Approve: I reviewed the evidence and take responsibility for it"
        APPROVED = "approved", "Approve: I agree on behalf of the second line"
        REJECTED = "rejected", "Reject this change"
        RECUSED = "recused", "Step aside: I have a conflict of interest"
        ABSTAINED = "abstained", "Abstain: I take no position, and count for the quorum"
        DEFERRED = "deferred", "Defer: the committee should see more before it decides"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    change = models.ForeignKey(ChangeRequest, on_delete=models.PROTECT, related_name="decisions")
    person = models.ForeignKey("accounts.Person", on_delete=models.PROTECT, related_name="decisions")
    printed_name = models.CharField(max_length=200)
    role = models.CharField(max_length=20)  # The one the policy asked for that this decision fills.
    on_behalf_of = models.ForeignKey(
        "accounts.Person", null=True, blank=True, on_delete=models.PROTECT, related_name="decisions_by_delegates"
    )
    approved = models.BooleanField()
    conditions = models.JSONField(default=list)  # {"text", "due_on"}: under which the approval is given.
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
        return f"{self.printed_name} {self.outcome} {self.change.reference}"

    @property
    def outcome(self) -> str:
        return "approved" if self.approved else OUTCOMES[self.meaning]

    @property
    def model_slug(self):
        return self.change.model_slug
