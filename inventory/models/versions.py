import uuid
from datetime import datetime

from django.db import models
from django.db.models import Func, Q
from django.db.models.functions import MD5
from django.utils import timezone

from audits.profiles.schema import Column, Role, columns_from_json
from inventory.states import Stage


class ModelVersionQuerySet(models.QuerySet):
    def of_artifact(self, version):
        """Itself and every version, of whatever model, that is the same artifact: by digest, as a copy, or by place.

        A function of the database says it, so that triggers go by the same.
        """
        same = Func("pk", function="versions_of_artifact", output_field=models.UUIDField())
        return self.filter(pk__in=ModelVersion.objects.filter(pk=version.pk).values_list(same))


class ModelVersion(models.Model):
    """One immutable build of a model. A change is a new version."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    model = models.ForeignKey("inventory.Model", on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    stage = models.CharField(max_length=20, choices=[(s.value, s.capitalize()) for s in Stage], default=Stage.CANDIDATE)
    framework = models.CharField(max_length=50, blank=True)
    artifact_uri = models.CharField(max_length=1000, blank=True)  # Where it lives elsewhere; never fetched.
    artifact_sha256 = models.CharField(max_length=64, blank=True)
    artifact_bytes = models.BigIntegerField(null=True, blank=True)
    code_ref = models.CharField(max_length=500, blank=True)
    training_data = models.JSONField(default=dict, blank=True)
    params = models.JSONField(default=dict, blank=True)
    metrics = models.JSONField(default=dict, blank=True)
    schema = models.JSONField(default=list)  # Columns, as audits.profiles.schema reads them.
    decision_threshold = models.FloatField(null=True, blank=True)
    tags = models.JSONField(default=dict, blank=True)
    origin = models.CharField(max_length=100, blank=True)  # Reference of the request that asked for this version.
    predecessor = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="successors")
    copied_from = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="copies"
    )  # What the first of a row of copies was made of.
    registered_by = models.ForeignKey(
        "accounts.Person", null=True, on_delete=models.PROTECT, related_name="versions_registered"
    )
    registered_at = models.DateTimeField(default=timezone.now)
    promoted_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)  # Superseded or retired.

    objects = ModelVersionQuerySet.as_manager()

    class Meta:
        ordering = ["model", "-number"]
        indexes = [
            models.Index(MD5("artifact_uri"), condition=~Q(artifact_uri=""), name="versions_by_place"),
            models.Index(fields=["artifact_sha256"], condition=~Q(artifact_sha256=""), name="versions_by_artifact"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["model", "number"], name="one_version_per_number"),
            models.UniqueConstraint(fields=["model"], condition=Q(stage="production"), name="one_production_version"),
            models.UniqueConstraint(
                fields=["model", "origin"], condition=~Q(origin=""), name="one_version_per_request"
            ),
            models.CheckConstraint(condition=Q(stage__in=[s.value for s in Stage]), name="version_stage_is_known"),
        ]

    def __str__(self):
        return f"{self.model.name} version {self.number}"

    @property
    def model_slug(self):
        return self.model.slug

    def is_same_artifact(self, other: "ModelVersion") -> bool:
        """As `of_artifact` says; two digests tell it without asking."""
        if self.artifact_sha256 and other.artifact_sha256:
            return self.artifact_sha256 == other.artifact_sha256
        return self.pk == other.pk or ModelVersion.objects.of_artifact(self).filter(pk=other.pk).exists()

    @property
    def is_described(self) -> bool:
        """Whether anybody said what its columns are; one that came through MLflow may lack that at first."""
        return bool(self.schema)

    def columns(self) -> tuple[Column, ...]:
        return columns_from_json(self.schema) if self.is_described else ()

    def columns_with(self, role: Role) -> list[Column]:
        return [column for column in self.columns() if role in column.roles]

    def column_with(self, role: Role) -> Column | None:
        """The one column of a role that only one column may have: id, time, score, prediction, label."""
        return next(iter(self.columns_with(role)), None)

    def logged_ends(self) -> tuple[datetime | None, datetime | None]:
        """When the first and the last prediction known of it were made, in batches and in sources."""
        ends = [
            rows.aggregate(first=models.Min("first_at"), last=models.Max("last_at"))
            for rows in (self.batches, self.sources.open())
        ]
        first = min((end["first"] for end in ends if end["first"]), default=None)
        return first, max((end["last"] for end in ends if end["last"]), default=None)

    def has_logged_within(self, start: datetime, end: datetime) -> bool:
        """Whether predictions of the half-open window [start, end) are known of."""
        return self.batches.within(start, end).exists() or self.sources.open().within(start, end).exists()

    def next_logged_at(self, start: datetime) -> datetime | None:
        """From when on there are predictions, at `start` or later; None while none are known of."""
        firsts = [
            max(rows.first_at, start) if elsewhere else rows.first_at
            for rows, elsewhere in (
                (self.batches.filter(last_at__gte=start).order_by("first_at").first(), False),
                (self.sources.open().filter(last_at__gte=start).order_by("first_at").first(), True),
            )
            if rows is not None
        ]
        return min(firsts, default=None)

    @property
    def is_watched(self) -> bool:
        """Whether assessments of it are of interest: it decides, might decide, or runs beside what decides."""
        return self.stage in (Stage.CANDIDATE, Stage.CHALLENGER, Stage.PRODUCTION)
