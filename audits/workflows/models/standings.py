"""What the portfolio sorts and counts by, kept per model because a hundred thousand cannot be judged for every look."""

from django.db import models
from django.db.models import Q

from audits.assessments.models import VERDICTS


class Standing(models.Model):
    """How one model stands, as `audits.workflows.contents.standings` computes it. Can be made anew at any time.

    Nothing points at a model by a constraint here: whoever counts must not wait for whoever changes the model.
    """

    model = models.OneToOneField(
        "inventory.Model", primary_key=True, on_delete=models.CASCADE, related_name="standing", db_constraint=False
    )
    verdict = models.CharField(max_length=20, choices=VERDICTS, blank=True)  # Empty: never assessed.
    badness = models.PositiveSmallIntegerField()  # The worst first; what was never assessed last.
    next_due_at = models.DateTimeField(null=True)  # The first assessment that is due.
    finding_due_on = models.DateField(null=True)  # The first open finding that is due.
    in_use_without_approval = models.BooleanField(default=False)
    counted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(verdict__in=["", *(verdict for verdict, _ in VERDICTS)]), name="standing_verdict_is_known"
            ),
        ]

    def __str__(self):
        return f"standing of {self.model_id}"


class StandingMark(models.Model):
    """That something was written which may change how a model stands; made by triggers, gone once it is counted."""

    id = models.BigAutoField(primary_key=True)
    model = models.UUIDField()

    def __str__(self):
        return f"mark on {self.model}"
