from audits.workflows.states import RetirementState
from inventory.serializers import PersonOut
from mrm import serializers

STATES = [state.value for state in RetirementState]


class RetirementItemIn(serializers.Serializer):
    item = serializers.CharField(max_length=100, help_text="As the checklist names it.")
    evidence = serializers.CharField(max_length=4000, help_text="A ticket, a commit, a place in the archive.")


class RetirementItemOut(serializers.Serializer):
    item = serializers.CharField()
    asks = serializers.CharField()
    planned = serializers.CharField(help_text="What the request said about it.")
    evidence = serializers.CharField(help_text="Empty: nothing shows yet that it is done.")
    done_by = PersonOut(allow_null=True)
    done_at = serializers.DateTimeField(allow_null=True)


class RetirementOut(serializers.Serializer):
    change = serializers.CharField(source="change.reference")
    model = serializers.CharField(source="change.model.slug")
    state = serializers.ChoiceField(STATES)
    items = RetirementItemOut(many=True, source="items.all")
    returned_because = serializers.CharField(help_text="Why it was sent back, or given up.")
    agreed_by = PersonOut(source="agreement.person", allow_null=True, default=None, help_text="Its owner, who signed.")
    verified_by = PersonOut(allow_null=True)
    verified_at = serializers.DateTimeField(allow_null=True)
    signature = serializers.UUIDField(source="signature_id", allow_null=True)
    archive = serializers.CharField()
    retained_until = serializers.DateField(allow_null=True)


class ArchiveIn(serializers.Serializer):
    archive = serializers.CharField(max_length=2000, help_text="Where the records lie.")
    retained_until = serializers.DateField(help_text="No earlier than the policy asks.")
