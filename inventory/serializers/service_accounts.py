from inventory.serializers.fields import ListQuery
from mrm import serializers
from mrm.accounts.contents import SERVICE_ACCOUNTS

STATES = ["open", "closed"]


class ServiceAccountQuery(ListQuery):
    listing = SERVICE_ACCOUNTS

    state = serializers.ChoiceField(STATES, required=False, help_text="By default both.")


class ServiceAccountIn(serializers.Serializer):
    name = serializers.CharField(max_length=200, help_text="Printed wherever it acts.")
    email = serializers.EmailField(help_text="What it is known by; nothing is sent there.")


class ServiceAccountOut(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField(source="display_name")
    email = serializers.EmailField()
    state = serializers.SerializerMethodField()
    roles = serializers.SerializerMethodField(help_text="Those in force now, wherever; what it may do follows.")
    working_tokens = serializers.IntegerField(help_text="Neither revoked nor expired.")
    last_used_at = serializers.DateTimeField(allow_null=True, help_text="Any of its tokens; null: never.")
    created_at = serializers.DateTimeField()

    def get_state(self, account) -> str:
        return "open" if account.is_active else "closed"

    def get_roles(self, account) -> list[str]:
        return sorted(account.roles_now)
