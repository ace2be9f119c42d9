import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone


class SupervisoryRecord(models.Model):
    """What the supervisor was told, or said, about a version, and the document that shows it. Never changed."""

    class Said(models.TextChoices):
        NOTIFIED = "notified", "The supervisor was told"
        APPROVED = "approved", "The supervisor approved"
        OBJECTED = "objected", "The supervisor objected"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    version = models.ForeignKey("inventory.ModelVersion", on_delete=models.PROTECT, related_name="supervision")
    said = models.CharField(max_length=20, choices=Said.choices)
    on = models.DateField()
    document = models.ForeignKey("inventory.Document", on_delete=models.PROTECT, related_name="+")
    remark = models.TextField(blank=True)
    recorded_by = models.ForeignKey("accounts.Person", on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["on", "recorded_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(said__in=["notified", "approved", "objected"]), name="what_the_supervisor_said_is_known"
            )
        ]

    def __str__(self):
        return f"{self.get_said_display()} on {self.on}: {self.version}"
