from audits.workflows.contents.lists import ARRANGEMENTS
from audits.workflows.models import Arrangement
from audits.workflows.states import ArrangementState
from inventory.serializers import ListQuery, PersonOut
from mrm import serializers

KINDS = [kind.value for kind in Arrangement.Kind]
STATES = [state.value for state in ArrangementState]


class ArrangementQuery(ListQuery):
    listing = ARRANGEMENTS
    chosen_by = {"kind": "kind", "state": "state", "model": "model__slug", "ends_before": "ends_at__lt"}

    kind = serializers.ChoiceField(KINDS, required=False)
    state = serializers.ChoiceField(STATES, required=False)
    model = serializers.SlugField(max_length=100, required=False)
    ends_before = serializers.DateTimeField(required=False, help_text="What lapses before then.")


class ArrangementOut(serializers.Serializer):
    reference = serializers.CharField()
    kind = serializers.ChoiceField(KINDS)
    model = serializers.CharField(source="model.slug")
    version = serializers.IntegerField(source="version.number", allow_null=True, default=None)
    use = serializers.IntegerField(
        source="use.number", allow_null=True, default=None, help_text="The one use that is restricted or suspended."
    )
    title = serializers.CharField()
    clause = serializers.CharField(help_text="What of the policy an exception is made from; empty for others.")
    terms = serializers.DictField(help_text="As they were approved.")
    change = serializers.CharField(
        source="change.reference", allow_null=True, default=None, help_text="The request that was approved."
    )
    validation = serializers.CharField(
        source="validation.reference", allow_null=True, default=None, help_text="The validation that concluded it."
    )
    renews = serializers.CharField(source="renews.reference", allow_null=True, default=None)
    state = serializers.ChoiceField(STATES)
    begun_by = PersonOut(allow_null=True)
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField(allow_null=True, help_text="null: until it is lifted.")
    ended_at = serializers.DateTimeField(allow_null=True)
    ended_because = serializers.CharField()
