"""What was measured: plans, their runs, the results, and the breaches these opened."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from audits.assessments.states import FINISHED, BreachState, RunState
from audits.statistics.limits import Verdict
from inventory.models import Determination
from inventory.models.records import Record
from inventory.policies import EXEMPT
from inventory.states import Stage
from mrm.pages.wording import case

VERDICTS = [(v.value, v.capitalize()) for v in Verdict]


class Kind(models.TextChoices):
    DRIFT = "drift", "Drift"
    BIAS = "bias", "Bias"
    EXPLAINABILITY = "explainability", "Explainability"
    PERFORMANCE = "performance", "Performance"


class PlanQuerySet(models.QuerySet):
    def due(self, now):
        """Enabled plans of watched versions whose window has closed; exempt models and tools have nothing due."""
        stages = (Stage.CANDIDATE, Stage.CHALLENGER, Stage.PRODUCTION)
        due = self.filter(enabled=True, next_due_at__lte=now, version__stage__in=stages)
        return due.exclude(version__model__tier=EXEMPT).exclude(version__model__in=Determination.objects.tools())


class Plan(models.Model):
    """That one version is assessed for one kind of thing, window after window, on the cadence its tier's policy sets.

    The next run looks at [window_start, next_due_at); then the window moves on by the policy's cadence.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    version = models.ForeignKey("inventory.ModelVersion", on_delete=models.PROTECT, related_name="plans")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    enabled = models.BooleanField(default=True)
    window_start = models.DateTimeField()
    next_due_at = models.DateTimeField(db_index=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = PlanQuerySet.as_manager()

    class Meta:
        ordering = ["kind"]
        constraints = [
            models.UniqueConstraint(fields=["version", "kind"], name="one_plan_per_kind"),
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="plan_kind_is_known"),
            models.CheckConstraint(
                condition=Q(next_due_at__gt=models.F("window_start")), name="plan_window_is_not_empty"
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} plan of {self.version}"

    @property
    def model_slug(self):
        return self.version.model.slug


class PlanRecord(Record):
    """Whether a plan was enabled, and when its next run was due, over time."""

    follows = Plan

    class Meta:
        indexes = [models.Index(fields=["subject", "recorded_from"], name="records_of_a_plan")]


class RunQuerySet(models.QuerySet):
    def unfinished(self):
        return self.exclude(state__in=FINISHED)

    def finished(self):
        return self.filter(state__in=FINISHED)

    def latest_per_plan(self):
        """The run with the newest window of each plan, among finished ones; a re-run counts as newer than its first."""
        return self.finished().order_by("plan_id", "-window_end", "-queued_at").distinct("plan_id")


class Run(models.Model):
    """One execution of a plan over one window. Its results never change; measuring again is another run."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="runs")
    version = models.ForeignKey("inventory.ModelVersion", on_delete=models.PROTECT, related_name="runs")
    policy = models.ForeignKey("inventory.Policy", on_delete=models.PROTECT)
    window_start = models.DateTimeField()
    window_end = models.DateTimeField()
    rerun_of = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="reruns")
    requested_by = models.ForeignKey("accounts.Person", null=True, blank=True, on_delete=models.PROTECT)
    state = models.CharField(
        max_length=20,
        choices=[(s.value, s.replace("_", " ").capitalize()) for s in RunState],
        default=RunState.QUEUED,
    )
    verdict = models.CharField(max_length=15, choices=VERDICTS, blank=True)  # The worst of its results.
    attempt = models.PositiveSmallIntegerField(
        default=0
    )  # Which attempt may write the results: a lost worker's may not.
    progress = models.PositiveSmallIntegerField(default=0)  # Percent.
    step = models.CharField(max_length=200, blank=True)
    reason = models.TextField(blank=True)  # Why it failed or had too little data.
    inputs = models.JSONField(default=dict)  # Digests and sizes of reference, batches and outcomes.
    environment = models.JSONField(default=dict)  # Code version, library versions, confinement, seed.
    queued_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = RunQuerySet.as_manager()

    class Meta:
        ordering = ["-window_end", "-queued_at"]
        indexes = [models.Index(fields=["version", "-window_end"])]
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "window_start", "window_end"],
                condition=Q(rerun_of__isnull=True),
                name="one_run_per_plan_and_window",
            ),
            models.CheckConstraint(condition=Q(state__in=[s.value for s in RunState]), name="run_state_is_known"),
        ]

    def __str__(self):
        window = f"{self.window_start:%d %b %Y} to {self.window_end:%d %b %Y}"
        return f"{self.plan.get_kind_display()} run of {self.version}, {window}"

    @property
    def model_slug(self):
        return self.version.model.slug

    @property
    def is_finished(self) -> bool:
        return self.state in FINISHED


class Result(models.Model):
    """One number of a run: what was measured, how surely, under which limit, and the verdict."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="results")
    position = models.PositiveIntegerField()
    measure = models.CharField(max_length=60)
    column = models.CharField(max_length=410, blank=True)  # Of two columns together "race & sex".
    segment = models.CharField(max_length=300, blank=True)  # The group or segment, e.g. "sex=female & race=black".
    value = models.FloatField(null=True)
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    level = models.FloatField(null=True)
    statistic = models.FloatField(null=True)
    p_value = models.FloatField(null=True)
    sizes = models.JSONField(default=dict)
    method = models.TextField()
    reason = models.TextField(blank=True)  # Why there is no value.
    limit = models.JSONField(null=True)  # The one applied, copied from the policy version; None: measured, not judged.
    verdict = models.CharField(max_length=15, choices=VERDICTS, blank=True)  # Empty where no limit judges it.
    detail = models.JSONField(default=dict)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["run", "measure", "column", "segment"], name="one_result_per_measure"),
            models.CheckConstraint(
                condition=Q(value__isnull=False) | ~Q(reason=""), name="result_without_value_has_a_reason"
            ),
            models.CheckConstraint(
                condition=~Q(verdict="within", value__isnull=True), name="nothing_unmeasured_is_within"
            ),
        ]

    def __str__(self):
        return " ".join(part for part in (self.measure, self.column, self.segment) if part)


