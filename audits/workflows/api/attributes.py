"""`/models/{slug}/attributes/`: what the register says about a model, what is missing, and what was said before."""

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from audits.workflows.api import examples
from audits.workflows.contents.assurance import attributes_of
from audits.workflows.contents.histories import history_of
from audits.workflows.contents.retention import retention_of
from audits.workflows.serializers.attributes import AttributeHistoryOut, AttributesOut
from inventory import services
from inventory.api import examples as inventory_examples
from inventory.api.lookups import model_at, model_for
from inventory.attributes import BY_NAME, ROWS, Attribute
from inventory.models.particulars import rows_of
from inventory.serializers import DATED_SHAPES, SHAPES, EndIn, MomentQuery
from inventory.serializers.particulars import described
from mrm.accounts.api import Api, sent_to
from mrm.errors import RuleBroken
from mrm.openapi import IDEMPOTENCY_KEY, problems, request_example, response_example


class AttributesApi(Api):
    @extend_schema(
        operation_id="list_attributes",
        summary="List the attributes of a model",
        description="All that examiners ask for, in their order, with what follows from assessments and decisions. "
        "With `as_of` all of it as it stood; an attribute whose value of then is not kept has `kept` false.",
        tags=["models"],
        parameters=[MomentQuery],
        responses={200: AttributesOut, **problems(400, 403, 404)},
        examples=[response_example("Attributes", examples.ATTRIBUTES)],
    )
    def get(self, request, slug):
        query = MomentQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        model = model_at(request, slug, query.moment())
        answer = {"model": model.slug, "tier": model.tier, "missing": model.missing()}
        return Response(AttributesOut(answer | {"attributes": attributes_of(model)}).data)


class AttributeApi(Api):
    @extend_schema(
        operation_id="read_attribute",
        summary="Read one attribute with its history",
        description="Who said what and when, from the trail.",
        tags=["models"],
        responses={200: AttributeHistoryOut, **problems(403, 404)},
        examples=[response_example("An attribute", examples.ATTRIBUTE)],
    )
    def get(self, request, slug, name):
        model, attribute = model_for(request, slug), _attribute(name)
        return _answer(model, attribute)

    @extend_schema(
        operation_id="add_particular",
        summary="Say one thing more about a model",
        description=(
            "For the attributes that are kept as rows. What was said stays as it was said: to correct it, end the row "
            "and add another. A new determination of the same regime takes the place of the earlier one."
        ),
        tags=["models"],
        parameters=[IDEMPOTENCY_KEY],
        request={"application/json": {"anyOf": [described(name) for name in SHAPES]}},
        responses={201: AttributeHistoryOut, **problems(400, 403, 404, 409, 413, 415, 422)},
        examples=[
            request_example("A limitation", inventory_examples.LIMITATION_IN),
            response_example("Said", examples.LIMITATIONS, 201),
        ],
    )
    def post(self, request, slug, name):
        model, attribute = model_for(request, slug, reading=False), _attribute(name)
        if name not in SHAPES:
            reason = "is attached as a file" if name in ROWS else "is one value; edit the model instead"
            raise RuleBroken(f"{attribute.label} {reason}.")
        values = sent_to(DATED_SHAPES[name], request, context={"person": request.user})
        since = values.pop("effective_on", None)
        services.add_particular(model, name, values=values, effective_on=since, actor=request.user)
        return _answer(model, attribute, 201)


class EndingApi(Api):
    @extend_schema(
        operation_id="end_particular",
        summary="Say that something no longer holds",
        description="The row stays in the history, with the reason.",
        tags=["models"],
        parameters=[IDEMPOTENCY_KEY],
        request=EndIn,
        responses={200: AttributeHistoryOut, **problems(400, 403, 404, 409, 413, 415, 422)},
        examples=[
            request_example("Why", {"reason": "Estimated on the self-employed, too, since version 4."}),
            response_example("Ended", examples.LIMITATIONS),
        ],
    )
    def post(self, request, slug, name, row):
        model, attribute = model_for(request, slug, reading=False), _attribute(name)
        found = rows_of(name).filter(model=model, pk=row).select_related("model").first() if name in ROWS else None
        if found is None:
            raise Http404(f"There is no such row of {attribute.label} of {model}.")
        services.end_particular(found, name, **sent_to(EndIn, request), actor=request.user)
        return _answer(model, attribute)


def _attribute(name: str) -> Attribute:
    if name not in BY_NAME:
        raise Http404(f"There is no attribute {name}; the list of all is one address up.")
    return BY_NAME[name]


def _answer(model, attribute: Attribute, status: int = 200) -> Response:
    told = next(one for one in attributes_of(model) if one.attribute == attribute)
    body = AttributeHistoryOut(
        vars(told) | {"history": history_of(model, attribute), "retention": retention_of(model, attribute.name)}
    )
    return Response(body.data, status=status)
