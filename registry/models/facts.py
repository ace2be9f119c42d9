"""What an MLflow client says beside what the register knows. Rows exist only where a client said something."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from registry.stages import ASSIGNABLE, NONE


class ModelFacts(models.Model):
    """One model as MLflow sees it: when a client last changed it, and whether one deleted it."""

    model = models.OneToOneField("inventory.Model", primary_key=True, on_delete=models.PROTECT, related_name="mlflow")
    touched_at = models.DateTimeField(default=timezone.now)
    deleted_at = models.DateTimeField(null=True, blank=True)
    deleted_name = models.CharField(max_length=200, blank=True)  # The name it had, which is free again.
    mirrors = models.CharField(max_length=200, blank=True, db_index=True)  # What the master calls it, where it has one.

    def __str__(self):
        return f"{self.model} for MLflow"

    @property
    def model_slug(self):
        return self.model.slug


class VersionFacts(models.Model):
    """One version as MLflow sees it: where it came from, in the client's own words, and its stage there."""

    version = models.OneToOneField(
        "inventory.ModelVersion", primary_key=True, on_delete=models.PROTECT, related_name="mlflow"
    )
    description = models.TextField(blank=True)
    run_id = models.CharField(max_length=200, blank=True, db_index=True)
    run_link = models.CharField(max_length=1000, blank=True)
    logged_model_id = models.CharField(max_length=200, blank=True)
    location = models.CharField(max_length=1000, blank=True)  # The source, its chain of copies followed to the end.
    stage = models.CharField(max_length=10, default=NONE)  # As a client set it; a governed one follows decisions.
    answers_call = models.CharField(max_length=64, blank=True)  # Digest of model, caller and body: if sent again, this.
    touched_at = models.DateTimeField(default=timezone.now)
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(stage__in=ASSIGNABLE), name="mlflow_stage_is_known"),
            models.UniqueConstraint(
                fields=["answers_call"], condition=~Q(answers_call=""), name="one_version_answers_a_call"
            ),
        ]

    def __str__(self):
        return f"{self.version} for MLflow"


class Tag(models.Model):
    key = models.CharField(max_length=250, db_index=True)
    value = models.TextField(blank=True)

    class Meta:
        abstract = True

    def __str__(self):
        return self.key


class ModelTag(Tag):
    """A tag of a model, kept as the client sent it."""

    model = models.ForeignKey("inventory.Model", on_delete=models.PROTECT, related_name="mlflow_tags")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["model", "key"], name="one_value_per_model_tag")]


class VersionTag(Tag):
    """A tag of a version, kept as the client sent it."""

    version = models.ForeignKey("inventory.ModelVersion", on_delete=models.PROTECT, related_name="mlflow_tags")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "key"], name="one_value_per_version_tag")]


class Alias(models.Model):
    """A name for one version of a model, which a client may move."""

    model = models.ForeignKey("inventory.Model", on_delete=models.PROTECT, related_name="aliases")
    version = models.ForeignKey("inventory.ModelVersion", on_delete=models.PROTECT, related_name="aliases")
    name = models.CharField(max_length=255)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["model", "name"], name="one_version_per_alias")]

    def __str__(self):
        return f"{self.name} of {self.model}"
