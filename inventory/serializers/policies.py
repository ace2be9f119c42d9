from rest_framework import serializers

from inventory.serializers.fields import PersonOut


class PolicyOut(serializers.Serializer):
    number = serializers.IntegerField()
    digest = serializers.CharField(help_text="SHA-256 of the document's canonical JSON (RFC 8785).")
    published_at = serializers.DateTimeField()
    published_by = PersonOut(allow_null=True)
    document = serializers.DictField()
