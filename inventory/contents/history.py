"""The register as it stood, and what differs between two moments."""

from dataclasses import dataclass

from django.db import connection

from inventory.models import Model, ModelRecord, Moment, UseRecord, VersionRecord
from inventory.models.records import BOOKKEEPING
from inventory.states import Stage
from mrm.accounts.models import Person, Workspace

MOST_DIFFERENCES = 100


def models_as_they_stood(records) -> list[Model]:
    """The models of these records, with owner, workspace and the version in use at the time; three queries."""
    models = [record.as_row() for record in records]
    people = Person.objects.in_bulk({key for model in models for key in (model.owner_id, model.tier_confirmed_by_id)})
    units = Workspace.objects.in_bulk({model.workspace_id for model in models})
    for model in models:
        model.owner, model.workspace = people[model.owner_id], units[model.workspace_id]
        model.tier_confirmed_by = people.get(model.tier_confirmed_by_id)
    return models


def with_production(models: list[Model], moment: Moment) -> list[Model]:
    """The same models, each with the number of the version that was in production then."""
    production = VersionRecord.objects.standing(moment).filter(
        model_id__in=[model.pk for model in models], stage=Stage.PRODUCTION
    )
    numbers = {record.model_id: record.fields["number"] for record in production}
    for model in models:
        model.production_number = numbers.get(model.pk)
    return models


def telling_of_rows(models: list[Model], document: dict) -> list[Model]:
    """The same models, each with what `missing` must know of its rows; one query, however many they are."""
    asked = Model.objects.filter(pk__in=[model.pk for model in models]).order_by().telling_of_rows(document)
    said = {row["pk"]: row for row in asked.values("pk", *asked.query.annotations)}
    for model in models:
        for name, value in said.get(model.pk, {"pk": model.pk}).items():
            if name != "pk":
                setattr(model, name, value)
    return models


def parts_as_they_stood(kind: type[VersionRecord | UseRecord], model_id, moment: Moment) -> list:
    """A model's versions, or its uses, at that moment, newest first."""
    records = kind.objects.standing(moment).filter(model_id=model_id)
    return sorted((record.as_row() for record in records), key=lambda part: -part.number)


@dataclass(frozen=True)
class Change:
    """One field that differs."""

    field: str
    before: object
    after: object


@dataclass(frozen=True)
class Difference:
    """What became of one model between two moments."""

    kind: str  # added, retired, changed, removed
    slug: str
    name: str
    changes: list[Change]


@dataclass(frozen=True)
class Differences:
    """What became of the register between two moments; `shown` may be fewer than were counted."""

    counts: dict[str, int]
    shown: list[Difference]

    @property
    def total(self) -> int:
        return sum(self.counts.values())


KINDS = ("added", "retired", "changed", "removed")
COMPARED = """
    SELECT CASE WHEN earlier.id IS NULL THEN 'added' WHEN later.id IS NULL THEN 'removed'
                WHEN later.status = 'retired' AND earlier.status <> 'retired' THEN 'retired' ELSE 'changed' END AS kind,
           earlier.id AS earlier, later.id AS later, coalesce(later.name, earlier.name) AS name
    FROM ({earlier}) AS earlier FULL JOIN ({later}) AS later ON later.subject = earlier.subject
    WHERE earlier.id IS DISTINCT FROM later.id
      AND earlier.fields - %s::text[] IS DISTINCT FROM later.fields - %s::text[]
"""


def differences(earlier, later, *, kind: str = "", most: int = MOST_DIFFERENCES, after: int = 0) -> Differences:
    """Compare the records standing at two moments. Both are querysets of records, already cut to who may see them."""
    columns = ("id", "subject", "name", "status", "fields")
    (one, ones), (two, twos) = (rows.order_by().values(*columns).query.sql_with_params() for rows in (earlier, later))
    compared, given = COMPARED.format(earlier=one, later=two), [*ones, *twos, list(BOOKKEEPING), list(BOOKKEEPING)]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT kind, count(*) FROM ({compared}) AS found GROUP BY kind", given)  # noqa: S608
        counts = dict(cursor.fetchall())
        wanted = "WHERE kind = %s" if kind else ""
        cursor.execute(
            f"SELECT kind, earlier, later FROM ({compared}) AS found {wanted} "  # noqa: S608 - our own words
            "ORDER BY name, later, earlier LIMIT %s OFFSET %s",
            [*given, *([kind] if kind else []), most, after],
        )
        found = cursor.fetchall()
    records = ModelRecord.objects.in_bulk([key for _, *pair in found for key in pair if key])
    shown = [_difference(kind, records.get(before), records.get(now)) for kind, before, now in found]
    return Differences({kind: counts.get(kind, 0) for kind in KINDS}, shown)


def _difference(kind: str, before: ModelRecord | None, after: ModelRecord | None) -> Difference:
    last = after or before
    old, new = (record.fields if record else {} for record in (before, after))
    changes = [
        Change(name, old.get(name), new.get(name))
        for name in sorted({*old, *new} - set(BOOKKEEPING))
        if before and after and old.get(name) != new.get(name)
    ]
    return Difference(kind, last.slug, last.name, changes)
