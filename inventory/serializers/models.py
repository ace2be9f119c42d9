from rest_framework import serializers

from inventory.policies import LEVELS
from inventory.serializers.fields import PersonField, PersonOut, StrictQuery
from inventory.states import Status

ORDERINGS = ("name", "registered_at", "edited_at", "tier")


def _level(help_text: str) -> serializers.ChoiceField:
    return serializers.ChoiceField(LEVELS, allow_blank=True, required=False, help_text=help_text)


class ModelEdit(serializers.Serializer):
    """What can be changed about a model; leave out what stays."""

    name = serializers.CharField(max_length=200, required=False)
    owner = PersonField(required=False, help_text="Who answers for the model: e-mail address or id of a person.")
    purpose = serializers.CharField(max_length=20_000, allow_blank=True, required=False)
    business_unit = serializers.CharField(max_length=200, allow_blank=True, required=False)
    description = serializers.CharField(max_length=20_000, allow_blank=True, required=False)
    methodology = serializers.CharField(max_length=200, allow_blank=True, required=False)
    exposure = _level("How much money or how many people depend on it.")
    purpose_level = _level("How weighty what it is used for is.")
    complexity = _level("How hard it is to understand.")
    reliance = _level("How much decisions rest on it alone.")
    affects_natural_persons = serializers.BooleanField(required=False)


class ModelIn(ModelEdit):
    """A model to register; `name` suffices, the owner then being whoever sends it."""

    name = serializers.CharField(max_length=200)
    slug = serializers.SlugField(max_length=100, required=False, help_text="Made from the name where it is left out.")
    workspace = serializers.SlugField(required=False, help_text="The token's where it is left out.")


class ModelOut(serializers.Serializer):
    id = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()
    workspace = serializers.CharField(source="workspace.slug")
    owner = PersonOut()
    status = serializers.ChoiceField([status.value for status in Status])
    tier = serializers.IntegerField()
    tier_is_provisional = serializers.BooleanField()
    purpose = serializers.CharField()
    business_unit = serializers.CharField()
    description = serializers.CharField()
    methodology = serializers.CharField()
    exposure = serializers.CharField()
    purpose_level = serializers.CharField()
    complexity = serializers.CharField()
    reliance = serializers.CharField()
    affects_natural_persons = serializers.BooleanField()
    production_version = serializers.IntegerField(source="production_number", allow_null=True)
    missing = serializers.ListField(child=serializers.CharField(), help_text="What policy still asks for.")
    registered_at = serializers.DateTimeField()
    edited_at = serializers.DateTimeField()
    retired_at = serializers.DateTimeField(allow_null=True)
    revision = serializers.IntegerField(help_text="Also the ETag.")


class ModelQuery(StrictQuery):
    status = serializers.ChoiceField([status.value for status in Status], required=False)
    tier = serializers.IntegerField(min_value=1, max_value=3, required=False)
    owner = PersonField(required=False, help_text="E-mail address or id.")
    workspace = serializers.SlugField(required=False)
    business_unit = serializers.CharField(max_length=200, required=False)
    search = serializers.CharField(max_length=200, required=False, help_text="In name, slug, purpose and description.")
    ordering = serializers.ChoiceField(
        [*ORDERINGS, *(f"-{name}" for name in ORDERINGS)], default="name", help_text="A dash in front turns it round."
    )
