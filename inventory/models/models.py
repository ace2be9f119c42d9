import uuid

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Exists, Q
from django.db.models.functions import Lower
from django.utils import timezone

from audits.trail.models import Action, Entry
from inventory import policies
from inventory.models.described import DESCRIBED_CONSTRAINTS, Described
from inventory.models.moments import Moment
from inventory.models.particulars import ROWS_OF, Determination, rows_of
from inventory.models.policies import Policy
from inventory.models.words import words_in
from inventory.states import Stage, Status

SEARCHED = ("name", "slug", "business_unit", "purpose", "description", "methodology")
WORDS = words_in(*SEARCHED)
LEVELS = [(level, level.capitalize()) for level in policies.LEVELS]
PERSONAL = ("personal", "special_category")  # Data.


class ModelQuerySet(models.QuerySet):
    def visible_to(self, person):
        """What this person may know of: the models of the workspaces they hold a role in, within their token."""
        return self.filter(person.sees("workspace", "slug"))

    def counted(self):
        """Without the tools: what was determined to be no model is kept, and counted nowhere."""
        return self.exclude(pk__in=Determination.objects.tools())

    def telling_of_rows(self, document: dict, moment: Moment | None = None):
        """With what `missing` must know of rows that the policy asks for, and whether it is a tool, so that a list
        asks no more per model."""
        wanted = {name for tier in policies.TIERS for name in policies.required_attributes(document, int(tier))}
        here = {"model": models.OuterRef("pk")}
        said = {
            f"says_{name}": Exists(rows_of(name).standing(moment).filter(**here)) for name in wanted & ROWS_OF.keys()
        }
        return self.annotate(**said, is_known_tool=Q(pk__in=Determination.objects.tools(moment)))


def lacking(document: dict, only: str = "") -> Q:
    """The models that lack something which the policy asks of their tier: the same as `Model.missing`, as a condition.
    `only` narrows it to one attribute.

    Whether a tier is confirmed is a matter of its own.
    """
    wanted = {tier: policies.required_attributes(document, tier) for tier in map(int, policies.ALL_TIERS)}
    if only:
        wanted = {tier: {only} & set(names) for tier, names in wanted.items()}
    conditions = [Q(tier=tier) & Q(*map(_empty, names), _connector=Q.OR) for tier, names in wanted.items() if names]
    return Q(*conditions, _connector=Q.OR) if conditions else Q(pk__in=[])


def _empty(name: str) -> Q:
    """Where nobody said anything about an attribute, in its field or by a row."""
    if name in ROWS_OF:
        return ~Q(pk__in=rows_of(name).standing().values("model"))
    field = Model._meta.get_field(name)
    if isinstance(field, models.JSONField):
        return Q(**{name: []})
    return Q(**{name: ""}) if isinstance(field, models.CharField | models.TextField) else Q(**{f"{name}__isnull": True})


