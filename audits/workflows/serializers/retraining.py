from audits.workflows.states import RetrainingState
from inventory.serializers.versions import STAGES
from mrm import serializers

STATES = [state.value for state in RetrainingState]
EVENTS = ["started", "succeeded", "failed"]


class RetrainingEventIn(serializers.Serializer):
    """What a training pipeline says of its run."""

    state = serializers.ChoiceField(EVENTS)
    external_id = serializers.CharField(max_length=200, allow_blank=True, default="", help_text="Its id of the run.")
    metrics = serializers.DictField(default=dict, help_text="Facts about the training, kept with it.")
    reason = serializers.CharField(max_length=4000, allow_blank=True, default="", help_text="Why it failed.")


class RetrainingOut(serializers.Serializer):
    reference = serializers.CharField(source="change.reference")
    state = serializers.ChoiceField(STATES)
    pipeline = serializers.CharField()
    external_id = serializers.CharField()
    candidate = serializers.IntegerField(source="candidate.number", allow_null=True, default=None)
    candidate_stage = serializers.ChoiceField(
        STAGES,
        source="candidate.stage",
        allow_null=True,
        default=None,
        help_text="A challenger runs beside what is in use.",
    )
    metrics = serializers.DictField()
    reason = serializers.CharField()
    dispatched_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True, help_text="When the pipeline was done.")
    promoted_at = serializers.DateTimeField(
        source="candidate.promoted_at", allow_null=True, default=None, help_text="When its candidate was promoted."
    )
    abandoned_at = serializers.DateTimeField(allow_null=True)
