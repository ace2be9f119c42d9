"""The register as it was written over time: what it said (record time) about which days (valid time).

The database fills these tables itself, by triggers on the tables they follow, so that a change by SQL is kept like any
other. A record is closed once, when a later one takes its place; nothing else about it ever changes.
"""

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.db.models.fields.json import KT
from django.db.models.functions import Cast

from inventory.models.models import Model
from inventory.models.moments import Moment
from inventory.models.particulars import Determination
from inventory.models.uses import Use
from inventory.models.versions import ModelVersion

BOOKKEEPING = ("revision", "edited_at")  # Of the entry, not of the model: no difference between two dates.


def stands_at(moment: Moment) -> Q:
    """What the register said at that moment: at most one record of each subject."""
    known = Q(recorded_to__isnull=True) | Q(recorded_to__gt=moment.known_at)
    valid = Q(valid_to__isnull=True) | Q(valid_to__gt=moment.as_of)
    return known & valid & Q(recorded_from__lte=moment.known_at, valid_from__lte=moment.as_of)


class RecordQuerySet(models.QuerySet):
    def standing(self, moment: Moment):
        return self.filter(stands_at(moment))


class Record(models.Model):
    """What was recorded about one row, from when until when it was believed, about which days.

    `one_truth_at_a_time` (an exclusion constraint of the database) keeps two records of a subject from overlapping.
    """

    id = models.BigAutoField(primary_key=True)
    subject = models.UUIDField()
    recorded_from = models.DateTimeField()
    recorded_to = models.DateTimeField(null=True)  # Empty while this is what the register says.
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)  # The first day on which it no longer held.
    fields = models.JSONField(encoder=DjangoJSONEncoder)

    objects = RecordQuerySet.as_manager()
    follows: type[models.Model]
    by_digest: tuple[str, ...] = ()  # Fields too long to keep again; they are given once.

    class Meta:
        abstract = True

    def __str__(self):
        return f"{self.subject} from {self.valid_from} as recorded {self.recorded_from:%Y-%m-%d %H:%M}"

    def as_row(self):
        """The row as it stood, as an object that was never saved; what did not exist then has its default."""
        known = {field.attname: field for field in self.follows._meta.concrete_fields}
        return self.follows(**{n: known[n].to_python(v) for n, v in self.fields.items() if n in known})


def _kept(name: str, field: models.Field) -> models.GeneratedField:
    """One of the fields as a column of its own, to filter and sort by."""
    return models.GeneratedField(expression=Cast(KT(f"fields__{name}"), field), output_field=field, db_persist=True)


class ModelRecordQuerySet(RecordQuerySet):
    def counted(self, moment: Moment):
        """Without what was a tool at that moment."""
        return self.exclude(subject__in=Determination.objects.tools(moment))

    def visible_to(self, person):
        """As for models: the workspaces this person holds a role in, within their token."""
        return self.filter(person.sees("workspace_id", "slug"))


class ModelRecord(Record):
    """What the register said about a model."""

    slug = _kept("slug", models.TextField())
    name = _kept("name", models.TextField())
    workspace_id = _kept("workspace_id", models.UUIDField())
    owner_id = _kept("owner_id", models.UUIDField())
    business_unit = _kept("business_unit", models.TextField())
    status = _kept("status", models.TextField())
    tier = _kept("tier", models.IntegerField())

    objects = ModelRecordQuerySet.as_manager()
    follows = Model

    class Meta:
        indexes = [
            models.Index(fields=["subject", "recorded_from"], name="records_of_a_model"),
            models.Index(fields=["name", "subject"], name="model_records_by_name"),
        ]


class VersionRecord(Record):
    """What the register said about a version; its long facts, which never change, by their digest."""

    model_id = _kept("model_id", models.UUIDField())
    stage = _kept("stage", models.TextField())

    follows = ModelVersion
    by_digest = ("schema", "params", "metrics", "training_data")

    class Meta:
        indexes = [
            models.Index(fields=["subject", "recorded_from"], name="records_of_a_version"),
            models.Index(fields=["model_id", "recorded_from"], name="version_records_of_a_model"),
        ]


class UseRecord(Record):
    """What the register said about a use of a model."""

    model_id = _kept("model_id", models.UUIDField())

    follows = Use

    class Meta:
        indexes = [
            models.Index(fields=["subject", "recorded_from"], name="records_of_a_use"),
            models.Index(fields=["model_id", "recorded_from"], name="use_records_of_a_model"),
        ]
