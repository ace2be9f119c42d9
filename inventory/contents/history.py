"""The register as it stood: models, versions, uses and the rows that say more about a model."""

from collections import defaultdict
from collections.abc import Sequence

from django.db.models import JSONField, QuerySet
from django.db.models.fields.json import KT
from django.db.models.functions import Cast
from django.utils import timezone

from inventory.models import Model, ModelRecord, ModelVersion, Moment, Use, UseApproval, UseRecord, VersionRecord
from inventory.states import Stage
from mrm.accounts.models import Person, Workspace


def models_as_they_stood(records, moment: Moment) -> list[Model]:
    """The models of these records, with owner, workspace and the version in use at the time; four queries."""
    models = [record.as_row() for record in records]
    people = Person.objects.in_bulk({key for model in models for key in (model.owner_id, model.tier_confirmed_by_id)})
    units = Workspace.objects.in_bulk({model.workspace_id for model in models})
    production = VersionRecord.objects.standing(moment).filter(
        model_id__in=[model.pk for model in models], stage=Stage.PRODUCTION
    )
    numbers = {record.model_id: record.fields["number"] for record in production}
    for model in models:
        model.owner, model.workspace = people[model.owner_id], units[model.workspace_id]
        model.tier_confirmed_by = people.get(model.tier_confirmed_by_id)
        model.production_number = numbers.get(model.pk)
        model.stood_at = moment
    return models


def model_as_it_stood(record: ModelRecord | None, moment: Moment) -> Model | None:
    """The model of one record; None where the register did not know it."""
    return models_as_they_stood([record], moment)[0] if record else None


def telling_of_rows(models: list[Model], document: dict, moment: Moment | None = None) -> list[Model]:
    """The same models, each with what `missing` must know of its rows; one query, however many they are."""
    asked = Model.objects.filter(pk__in=[model.pk for model in models]).order_by().telling_of_rows(document, moment)
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


def records_of_parts(kind: type[VersionRecord | UseRecord], model: Model, moment: Moment) -> QuerySet:
    """What the register said of a model's versions, or of its uses, each with the fields of the row to choose by."""
    records, own = kind.objects.standing(moment).filter(model_id=model.pk), {*_names_of(kind), *kind.by_digest}
    told = (field for field in kind.follows._meta.concrete_fields if not {field.name, field.attname} & own)
    return records.annotate(
        **{
            field.attname: Cast(KT(f"fields__{field.attname}"), getattr(field, "target_field", field))
            for field in told
            if not isinstance(field, JSONField)
        }
    )


def _names_of(kind: type) -> set[str]:
    return {field.name for field in kind._meta.get_fields()}


def rows_as_they_stood(records: list, present: QuerySet) -> list:
    """The rows of these records, looked up among the present ones, as the register told of them then."""
    found = present.in_bulk([record.subject for record in records])
    for record in records:
        row, then = found[record.subject], record.as_row()
        for field in row._meta.concrete_fields:
            if field.attname in record.fields and field.name not in record.by_digest:
                setattr(row, field.attname, getattr(then, field.attname))
    return [found[record.subject] for record in records]


def as_read(kind: type[ModelRecord | UseRecord], subject, revision: int):
    """A model or a use as somebody read it who saw that revision; None where there was none."""
    records = kind.objects.filter(subject=subject, fields__revision=revision, valid_to=None)
    record = records.order_by("-recorded_from").first()
    return record.as_row() if record else None


def in_production(models: Sequence[Model]) -> dict:
    """The version in production of each model that has one; of the present, or of the moment these models are of."""
    keys, moment = [model.pk for model in models], models[0].stood_at
    if moment is None:
        return {one.model_id: one for one in ModelVersion.objects.filter(model__in=keys, stage=Stage.PRODUCTION)}
    records = VersionRecord.objects.standing(moment).filter(model_id__in=keys, stage=Stage.PRODUCTION)
    return {record.model_id: record.as_row() for record in records}


def uses_and_approvals(models: Sequence[Model]) -> dict:
    """By model its uses, as it stands or stood, each with the approvals in force then."""
    keys, moment = [model.pk for model in models], models[0].stood_at
    if moment:
        records = UseRecord.objects.standing(moment).filter(model_id__in=keys)
        uses = sorted((record.as_row() for record in records), key=lambda use: use.number)
    else:
        uses = list(Use.objects.filter(model__in=keys))
    given, when = defaultdict(list), moment.instant if moment else timezone.now()
    for approval in UseApproval.objects.filter(use__in=[use.pk for use in uses]).select_related("version"):
        if approval.stands(when):
            given[approval.use_id].append(approval)
    found = defaultdict(list)
    for use in uses:
        found[use.model_id].append((use, given[use.pk]))
    return found
