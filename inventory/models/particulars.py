"""What the register says about a model row by row.

A row is added and ended, never changed: a correction is another row.
"""

import uuid
from datetime import date

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Lower
from django.utils import timezone

from inventory.attributes.choices import DEPENDENCY_KINDS, DISCIPLINES, DOCUMENT_KINDS, LEVELS, VERDICTS
from inventory.models.moments import Moment
from inventory.models.regimes import RegimePack
from inventory.models.words import words_in

STANDS = Q(ended_at__isnull=True)
NOT_A_MODEL = "not_a_model"


def _choice(words: tuple[str, ...], **more) -> models.CharField:
    told = [(word, word.replace("_", " ").capitalize()) for word in words]
    return models.CharField(max_length=30, choices=told, **more)


def held_at(moment: Moment) -> Q:
    """What held on one day, as far as it was known at the end of another: two axes, as for the entries of models.

    Where nobody said since when, or until when, something held, it is the day on which it was said.
    """
    begun = Q(valid_from__isnull=True, added_at__lte=moment.end) | Q(valid_from__lte=moment.as_of)
    lasts = Q(ended_at__isnull=True) | Q(ended_at__gt=moment.known_at)
    lasts |= Q(valid_to__isnull=True, ended_at__gt=moment.end) | Q(valid_to__gt=moment.as_of)
    return Q(added_at__lte=moment.known_at) & begun & lasts


class ParticularQuerySet(models.QuerySet):
    def standing(self, moment: Moment | None = None):
        """What holds now, or what the register said at a moment."""
        return self.filter(STANDS if moment is None else held_at(moment))

    def stood_at(self, instant):
        """What the register said then."""
        return self.filter(STANDS | Q(ended_at__gt=instant), added_at__lte=instant)


class Particular(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    model = models.ForeignKey("inventory.Model", on_delete=models.PROTECT, related_name="+")
    added_by = models.ForeignKey("accounts.Person", null=True, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_because = models.TextField(blank=True)
    valid_from = models.DateField(null=True, blank=True)  # Since when it has held, where it was said late.
    valid_to = models.DateField(null=True, blank=True)  # The first day on which it no longer held, likewise.

    objects = ParticularQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ["added_at"]

    @property
    def model_slug(self):
        return self.model.slug

    @property
    def held_since(self) -> date:
        return self.valid_from or self.added_at.date()


class DeterminationQuerySet(ParticularQuerySet):
    def denied(self, moment: Moment | None = None):
        """The determinations of what somebody said to be no model, and nobody says to be one, under any regime."""
        standing = self.standing(moment).order_by()
        others = standing.exclude(verdict=NOT_A_MODEL).filter(model=OuterRef("model"))
        return standing.filter(~Exists(others), verdict=NOT_A_MODEL)

    def tools(self, moment: Moment | None = None):
        """What is kept in the register without being a model, by key.

        Every determination that stands says so, and there is one under each regime that the policy asks under and that
        is in force: none under what was rescinded, or is yet to come, takes the place of it.
        """
        denied = self.denied(moment)
        asked = RegimePack.objects.determined_under(moment)
        said = denied.filter(model=OuterRef(OuterRef("model")), regime=OuterRef("code"))
        unsaid = Exists(asked.filter(~Exists(said)))
        return denied.filter(~unsaid, regime__in=asked.values("code")).values("model")


class Determination(Particular):
    """Whether something is a model under one regime, and why. The latest per regime stands."""

    regime = models.CharField(max_length=50)  # The code of a regime pack; until there were packs any words.
    verdict = _choice(VERDICTS)
    rationale = models.TextField()

    objects = DeterminationQuerySet.as_manager()

    class Meta(Particular.Meta):
        indexes = [
            models.Index(fields=["model"], condition=STANDS & Q(verdict=NOT_A_MODEL), name="tools_of_the_register")
        ]
        constraints = [
            models.UniqueConstraint(Lower("regime"), "model", condition=STANDS, name="one_determination_per_regime"),
            models.CheckConstraint(condition=Q(verdict__in=VERDICTS), name="determination_verdict_is_known"),
        ]

    def __str__(self):
        return f"{self.regime}: {self.get_verdict_display().lower()}. {self.rationale}"


ALIASED = ["name", "system"]
WORDS_OF_ALIASES = words_in(*ALIASED)


class Alias(Particular):
    """What another system calls a model."""

    name = models.CharField(max_length=200)
    system = models.CharField(max_length=100, blank=True)

    class Meta(Particular.Meta):
        verbose_name_plural = "aliases"
        indexes = [GinIndex(WORDS_OF_ALIASES, name="words_of_aliases", condition=STANDS)]
        constraints = [
            models.UniqueConstraint(
                Lower("name"), Lower("system"), "model", condition=STANDS, name="one_alias_per_name"
            )
        ]

    def __str__(self):
        return f"{self.name} ({self.system})" if self.system else self.name


class Stakeholder(Particular):
    """Who speaks for one discipline about a model."""

    discipline = _choice(DISCIPLINES)
    person = models.ForeignKey("accounts.Person", on_delete=models.PROTECT, related_name="stakes")

    class Meta(Particular.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["model", "discipline", "person"], condition=STANDS, name="one_stake_per_person_and_discipline"
            ),
            models.CheckConstraint(condition=Q(discipline__in=DISCIPLINES), name="discipline_is_known"),
        ]

    def __str__(self):
        return f"{self.get_discipline_display()}: {self.person}"


class DataSource(Particular):
    """Data that a model takes in. Models of a workspace that name the same source share it."""

    name = models.CharField(max_length=200)
    steward = models.CharField(max_length=200, blank=True)
    refresh = models.CharField(max_length=200, blank=True)
    used_for = models.TextField(blank=True)
    is_substitute = models.BooleanField(null=True, blank=True)

    class Meta(Particular.Meta):
        indexes = [models.Index(Lower("name"), condition=STANDS, name="models_by_data_source")]
        constraints = [
            models.UniqueConstraint(Lower("name"), "model", condition=STANDS, name="one_data_source_per_name")
        ]

    def __str__(self):
        said = [
            self.name,
            self.steward and f"owned by {self.steward}",
            self.refresh and f"refreshed {self.refresh[:1].lower()}{self.refresh[1:]}",
        ]
        said.append("synthetic or a proxy" if self.is_substitute else "")
        return ", ".join(part for part in said if part)


class Statement(Particular):
    """An assumption, a limitation or an expert judgement, and the answer to it: check, control or basis."""

    class Kind(models.TextChoices):
        ASSUMPTION = "assumption"
        LIMITATION = "limitation"
        EXPERT_JUDGEMENT = "expert_judgement"

    kind = models.CharField(max_length=20, choices=Kind.choices)
    text = models.TextField()
    significance = _choice(LEVELS, blank=True)
    answer = models.TextField(blank=True)
    made_by = models.CharField(max_length=200, blank=True)

    class Meta(Particular.Meta):
        indexes = [models.Index(fields=["kind", "significance"], condition=STANDS, name="statements_by_significance")]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="limitation", significance__in=LEVELS)
                | Q(kind__in=["assumption", "expert_judgement"], significance=""),
                name="a_limitation_has_a_significance",
            )
        ]

    def __str__(self):
        significance = f" ({self.get_significance_display().lower()})" if self.significance else ""
        made_by = f" By {self.made_by}." if self.made_by else ""
        return f"{self.text}{significance}{f' – {self.answer}' if self.answer else ''}{made_by}"


