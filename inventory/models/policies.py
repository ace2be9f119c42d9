import uuid
from functools import lru_cache

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from inventory import policies
from inventory.models.moments import Moment
from inventory.states import DraftState
from mrm.prepared import Prepared


class PolicyQuerySet(models.QuerySet):
    def in_force(self) -> "Policy":
        """The newest published version: what runs, gates and decisions are bound to from now on."""
        return self.latest("number")

    def in_force_at(self, moment: Moment | None) -> "Policy":
        """What was in force at a moment of the past (None: now); before there was any, the first that followed."""
        if moment is None:
            return self.in_force()
        then = self.filter(published_at__lte=moment.instant).order_by("-number").first()
        return then or self.earliest("number")

    def document_in_force(self) -> tuple[uuid.UUID, dict]:
        """Its key and its document, to be read only: it is kept, since a published one never changes."""
        global _last_seen
        (newest,) = _NEWEST()
        _last_seen = newest["pk"]
        return newest["pk"], _document(newest["pk"])

    def document_last_seen(self) -> tuple[uuid.UUID, dict]:
        """What was in force when this process last asked: for what is written only if it still is by then."""
        return (_last_seen, _document(_last_seen)) if _last_seen else self.document_in_force()


class Policy(models.Model):
    """One published version of what the firm requires; never edited, only followed by the next."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.PositiveIntegerField(unique=True)
    document = models.JSONField()
    digest = models.CharField(max_length=64)
    published_by = models.ForeignKey("accounts.Person", null=True, on_delete=models.PROTECT)
    published_at = models.DateTimeField(default=timezone.now)

    objects = PolicyQuerySet.as_manager()

    def __str__(self):
        return f"{self.document['title']}, version {self.number}"

    def section(self, name: str):
        """One section; the standard policy's where this one was published before there was such a section."""
        return policies.section(self.document, name)


_NEWEST = Prepared(lambda: Policy.objects.order_by("-number").values("pk")[:1])
_last_seen: uuid.UUID | None = None


@lru_cache(maxsize=16)
def _document(policy: uuid.UUID) -> dict:
    return Policy.objects.get(pk=policy).document


class PolicyDraftQuerySet(models.QuerySet):
    def proposed(self):
        return self.filter(state=DraftState.PROPOSED)


class PolicyDraft(models.Model):
    """A document that somebody proposes as the next policy. Another person publishes it, or it comes to nothing."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    document = models.JSONField()
    digest = models.CharField(max_length=64)
    based_on = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="drafts")  # In force when proposed.
    reason = models.TextField()
    state = models.CharField(
        max_length=20, choices=[(s.value, s.capitalize()) for s in DraftState], default=DraftState.PROPOSED
    )
    proposed_by = models.ForeignKey(
        "accounts.Person", null=True, on_delete=models.PROTECT, related_name="policies_proposed"
    )
    proposed_at = models.DateTimeField(default=timezone.now)
    ended_by = models.ForeignKey(
        "accounts.Person", null=True, blank=True, on_delete=models.PROTECT, related_name="policy_drafts_ended"
    )
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_because = models.TextField(blank=True)
    published_as = models.OneToOneField(
        Policy, null=True, blank=True, on_delete=models.PROTECT, related_name="published_from"
    )

    objects = PolicyDraftQuerySet.as_manager()

    class Meta:
        ordering = ["-proposed_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=[s.value for s in DraftState]), name="policy_draft_state_is_known"
            ),
            models.CheckConstraint(
                condition=~Q(state="published") | ~Q(ended_by=F("proposed_by")) | Q(ended_by__isnull=True),
                name="policy_published_by_another_than_who_proposed_it",
            ),
            models.CheckConstraint(
                condition=Q(state="published", published_as__isnull=False)
                | (~Q(state="published") & Q(published_as__isnull=True)),
                name="published_policy_draft_names_its_version",
            ),
        ]

    def __str__(self):
        return f"draft of {self.proposed_at:%-d %B %Y}: {self.document['title']}"