class BreachQuerySet(models.QuerySet):
    def open(self):
        return self.filter(closed_at__isnull=True)


class Breach(models.Model):
    """That a measure of a version went beyond its limit: one case, which later breaches of the same join."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    version = models.ForeignKey("inventory.ModelVersion", on_delete=models.PROTECT, related_name="breaches")
    measure = models.CharField(max_length=60)
    column = models.CharField(max_length=410, blank=True)  # Of two columns together "race & sex".
    segment = models.CharField(max_length=300, blank=True)
    verdict = models.CharField(max_length=15, choices=VERDICTS)  # The newest: amber or red.
    first_run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="breaches_opened")
    last_run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="breaches_seen")
    occurrences = models.PositiveIntegerField(default=1)
    opened_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True, blank=True)
    closing_reason = models.TextField(blank=True)

    objects = BreachQuerySet.as_manager()

    class Meta:
        ordering = ["-opened_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["version", "measure", "column", "segment"],
                condition=Q(closed_at__isnull=True),
                name="one_open_breach_per_case",
            ),
            models.CheckConstraint(condition=Q(verdict__in=["amber", "red"]), name="breach_is_amber_or_red"),
        ]

    def __str__(self):
        return f"{self.verdict} breach of {case(self.measure, self.column, self.segment)} on {self.version}"

    @property
    def model_slug(self):
        return self.version.model.slug

    @property
    def state(self) -> BreachState:
        """How far its investigation is: by its newest step, of prefetched ones where they are there."""
        if self.closed_at:
            return BreachState.CLOSED
        steps = list(self.steps.all())
        return STATE_AFTER[steps[-1].kind] if steps else BreachState.OPEN


DECISIONS = ("no_action", "overlay", "recalibrate", "retrain", "restrict", "retire")


class BreachStep(models.Model):
    """One step of the investigation of a breach, as somebody took it; a step taken again stands beside the first."""

    class Kind(models.TextChoices):
        TRIAGE = "triage", "Taken up"
        ROOT_CAUSE = "root_cause", "Root cause"
        DECISION = "decision", "Decision"

    class Decision(models.TextChoices):
        NO_ACTION = "no_action", "No action"
        OVERLAY = "overlay", "Overlay"
        RECALIBRATE = "recalibrate", "Recalibrate"
        RETRAIN = "retrain", "Retrain"
        RESTRICT = "restrict", "Restrict the use"
        RETIRE = "retire", "Retire"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    breach = models.ForeignKey(Breach, on_delete=models.PROTECT, related_name="steps")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    decision = models.CharField(max_length=20, choices=Decision.choices, blank=True)
    text = models.TextField()  # Who looks into it and how; what caused it; why that is decided.
    person = models.ForeignKey("accounts.Person", null=True, on_delete=models.PROTECT, related_name="breach_steps")
    signature = models.OneToOneField(
        "accounts.Signature", null=True, on_delete=models.PROTECT, related_name="breach_step"
    )  # Of a decision; of those before there were signatures, none.
    taken_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["taken_at", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["triage", "root_cause", "decision"]), name="step_is_known"),
            models.CheckConstraint(
                condition=Q(kind="decision", decision__in=DECISIONS) | (~Q(kind="decision") & Q(decision="")),
                name="a_decision_on_a_breach_says_which",
            ),
            models.CheckConstraint(condition=~Q(text=""), name="a_step_says_something"),
        ]

    def __str__(self):
        return f"{self.get_kind_display().lower()} of the {self.breach}"


STATE_AFTER = {
    BreachStep.Kind.TRIAGE: BreachState.TRIAGED,
    BreachStep.Kind.ROOT_CAUSE: BreachState.ROOT_CAUSE,
    BreachStep.Kind.DECISION: BreachState.DECIDED,
}
