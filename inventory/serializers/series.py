from inventory.contents.lists import SERIES
from inventory.models import Series
from inventory.serializers.fields import ListQuery, StrictQuery
from mrm import serializers


class PointsIn(serializers.Serializer):
    name = serializers.CharField(max_length=100, help_text="Such as `latency_p95` or `click_through`.")
    unit = serializers.CharField(max_length=40, help_text="Such as `ms`, `%` or `EUR`; it stays.")
    pillar = serializers.ChoiceField(
        Series.Pillar.choices, required=False, help_text="How it runs, or what it brings; `operational` at first."
    )
    points = serializers.ListField(
        child=serializers.ListField(child=serializers.JSONField()),
        help_text='`["2026-06-30T12:00:00Z", 41.5]` each: a time with its zone, and a finite number.',
    )


class SeriesOut(serializers.Serializer):
    name = serializers.CharField()
    unit = serializers.CharField()
    pillar = serializers.ChoiceField(Series.Pillar.choices)
    points = serializers.IntegerField(source="times")
    first_at = serializers.DateTimeField()
    last_at = serializers.DateTimeField()
    last_value = serializers.FloatField()


class PointsReceivedOut(SeriesOut):
    received = serializers.IntegerField(help_text="Points that are new.")
    changed = serializers.IntegerField(help_text="Points whose time had another value before, which is kept.")


class PointOut(serializers.Serializer):
    at = serializers.DateTimeField()
    value = serializers.FloatField()
    received_at = serializers.DateTimeField()


class SeriesQuery(ListQuery):
    listing = SERIES
    chosen_by = {"pillar": "pillar"}

    pillar = serializers.ChoiceField(Series.Pillar.choices, required=False)


class PointsQuery(StrictQuery):
    is_paged = True

    since = serializers.DateTimeField(required=False, help_text="The first time, RFC 3339.")
    until = serializers.DateTimeField(required=False, help_text="Before this time.")
