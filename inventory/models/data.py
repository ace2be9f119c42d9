"""Data that a model has seen. Rows live as Parquet under their digest; the database holds what they are."""

import uuid

from django.db import models
from django.utils import timezone


class DataFile(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    sha256 = models.CharField(max_length=64)  # Of the Parquet in storage: its address and its evidence.
    body_sha256 = models.CharField(max_length=64)  # Of the bytes as they were sent, to know a repeated body.
    rows = models.PositiveIntegerField()
    received_at = models.DateTimeField(default=timezone.now)
    received_from = models.ForeignKey("accounts.Person", null=True, on_delete=models.PROTECT)

    class Meta:
        abstract = True

    @property
    def model_slug(self):
        return self.version.model.slug


class ReferenceData(DataFile):
    """What a version is compared with. Its grid is frozen from it, once."""

    version = models.OneToOneField("inventory.ModelVersion", on_delete=models.PROTECT, related_name="reference")
    grid_sha256 = models.CharField(max_length=64)
    grid = models.JSONField()
    profile_sha256 = models.CharField(max_length=64)

    def __str__(self):
        return f"reference of {self.version}"


class BatchQuerySet(models.QuerySet):
    def within(self, start, end):
        """Batches with rows in the half-open window [start, end), always in the same order."""
        return self.filter(first_at__lt=end, last_at__gte=start).order_by("first_at", "sha256")

    def unprofiled(self):
        return self.filter(profile_sha256="", version__reference__isnull=False)


class PredictionBatch(DataFile):
    """Rows that a version scored, as they were logged."""

    version = models.ForeignKey("inventory.ModelVersion", on_delete=models.PROTECT, related_name="batches")
    first_at = models.DateTimeField()  # From the time column; where there is none, when it was received.
    last_at = models.DateTimeField()
    profile_sha256 = models.CharField(max_length=64, blank=True)

    objects = BatchQuerySet.as_manager()

    class Meta:
        ordering = ["first_at"]
        indexes = [models.Index(fields=["version", "first_at"])]
        constraints = [models.UniqueConstraint(fields=["version", "body_sha256"], name="one_batch_per_body")]

    def __str__(self):
        return f"batch of {self.rows} rows for {self.version}"


class OutcomeBatch(DataFile):
    """Labels by prediction id, possibly long after the prediction. Two columns: id and label."""

    model = models.ForeignKey("inventory.Model", on_delete=models.PROTECT, related_name="outcome_batches")
    unknown_ids = models.PositiveIntegerField(default=0)  # Without a prediction when they came.

    class Meta:
        ordering = ["received_at"]
        constraints = [models.UniqueConstraint(fields=["model", "body_sha256"], name="one_outcome_batch_per_body")]

    def __str__(self):
        return f"{self.rows} outcomes for {self.model}"

    @property
    def model_slug(self):
        return self.model.slug
