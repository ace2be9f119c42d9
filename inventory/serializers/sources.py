from dataclasses import replace

from inventory.contents.lists import SOURCES
from inventory.serializers.fields import ListQuery
from inventory.serializers.moments import MomentQuery
from mrm import serializers

STATES = ["readable", "unreadable", "not read yet", "no longer read", "open"]
FOUND_LATER = "What stood on a past day is not chosen or sorted by what was found later; take registered_at."
LOOKED = ("rows", "first_at", "last_at", "read_at", "closed_at")  # What changes, so that it does not sort the past.


class SourceIn(serializers.Serializer):
    url = serializers.CharField(
        max_length=500,
        help_text="Where the warehouse is. Instead of a password: `env:SOURCE_…`, the name of a variable.",
    )
    table = serializers.CharField(max_length=200, help_text="`table`, or `schema.table`.")
    columns = serializers.DictField(
        child=serializers.CharField(max_length=200),
        required=False,
        help_text="What the table calls the columns of the schema, where it calls them differently.",
    )
    time_column = serializers.CharField(
        max_length=200, required=False, help_text="The table's name of the time; by default that of the schema's time."
    )
    version = serializers.IntegerField(
        min_value=1, required=False, help_text="By default the version in production, else the newest."
    )


class SourceOut(serializers.Serializer):
    id = serializers.UUIDField()
    version = serializers.IntegerField(source="version.number")
    url = serializers.CharField()
    table = serializers.CharField()
    columns = serializers.DictField(child=serializers.CharField())
    time_column = serializers.CharField()
    state = serializers.ChoiceField(
        STATES, help_text="`open` with `as_of` where what the last look found then is not kept; it is null then."
    )
    registered_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)
    read_at = serializers.DateTimeField(allow_null=True)
    rows = serializers.IntegerField(allow_null=True)
    first_at = serializers.DateTimeField(allow_null=True)
    last_at = serializers.DateTimeField(allow_null=True)
    fault = serializers.CharField(help_text="Why the last look at it failed; empty where it did not.")


class SourceQuery(ListQuery, MomentQuery):
    listing = SOURCES
    chosen_by = {"version": "version__number"}

    version = serializers.IntegerField(min_value=1, required=False)

    def validate(self, asked):
        asked = super().validate(asked)
        if "as_of" not in asked:
            return asked
        found_later = [column for column in self.listing.dated if column.name in LOOKED]
        told = {name: FOUND_LATER for column in found_later for name in column.first_and_last if name in asked}
        if asked["ordering"].removeprefix("-") in LOOKED:
            told["ordering"] = FOUND_LATER
        if told:
            raise serializers.ValidationError(told)
        return asked

    def chosen(self, rows):
        """Of a past day without the fault, which was found later."""
        if self.moment():
            self.listing = replace(self.listing, searched=("table", "url"))
        return super().chosen(rows)


class EventsOut(serializers.Serializer):
    alone = serializers.IntegerField(help_text="Halves whose other half has not come.")
    pairs = serializers.IntegerField(help_text="Pairs for the next batch.")
    reason = serializers.CharField(help_text="What stands against that batch; empty where nothing does.")
    refused = serializers.IntegerField(help_text="Pairs that cannot be rows as they are.")
    kept_days = serializers.IntegerField(help_text="After so many days these are given up.")
