from drf_spectacular.utils import extend_schema_field

from inventory.attributes import COLUMNS
from inventory.attributes.choices import METHOD_FAMILIES
from inventory.contents.differences import KINDS
from inventory.contents.register import MOST_OF_A_FACET, ORDERINGS, check_words
from inventory.contents.shared import WHAT
from inventory.models.moments import check_day_has_come
from inventory.policies import REQUIRABLE
from inventory.serializers.attributes import field_in, field_out
from inventory.serializers.fields import PersonField, PersonOut, StrictQuery
from inventory.serializers.moments import MomentQuery
from inventory.states import Status
from mrm import serializers
from mrm.pages.listing import MOST_WORDS


class ModelEdit(serializers.Serializer):
    """What can be changed about a model; leave out what stays. Not everybody may change everything."""

    def get_fields(self):
        return {name: field_in(attribute) for name, attribute in COLUMNS.items()}


class ModelIn(ModelEdit):
    """A model to register; `name` suffices, the owner then being whoever sends it."""

    slug = serializers.SlugField(max_length=100, required=False, help_text="Made from the name where it is left out.")
    workspace = serializers.SlugField(required=False, help_text="The token's where it is left out.")

    def get_fields(self):
        fields = super().get_fields() | serializers.Serializer.get_fields(self)
        fields["name"].required = True
        return fields


class ModelOut(serializers.Serializer):
    id = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()
    workspace = serializers.CharField(source="workspace.slug")
    owner = PersonOut()
    status = serializers.ChoiceField([status.value for status in Status])
    is_model = serializers.BooleanField(
        help_text="false where every determination says that it is none: a tool, kept here and counted nowhere."
    )
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
    missing = serializers.SerializerMethodField(help_text="What policy still asks for, attribute by attribute.")
    registered_at = serializers.DateTimeField()
    edited_at = serializers.DateTimeField()
    retired_at = serializers.DateTimeField(allow_null=True)
    baselined_until = serializers.DateField(
        allow_null=True, help_text="Taken over from elsewhere: what it lacks is dated debt until this day."
    )
    revision = serializers.IntegerField(help_text="Also the ETag.")

    @extend_schema_field(list[str])
    def get_missing(self, model) -> list[str]:
        return model.missing(self.context.get("policy"))


class ModelDetailOut(ModelOut):
    """Everything that one entry of the register says in single values."""

    def get_fields(self):
        fields = super().get_fields()
        more = {name: field_out(attribute) for name, attribute in COLUMNS.items() if name not in fields}
        return fields | more


class ModelChange(ModelEdit):
    """An edit, and since when what it says has been so."""

    effective_on = serializers.DateField(
        required=False, help_text="Since which day it has been so, where that is before today; both dates are kept."
    )

    def get_fields(self):
        return super().get_fields() | serializers.Serializer.get_fields(self)


class ModelQuery(MomentQuery):
    is_paged = True

    status = serializers.ChoiceField([status.value for status in Status], required=False)
    tier = serializers.IntegerField(min_value=0, max_value=3, required=False)
    name = serializers.CharField(
        max_length=200,
        required=False,
        help_text="The whole name, upper and lower case alike: one model of a workspace.",
    )
    owner = PersonField(required=False, help_text="E-mail address or id.")
    workspace = serializers.SlugField(required=False)
    business_unit = serializers.CharField(max_length=200, required=False)
    data_source = serializers.CharField(max_length=200, required=False, help_text="Models that take it in.")
    vendor = serializers.CharField(max_length=200, required=False)
    method_family = serializers.ChoiceField(METHOD_FAMILIES, required=False)
    is_model = serializers.BooleanField(
        required=False, allow_null=True, default=None, help_text="false: the tools that were determined to be no model."
    )
    provisional = serializers.BooleanField(required=False, allow_null=True, default=None, help_text="Tier to confirm.")
    affects_natural_persons = serializers.BooleanField(required=False, allow_null=True, default=None)
    in_production = serializers.BooleanField(
        required=False, allow_null=True, default=None, help_text="Whether a version is in production."
    )
    production_version = serializers.IntegerField(
        min_value=1, max_value=2**31 - 1, required=False, help_text="Those with the version of this number there."
    )
    missing = serializers.ChoiceField(
        REQUIRABLE, required=False, help_text="Those of which the policy asks for this attribute, and which lack it."
    )
    registered_since = serializers.DateField(required=False, help_text="The first day of registration.")
    registered_until = serializers.DateField(required=False, help_text="The last.")
    edited_since = serializers.DateField(required=False, help_text="The first day of the last edit.")
    edited_until = serializers.DateField(required=False, help_text="The last.")
    search = serializers.CharField(
        max_length=200,
        required=False,
        validators=[check_words],
        help_text="Words, or their beginnings, in name, slug, business unit, purpose, description and methodology: "
        f"letters and digits, at most {MOST_WORDS} words; or all in one of its aliases.",
    )
    ordering = serializers.ChoiceField(
        [*ORDERINGS, *(f"-{name}" for name in ORDERINGS)], default="name", help_text="A dash in front turns it round."
    )