class Model(Described):
    """One model that the firm relies on: what it is for, who answers for it, how much depends on it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey("accounts.Workspace", on_delete=models.PROTECT, related_name="models")
    slug = models.SlugField(max_length=100, unique=True)
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    purpose = models.TextField(blank=True)
    business_unit = models.CharField(max_length=200, blank=True)
    methodology = models.CharField(max_length=200, blank=True)
    owner = models.ForeignKey("accounts.Person", on_delete=models.PROTECT, related_name="models_owned")
    registered_by = models.ForeignKey(
        "accounts.Person", null=True, on_delete=models.PROTECT, related_name="models_registered"
    )
    status = models.CharField(
        max_length=20,
        choices=[(s.value, s.replace("_", " ").capitalize()) for s in Status],
        default=Status.IN_DEVELOPMENT,
    )
    # What the tier is made of (SR 26-2 splits materiality into exposure and purpose).
    exposure = models.CharField(max_length=10, choices=LEVELS, blank=True)
    purpose_level = models.CharField(max_length=10, choices=LEVELS, blank=True)
    complexity = models.CharField(max_length=10, choices=LEVELS, blank=True)
    reliance = models.CharField(max_length=10, choices=LEVELS, blank=True)
    tier = models.PositiveSmallIntegerField(default=1)  # Unassessed is treated as the strictest; 0 is exempt.
    tier_confirmed_by = models.ForeignKey(
        "accounts.Person", null=True, blank=True, on_delete=models.PROTECT, related_name="tiers_confirmed"
    )
    tier_confirmed_at = models.DateTimeField(null=True, blank=True)
    affects_natural_persons = models.BooleanField(default=False)
    registered_at = models.DateTimeField(default=timezone.now)
    edited_at = models.DateTimeField(default=timezone.now)
    revision = models.PositiveIntegerField(default=1)  # The ETag.
    retired_at = models.DateTimeField(null=True, blank=True)
    # What a model taken over from elsewhere still lacks is dated debt until then, apart from what is overdue.
    baselined_until = models.DateField(null=True, blank=True)

    stood_at: Moment | None = None  # Set on an entry of the past, which was never saved: of when it is.

    objects = ModelQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        indexes = [
            GinIndex(WORDS, name="words_of_models"),
            models.Index(fields=["name", "slug"], name="models_by_name"),
            models.Index(fields=["workspace", "name"], name="models_of_a_workspace_by_name"),
            models.Index(fields=["tier", "slug"], name="models_by_tier"),
            models.Index(fields=["edited_at", "slug"], name="models_by_last_edit"),
        ]
        constraints = [
            models.UniqueConstraint(Lower("name"), "workspace", name="one_model_per_name"),
            models.CheckConstraint(condition=Q(status__in=[s.value for s in Status]), name="model_status_is_known"),
            models.CheckConstraint(condition=Q(tier__gte=0, tier__lte=3), name="tier_is_0_to_3"),
            models.CheckConstraint(
                condition=~Q(tier=0) | Q(tier_confirmed_at__isnull=False), name="exempt_only_while_confirmed"
            ),
            *DESCRIBED_CONSTRAINTS,
        ]

    def __str__(self):
        return self.name

    @property
    def model_slug(self):
        return self.slug

    @property
    def tier_is_provisional(self) -> bool:
        return self.tier_confirmed_at is None

    @property
    def is_model(self) -> bool:
        """Whether it counts as one; not where every determination that stands says that it is none."""
        known = getattr(self, "is_known_tool", None)
        return not (Determination.objects.tools(self.stood_at).filter(model=self).exists() if known is None else known)

    def production_version(self):
        return self.versions.filter(stage=Stage.PRODUCTION).first()

    def says(self, name: str) -> bool:
        """Whether anybody said anything about an attribute, in its field or by a row; False says something, too."""
        if name in ROWS_OF:
            known = getattr(self, f"says_{name}", None)
            return rows_of(name).standing(self.stood_at).filter(model=self).exists() if known is None else known
        return getattr(self, name) not in ("", None, [])

    @property
    def is_about_persons(self) -> bool:
        """Whether it affects natural persons, or did when its tier was confirmed; confirming anew takes that back."""
        then = self.tier_assessments.confirmed().filter(facts__affects_natural_persons=True)
        return self.affects_natural_persons or then.exists()

    @property
    def concerns_persons(self) -> bool:
        """Whether it decides about natural persons, or uses their data; or the register said so when its tier was
        confirmed, or since: confirming anew takes that back."""
        return self.is_about_persons or self.personal_data in PERSONAL or self._used_personal_data

    @property
    def _used_personal_data(self) -> bool:
        taken_out = Q(action=Action.MODEL_EDITED, details__changes__personal_data__before__in=PERSONAL)
        last = Entry.objects.about(self).filter(taken_out | Q(action=Action.MODEL_TIERED)).first()
        return last is not None and last.action == Action.MODEL_EDITED

    def missing(self, document: dict | None = None) -> list[str]:
        """What the policy (the one then in force unless given) asks for and the register lacks, by attribute."""
        document = document or Policy.objects.in_force_at(self.stood_at).document
        return self.unsaid(document) + ["tier confirmation"] * self.tier_is_provisional

    def unsaid(self, document: dict) -> list[str]:
        """The attributes that a policy asks for at its tier and nobody said anything about."""
        return [name for name in policies.required_attributes(document, self.tier) if not self.says(name)]
