import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone


class ReminderRound(models.Model):
    """The last day for which it was settled what one person is reminded of. Locked while that is done."""

    person = models.OneToOneField("accounts.Person", primary_key=True, on_delete=models.CASCADE, related_name="+")
    day = models.DateField(null=True)

    def __str__(self):
        return f"reminders of {self.person}, {self.day}"


class Reminder(models.Model):
    """That a person was told of one thing that is asked of them, at one stage of its urgency. Gone once it is done."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey("accounts.Person", on_delete=models.CASCADE, related_name="reminders")
    address = models.CharField(max_length=300)
    action = models.CharField(max_length=100)
    due_on = models.DateField(null=True, blank=True)
    stage = models.CharField(max_length=40)
    told_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "address", "action", "due_on", "stage"],
                nulls_distinct=False,
                name="one_reminder_per_stage",
            ),
            models.CheckConstraint(condition=~Q(stage=""), name="reminder_has_its_stage"),
        ]

    def __str__(self):
        return f"{self.person}: {self.address}, {self.stage}"
