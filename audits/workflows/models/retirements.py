import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from audits.workflows.states import RetirementState
from inventory.states import UseState


class Retirement(models.Model):
    """An approved retirement on its way: its checklist, who verified it, and the signature that ends the model."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    change = models.OneToOneField("workflows.ChangeRequest", on_delete=models.PROTECT, related_name="retirement")
    state = models.CharField(
        max_length=20, choices=[(s.value, s.capitalize()) for s in RetirementState], default=RetirementState.EXECUTING
    )
    returned_because = models.TextField(blank=True)  # Why somebody sent it back, until it is verified again.
    verified_by = models.ForeignKey(
        "accounts.Person", null=True, blank=True, on_delete=models.PROTECT, related_name="retirements_verified"
    )
    verified_at = models.DateTimeField(null=True, blank=True)
    agreement = models.OneToOneField(
        "accounts.Signature", null=True, blank=True, on_delete=models.PROTECT, related_name="agreed_retirement"
    )  # Of the model's owner; None also where it was retired before owners signed.
    signature = models.OneToOneField(
        "accounts.Signature", null=True, blank=True, on_delete=models.PROTECT, related_name="retirement"
    )  # Of the second line, which ended the model.
    archive = models.TextField(blank=True)  # Where the records lie.
    retained_until = models.DateField(null=True, blank=True)
    archived_by = models.ForeignKey(
        "accounts.Person", null=True, blank=True, on_delete=models.PROTECT, related_name="retirements_archived"
    )
    archived_at = models.DateTimeField(null=True, blank=True)
    begun_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=[s.value for s in RetirementState]), name="retirement_state_is_known"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["verified", "retired", "archived"]) | Q(verified_by__isnull=False),
                name="verified_retirement_names_its_engineer",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["retired", "archived"]) | Q(signature__isnull=False),
                name="carried_out_retirement_is_signed",
            ),
            models.CheckConstraint(
                condition=~Q(state="archived") | Q(retained_until__isnull=False),
                name="archived_retirement_says_until_when",
            ),
        ]

    def __str__(self):
        return f"retirement for {self.change.reference}"

    @property
    def model_slug(self):
        return self.change.model_slug

    @property
    def why_not_agreed(self) -> str:
        """That who owns the model has not agreed to all that ends with it; empty if they have."""
        model, agreement = self.change.model, self.agreement
        if agreement is None or agreement.person_id != model.owner_id:
            return f"{model.owner}, who owns the model, has not agreed to its end yet."
        version = model.versions.filter(registered_at__gt=agreement.signed_at).first()
        use = model.uses.exclude(state=UseState.ENDED).filter(proposed_at__gt=agreement.signed_at).first()
        if version is None and use is None:
            return ""
        since = f"version {version.number} was registered" if version else f"the use {use} was proposed"
        return f"{model.owner} agreed before {since}, and agrees again to what ends by now."


class RetirementItem(models.Model):
    """One thing on the checklist of a retirement, and what shows that it is done."""

    retirement = models.ForeignKey(Retirement, on_delete=models.PROTECT, related_name="items")
    place = models.PositiveSmallIntegerField()
    item = models.CharField(max_length=100)
    asks = models.TextField()
    planned = models.TextField(blank=True)  # What the request said about it.
    evidence = models.TextField(blank=True)
    done_by = models.ForeignKey(
        "accounts.Person", null=True, blank=True, on_delete=models.PROTECT, related_name="retirement_items_done"
    )
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["place"]
        constraints = [
            models.UniqueConstraint(fields=["retirement", "item"], name="one_row_per_item_of_a_retirement"),
            models.CheckConstraint(
                condition=Q(evidence="") | Q(done_by__isnull=False, done_at__isnull=False),
                name="evidence_of_an_item_names_who_gave_it",
            ),
        ]

    def __str__(self):
        return self.asks
