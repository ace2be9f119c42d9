from django.db import models
from django.utils import timezone


class Delivery(models.Model):
    """One webhook of the MLflow server that is the master here: a hint that something changed, taken once."""

    delivery_id = models.CharField(max_length=100, unique=True)
    event = models.CharField(max_length=100)
    name = models.CharField(max_length=256, blank=True)  # Of the model it speaks of; empty asks for all.
    received_at = models.DateTimeField(default=timezone.now)
    followed_at = models.DateTimeField(null=True, blank=True)  # When the master was asked what is true.
    refusals = models.JSONField(default=list, blank=True)  # What of everything could not be taken over then.

    class Meta:
        ordering = ["received_at"]

    def __str__(self):
        return f"{self.event} {self.delivery_id}"
