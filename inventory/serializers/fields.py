"""Fields that several shapes share."""

from django.db.models import QuerySet
from django.http import QueryDict
from drf_spectacular.utils import extend_schema_field
from rest_framework.fields import empty

from inventory.models import Model
from mrm import serializers
from mrm.accounts.models import Person
from mrm.pages.listing import MOST_WORDS, Listing, check_words


class PersonOut(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField(source="display_name")


@extend_schema_field(str)
class PersonField(serializers.Field):
    """A person, by e-mail address or id."""

    default_error_messages = {"unknown": "There is no such person; give the e-mail address or id of somebody here."}

    def to_internal_value(self, data):
        if not isinstance(data, str) or len(data) > 254 or "\x00" in data:
            self.fail("unknown")
        person = Person.objects.filter(email__iexact=data).first() if "@" in data else self._by_id(data)
        if person is None:
            self.fail("unknown")
        return person

    @staticmethod
    def _by_id(given: str) -> Person | None:
        try:
            key = serializers.UUIDField().to_internal_value(given)
        except serializers.ValidationError:
            return None
        return Person.objects.filter(pk=key).first()


@extend_schema_field(str)
class ModelField(serializers.Field):
    """Another model, by its slug, among those that the person in the context may see."""

    default_error_messages = {"unknown": "There is no such model that you may see; give its slug."}

    def to_internal_value(self, data):
        if not isinstance(data, str) or len(data) > 100 or "\x00" in data:
            self.fail("unknown")
        model = Model.objects.visible_to(self.context["person"]).filter(slug=data).first()
        if model is None:
            self.fail("unknown")
        return model


class PageQuery(serializers.Serializer):
    """Which page of a list, and how long one is: what every list that comes in pages is asked by."""

    is_query = True
    USUAL, LARGEST = 50, 200

    cursor = serializers.CharField(default="", allow_blank=True, trim_whitespace=False)
    page_size = serializers.IntegerField(
        min_value=1,
        max_value=LARGEST,
        default=USUAL,
        error_messages=dict.fromkeys(
            ("invalid", "min_value", "max_value", "max_string_length"), f"This is a whole number from 1 to {LARGEST}."
        ),
    )

    @classmethod
    def of(cls, asked: QueryDict) -> dict:
        query = cls(data={name: asked[name] for name in cls._declared_fields if name in asked})
        query.is_valid(raise_exception=True)
        return query.validated_data


class StrictQuery(serializers.Serializer):
    """The parameters of a query; an unknown one is refused, because ignoring a filter answers another question."""

    is_query = True  # Its fields read text; see mrm.serializers.
    is_paged = False
    told_of_others = "This list has no such parameter; known are {known}."

    def __init__(self, instance=None, data=empty, **kwargs):
        # As plain values: in a form, an empty one would count as left out, and a filter would silently not filter.
        super().__init__(instance, data.dict() if isinstance(data, QueryDict) else data, **kwargs)

    def known(self) -> list[str]:
        return sorted({*self.fields, *(PageQuery._declared_fields if self.is_paged else ())})


class PagesQuery(StrictQuery):
    """The parameters of a list that is only leafed through."""

    is_paged = True


class ListQuery(StrictQuery):
    """The parameters of a list that is told once, in a `Listing`: each filter by its field, a search, the ordering."""

    is_paged = True
    listing: Listing
    chosen_by: dict[str, str] = {}  # Which field each filter is for; the others a view looks at itself.

    def get_fields(self):
        fields = super().get_fields()
        if self.listing.searched:
            looked_at = ", ".join(field.replace("__", " ").replace("_", " ") for field in self.listing.searched)
            told = f"Words, at most {MOST_WORDS}, each somewhere in {looked_at}."
            fields["search"] = serializers.CharField(
                max_length=200, required=False, validators=[check_words], help_text=told
            )
        for column in self.listing.dated:
            told = zip(column.first_and_last, ("first", "last"), strict=True)
            days = {name: _day(f"The {which} day of “{column.label}”.") for name, which in told}
            fields = days | fields  # What a list declares itself goes before.
        fields["ordering"] = serializers.ChoiceField(
            self.listing.orderings, default=self.listing.usual, help_text="A dash in front turns it round."
        )
        return fields

    def chosen(self, rows: QuerySet) -> QuerySet:
        """The rows that fit what was asked for."""
        asked = self.validated_data
        days = {name: asked[name] for name in asked if name not in self.chosen_by}
        rows = self.listing.between(self.filtered(rows, **self.chosen_by), days)
        return self.listing.holding(rows, asked.get("search", ""))

    def filtered(self, rows: QuerySet, **chosen_by: str) -> QuerySet:
        """The rows that fit the filters, where these fields hold what they ask for."""
        asked = self.validated_data
        return rows.filter(**{field: asked[name] for name, field in chosen_by.items() if asked.get(name) is not None})

    @property
    def ordering(self) -> tuple[str, ...]:
        return self.listing.ordering(self.validated_data["ordering"])


def _day(told: str) -> serializers.DateField:
    return serializers.DateField(required=False, help_text=told)
