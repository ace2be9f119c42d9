from audits.trail.models import Action
from inventory.contents.stories import KINDS_OF_ENTRY
from inventory.serializers.fields import StrictQuery
from mrm import serializers

ACTIONS = Action.values
HASH = "hexadecimal SHA-256"


class EntryQuery(StrictQuery):
    is_paged = True

    search = serializers.CharField(
        max_length=200, required=False, help_text="Words as they stand in the name of the subject, or of its model."
    )
    person = serializers.CharField(max_length=200, required=False, help_text="A part of the name of who did it.")
    action = serializers.ChoiceField(ACTIONS, required=False)
    model = serializers.SlugField(max_length=100, required=False)
    actor = serializers.UUIDField(required=False, help_text="Id of a person.")
    subject = serializers.CharField(max_length=120, required=False, help_text="As entries name it: kind and id.")
    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False, help_text="Before this moment.")
    ordering = serializers.ChoiceField(["position", "-position"], default="-position")


class EntryOut(serializers.Serializer):
    """One entry: `body` is what its hash commits to, as RFC 8785 canonical JSON."""

    position = serializers.IntegerField()
    body = serializers.DictField()
    leaf_hash = serializers.CharField(help_text=f"RFC 6962 leaf hash of the body, {HASH}.")


class StoryQuery(StrictQuery):
    is_paged = True

    kind = serializers.ChoiceField(
        [kind for kind, _ in KINDS_OF_ENTRY], required=False, help_text="The first word of an action."
    )
    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False, help_text="Before this moment.")


class StoryChangeOut(serializers.Serializer):
    label = serializers.CharField()
    before = serializers.CharField(allow_null=True, allow_blank=True, help_text="null where there was nothing before.")
    after = serializers.CharField(allow_blank=True)


class StoryEvidenceOut(serializers.Serializer):
    label = serializers.CharField()
    address = serializers.CharField(allow_blank=True, help_text="Of a page; empty where there is a digest instead.")
    digest = serializers.CharField(allow_blank=True, help_text=f"{HASH}, as a rule.")


class StoryLineOut(serializers.Serializer):
    """One entry of the trail as a person reads it."""

    position = serializers.IntegerField(source="entry.position")
    at = serializers.DateTimeField(source="entry.at")
    action = serializers.ChoiceField(ACTIONS, source="entry.action")
    subject = serializers.CharField(source="entry.subject", help_text="Kind and id; its own story has it as address.")
    sentence = serializers.CharField(help_text="When, who, what, and what they said.")
    quote = serializers.CharField(allow_blank=True)
    changes = StoryChangeOut(many=True)
    evidence = StoryEvidenceOut(many=True)
    leaf_hash = serializers.CharField(source="entry.leaf_hash", help_text=f"RFC 6962 leaf hash, {HASH}.")


class InclusionQuery(StrictQuery):
    position = serializers.IntegerField(min_value=0)
    size = serializers.IntegerField(min_value=1, required=False, help_text="By default of the newest checkpoint.")


class InclusionOut(serializers.Serializer):
    position = serializers.IntegerField()
    size = serializers.IntegerField()
    leaf_hash = serializers.CharField()
    root = serializers.CharField(help_text="Of the tree over `size` entries; a checkpoint signs the same.")
    proof = serializers.ListField(child=serializers.CharField(), help_text="RFC 6962 audit path, leaf to root.")


class ConsistencyQuery(StrictQuery):
    old = serializers.IntegerField(min_value=1, help_text="Size of the tree you know.")
    new = serializers.IntegerField(min_value=1, required=False, help_text="By default of the newest checkpoint.")


class ConsistencyOut(serializers.Serializer):
    old = serializers.IntegerField()
    new = serializers.IntegerField()
    old_root = serializers.CharField()
    new_root = serializers.CharField()
    proof = serializers.ListField(child=serializers.CharField(), help_text="RFC 6962 consistency proof.")
