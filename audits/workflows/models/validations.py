"""Validation: the request, its plan and evidence, and who works on it."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from audits.workflows.states import ValidationState
from inventory.policies import COMPONENTS

OVER = (ValidationState.APPROVED, ValidationState.CANCELLED)


class ValidationQuerySet(models.QuerySet):
    def open(self):
        return self.exclude(state__in=OVER)

    def visible_to(self, person):
        return self.filter(person.sees("model__workspace", "model__slug"))


class ValidationRequest(models.Model):
    """That a version, or a model in its annual review, is to be validated: why, of what kind, and how far it is."""

    class Kind(models.TextChoices):
        INITIAL = "initial", "Initial validation"
        PERIODIC_FULL = "periodic_full", "Periodic full revalidation"
        PERIODIC_TARGETED = "periodic_targeted", "Periodic targeted validation"
        CHANGE_TRIGGERED = "change_triggered", "Validation after a change"
        EVENT_TRIGGERED = "event_triggered", "Validation after an event"
        VENDOR = "vendor", "Validation of a vendor's model"
        POST_IMPLEMENTATION = "post_implementation", "Post-implementation review"
        ANNUAL_REVIEW = "annual_review", "Annual review"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reference = models.CharField(max_length=20, unique=True)  # V-2026-0001
    kind = models.CharField(max_length=30, choices=Kind.choices)
    model = models.ForeignKey("inventory.Model", on_delete=models.PROTECT, related_name="validations")
    version = models.ForeignKey(
        "inventory.ModelVersion", null=True, blank=True, on_delete=models.PROTECT, related_name="validations"
    )  # None: the model as a whole, in its annual review.
    trigger = models.TextField()  # What gave rise to it.
    policy = models.ForeignKey("inventory.Policy", on_delete=models.PROTECT)
    state = models.CharField(
        max_length=20,
        choices=[(s.value, s.replace("_", " ").capitalize()) for s in ValidationState],
        default=ValidationState.INTAKE,
    )
    requested_by = models.ForeignKey(
        "accounts.Person", null=True, blank=True, on_delete=models.PROTECT, related_name="validations_requested"
    )  # None: the system asked, because it is due.
    requested_at = models.DateTimeField(default=timezone.now)
    due_on = models.DateField(null=True, blank=True)
    content_digest = models.CharField(max_length=64, blank=True)  # Of what the standing opinion was signed over.
    reason = models.TextField(blank=True)  # Why it waits, was returned or was cancelled.
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = ValidationQuerySet.as_manager()

    class Meta:
        ordering = ["-requested_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["version", "kind"],
                condition=~Q(state__in=OVER),
                name="one_open_validation_per_version_and_kind",
            ),
            models.UniqueConstraint(
                fields=["model", "kind"],
                condition=Q(version__isnull=True) & ~Q(state__in=OVER),
                name="one_open_validation_per_model_and_kind",
            ),
            models.UniqueConstraint(
                fields=["model", "kind", "due_on"],
                condition=Q(requested_by__isnull=True, due_on__isnull=False),
                name="one_periodic_validation_per_cycle",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[s.value for s in ValidationState]), name="validation_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(version__isnull=False) | Q(kind="annual_review"), name="only_a_review_is_of_the_whole_model"
            ),
        ]

    def __str__(self):
        return f"{self.reference}: {self.title}"

    @property
    def title(self) -> str:
        return f"{self.get_kind_display().lower()} of {self.version or self.model}"

    @property
    def model_slug(self):
        return self.model.slug

    @property
    def is_open(self) -> bool:
        return self.state not in OVER

    @property
    def standing_opinion(self):
        """The opinion that is not void; of prefetched rows, where they are there."""
        return next((one for one in self.opinions.all() if one.voided_at is None), None)

    @property
    def lead(self):
        """Who leads it now; of prefetched rows, where they are there."""
        leads = (one for one in self.assignments.all() if one.ended_at is None and one.role == "lead")
        return next((one.person for one in leads), None)


class ValidationItem(models.Model):
    """One component of the plan: what it must show, and what the validators concluded."""

    class Outcome(models.TextChoices):
        MET = "met", "Met"
        MET_WITH_REMARKS = "met_with_remarks", "Met with remarks"
        NOT_MET = "not_met", "Not met"
        NOT_APPLICABLE = "not_applicable", "Not applicable"

    request = models.ForeignKey(ValidationRequest, on_delete=models.PROTECT, related_name="items")
    position = models.PositiveSmallIntegerField()
    component = models.CharField(max_length=30)
    is_required = models.BooleanField()  # By the policy, for the type and the tier.
    is_planned = models.BooleanField(default=True)
    deviation_reason = models.TextField(blank=True)  # Why a required one is left out.
    expectation = models.TextField()
    outcome = models.CharField(max_length=20, choices=Outcome.choices, blank=True)
    conclusion = models.TextField(blank=True)
    concluded_by = models.ForeignKey("accounts.Person", null=True, blank=True, on_delete=models.PROTECT)
    concluded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["request", "component"], name="each_component_once_in_a_plan"),
            models.CheckConstraint(condition=Q(component__in=list(COMPONENTS)), name="component_is_known"),
            models.CheckConstraint(
                condition=Q(is_planned=True) | Q(is_required=False) | ~Q(deviation_reason=""),
                name="leaving_out_what_is_required_has_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(outcome__in=["", "met", "met_with_remarks", "not_met", "not_applicable"]),
                name="outcome_of_an_item_is_known",
            ),
            models.CheckConstraint(condition=Q(outcome="") | ~Q(conclusion=""), name="an_outcome_has_its_conclusion"),
        ]

    def __str__(self):
        return f"{self.name} in {self.request.reference}"

    @property
    def name(self) -> str:
        return self.component.replace("_", " ")

    @property
    def is_done(self) -> bool:
        return not self.is_planned or bool(self.outcome)


class EvidenceQuerySet(models.QuerySet):
    def standing(self):
        return self.filter(withdrawn_at__isnull=True)


class ValidationEvidence(models.Model):
    """What a conclusion rests on, by digest; its verdict is that of the run, never typed."""

    class Kind(models.TextChoices):
        RUN = "run", "Assessment run"
        RESULT = "result", "Result"
        REPORT = "report", "Sealed report"
        DOCUMENT = "document", "Document"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    item = models.ForeignKey(ValidationItem, on_delete=models.PROTECT, related_name="evidence")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    run = models.ForeignKey("assessments.Run", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    result = models.ForeignKey("assessments.Result", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    title = models.CharField(max_length=300)
    sha256 = models.CharField(max_length=64)
    linked_by = models.ForeignKey("accounts.Person", on_delete=models.PROTECT, related_name="+")
    linked_at = models.DateTimeField(default=timezone.now)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = EvidenceQuerySet.as_manager()

    class Meta:
        ordering = ["linked_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["item", "sha256"], condition=Q(withdrawn_at__isnull=True), name="one_link_per_item_and_digest"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["run", "result", "report", "document"]), name="kind_of_evidence_is_known"
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=["run", "result"]) | Q(run__isnull=False), name="a_run_is_linked_by_its_row"
            ),
        ]

    def __str__(self):
        return self.title

    @property
    def verdict(self) -> str:
        """As measured; empty for what has none."""
        measured = self.result or self.run
        return measured.verdict if measured else ""

    @property
    def is_reperformed(self) -> bool:
        return self.run is not None and self.run.rerun_of_id is not None


class AssignmentQuerySet(models.QuerySet):
    def standing(self):
        return self.filter(ended_at__isnull=True)


class ValidatorAssignment(models.Model):
    """That somebody validates, as lead or second, and that they attested to their independence."""

    class Role(models.TextChoices):
        LEAD = "lead", "Lead validator"
        SECOND = "second", "Second validator"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey(ValidationRequest, on_delete=models.PROTECT, related_name="assignments")
    person = models.ForeignKey("accounts.Person", on_delete=models.PROTECT, related_name="validations_assigned")
    role = models.CharField(max_length=10, choices=Role.choices)
    assigned_by = models.ForeignKey("accounts.Person", null=True, on_delete=models.PROTECT, related_name="+")
    assigned_at = models.DateTimeField(default=timezone.now)
    attested_at = models.DateTimeField(null=True, blank=True)
    signature = models.OneToOneField("accounts.Signature", null=True, blank=True, on_delete=models.PROTECT)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_because = models.TextField(blank=True)

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        ordering = ["assigned_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["request", "role"], condition=Q(ended_at__isnull=True), name="one_validator_per_role"
            ),
            models.UniqueConstraint(
                fields=["request", "person"], condition=Q(ended_at__isnull=True), name="one_role_per_validator"
            ),
            models.CheckConstraint(condition=Q(role__in=["lead", "second"]), name="role_of_a_validator_is_known"),
        ]

    def __str__(self):
        return f"independence of {self.person} in {self.request}"
