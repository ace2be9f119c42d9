from drf_spectacular.utils import extend_schema_field

from audits.profiles.schema import Kind, Role
from inventory.contents.lists import VERSIONS
from inventory.models import ModelVersion
from inventory.serializers.fields import PersonOut
from inventory.serializers.moments import PartsQuery
from inventory.states import Stage
from mrm import serializers

COLUMN_KINDS = [kind.value for kind in Kind]
COLUMN_ROLES = [role.value for role in Role]
STAGES = [stage.value for stage in Stage]


@extend_schema_field({"type": ["string", "number", "boolean"]})
class ValueField(serializers.JSONField):
    """A value of the column's kind."""


class ColumnShape(serializers.Serializer):
    """One column of the rows that the version takes and gives."""

    name = serializers.CharField()
    kind = serializers.ChoiceField(COLUMN_KINDS)
    role = serializers.ChoiceField(COLUMN_ROLES, required=False, help_text="feature by default")
    roles = serializers.ListField(child=serializers.ChoiceField(COLUMN_ROLES), required=False)
    required = serializers.BooleanField(default=True, help_text="Whether rows without a value are refused.")
    favourable = ValueField(required=False, help_text="The outcome that is good for the person.")
    minimum = serializers.FloatField(required=False)
    maximum = serializers.FloatField(required=False)
    categories = serializers.ListField(child=serializers.CharField(), required=False)


@extend_schema_field(ColumnShape(many=True))
class ColumnsField(serializers.ListField):
    """The columns as they were sent: the schema's own rules read them, and name every fault."""

    child = serializers.JSONField()


class SchemaIn(serializers.Serializer):
    columns = ColumnsField()


class ArtifactIn(serializers.Serializer):
    uri = serializers.CharField(max_length=1000, required=False, help_text="Where it lives elsewhere; never fetched.")
    sha256 = serializers.RegexField("^[0-9a-f]{64}$", required=False, help_text="What a later upload must have.")


class VersionIn(serializers.Serializer):
    schema = SchemaIn()
    framework = serializers.CharField(max_length=50, required=False, help_text="Found out from an uploaded artifact.")
    artifact = ArtifactIn(required=False)
    code_ref = serializers.CharField(max_length=500, required=False, help_text="Commit, tag or image of the code.")
    training_data = serializers.DictField(required=False)
    params = serializers.DictField(required=False)
    metrics = serializers.DictField(required=False)
    decision_threshold = serializers.FloatField(
        required=False, help_text="Scores from here on are predicted positive, where rows bring no prediction."
    )
    tags = serializers.DictField(required=False)
    origin = serializers.CharField(
        max_length=100,
        required=False,
        help_text="Reference of the request it answers; the same gives the same version.",
    )
    predecessor = serializers.IntegerField(min_value=1, required=False, help_text="Number of the version it follows.")


class ArtifactOut(serializers.Serializer):
    uri = serializers.CharField(source="artifact_uri")
    sha256 = serializers.CharField(source="artifact_sha256")
    bytes = serializers.IntegerField(source="artifact_bytes", allow_null=True, help_text="null until it is uploaded.")


class ReferenceSummary(serializers.Serializer):
    rows = serializers.IntegerField()
    sha256 = serializers.CharField()


class CopiedFrom(serializers.Serializer):
    """What a version is a copy of, the first of a row of copies; null also where the reader may not see that model."""

    model = serializers.CharField(source="model.slug")
    number = serializers.IntegerField()


class SchemaOut(serializers.Serializer):
    columns = ColumnShape(many=True)


class VersionOut(serializers.Serializer):
    id = serializers.UUIDField()
    model = serializers.CharField(source="model.slug")
    number = serializers.IntegerField()
    stage = serializers.ChoiceField(STAGES)
    framework = serializers.CharField()
    artifact = ArtifactOut(source="*")
    code_ref = serializers.CharField()
    training_data = serializers.DictField()
    params = serializers.DictField()
    metrics = serializers.DictField()
    schema = serializers.SerializerMethodField()
    decision_threshold = serializers.FloatField(allow_null=True)
    tags = serializers.DictField()
    origin = serializers.CharField()
    predecessor = serializers.IntegerField(source="predecessor.number", allow_null=True, default=None)
    copied_from = serializers.SerializerMethodField()
    reference = ReferenceSummary(allow_null=True, default=None)
    registered_by = PersonOut(allow_null=True)
    registered_at = serializers.DateTimeField()
    promoted_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)

    @extend_schema_field(SchemaOut)
    def get_schema(self, version) -> dict:
        return {"columns": version.schema}

    @extend_schema_field(CopiedFrom(allow_null=True))
    def get_copied_from(self, version) -> dict | None:
        original = version.copied_from
        sees = original and self.context["reader"].may_see(original.model.workspace, original.model.slug)
        return CopiedFrom(original).data if sees else None


class VersionQuery(PartsQuery):
    listing = VERSIONS
    chosen_by = {"stage": "stage", "framework": "framework", "artifact_sha256": "artifact_sha256"}

    stage = serializers.ChoiceField(STAGES, required=False)
    framework = serializers.CharField(max_length=50, required=False)
    artifact_sha256 = serializers.CharField(max_length=64, required=False)
    predecessor = serializers.IntegerField(
        min_value=1, max_value=2**31 - 1, required=False, help_text="Those made from the version of this number."
    )

    def chosen(self, rows):
        rows, number = super().chosen(rows), self.validated_data.get("predecessor")
        return rows.filter(predecessor_id__in=ModelVersion.objects.filter(number=number)) if number else rows
