"""`/models/{slug}/breaches/`: what went beyond its limit, until the second line closes it."""

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from audits.assessments import services
from audits.assessments.api import examples
from audits.assessments.api.lookups import breach_for
from audits.assessments.models import Breach
from audits.assessments.serializers import BreachDecisionIn, BreachOut, BreachQuery, BreachStepIn, ReasonIn
from inventory.api.lookups import model_for
from inventory.api.paging import page_of, paged
from mrm.accounts.api import Api, SigningApi, sent_to
from mrm.accounts.services import Password
from mrm.errors import RuleBroken
from mrm.openapi import IDEMPOTENCY_KEY, problems, request_example, response_example


class BreachesApi(Api):
    @extend_schema(
        operation_id="list_breaches",
        summary="List the breaches of a model",
        description="One per version, measure, column and group; later breaches of the same join the one that is open.",
        tags=["assessments"],
        parameters=[BreachQuery],
        responses={200: page_of(BreachOut), **problems(400, 403, 404)},
        examples=[response_example("One breach", examples.BREACH_PAGE)],
    )
    def get(self, request, slug):
        query = BreachQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        breaches = query.chosen(Breach.objects.filter(version__model=model_for(request, slug)))
        if (is_open := query.validated_data["open"]) is not None:
            breaches = breaches.filter(closed_at__isnull=is_open)
        breaches = breaches.select_related("version__model").prefetch_related("steps__person")
        return paged(request, breaches, query.ordering, BreachOut)


class BreachStepsApi(Api):
    @extend_schema(
        operation_id="investigate_breach",
        summary="Take a step of the investigation of a breach",
        description=(
            "Take it up, then say the root cause: whoever answers for the model, or judges it. Each step is kept; one "
            "taken again stands beside the first. What is done is decided, and signed, at `decision/`."
        ),
        tags=["assessments"],
        parameters=[IDEMPOTENCY_KEY],
        request=BreachStepIn,
        responses={201: BreachOut, **problems(400, 403, 404, 409, 413, 415, 422)},
        examples=[
            request_example("Say the cause", examples.BREACH_STEP_IN),
            response_example("Said", examples.BREACH_EXPLAINED, 201),
        ],
    )
    def post(self, request, breach_id):
        breach = breach_for(request, breach_id)
        services.take_step(breach, **sent_to(BreachStepIn, request), actor=request.user)
        return Response(BreachOut(breach_for(request, breach_id)).data, status=201)


class BreachDecisionApi(SigningApi):
    @extend_schema(
        operation_id="decide_breach",
        summary="Decide what is done about a breach",
        description=(
            "The second line, never whoever owns the model or did in the last twelve months, and after proving again "
            "who they are. It signs the digest of the breach as it was shown; a breach that was seen again since is "
            "read again. One on which nothing is done may be decided, and closed with the same signature, before its "
            "cause is said."
        ),
        tags=["assessments"],
        parameters=[IDEMPOTENCY_KEY],
        request=BreachDecisionIn,
        responses={201: BreachOut, **problems(400, 403, 404, 409, 413, 415, 422)},
        examples=[
            request_example("Decide", examples.BREACH_DECISION_IN),
            response_example("Decided", examples.BREACH_DECIDED, 201),
        ],
    )
    def post(self, request, breach_id):
        breach = breach_for(request, breach_id)
        told = sent_to(BreachDecisionIn, request)
        if told["evidence_digest"] != services.facts_digest(breach):
            raise RuleBroken("What you were shown has changed since. Read it again, then sign.")
        asked = {name: told[name] for name in ("decision", "text", "closes")}
        statement = services.prepare_decision(breach, **asked, actor=request.user)
        proof = Password(told["password"], told["code"])
        services.sign_decision(breach, statement.pk, proof=proof, actor=request.user)
        return Response(BreachOut(breach_for(request, breach_id)).data, status=201)


class BreachClosureApi(Api):
    @extend_schema(
        operation_id="close_breach",
        summary="Close a breach",
        description=(
            "The second line may, once it is decided, with a reason; never whoever owns the model, or did in the last "
            "twelve months."
        ),
        tags=["assessments"],
        parameters=[IDEMPOTENCY_KEY],
        request=ReasonIn,
        responses={200: BreachOut, **problems(400, 403, 404, 409, 413, 415)},
        examples=[
            request_example("Close", examples.REASON),
            response_example("Closed", examples.BREACH | {"closed_at": examples.LATER, **examples.CLOSED}),
        ],
    )
    def post(self, request, breach_id):
        breach = breach_for(request, breach_id)
        services.close_breach(breach, **sent_to(ReasonIn, request), actor=request.user)
        return Response(BreachOut(breach_for(request, breach_id)).data)
