from drf_spectacular.utils import extend_schema_field

from inventory.policies import differences
from inventory.serializers.fields import PersonOut, StrictQuery
from inventory.states import DraftState
from mrm import serializers

DRAFT_STATES = [state.value for state in DraftState]
LARGEST_NUMBER = 2**31 - 1


class PolicyVersionOut(serializers.Serializer):
    number = serializers.IntegerField()
    digest = serializers.CharField(help_text="SHA-256 of the document's canonical JSON (RFC 8785).")
    published_at = serializers.DateTimeField()
    published_by = PersonOut(allow_null=True)


class PolicyOut(PolicyVersionOut):
    document = serializers.DictField()


class DifferenceOut(serializers.Serializer):
    section = serializers.CharField()
    sentence = serializers.CharField()
    loosens = serializers.BooleanField(
        allow_null=True, help_text="Less is required than before; null where that cannot be said."
    )


class DifferencesOut(serializers.Serializer):
    before = serializers.IntegerField()
    after = serializers.IntegerField()
    differences = DifferenceOut(many=True)


class DifferencesQuery(StrictQuery):
    def get_fields(self):
        return {
            "from": serializers.IntegerField(
                required=False, min_value=1, max_value=LARGEST_NUMBER, help_text="The version to compare with."
            )
        }


class PolicyDraftIn(serializers.Serializer):
    document = serializers.DictField(help_text="The whole policy, every section.")
    reason = serializers.CharField(max_length=2000)


class PolicyDraftOut(serializers.Serializer):
    id = serializers.UUIDField()
    state = serializers.ChoiceField(DRAFT_STATES)
    based_on = serializers.IntegerField(source="based_on.number")
    digest = serializers.CharField()
    reason = serializers.CharField()
    differences = serializers.SerializerMethodField()
    proposed_by = PersonOut(allow_null=True)
    proposed_at = serializers.DateTimeField()
    ended_by = PersonOut(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    ended_because = serializers.CharField()
    published_as = serializers.IntegerField(source="published_as.number", default=None, allow_null=True)

    @extend_schema_field(DifferenceOut(many=True))
    def get_differences(self, draft):
        return DifferenceOut(differences(draft.based_on.document, draft.document), many=True).data


class PolicyDraftQuery(StrictQuery):
    is_paged = True

    state = serializers.ChoiceField(DRAFT_STATES, required=False)


class WithdrawalIn(serializers.Serializer):
    reason = serializers.CharField(max_length=2000)
