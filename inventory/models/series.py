"""What is known of a model beside its predictions: how it runs, and what it brings, point by point."""

import uuid

from django.db import models
from django.utils import timezone


class SeriesQuerySet(models.QuerySet):
    def with_ends(self):
        """Each with the number of its times, the first and the last of them, and what it last stood at."""
        newest = SeriesPoint.objects.filter(series=models.OuterRef("pk")).order_by("-at", "-pk")
        return self.annotate(
            times=models.Count("points__at", distinct=True),
            first_at=models.Min("points__at"),
            last_at=models.Max("points__at"),
            last_value=models.Subquery(newest.values("value")[:1]),
        )


class Series(models.Model):
    """One figure of a model that somebody else measures: latency, error rate, click-through, losses avoided."""

    class Pillar(models.TextChoices):
        OPERATIONAL = "operational", "Operation"
        BUSINESS = "business", "Business"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    model = models.ForeignKey("inventory.Model", on_delete=models.PROTECT, related_name="series")
    name = models.CharField(max_length=100)
    unit = models.CharField(max_length=40)
    pillar = models.CharField(max_length=20, choices=Pillar.choices)
    begun_at = models.DateTimeField(default=timezone.now)

    objects = SeriesQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["model", "name"], name="one_series_per_name"),
            models.CheckConstraint(
                condition=models.Q(pillar__in=["operational", "business"]), name="series_pillar_is_known"
            ),
        ]

    def __str__(self):
        return f"{self.name} of {self.model}"

    @property
    def model_slug(self):
        return self.model.slug


class SeriesPointQuerySet(models.QuerySet):
    def standing(self):
        """One point for each time: that which was received last. Newest time first."""
        return self.order_by("-at", "-pk").distinct("at")


class SeriesPoint(models.Model):
    """What a series stood at. A correction is another row for the same time; the earlier one stays."""

    series = models.ForeignKey(Series, on_delete=models.PROTECT, related_name="points")
    at = models.DateTimeField()
    value = models.FloatField()
    received_at = models.DateTimeField(default=timezone.now)

    objects = SeriesPointQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["series", "-at", "-id"], name="points_of_a_series")]

    def __str__(self):
        return f"{self.value:g} at {self.at.isoformat()}"
