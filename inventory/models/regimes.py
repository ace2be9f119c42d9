import uuid
from datetime import date

from django.db import models
from django.db.models import F, Func, JSONField, Q, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from inventory import policies
from inventory.models.moments import Moment
from inventory.models.policies import Policy
from inventory.regimes import PRIMARY, UNREAD, standing_on

FLAG = models.BooleanField()


class RegimePackQuerySet(models.QuerySet):
    def newest(self):
        """The version of each pack that was loaded last; those before it stay for what was looked at under them."""
        return self.order_by("code", "-loaded_at").distinct("code")

    def in_force(self, day: date):
        """What holds on this day; the day on which a pack ends belongs to its successor."""
        return self.filter(effective_from__lte=day).filter(Q(effective_to__isnull=True) | Q(effective_to__gt=day))

    def determined_under(self, moment: Moment | None = None):
        """Those in force, now or then, under which the policy asks whether something is a model."""
        policy = Policy.objects.filter(published_at__lte=moment.instant) if moment else Policy.objects.all()
        here = policy.order_by("-number").values("document__determinations__asked_under")[:1]
        standard = Value(policies.standard()["determinations"]["asked_under"], JSONField())
        asked = Coalesce(Subquery(here, JSONField()), standard)
        newest = self.filter(pk__in=RegimePack.objects.newest().values("pk"))
        asked_for = newest.alias(is_asked_under=Func(asked, F("code"), function="jsonb_exists", output_field=FLAG))
        return asked_for.filter(is_asked_under=True).in_force(moment.as_of if moment else timezone.now().date())


class RegimePack(models.Model):
    """One version of what an instrument asks for, as it was loaded; never edited, only followed by another version."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    code = models.SlugField(max_length=50)
    version = models.CharField(max_length=50)
    title = models.CharField(max_length=2000)
    effective_from = models.DateField()
    effective_to = models.DateField(null=True, blank=True)  # The first day on which it no longer holds.
    document = models.JSONField()
    digest = models.CharField(max_length=64)
    loaded_at = models.DateTimeField(default=timezone.now)

    objects = RegimePackQuerySet.as_manager()

    class Meta:
        ordering = ["code", "loaded_at"]
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="one_regime_pack_per_version"),
            models.CheckConstraint(
                condition=Q(effective_to__isnull=True) | Q(effective_to__gt=F("effective_from")),
                name="regime_pack_ends_after_it_begins",
            ),
        ]

    def __str__(self):
        return f"{self.title}, version {self.version}"

    def standing(self, day: date) -> str:
        """Whether it holds on this day, in words."""
        return standing_on(day, self.effective_from, self.effective_to)

    @property
    def clauses_come_from(self) -> str:
        """Where this version says its clauses were read; empty where it says nothing, as those of early releases."""
        return self.document.get("verification", {}).get("clauses", "")

    @property
    def mark(self) -> str:
        """What a reader of its clauses has to be told; empty where they were read in the instrument itself."""
        return "" if self.clauses_come_from == PRIMARY else UNREAD
