"""What validators challenge, and what the first line answers."""

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from audits.workflows.models.validations import ValidationItem, ValidationRequest


class ChallengeQuerySet(models.QuerySet):
    def open(self):
        resolved = ChallengeEntry.objects.filter(challenge=OuterRef("pk"), kind=ChallengeEntry.Kind.RESOLUTION)
        return self.exclude(Exists(resolved))


class Challenge(models.Model):
    """A numbered question of the validators that the first line answers, until a validator resolves it."""

    request = models.ForeignKey(ValidationRequest, on_delete=models.PROTECT, related_name="challenges")
    number = models.PositiveSmallIntegerField()
    item = models.ForeignKey(ValidationItem, null=True, blank=True, on_delete=models.PROTECT, related_name="challenges")

    objects = ChallengeQuerySet.as_manager()

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["request", "number"], name="challenges_are_numbered")]

    def __str__(self):
        return f"challenge {self.number} of {self.request.reference}"

    @property
    def awaits_an_answer(self) -> bool:
        """Whether the last word is a validator's question; of prefetched entries, where they are there."""
        kinds = [entry.kind for entry in self.entries.all()]
        return bool(kinds) and kinds[-1] in (ChallengeEntry.Kind.CHALLENGE, ChallengeEntry.Kind.FOLLOW_UP)


class ChallengeEntry(models.Model):
    """What one person said in a challenge. Append-only."""

    class Kind(models.TextChoices):
        CHALLENGE = "challenge", "Challenge"
        RESPONSE = "response", "Response"
        FOLLOW_UP = "follow_up", "Follow-up"
        RESOLUTION = "resolution", "Resolution"

    challenge = models.ForeignKey(Challenge, on_delete=models.PROTECT, related_name="entries")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    text = models.TextField()
    said_by = models.ForeignKey("accounts.Person", on_delete=models.PROTECT, related_name="+")
    said_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["said_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["challenge"], condition=Q(kind="resolution"), name="a_challenge_is_resolved_once"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["challenge", "response", "follow_up", "resolution"]),
                name="kind_of_a_challenge_entry_is_known",
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display().lower()} in {self.challenge}"
