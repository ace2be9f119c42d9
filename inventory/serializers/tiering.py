from inventory.attributes import TIERS_EXPECTED
from inventory.policies import LEVELS
from inventory.serializers.deciders import DeciderOut
from inventory.serializers.fields import PersonOut
from inventory.states import TierState
from mrm import serializers

ASSESSMENT_STATES = [state.value for state in TierState]


class TierAssessmentIn(serializers.Serializer):
    answers = serializers.DictField(help_text="Per factor, the name of the answer to each question.")
    override = serializers.IntegerField(required=False, allow_null=True, help_text="A stricter tier: 1 or 2.")
    exempt = serializers.BooleanField(required=False, default=False)
    reason = serializers.CharField(max_length=2000, required=False, allow_blank=True)


class TierAssessmentOut(serializers.Serializer):
    id = serializers.UUIDField()
    state = serializers.ChoiceField(ASSESSMENT_STATES)
    policy_version = serializers.IntegerField(source="policy.number")
    scorecard = serializers.CharField()
    answers = serializers.DictField()
    exposure = serializers.ChoiceField(LEVELS)
    purpose_level = serializers.ChoiceField(LEVELS)
    complexity = serializers.ChoiceField(LEVELS)
    reliance = serializers.ChoiceField(LEVELS)
    computed = serializers.IntegerField(help_text="What the scorecard gives.")
    tier = serializers.IntegerField(help_text="Stricter where it was overridden; 0 where exempt.")
    reason = serializers.CharField()
    steps = serializers.ListField(child=serializers.CharField(), help_text="The arithmetic, in sentences.")
    proposed_by = PersonOut(allow_null=True)
    proposed_at = serializers.DateTimeField()
    confirmed_by = PersonOut(allow_null=True)
    confirmed_at = serializers.DateTimeField(allow_null=True)


class TierOut(serializers.Serializer):
    tier = serializers.IntegerField(help_text="In force; 0 is exempt.")
    is_provisional = serializers.BooleanField()
    tier_hint = serializers.ChoiceField(
        ["", *TIERS_EXPECTED], help_text="What those who registered it expect; it sets no tier."
    )
    assess_again = serializers.ListField(
        child=serializers.CharField(), help_text="Why its confirmed tier no longer rests on what holds."
    )
    assessments = TierAssessmentOut(many=True, help_text="Newest first.")
    deciders = DeciderOut(
        many=True, help_text="Who may confirm it while it is provisional, and why others, and whoever asks, may not."
    )
