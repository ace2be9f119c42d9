"""Predictions as a serving platform's logger tells them: the request in one event, the response in another."""

from datetime import timedelta

from django.db import models
from django.utils import timezone

KNOWN_FOR = timedelta(days=7)  # So long a repeated event is known after its batch was made.
KEPT_FOR = timedelta(days=30)  # So long what came waits for its other half, or for somebody to mend what refused it.


class EventQuerySet(models.QuerySet):
    def waiting(self):
        """In no batch yet, and not refused."""
        return self.filter(batch=None, refused_at=None)

    def paired(self):
        """Waiting, with the other half there."""
        return self.waiting().filter(_other_half())

    def older_than(self, *, made, stuck):
        """Those whose batch was made long enough ago, and those that became no row in time."""
        return self.filter(
            models.Q(batch__isnull=False, received_at__lt=made) | models.Q(batch=None, received_at__lt=stuck)
        )

    def alone(self):
        """Waiting for the other half, which may never come."""
        return self.waiting().filter(~_other_half())


class InferenceEvent(models.Model):
    """One half of a prediction. Its values are kept until both halves are rows of a batch; then only that it came."""

    class Half(models.TextChoices):
        REQUEST = "request", "Request"
        RESPONSE = "response", "Response"

    version = models.ForeignKey("inventory.ModelVersion", on_delete=models.PROTECT, related_name="events")
    event_id = models.CharField(max_length=200)  # The same for both halves.
    half = models.CharField(max_length=10, choices=Half.choices)
    digest = models.CharField(max_length=64)  # Of what it said, to know a repeated event.
    values = models.BinaryField()  # `{column: [values]}` as JSON.
    received_at = models.DateTimeField(default=timezone.now)
    received_from = models.ForeignKey("accounts.Person", on_delete=models.PROTECT)
    parcel = models.UUIDField(null=True, blank=True)  # The pairs that go into one batch together.
    batch = models.ForeignKey(
        "inventory.PredictionBatch", null=True, blank=True, on_delete=models.PROTECT, related_name="events"
    )
    fault = models.TextField(blank=True)  # Why it is in no batch, although both halves are there.
    refused_at = models.DateTimeField(null=True, blank=True)

    objects = EventQuerySet.as_manager()

    class Meta:
        ordering = ["received_at", "pk"]
        indexes = [
            models.Index(
                fields=["version", "event_id"],
                condition=models.Q(batch=None, refused_at=None),
                name="events_that_wait",
            ),
            models.Index(fields=["parcel"], name="events_by_parcel"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["version", "event_id", "half"], name="one_event_per_half"),
            models.CheckConstraint(condition=models.Q(half__in=["request", "response"]), name="event_half_is_known"),
        ]

    def __str__(self):
        return f"{self.half} {self.event_id}"

    @property
    def lacks(self) -> str:
        """The half that is not this one."""
        return self.Half.RESPONSE if self.half == self.Half.REQUEST else self.Half.REQUEST


def _other_half() -> models.Exists:
    same = InferenceEvent.objects.filter(version=models.OuterRef("version"), event_id=models.OuterRef("event_id"))
    return models.Exists(same.exclude(half=models.OuterRef("half")))
