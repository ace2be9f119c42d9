"""What the portfolio sorts and counts by, kept per model because a hundred thousand cannot be judged for every look."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from audits.assessments.models import VERDICTS
from inventory.states import Status

RETIRED_LAST_WORST_FIRST = ("is_retired", "badness", "tier", "name", "model_id")


class StandingQuerySet(models.QuerySet):
    def visible_to(self, person):
        """As for models: the workspaces this person holds a role in, within their token."""
        return self.filter(person.sees("workspace", "slug"))


class Standing(models.Model):
    """How one model stands, as `audits.workflows.contents.standings` computes it. Can be made anew at any time.

    What a portfolio chooses and sorts by is copied from the model, so that a look reads this table alone. Nothing
    points at another table by a constraint: whoever counts must not wait for whoever changes the model.
    """

    model = models.OneToOneField(
        "inventory.Model", primary_key=True, on_delete=models.CASCADE, related_name="standing", db_constraint=False
    )
    workspace = models.ForeignKey(
        "accounts.Workspace", on_delete=models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    owner = models.ForeignKey(
        "accounts.Person", on_delete=models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    slug = models.TextField()
    name = models.TextField()
    tier = models.PositiveSmallIntegerField()
    tier_is_provisional = models.BooleanField()
    status = models.CharField(max_length=20)
    is_retired = models.GeneratedField(
        expression=Q(status=Status.RETIRED), output_field=models.BooleanField(), db_persist=True
    )
    verdict = models.CharField(max_length=20, choices=VERDICTS, blank=True)  # Empty: never assessed.
    badness = models.PositiveSmallIntegerField()  # The worst first; what was never assessed last.
    next_due_at = models.DateTimeField(null=True)  # The first assessment that is due.
    finding_due_on = models.DateField(null=True)  # The first open finding that is due.
    validation_due_on = models.DateField(null=True)  # The next validation or review, by the policy in force.
    in_use_without_approval = models.BooleanField(default=False)
    counted_at = models.DateTimeField()

    objects = StandingQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=[*RETIRED_LAST_WORST_FIRST[:-1], "model"], name="standings_worst_first")]
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
    made_at = models.DateTimeField(db_default=Now())

    def __str__(self):
        return f"mark on {self.model}"
