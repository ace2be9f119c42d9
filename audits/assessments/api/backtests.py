"""`…/back-test/`: what a proposed policy, or a version of it, would have made of past results."""

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from audits.assessments.api import examples
from audits.assessments.serializers import BackTestOut, BackTestQuery, VersionBackTestQuery
from audits.assessments.services import backtest
from audits.assessments.services.backtests import period_of
from inventory.api.lookups import readable_models
from inventory.models import Policy, PolicyDraft
from mrm.accounts.api import Api
from mrm.openapi import problems, response_example

DESCRIPTION = (
    "No data are scanned again: what runs kept of each result (value, interval, tolerance tests, sizes) is judged "
    "under the limits of the policy. What that does not suffice for is counted in `why_not`. "
)


class DraftBackTestApi(Api):
    @extend_schema(
        operation_id="back_test_policy_draft",
        summary="Back-test a proposed policy",
        description=DESCRIPTION + "Unless asked otherwise, the year before it was proposed.",
        tags=["policies"],
        parameters=[BackTestQuery],
        responses={200: BackTestOut, **problems(400, 403, 404)},
        examples=[response_example("One stricter limit", examples.BACK_TEST)],
    )
    def get(self, request, draft_id):
        models = readable_models(request)
        draft = PolicyDraft.objects.filter(pk=draft_id).first()
        if draft is None:
            raise Http404(f"There is no draft {draft_id}.")
        query = BackTestQuery(data=request.query_params, context={"until": draft.proposed_at})
        return _answer(query, models, draft.document)


class PolicyBackTestApi(Api):
    @extend_schema(
        operation_id="back_test_policy",
        summary="Back-test a version of the policy",
        description=DESCRIPTION + "Compared with how they were judged, or with the version that `from` names. "
        "Unless asked otherwise, the year until now.",
        tags=["policies"],
        parameters=[VersionBackTestQuery],
        responses={200: BackTestOut, **problems(400, 403, 404)},
        examples=[response_example("One stricter limit", examples.BACK_TEST)],
    )
    def get(self, request, number):
        models = readable_models(request)
        query = VersionBackTestQuery(data=request.query_params, context={"until": timezone.now()})
        query.is_valid(raise_exception=True)
        other = query.validated_data.get("from")
        against = _document(other) if other else None
        return _answer(query, models, _document(number), against=against)


def _document(number: int) -> dict:
    policy = Policy.objects.filter(number=number).first()
    if policy is None:
        raise Http404(f"There is no version {number} of the policy.")
    return policy.document


def _answer(query: BackTestQuery, models, document: dict, *, against: dict | None = None) -> Response:
    query.is_valid(raise_exception=True)
    asked = query.validated_data
    wanted = {"tier": "tier", "model": "slug"}
    models = models.filter(**{wanted[name]: asked[name] for name in wanted if name in asked})
    since, until = period_of(asked.get("since"), asked.get("until"), until=query.context["until"])
    found = backtest(document, models=models, since=since, until=until, against=against)
    return Response(BackTestOut(found).data)
