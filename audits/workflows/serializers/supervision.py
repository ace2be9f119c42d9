from audits.workflows.models import SupervisoryRecord
from inventory.serializers import PersonOut, StrictQuery
from inventory.serializers.signing import SignedIn
from mrm import serializers

SAID = SupervisoryRecord.Said.values


class WordIn(serializers.Serializer):
    """What the supervisor was told or said, and what shows it."""

    said = serializers.ChoiceField(SAID)
    on = serializers.DateField(help_text="When it was told, or answered.")
    document = serializers.RegexField("^[0-9a-f]{64}$", help_text="SHA-256 of a document of the model that shows it.")


class WordQuery(WordIn, StrictQuery):
    """The word whose keeping would be signed."""


class SupervisionIn(WordIn, SignedIn):
    remark = serializers.CharField(max_length=4000, allow_blank=True, default="")


class SupervisionOut(serializers.Serializer):
    version = serializers.IntegerField(source="version.number")
    said = serializers.ChoiceField(SAID)
    on = serializers.DateField()
    document = serializers.CharField(source="document.sha256")
    remark = serializers.CharField()
    recorded_by = PersonOut()
    recorded_at = serializers.DateTimeField()
