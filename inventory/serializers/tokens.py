from inventory.serializers import ListQuery, PersonOut
from mrm import serializers
from mrm.accounts.contents import TOKENS
from mrm.accounts.policies import Permission
from mrm.accounts.services.tokens import LONGEST_OVERLAP, OVERLAP

HOUR = 3600
ACTIONS = [permission.value for permission in Permission]


class TokenQuery(ListQuery):
    listing = TOKENS
    chosen_by = {"workspace": "workspace__slug"}

    workspace = serializers.SlugField(required=False)
    person = serializers.UUIDField(required=False, help_text="A service account, for administrators. By default: you.")


class TokenIn(serializers.Serializer):
    name = serializers.CharField(max_length=100, help_text="What will use it, so that you know it again.")
    workspace = serializers.SlugField(help_text="The one workspace it works in.")
    person = serializers.UUIDField(required=False, help_text="A service account, for administrators. By default: you.")
    actions = serializers.ListField(
        child=serializers.ChoiceField(ACTIONS), default=list, help_text="Empty: all that the roles behind it allow."
    )
    models = serializers.ListField(
        child=serializers.SlugField(max_length=100), default=list, max_length=100, help_text="Slugs. Empty: all there."
    )
    version = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=2**31 - 1,
        help_text="For the address `/ingest/cloudevents/{token}` of this version; with one model and `log_data` only.",
    )
    expires_at = serializers.DateTimeField(required=False, help_text="By default in 90 days; at most a year from now.")


class TokenOut(serializers.Serializer):
    id = serializers.UUIDField()
    person = PersonOut()
    name = serializers.CharField()
    prefix = serializers.CharField(help_text="How its secret begins, to know it by.")
    workspace = serializers.CharField(source="workspace.slug")
    actions = serializers.ListField(child=serializers.CharField())
    models = serializers.ListField(child=serializers.CharField(), source="model_slugs")
    version = serializers.IntegerField(
        source="version_number", allow_null=True, help_text="Where it stands in an address: the version it is for."
    )
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    revoked_at = serializers.DateTimeField(allow_null=True)
    last_used_at = serializers.DateTimeField(allow_null=True, help_text="To the minute; null: never.")


class TokenIssuedOut(serializers.Serializer):
    token = TokenOut()
    secret = serializers.CharField(help_text="Shown this once. A repeated request is answered without it.")


class RotationIn(serializers.Serializer):
    overlap_hours = serializers.IntegerField(
        min_value=0,
        max_value=int(LONGEST_OVERLAP.total_seconds()) // HOUR,
        default=int(OVERLAP.total_seconds()) // HOUR,
        help_text="For how long the earlier secret goes on working.",
    )
