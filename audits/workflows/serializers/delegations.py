from inventory.serializers import PersonOut
from mrm import serializers


class DelegationIn(serializers.Serializer):
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
