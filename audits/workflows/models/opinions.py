"""What a validation concluded, and who signed it."""

import uuid
from datetime import date, datetime

from django.db import models
from django.db.models import Func, Q
from django.utils import timezone

from audits.workflows.models.past import not_by
from audits.workflows.models.validations import ValidationRequest
from inventory.models import ModelVersion

# The types whose opinion lets a version go into production; lighter ones look at parts of it.
ENTITLING = ("initial", "periodic_full", "vendor", "change_triggered")


class OpinionQuerySet(models.QuerySet):
    """With `at` as it was at that moment of the past."""

    def standing(self, at: datetime | None = None):
        return self.filter(not_by("voided_at", at))

    def approved(self, at: datetime | None = None):
        standing = self.standing(at)
        return standing.filter(approved_at__lte=at) if at else standing.filter(approved_at__isnull=False)

    def fit(self, at: datetime | None = None):
        """Approved, and not found unfit; whether it still holds or not."""
        return self.approved(at).exclude(outcome=ValidationOpinion.Outcome.NOT_FIT)

    def in_force(self, today: date, at: datetime | None = None):
        """Fit, begun, and neither expired nor replaced by a later one of the same version."""
        holding = self.fit(at).filter(not_by("superseded_at", at), request__kind__in=ENTITLING)
        return holding.filter(effective_on__lte=today, expires_on__gte=today)

    def not_fit(self, at: datetime | None = None):
        """That a version is not fit holds until a later opinion says otherwise."""
        unfit = self.approved(at).filter(outcome=ValidationOpinion.Outcome.NOT_FIT)
        return unfit.filter(not_by("superseded_at", at))

    def against(self, version):
        """That this version is not fit, whatever number or model its artifact had then, unless it was found fit since.

        Or that a model is not that has it, as a whole, in its review. What a full validation found takes another full
        one; that such an opinion ends or is replaced by a lighter one later takes nothing back. A function of the
        database says it, so that triggers go by the same.
        """
        found = Func("pk", function="found_unfit_by", output_field=models.UUIDField())
        return self.filter(pk__in=ModelVersion.objects.filter(pk=version.pk).values_list(found))


class ValidationOpinion(models.Model):
    """What the lead validator concluded, under which conditions and for how long; in force once it is approved."""

    class Outcome(models.TextChoices):
        FIT = "fit", "Fit for use"
        FIT_WITH_CONDITIONS = "fit_with_conditions", "Fit with conditions"
        NOT_FIT = "not_fit", "Not fit for use"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey(ValidationRequest, on_delete=models.PROTECT, related_name="opinions")
    person = models.ForeignKey("accounts.Person", on_delete=models.PROTECT, related_name="opinions")
    outcome = models.CharField(max_length=20, choices=Outcome.choices)
    summary = models.TextField()
    conditions = models.JSONField(default=list)  # {"text", "due_on", "finding"}: what contains each severe finding.
    # Of a post-implementation review: {"effect", "output_percent", "cases_percent", "predicted"}; else empty.
    realised = models.JSONField(default=dict)
    effective_on = models.DateField()
    expires_on = models.DateField()  # The last day.
    content_digest = models.CharField(max_length=64)  # Of plan, outcomes, evidence, challenges and findings.
    content = models.JSONField()  # Exactly what that digest is of.
    signature = models.OneToOneField("accounts.Signature", on_delete=models.PROTECT)
    given_at = models.DateTimeField(default=timezone.now)
    voided_at = models.DateTimeField(null=True, blank=True)
    voided_because = models.TextField(blank=True)
    approved_at = models.DateTimeField(null=True, blank=True)
    superseded_at = models.DateTimeField(null=True, blank=True)

    objects = OpinionQuerySet.as_manager()

    class Meta:
        ordering = ["-given_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["request"], condition=Q(voided_at__isnull=True), name="one_standing_opinion_per_request"
            ),
            models.CheckConstraint(
                condition=Q(outcome__in=["fit", "fit_with_conditions", "not_fit"]),
                name="outcome_of_an_opinion_is_known",
            ),
            models.CheckConstraint(
                condition=Q(expires_on__gt=models.F("effective_on")), name="an_opinion_expires_after_it_begins"
            ),
        ]

    def __str__(self):
        return f"{self.get_outcome_display().lower()}, {self.request.reference}"


class ReviewQuerySet(models.QuerySet):
    def standing(self):
        return self.filter(voided_at__isnull=True)


class ValidationReview(models.Model):
    """What the second validator, and then whoever approves, signed about an opinion."""

    class Step(models.TextChoices):
        REVIEW = "review", "Review by the second validator"
        APPROVAL = "approval", "Approval"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    opinion = models.ForeignKey(ValidationOpinion, on_delete=models.PROTECT, related_name="reviews")
    step = models.CharField(max_length=10, choices=Step.choices)
    person = models.ForeignKey("accounts.Person", on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=30)
    agreed = models.BooleanField()
    comment = models.TextField(blank=True)
    signature = models.OneToOneField("accounts.Signature", on_delete=models.PROTECT)
    signed_at = models.DateTimeField(default=timezone.now)
    voided_at = models.DateTimeField(null=True, blank=True)
    voided_because = models.TextField(blank=True)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        ordering = ["signed_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["opinion", "step"], condition=Q(voided_at__isnull=True), name="one_signature_per_step"
            ),
            models.UniqueConstraint(
                fields=["opinion", "person"], condition=Q(voided_at__isnull=True), name="nobody_signs_an_opinion_twice"
            ),
            models.CheckConstraint(condition=Q(step__in=["review", "approval"]), name="step_of_a_review_is_known"),
        ]

    def __str__(self):
        return f"{self.get_step_display().lower()} of {self.opinion}"
