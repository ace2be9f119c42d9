"""What auditors and examiners read: they see everything, so it is kept what they saw."""

from django.db import models
from django.utils import timezone

from mrm.accounts.models.people import Person


class Reading(models.Model):
    """That one of them opened a page or read through the API. Append-only by trigger."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="readings")
    address = models.CharField(max_length=500)
    read_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-read_at", "-id"]
        indexes = [models.Index(fields=["person", "-read_at"], name="readings_of_a_person")]

    def __str__(self):
        return f"{self.person} read {self.address}"
