from inventory.attributes import Group
from inventory.attributes.kinds import KINDS
from mrm import serializers


class AttributeOut(serializers.Serializer):
    number = serializers.IntegerField(source="attribute.number", help_text="Its place among the 58.")
    name = serializers.CharField(source="attribute.name")
    label = serializers.CharField(source="attribute.label")
    group = serializers.ChoiceField([group.value for group in Group], source="attribute.group")
    kind = serializers.ChoiceField(KINDS, source="attribute.kind")
    value = serializers.JSONField(help_text="Typed as `kind` says; lines of text where it is derived.")
    required = serializers.BooleanField(source="is_required", help_text="Whether the policy asks for it at this tier.")
    missing = serializers.BooleanField(source="is_missing", help_text="Asked for, and nobody said it.")
    kept = serializers.BooleanField(
        source="is_kept", help_text="false with `as_of` where what held then is not kept; its `value` is null."
    )
    changed_by_roles = serializers.ListField(
        child=serializers.CharField(),
        source="attribute.editors",
        help_text="Who may change it; nobody where it is derived.",
    )


class AttributeChangeOut(serializers.Serializer):
    at = serializers.DateTimeField()
    by = serializers.CharField()
    before = serializers.CharField(allow_null=True, help_text="null where nothing was recorded before.")
    after = serializers.CharField()
    effective_on = serializers.DateField(allow_null=True, help_text="Since when it holds, where it was entered late.")
    entry = serializers.IntegerField(source="position", help_text="Position in the trail.")


class KeptOut(serializers.Serializer):
    """How long a document, or the record of the model, is kept by the policy in force, and what keeps it longer."""

    document = serializers.UUIDField(source="document.pk", allow_null=True, help_text="null: the model's own record.")
    title = serializers.CharField()
    retention_class = serializers.CharField(source="rule.name", help_text="Empty: the general rule.")
    rule = serializers.CharField(source="rule.__str__")
    until = serializers.DateField(allow_null=True, help_text="From that day on it may be destroyed; null: not yet.")
    reason = serializers.CharField()


class AttributeHistoryOut(AttributeOut):
    history = AttributeChangeOut(many=True, help_text="Newest first.")
    retention = KeptOut(
        many=True,
        help_text="Of documents: how long each is kept, those that ended included; of `record_kept_until` the record.",
    )


class AttributesOut(serializers.Serializer):
    model = serializers.CharField()
    tier = serializers.IntegerField()
    missing = serializers.ListField(child=serializers.CharField())
    attributes = AttributeOut(many=True)
