import uuid

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from inventory import policies
from inventory.states import TierState


class TierAssessmentQuerySet(models.QuerySet):
    def proposed(self):
        return self.filter(state=TierState.PROPOSED)

    def confirmed(self):
        return self.filter(state=TierState.CONFIRMED)


class TierAssessment(models.Model):
    """One answer to "how much depends on this model?": the scorecard as it was filled in, and the tier it came to."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    model = models.ForeignKey("inventory.Model", on_delete=models.PROTECT, related_name="tier_assessments")
    policy = models.ForeignKey("inventory.Policy", on_delete=models.PROTECT)  # Whose scorecard and floors these are.
    scorecard = models.CharField(max_length=2000)  # What the policy calls it.
    answers = models.JSONField(default=dict)  # Empty where the levels were entered without the questions.
    facts = models.JSONField(default=dict)  # What the floors looked at.
    exposure = models.CharField(max_length=10)
    purpose_level = models.CharField(max_length=10)
    complexity = models.CharField(max_length=10)
    reliance = models.CharField(max_length=10)
    computed = models.PositiveSmallIntegerField()
    tier = models.PositiveSmallIntegerField()  # Stricter than computed where overridden; 0 where exempt.
    reason = models.TextField(blank=True)  # Of an override or an exemption.
    steps = models.JSONField(default=list)  # The arithmetic, in sentences.
    state = models.CharField(
        max_length=20, choices=[(s.value, s.capitalize()) for s in TierState], default=TierState.PROPOSED
    )
    proposed_by = models.ForeignKey(
        "accounts.Person", null=True, blank=True, on_delete=models.PROTECT, related_name="tiers_proposed"
    )
    proposed_at = models.DateTimeField(default=timezone.now)
    confirmed_by = models.ForeignKey(
        "accounts.Person", null=True, blank=True, on_delete=models.PROTECT, related_name="tier_assessments_confirmed"
    )
    confirmed_at = models.DateTimeField(null=True, blank=True)

    objects = TierAssessmentQuerySet.as_manager()

    class Meta:
        ordering = ["-proposed_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["model"], condition=Q(state="proposed"), name="one_proposed_tier_per_model"
            ),
            models.UniqueConstraint(
                fields=["model"], condition=Q(state="confirmed"), name="one_confirmed_tier_per_model"
            ),
            models.CheckConstraint(
                condition=Q(state__in=[s.value for s in TierState]), name="tier_assessment_state_is_known"
            ),
            models.CheckConstraint(condition=Q(computed__gte=1, computed__lte=3), name="computed_tier_is_1_2_or_3"),
            models.CheckConstraint(
                condition=Q(tier=F("computed"))
                | (Q(tier__gte=1, tier__lt=F("computed")) & ~Q(reason=""))
                | (Q(tier=0, computed=3) & ~Q(reason="")),
                name="tier_is_overridden_only_to_a_stricter_one_with_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True)
                | Q(proposed_by__isnull=True)
                | ~Q(confirmed_by=F("proposed_by")),
                name="tier_confirmed_by_another_than_who_proposed_it",
            ),
        ]

    def __str__(self):
        return f"tier {self.tier} of {self.model}"

    @property
    def model_slug(self):
        return self.model.slug

    @property
    def levels(self) -> dict[str, str]:
        return {factor: getattr(self, factor) for factor in policies.FACTORS}


class TierDoubtQuerySet(models.QuerySet):
    def standing(self):
        return self.filter(settled_at=None)


class TierDoubt(models.Model):
    """One reason to assess a confirmed tier again; settled when a tier is confirmed next, never otherwise changed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    model = models.ForeignKey("inventory.Model", on_delete=models.PROTECT, related_name="tier_doubts")
    use = models.ForeignKey(  # Where a use raised it; approving that use waits for the tier.
        "inventory.Use", null=True, blank=True, on_delete=models.PROTECT, related_name="tier_doubts"
    )
    reason = models.CharField(max_length=400)
    raised_by = models.ForeignKey(
        "accounts.Person", null=True, on_delete=models.PROTECT, related_name="tier_doubts_raised"
    )
    raised_at = models.DateTimeField(default=timezone.now)
    settled_at = models.DateTimeField(null=True, blank=True)

    objects = TierDoubtQuerySet.as_manager()

    class Meta:
        ordering = ["raised_at", "reason"]
        constraints = [
            models.UniqueConstraint(
                fields=["model", "reason"], condition=Q(settled_at=None), name="one_standing_doubt_per_reason"
            )
        ]

    def __str__(self):
        return f"{self.model}: {self.reason}"
