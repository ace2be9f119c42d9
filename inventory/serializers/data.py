from inventory.contents.lists import BATCHES, OUTCOMES
from inventory.serializers.fields import ListQuery
from mrm import serializers


class DataOut(serializers.Serializer):
    id = serializers.UUIDField()
    rows = serializers.IntegerField()
    sha256 = serializers.CharField(help_text="Of the Parquet that is stored.")
    received_at = serializers.DateTimeField()


class ReferenceOut(DataOut):
    version = serializers.IntegerField(source="version.number")
    grid_sha256 = serializers.CharField(help_text="Of the cells that everything later is counted into.")


class BatchOut(DataOut):
    version = serializers.IntegerField(source="version.number")
    first_at = serializers.DateTimeField()
    last_at = serializers.DateTimeField()


class OutcomesOut(DataOut):
    unknown_ids = serializers.IntegerField(help_text="Ids that no prediction had when they came; they are kept.")


class BatchQuery(ListQuery):
    listing = BATCHES


class OutcomeQuery(ListQuery):
    listing = OUTCOMES
