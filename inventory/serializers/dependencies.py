"""Which models depend on which, and what a change would reach."""

from inventory.attributes.choices import DEPENDENCY_KINDS, LEVELS
from inventory.serializers.fields import PersonOut
from mrm import serializers


class NeighbourOut(serializers.Serializer):
    """One dependency, told from the model that was asked about."""

    model = serializers.CharField(help_text="The slug of the model at the other end.")
    name = serializers.CharField()
    status = serializers.CharField()
    tier = serializers.IntegerField()
    kind = serializers.ChoiceField(DEPENDENCY_KINDS)
    criticality = serializers.ChoiceField(LEVELS)
    note = serializers.CharField()


class ReachedOut(serializers.Serializer):
    model = serializers.CharField(source="model.slug")
    name = serializers.CharField(source="model.name")
    owner = PersonOut(source="model.owner")
    steps = serializers.IntegerField(help_text="1: it takes in the output directly.")
    is_live = serializers.BooleanField(help_text="Whether it is in use, or restricted or suspended from use.")


class SharedOut(serializers.Serializer):
    what = serializers.CharField(help_text="data source, vendor or family of methods.")
    name = serializers.CharField()
    models = serializers.ListField(child=serializers.CharField(), help_text="Slugs of others that name the same.")
    total = serializers.IntegerField()


class DependenciesOut(serializers.Serializer):
    upstream = NeighbourOut(many=True, help_text="What it depends on.")
    downstream = NeighbourOut(many=True, help_text="What depends on it directly.")
    impact = ReachedOut(many=True, help_text="Every model that a change or a retirement would reach, nearest first.")
    hidden = serializers.IntegerField(help_text="How many more there are that you may not see.")
    shared = SharedOut(many=True)