class Dependency(Particular):
    """That a model (the consumer) takes in something of another one, upstream of it."""

    upstream = models.ForeignKey("inventory.Model", on_delete=models.PROTECT, related_name="consumers")
    kind = _choice(DEPENDENCY_KINDS)
    criticality = _choice(LEVELS)
    note = models.TextField(blank=True)

    class Meta(Particular.Meta):
        verbose_name_plural = "dependencies"
        constraints = [
            models.UniqueConstraint(
                fields=["model", "upstream", "kind"], condition=STANDS, name="one_dependency_per_kind"
            ),
            models.CheckConstraint(condition=~Q(model=F("upstream")), name="no_model_depends_on_itself"),
            models.CheckConstraint(condition=Q(kind__in=DEPENDENCY_KINDS), name="dependency_kind_is_known"),
            models.CheckConstraint(condition=Q(criticality__in=LEVELS), name="criticality_is_known"),
        ]

    def __str__(self):
        return f"{self.upstream} ({self.get_kind_display().lower()}, criticality {self.criticality})"


class Document(Particular):
    """One edition of a document, kept under its digest."""

    title = models.CharField(max_length=200)
    kind = _choice(DOCUMENT_KINDS)
    edition = models.CharField(max_length=50, blank=True)
    written_on = models.DateField(null=True, blank=True)
    review_by = models.DateField(null=True, blank=True)
    retention_class = models.CharField(max_length=200, blank=True)
    filename = models.CharField(max_length=200, blank=True)
    media_type = models.CharField(max_length=100, blank=True)
    bytes = models.BigIntegerField(default=0)
    sha256 = models.CharField(max_length=64)

    class Meta(Particular.Meta):
        constraints = [
            models.UniqueConstraint(fields=["model", "sha256"], condition=STANDS, name="one_document_per_digest"),
            models.CheckConstraint(condition=Q(kind__in=DOCUMENT_KINDS), name="document_kind_is_known"),
        ]

    def __str__(self):
        edition = f", edition {self.edition}" if self.edition else ""
        return f"{self.title}{edition} ({self.get_kind_display().lower()})"

    def is_stale(self, today) -> bool:
        return self.review_by is not None and self.review_by < today


# Which rows hold an attribute: their table, and what all of them have in common.
ROWS_OF: dict[str, tuple[type[Particular], dict]] = {
    "determinations": (Determination, {}),
    "aliases": (Alias, {}),
    "stakeholders": (Stakeholder, {}),
    "data_sources": (DataSource, {}),
    "assumptions": (Statement, {"kind": Statement.Kind.ASSUMPTION}),
    "limitations": (Statement, {"kind": Statement.Kind.LIMITATION}),
    "expert_judgements": (Statement, {"kind": Statement.Kind.EXPERT_JUDGEMENT}),
    "upstream": (Dependency, {}),
    "documents": (Document, {}),
}


def rows_of(name: str):
    """Every row of an attribute, ended ones included."""
    table, fixed = ROWS_OF[name]
    return table.objects.filter(**fixed)
