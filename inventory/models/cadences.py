"""That something about one model is looked at more often, or for a time less often, than the policy says."""

from django.db import models
from django.db.models import Q

from inventory import policies
from inventory.models.particulars import STANDS, Particular, ParticularQuerySet

CHOICES = list(policies.RHYTHMS.items())


class CadenceQuerySet(ParticularQuerySet):
    def holding(self, today, moment=None):
        """In force on this day, also as known at a moment; a last day counts as it passes, not when a sweep sees it."""
        return self.standing(moment).filter(Q(holds_until=None) | Q(holds_until__gte=today))

    def lapsed(self, today):
        """Past their last day, and not ended yet."""
        return self.standing().filter(holds_until__lt=today)


class Cadence(Particular):
    """One rhythm of one model, set apart from the policy's. Set and ended, never changed.

    What loosens was decided by a change request, and has a last day; what tightens needs neither.
    """

    rhythm = models.CharField(max_length=20, choices=CHOICES)
    every = models.CharField(max_length=30)
    reason = models.TextField()
    loosens = models.BooleanField()
    change_reference = models.CharField(max_length=20, blank=True)  # CR-2026-0001
    holds_until = models.DateField(null=True, blank=True)

    objects = CadenceQuerySet.as_manager()

    class Meta(Particular.Meta):
        verbose_name_plural = "cadences"
        indexes = [models.Index(fields=["rhythm"], condition=STANDS, name="cadences_by_rhythm")]
        constraints = [
            models.UniqueConstraint(fields=["model", "rhythm"], condition=STANDS, name="one_cadence_per_rhythm"),
            models.CheckConstraint(condition=Q(rhythm__in=list(policies.RHYTHMS)), name="rhythm_is_known"),
            models.CheckConstraint(
                condition=Q(loosens=False) | (~Q(change_reference="") & Q(holds_until__isnull=False)),
                name="looser_cadence_was_decided_and_ends",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="cadence_has_a_reason"),
        ]

    def __str__(self):
        until = f" until {self.holds_until:%-d %B %Y}" if self.holds_until else ""
        return f"{self.get_rhythm_display()} of {self.model}: {self.every}{until}"
