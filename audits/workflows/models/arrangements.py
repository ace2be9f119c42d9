import uuid
from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone

from audits.workflows.models.past import not_by
from audits.workflows.states import ArrangementState
from inventory.states import UseState
from mrm.accounts.policies import Permission


class ArrangementQuerySet(models.QuerySet):
    def active(self):
        """In force, or lapsed a moment ago and not yet seen by the sweep: see `standing`."""
        return self.filter(state=ArrangementState.ACTIVE)

    def standing(self, now):
        """In force at this minute; an end counts from its minute, not from the sweep."""
        return self.active().filter(Q(ends_at__isnull=True) | Q(ends_at__gt=now))

    def stood_at(self, at: datetime):
        """Begun by then, and neither ended nor lapsed yet."""
        return self.filter(not_by("ended_at", at), not_by("ends_at", at), starts_at__lte=at)

    def unsettled(self):
        """Over by lapse of time, with nobody having put in order what rested on it."""
        return self.filter(state=ArrangementState.EXPIRED)

    def lapsed(self, now):
        """The same from its minute on, also before the sweep has seen it; but for what ends without a lapse: an opinion
        counts by its day, and an envelope is over."""
        unseen = Q(state=ArrangementState.ACTIVE, ends_at__lte=now) & ~Q(kind__in=("validation", "envelope"))
        return self.filter(Q(state=ArrangementState.EXPIRED) | unseen)

    def holding(self):
        """What holds, and what has lapsed and holds the model back."""
        return self.filter(state__in=(ArrangementState.ACTIVE, ArrangementState.EXPIRED))

    def on_hold(self):
        """The legal holds in force."""
        return self.active().filter(kind="legal_hold")

    def ending_with_a_model(self):
        """What holds and is over when its model is retired; a legal hold keeps the records of what was, too."""
        return self.holding().exclude(kind="legal_hold")

    def visible_to(self, person):
        return self.filter(person.sees("model__workspace", "model__slug"))


