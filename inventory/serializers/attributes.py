"""The shape of each attribute over REST, from the table of attributes."""

from inventory.attributes import Field, Kind
from inventory.attributes.kinds import LONGEST_IN_A_LIST, MOST_IN_A_LIST
from inventory.serializers.fields import ModelField, PersonField, PersonOut
from mrm import serializers


def field_in(attribute: Field, *, may_be_left_out: bool = True) -> serializers.Field:
    """How a value of it is sent. Of a model, what is left out stays as it is."""
    more = {
        "required": attribute.is_required and not may_be_left_out,
        "help_text": attribute.help or attribute.label,
    }
    nothing = {} if attribute.is_required else {"allow_null": True}
    match attribute.kind:
        case Kind.CHOICE:
            return serializers.ChoiceField(attribute.choices, allow_blank=not attribute.is_required, **more)
        case Kind.CHOICES:
            return serializers.ListField(
                child=serializers.ChoiceField(attribute.choices), max_length=MOST_IN_A_LIST, **more
            )
        case Kind.TEXTS:
            child = serializers.CharField(max_length=LONGEST_IN_A_LIST)
            return serializers.ListField(child=child, max_length=MOST_IN_A_LIST, **more)
        case Kind.FLAG:
            return serializers.BooleanField(**nothing, **more)
        case Kind.DATE:
            return serializers.DateField(**nothing, **more)
        case Kind.AMOUNT:
            return serializers.DecimalField(max_digits=18, decimal_places=2, min_value=0, **nothing, **more)
        case Kind.PERSON:
            return PersonField(**nothing, **more)
        case Kind.MODEL:
            return ModelField(**nothing, **more)
    return serializers.CharField(max_length=attribute.longest, allow_blank=not attribute.is_required, **more)


def field_out(attribute: Field) -> serializers.Field:
    """How a value of it is answered."""
    match attribute.kind:
        case Kind.CHOICES | Kind.TEXTS:
            return serializers.ListField(child=serializers.CharField())
        case Kind.FLAG:
            return serializers.BooleanField(allow_null=True)
        case Kind.DATE:
            return serializers.DateField(allow_null=True)
        case Kind.AMOUNT:
            return serializers.DecimalField(max_digits=18, decimal_places=2, allow_null=True)
        case Kind.PERSON:
            return PersonOut(allow_null=True)
        case Kind.MODEL:
            return serializers.CharField(source=f"{attribute.name}.slug", allow_null=True, default=None)
    return serializers.CharField()
