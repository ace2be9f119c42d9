"""`/indicators/`: what a board looks at, against the appetite of the policy in force."""

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from audits.workflows.contents.indicators import BY_NAME, indicators_of, trend_of
from audits.workflows.serializers.indicators import IndicatorOut, IndicatorsOut, IndicatorTrendOut, MonthOut
from inventory.models import Policy
from mrm.accounts.api import Api
from mrm.accounts.policies import Permission
from mrm.accounts.services import require
from mrm.openapi import problems, response_example

READING = {"value": 0.25, "size": 8, "reason": "", "verdict": "red"}
PAST_DUE = READING | {
    "name": "findings_past_due",
    "group": "Findings",
    "title": "Findings past due",
    "means": "Open findings whose date has passed.",
    "unit": "share",
    "appetite": {"amber": 0.05, "red": 0.15, "direction": "upper"},
    "owner": "head_of_validation",
}

TREND = PAST_DUE | {"trend": [{"day": "2025-05-31", "reading": READING}]}


class IndicatorsApi(Api):
    @extend_schema(
        operation_id="list_indicators",
        summary="Read the indicators",
        description="Over the models you may see: each number with its size, or why it is not measured, which is "
        "never within; and the appetite that the policy in force sets.",
        tags=["models"],
        responses={200: IndicatorsOut, **problems(403)},
        examples=[response_example("One indicator", {"policy_version": 2, "results": [PAST_DUE]})],
    )
    def get(self, request):
        require(request.user, Permission.READ, None, model_slug=None)
        found = indicators_of(request.user, now=timezone.now())
        return Response(IndicatorsOut({"policy_version": Policy.objects.in_force().number, "results": found}).data)


class IndicatorApi(Api):
    @extend_schema(
        operation_id="read_indicator",
        summary="Read an indicator and its last months",
        tags=["models"],
        responses={200: IndicatorTrendOut, **problems(403, 404)},
        examples=[response_example("Findings past due", TREND)],
    )
    def get(self, request, name):
        require(request.user, Permission.READ, None, model_slug=None)
        if name not in BY_NAME:
            raise Http404(f"There is no indicator {name}; there are {', '.join(BY_NAME)}.")
        now = timezone.now()
        [shown] = indicators_of(request.user, now=now, names=(name,))
        trend = trend_of(BY_NAME[name], request.user, now=now)
        return Response(IndicatorOut(shown).data | {"trend": MonthOut(trend, many=True).data})