class Arrangement(models.Model):
    """Something that holds about a model for a time: an approval, a condition of use, an exception, an overlay ...

    All come from a change request that was approved, a roll-back from the one that approved what it goes back to; but
    for what one person orders at once: the suspension of a model or of one use, and the restriction of a use; and for
    what a critical finding restricts.
    """

    class Kind(models.TextChoices):
        APPROVAL = "approval", "Approval"
        CONDITION = "condition", "Condition of use"
        EXCEPTION = "exception", "Exception"
        OVERLAY = "overlay", "Overlay"
        ACCEPTANCE = "acceptance", "Accepted risk"
        BREAK_GLASS = "break_glass", "Emergency release"
        SUSPENSION = "suspension", "Suspension"
        RESTRICTION = "restriction", "Restriction of a use"
        VALIDATION = "validation", "Validation"
        LEGAL_HOLD = "legal_hold", "Legal hold"
        ROLLBACK = "rollback", "Roll-back"
        FINDING = "finding", "Critical finding"
        ENVELOPE = "envelope", "Envelope for retraining"

    # By what a version may be in production.
    FOR_PRODUCTION = (Kind.APPROVAL, Kind.BREAK_GLASS, Kind.ROLLBACK)
    DEPARTING = (Kind.EXCEPTION, Kind.ACCEPTANCE, Kind.OVERLAY)  # From what the policy or the model says.
    # What is said of an artifact, and holds where it is registered under another number of the model too.
    OF_AN_ARTIFACT = (Kind.CONDITION, Kind.OVERLAY, Kind.EXCEPTION, Kind.FINDING)
    # What nobody ends by hand: a decision does, or what brought it about is over.
    ENDED_BY_DECISION = (*FOR_PRODUCTION, Kind.SUSPENSION, Kind.VALIDATION, Kind.LEGAL_HOLD, Kind.FINDING)
    # As what a use is held while the order stands.
    HOLDS_A_USE = {Kind.SUSPENSION: UseState.SUSPENDED, Kind.RESTRICTION: UseState.RESTRICTED}

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reference = models.CharField(max_length=20, unique=True)  # EX-2026-0001
    kind = models.CharField(max_length=20, choices=Kind.choices)
    model = models.ForeignKey("inventory.Model", on_delete=models.PROTECT, related_name="arrangements")
    version = models.ForeignKey(
        "inventory.ModelVersion", null=True, blank=True, on_delete=models.PROTECT, related_name="arrangements"
    )
    use = models.ForeignKey(
        "inventory.Use", null=True, blank=True, on_delete=models.PROTECT, related_name="orders"
    )  # The one that is suspended or restricted; None: the model as a whole.
    finding = models.ForeignKey(
        "workflows.Finding", null=True, blank=True, on_delete=models.PROTECT, related_name="arrangements"
    )
    change = models.ForeignKey(
        "workflows.ChangeRequest", null=True, blank=True, on_delete=models.PROTECT, related_name="arrangements"
    )  # None: what one person may order at once, or what a validation concluded.
    validation = models.ForeignKey(
        "workflows.ValidationRequest", null=True, blank=True, on_delete=models.PROTECT, related_name="arrangements"
    )
    renews = models.OneToOneField("self", null=True, blank=True, on_delete=models.PROTECT, related_name="renewal")
    clause = models.CharField(max_length=100, blank=True)  # What of the policy an exception is made from.
    title = models.CharField(max_length=300)
    terms = models.JSONField(default=dict)  # As they were approved.
    state = models.CharField(
        max_length=20, choices=[(s.value, s.capitalize()) for s in ArrangementState], default=ArrangementState.ACTIVE
    )
    begun_by = models.ForeignKey(
        "accounts.Person", null=True, blank=True, on_delete=models.PROTECT, related_name="arrangements_begun"
    )
    starts_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField(null=True, blank=True)  # None: until it is closed.
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        "accounts.Person", null=True, blank=True, on_delete=models.PROTECT, related_name="arrangements_ended"
    )
    ended_because = models.TextField(blank=True)

    objects = ArrangementQuerySet.as_manager()

    class Meta:
        ordering = ["-starts_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["model"],
                condition=Q(kind="suspension", state="active", use__isnull=True),
                name="one_active_suspension_per_model",
            ),
            models.UniqueConstraint(
                fields=["use", "kind"], condition=Q(state="active"), name="one_active_order_per_use_and_kind"
            ),
            models.UniqueConstraint(
                fields=["model", "clause"],
                condition=Q(kind="exception", state="active", version__isnull=True),
                name="one_active_exception_per_model_and_clause",
            ),
            models.UniqueConstraint(
                fields=["version", "clause"],
                condition=Q(kind="exception", state="active"),
                name="one_active_exception_per_version_and_clause",
            ),
            models.UniqueConstraint(
                fields=["model"],
                condition=Q(kind="rollback", state="active"),
                name="one_active_rollback_per_model",
            ),
            models.UniqueConstraint(
                fields=["model"],
                condition=Q(kind="envelope", state="active"),
                name="one_active_envelope_per_model",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["suspension", "restriction"])
                | Q(kind="finding", finding__isnull=False)
                | Q(change__isnull=False)
                | Q(validation__isnull=False),
                name="arrangement_was_approved",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["suspension", "restriction", "legal_hold"]) | Q(ends_at__isnull=False),
                name="arrangement_has_an_end",
            ),
            models.CheckConstraint(
                condition=Q(kind="suspension")
                | Q(kind="restriction", use__isnull=False)
                | ~Q(kind="restriction") & Q(use__isnull=True),
                name="what_is_ordered_about_a_use_restricts_or_suspends_it",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[s.value for s in ArrangementState]), name="arrangement_state_is_known"
            ),
        ]

    def __str__(self):
        return f"{self.reference}: {self.title}"

    @property
    def model_slug(self):
        return self.model.slug

    @property
    def asked_by_id(self):
        """Who does not end it: whoever asked for it, or ordered that a use be restricted."""
        if self.change:
            return self.change.requester_id
        return self.begun_by_id if self.kind == self.Kind.RESTRICTION else None

    @property
    def permission_to_close(self) -> Permission:
        """What departs from policy or model is ended by who decides about such; the rest by the second line."""
        return Permission.END_EXCEPTION if self.kind in self.DEPARTING else Permission.CLOSE_FINDING

    @property
    def last_day(self):
        """The day at whose end it is over; None where it is open-ended."""
        return (self.ends_at - timedelta(microseconds=1)).date() if self.ends_at else None

    def is_held_against(self, version) -> bool:
        """That it is about the model, about this version of it, or about its artifact under another number."""
        mine = self.version
        if mine is None or mine == version:
            return True
        return self.kind in self.OF_AN_ARTIFACT and mine.is_same_artifact(version)

    def is_covered_by(self, version) -> bool:
        """That what is decided about a version, or about the model as a whole (None), is about all of it."""
        return version is None or (self.version is not None and self.is_held_against(version))

    @property
    def is_about_what_is_in_use(self) -> bool:
        """A lapse restricts the model then; else it keeps what it is about out of production."""
        return self._is_about(self.model.production_version())

    @property
    def until_in_order(self) -> str:
        """What a lapse means for as long as nobody puts it in order."""
        return f"Until somebody puts it in order, {self.what_a_lapse_means(self.model.production_version())}."

    def what_a_lapse_means(self, in_use) -> str:
        """Where this version, if any, is in production."""
        if self.kind == self.Kind.ENVELOPE:
            return "people decide about each version again"
        if self._is_about(in_use):
            return f"the use of {self.model.name} is restricted"
        return f"{self.version or self.model} stays out of production"

    def _is_about(self, in_use) -> bool:
        return in_use is not None and self.is_held_against(in_use)

    def is_standing(self, now) -> bool:
        return self.state == ArrangementState.ACTIVE and (self.ends_at is None or self.ends_at > now)
