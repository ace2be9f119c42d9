from audits.workflows.models import Finding
from audits.workflows.states import FindingState
from inventory.serializers import PersonOut, StrictQuery
from mrm import serializers

SEVERITIES = Finding.Severity.values
STATES = [state.value for state in FindingState]
LONGEST_TEXT = 8000


class FindingIn(serializers.Serializer):
    model = serializers.SlugField(max_length=100)
    version = serializers.IntegerField(min_value=1, required=False, help_text="Number of a version of the model.")
    breach = serializers.UUIDField(required=False)
    severity = serializers.ChoiceField(SEVERITIES)
    title = serializers.CharField(max_length=200)
    observation = serializers.CharField(max_length=LONGEST_TEXT, help_text="What was seen, where, why it matters.")
    required_outcome = serializers.CharField(max_length=LONGEST_TEXT, help_text="How everybody will know it is done.")
    due_at = serializers.DateField(required=False, help_text="By default it follows from tier and severity.")


class FindingQuery(StrictQuery):
    model = serializers.SlugField(max_length=100, required=False)
    state = serializers.ChoiceField(STATES, required=False)
    severity = serializers.ChoiceField(SEVERITIES, required=False)


class FindingOut(serializers.Serializer):
    reference = serializers.CharField()
    model = serializers.CharField(source="model.slug")
    version = serializers.IntegerField(source="version.number", allow_null=True, default=None)
    breach = serializers.UUIDField(source="breach_id", allow_null=True)
    severity = serializers.ChoiceField(SEVERITIES)
    title = serializers.CharField()
    observation = serializers.CharField()
    required_outcome = serializers.CharField()
    state = serializers.ChoiceField(STATES)
    response = serializers.CharField(help_text="What the first line says to it.")
    raised_by = PersonOut(allow_null=True)
    raised_at = serializers.DateTimeField()
    due_at = serializers.DateField()
    submitted_by = PersonOut(allow_null=True)
    closed_by = PersonOut(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)
    closing_reason = serializers.CharField()


class AnswerIn(serializers.Serializer):
    response = serializers.CharField(max_length=LONGEST_TEXT)
