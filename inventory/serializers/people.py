from django.utils import timezone

from inventory.serializers.fields import ListQuery
from inventory.serializers.service_accounts import STATES
from mrm import serializers
from mrm.accounts.contents import PEOPLE, READINGS
from mrm.accounts.models import Person, RoleGrant
from mrm.accounts.policies import Role

ROLES = [role.value for role in Role]
KINDS = Person.Kind.values


class PersonQuery(ListQuery):
    listing = PEOPLE
    chosen_by = {"kind": "kind"}

    kind = serializers.ChoiceField(KINDS, required=False)
    state = serializers.ChoiceField(STATES, required=False, help_text="Of the account. By default both.")
    role = serializers.ChoiceField(ROLES, required=False, help_text="Those who hold it now, wherever.")

    def chosen(self, rows):
        rows, asked = super().chosen(rows), self.validated_data
        if state := asked.get("state"):
            rows = rows.filter(is_active=state == "open")
        if role := asked.get("role"):
            holding = RoleGrant.objects.in_force(timezone.now()).filter(role=role)
            rows = rows.filter(pk__in=holding.values("person"))
        return rows


class GrantHeldOut(serializers.Serializer):
    role = serializers.ChoiceField(ROLES)
    workspace = serializers.CharField(source="workspace.slug", allow_null=True, default=None, help_text="null: in all.")
    models = serializers.ListField(child=serializers.CharField(), source="model_slugs", help_text="Empty: all there.")
    expires_at = serializers.DateTimeField(allow_null=True)


class AccountOut(serializers.Serializer):
    """A person or a service account, as those who supervise people see it."""

    id = serializers.UUIDField()
    name = serializers.CharField(source="display_name")
    email = serializers.EmailField()
    kind = serializers.ChoiceField(KINDS)
    state = serializers.SerializerMethodField()
    roles = GrantHeldOut(many=True, source="grants_now", help_text="Those in force now.")
    created_at = serializers.DateTimeField()

    def get_state(self, account) -> str:
        return "open" if account.is_active else "closed"


class ReadingQuery(ListQuery):
    listing = READINGS


class PageReadOut(serializers.Serializer):
    """That an auditor or an examiner opened a page or read through the API."""

    address = serializers.CharField()
    read_at = serializers.DateTimeField()
