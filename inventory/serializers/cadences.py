from inventory import policies
from inventory.serializers.fields import PersonOut
from mrm import serializers

RHYTHMS = list(policies.RHYTHMS)


class CadenceIn(serializers.Serializer):
    rhythm = serializers.ChoiceField(RHYTHMS)
    every = serializers.CharField(
        max_length=30, help_text="daily to annual; of validations a number of months, as every 12 months."
    )
    reason = serializers.CharField(max_length=2000)
    holds_until = serializers.DateField(required=False, allow_null=True, help_text="The last day; null: until ended.")


class CadenceSetOut(serializers.Serializer):
    """What was set for the model itself."""

    id = serializers.UUIDField()
    rhythm = serializers.ChoiceField(RHYTHMS)
    every = serializers.CharField()
    loosens = serializers.BooleanField(help_text="Less often than the policy wanted when it was decided.")
    reason = serializers.CharField()
    change = serializers.CharField(source="change_reference", help_text="The request that decided it, or empty.")
    holds_until = serializers.DateField(allow_null=True)
    set_by = PersonOut(source="added_by", allow_null=True)
    set_at = serializers.DateTimeField(source="added_at")
    ended_at = serializers.DateTimeField(allow_null=True)
    ended_because = serializers.CharField()


class CadenceOut(serializers.Serializer):
    rhythm = serializers.ChoiceField(RHYTHMS)
    every = serializers.CharField(help_text="What holds now.")
    days = serializers.IntegerField(source="span.days")
    why = serializers.CharField()
    policy_every = serializers.CharField(source="required.every", help_text="What the policy in force wants.")
    policy_why = serializers.CharField(source="required.why")
    is_looser = serializers.BooleanField()
    own = CadenceSetOut(allow_null=True)


class CadencesOut(serializers.Serializer):
    cadences = CadenceOut(many=True)
