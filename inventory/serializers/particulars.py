"""The shape of one row of each attribute that is kept as rows, from the table of particulars."""

from inventory.attributes import BY_NAME, PARTICULARS, Field, Kind
from inventory.attributes.choices import DOCUMENT_KINDS
from inventory.contents.lists import DOCUMENTS
from inventory.serializers.attributes import field_in
from inventory.serializers.fields import ListQuery, StrictQuery
from inventory.serializers.moments import MomentQuery
from mrm import serializers


def shape_of(name: str) -> type[serializers.Serializer]:
    """What is sent to say one thing more. The class carries the name of the attribute into the OpenAPI document."""
    fields = {field.name: field_in(field, may_be_left_out=False) for field in PARTICULARS[name]}
    words = "".join(word.capitalize() for word in name.split("_"))
    return type(f"{words}In", (serializers.Serializer,), fields)


SINCE = "Since which day it has been so, where that is before today; both dates are kept."


def dated(shape: type[serializers.Serializer]) -> type[serializers.Serializer]:
    """The same with the day since when it holds."""
    day = serializers.DateField(required=False, help_text=SINCE)
    return type(f"Dated{shape.__name__}", (shape,), {"effective_on": day})


SHAPES: dict[str, type[serializers.Serializer]] = {name: shape_of(name) for name in PARTICULARS if name != "documents"}
DATED_SHAPES = {name: dated(shape) for name, shape in SHAPES.items()}


def described(name: str) -> dict:
    """The same as JSON Schema: drf-spectacular has no word for one of several shapes that may look alike."""
    properties = {field.name: _described(field) for field in PARTICULARS[name]}
    properties["effective_on"] = {"type": "string", "format": "date", "description": SINCE}
    required = [field.name for field in PARTICULARS[name] if field.is_required]
    shape = {"type": "object", "title": BY_NAME[name].label, "properties": properties, "required": required}
    return shape | {"additionalProperties": False}


def _described(field: Field) -> dict:
    told = {"description": field.help or field.label}
    match field.kind:
        case Kind.FLAG:
            return told | {"type": ["boolean", "null"]}
        case Kind.CHOICE:
            return told | {"enum": [*field.choices] if field.is_required else [*field.choices, ""]}
    return told | {"type": "string"} | ({"maxLength": field.longest} if field.longest else {})


class EndIn(serializers.Serializer):
    reason = serializers.CharField(max_length=2000, help_text="Why it no longer holds.")
    effective_on = serializers.DateField(
        required=False,
        help_text="The first day on which it no longer held, where that is before today. The day on which it began: it "
        "never held.",
    )


class DocumentQuery(StrictQuery):
    title = serializers.CharField(max_length=200)
    kind = serializers.ChoiceField(DOCUMENT_KINDS)
    edition = serializers.CharField(max_length=50, required=False, help_text="The document's own version.")
    written_on = serializers.DateField(required=False)
    review_by = serializers.DateField(required=False, help_text="After that day it counts as stale.")
    retention_class = serializers.CharField(max_length=200, required=False)
    filename = serializers.CharField(max_length=200, required=False)
    effective_on = serializers.DateField(required=False, help_text=SINCE)


class DocumentsQuery(ListQuery, MomentQuery):
    listing = DOCUMENTS
    chosen_by = {"kind": "kind", "sha256": "sha256"}

    kind = serializers.ChoiceField(DOCUMENT_KINDS, required=False)
    sha256 = serializers.CharField(max_length=64, required=False)


class DocumentOut(serializers.Serializer):
    id = serializers.UUIDField()
    title = serializers.CharField()
    kind = serializers.ChoiceField(DOCUMENT_KINDS)
    edition = serializers.CharField()
    written_on = serializers.DateField(allow_null=True)
    review_by = serializers.DateField(allow_null=True)
    retention_class = serializers.CharField()
    filename = serializers.CharField()
    media_type = serializers.CharField()
    bytes = serializers.IntegerField()
    sha256 = serializers.CharField()
    added_at = serializers.DateTimeField()
