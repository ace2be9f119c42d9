"""Two versions side by side over REST."""

from audits.assessments.serializers import ResultOut
from inventory.serializers import StrictQuery
from mrm import serializers


class ComparisonQuery(StrictQuery):
    with_ = serializers.IntegerField(min_value=1, max_value=2**31 - 1, help_text="Number of the version before.")
    only_differences = serializers.BooleanField(default=False)

    def get_fields(self):
        fields = super().get_fields()
        fields["with"] = fields.pop("with_")
        return fields


class FactOut(serializers.Serializer):
    name = serializers.CharField()
    before = serializers.JSONField(help_text="null: it was not said of that version.")
    after = serializers.JSONField()
    differs = serializers.BooleanField()


class PairOut(serializers.Serializer):
    measure = serializers.CharField()
    column = serializers.CharField()
    segment = serializers.CharField(help_text="The group; empty for the whole.")
    before = ResultOut(allow_null=True, help_text="null: it was not measured of that version.")
    after = ResultOut(allow_null=True)
    differs = serializers.BooleanField(help_text="Read to three digits, or in its verdict.")
    lie_apart = serializers.BooleanField(help_text="Whether the two intervals have no value in common.")


class SectionOut(serializers.Serializer):
    name = serializers.CharField()
    title = serializers.CharField()
    different = serializers.IntegerField()
    before_run = serializers.UUIDField(source="before_run.pk", default=None, allow_null=True)
    after_run = serializers.UUIDField(source="after_run.pk", default=None, allow_null=True)
    facts = FactOut(many=True)
    measures = PairOut(many=True, source="pairs")
    notes = serializers.ListField(child=serializers.CharField(), help_text="What is not known, and why.")


class SwapSetOut(serializers.Serializer):
    """The share of rows that both versions scored and decide differently."""

    value = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    level = serializers.FloatField()
    sizes = serializers.DictField(child=serializers.IntegerField())
    detail = serializers.DictField(
        help_text="`swapped_in`: only the later version predicts the event; `swapped_out`: only the earlier one; each "
        "with the `_rate` at which the event happened, where outcomes are known."
    )
    method = serializers.CharField()
    reason = serializers.CharField(help_text="Why there is none.")


class ComparisonOut(serializers.Serializer):
    before = serializers.IntegerField(source="before.number")
    after = serializers.IntegerField(source="after.number")
    different = serializers.IntegerField()
    sections = SectionOut(many=True)
    swap_set = SwapSetOut()
