"""The shapes of indicators."""

from audits.statistics.limits import Direction, Verdict
from mrm import serializers


class AppetiteOut(serializers.Serializer):
    amber = serializers.FloatField(allow_null=True)
    red = serializers.FloatField(allow_null=True)
    direction = serializers.ChoiceField([one.value for one in Direction], help_text="On which side of it is bad.")


class ReadingOut(serializers.Serializer):
    value = serializers.FloatField(allow_null=True, help_text="null: not measured, and `reason` says why.")
    size = serializers.IntegerField(source="found.size", help_text="Of how many.")
    reason = serializers.CharField()
    verdict = serializers.ChoiceField(
        [*(one.value for one in Verdict), ""], help_text="Empty where the policy sets no appetite."
    )


class IndicatorOut(ReadingOut):
    name = serializers.CharField(source="indicator.name")
    group = serializers.CharField(source="indicator.group")
    title = serializers.CharField(source="indicator.title")
    means = serializers.CharField(source="indicator.means")
    unit = serializers.ChoiceField(("share", "count", "days"), source="indicator.written")
    appetite = AppetiteOut(source="limit", allow_null=True)
    owner = serializers.CharField(help_text="The role that answers for it.")


class MonthOut(serializers.Serializer):
    day = serializers.DateField(help_text="The last of a month.")
    reading = ReadingOut(source="shown")


class IndicatorsOut(serializers.Serializer):
    policy_version = serializers.IntegerField()
    results = IndicatorOut(many=True)


class IndicatorTrendOut(IndicatorOut):
    trend = MonthOut(many=True, help_text="The last twelve months, oldest first; empty where the past is not known.")
