import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from inventory.policies import CLASSES, MATERIAL, NON_MATERIAL

CHANGE_CLASSES = [(name, name.replace("_", "-").capitalize()) for name in CLASSES]


class Classification(models.Model):
    """Whether a change of what is in use is material: what the system read and measured, and what people made of it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    change = models.OneToOneField("workflows.ChangeRequest", on_delete=models.PROTECT, related_name="classification")
    proposed = models.CharField(max_length=20, choices=CHANGE_CLASSES)  # What the criteria give.
    change_class = models.CharField(max_length=20, choices=CHANGE_CLASSES)  # What holds: that, or raised.
    step = models.JSONField()  # Against the version in use: {"baseline", "because", "criteria", "effect"}.
    cumulative = models.JSONField()  # The same against what the last full validation looked at.
    confirmed_by = models.ForeignKey(
        "accounts.Person", null=True, blank=True, on_delete=models.PROTECT, related_name="changes_classified"
    )
    confirmed_at = models.DateTimeField(null=True, blank=True)
    remark = models.TextField(blank=True)  # Why it was confirmed or raised.
    proposed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(proposed__in=CLASSES) & Q(change_class__in=CLASSES), name="change_class_is_known"
            ),
            models.CheckConstraint(
                condition=Q(proposed=NON_MATERIAL) | Q(change_class=MATERIAL), name="a_change_class_only_rises"
            ),
            models.CheckConstraint(
                condition=Q(proposed=models.F("change_class")) | Q(confirmed_by__isnull=False),
                name="a_raised_class_names_who_raised_it",
            ),
        ]

    def __str__(self):
        return f"class of {self.change.reference}"

    @property
    def is_material(self) -> bool:
        return self.change_class == MATERIAL

    @property
    def was_raised(self) -> bool:
        return self.change_class != self.proposed
