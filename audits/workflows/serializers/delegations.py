from audits.workflows.contents.lists import DELEGATIONS
from inventory.serializers import ListQuery, PersonOut
from inventory.serializers.fields import PersonField
from inventory.serializers.signing import ProofIn
from mrm import serializers


class DelegationQuery(ListQuery):
    listing = DELEGATIONS
    chosen_by = {"delegator": "delegator", "delegate": "delegate"}

    delegator = PersonField(required=False, help_text="E-mail address or id.")
    delegate = PersonField(required=False, help_text="E-mail address or id.")


class DelegationIn(ProofIn):
    to = serializers.CharField(max_length=254, help_text="Address of who decides for you.")
    reason = serializers.CharField(max_length=2000)
    starts_at = serializers.DateTimeField(required=False, help_text="By default now.")
    ends_at = serializers.DateTimeField()


class DelegationOut(serializers.Serializer):
    id = serializers.UUIDField()
    delegator = PersonOut()
    delegate = PersonOut()
    reason = serializers.CharField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    revoked_at = serializers.DateTimeField(allow_null=True)