class FacetsQuery(ModelQuery):
    is_paged = False

    ordering = None


class FacetOut(serializers.Serializer):
    """One value: `GET /models/` with it as a filter lists as many as it counts."""

    value = serializers.CharField()
    label = serializers.CharField()
    count = serializers.IntegerField()


class FacetsByNameOut(serializers.Serializer):
    status = FacetOut(many=True)
    tier = FacetOut(many=True)
    business_unit = FacetOut(many=True)
    owner = FacetOut(many=True)
    workspace = FacetOut(many=True)


class FacetsOut(serializers.Serializer):
    total = serializers.IntegerField(help_text="How many models fit.")
    facets = FacetsByNameOut(source="shown", help_text=f"Of each at most the {MOST_OF_A_FACET} commonest values.")
    left_off = serializers.DictField(
        child=serializers.IntegerField(), help_text="How many more values a facet has than are told."
    )


class CommonQuery(MomentQuery):
    what = serializers.ChoiceField(list(WHAT), default="data_source")
    least = serializers.IntegerField(
        min_value=1, max_value=10_000, default=2, help_text="Only what at least so many models name."
    )


class HeldOut(serializers.Serializer):
    """Something that models have in common; `GET /models/` filters by it."""

    name = serializers.CharField()
    models = serializers.IntegerField(help_text="How many of those you may see name it; retired ones do not count.")
    live = serializers.IntegerField(help_text="How many of them are in use, restricted or suspended.")
    tier_1 = serializers.IntegerField()


class CommonOut(serializers.Serializer):
    what = serializers.ChoiceField(list(WHAT))
    results = HeldOut(many=True, help_text="The most widely shared first; at most 500.")


class RegisterDifferencesQuery(StrictQuery):
    """Paged by a cursor; so many at a time."""

    since = serializers.DateField(validators=[check_day_has_come], help_text="The earlier day.")
    until = serializers.DateField(validators=[check_day_has_come], help_text="The later day, at the latest today.")
    known_on = serializers.DateField(
        required=False, validators=[check_day_has_come], help_text="With what was known on this day, for both."
    )
    kind = serializers.ChoiceField(KINDS, required=False)
    cursor = serializers.CharField(required=False, help_text="As `next` gives it.")


class FieldChangeOut(serializers.Serializer):
    field = serializers.CharField()
    before = serializers.JSONField(help_text="null where it came about.")
    after = serializers.JSONField(help_text="null where it ended.")


class RegisterDifferenceOut(serializers.Serializer):
    kind = serializers.ChoiceField(KINDS)
    slug = serializers.CharField()
    name = serializers.CharField()
    changes = FieldChangeOut(
        many=True, help_text="Of a model in both registers: every field that differs, and every row that came or went."
    )


class RegisterDifferencesOut(serializers.Serializer):
    counts = serializers.DictField(child=serializers.IntegerField(), help_text="How many models of each kind.")
    next = serializers.URLField(allow_null=True, help_text="The address of what follows.")
    results = RegisterDifferenceOut(source="shown", many=True)
