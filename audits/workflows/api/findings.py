"""`/findings/`: raised and closed by the second line, answered by the first."""

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from audits.assessments.serializers import ReasonIn
from audits.workflows import services
from audits.workflows.api import examples
from audits.workflows.api.lookups import finding_for, named_breach, named_model, named_version, readable_findings
from audits.workflows.serializers import AnswerIn, FindingIn, FindingOut, FindingQuery
from inventory.api.paging import Pages, page_of
from mrm.accounts.api import Api
from mrm.openapi import IDEMPOTENCY_KEY, problems, request_example, response_example

STEP = {
    "tags": ["findings"],
    "parameters": [IDEMPOTENCY_KEY],
    "responses": {200: FindingOut, **problems(400, 403, 404, 409, 413, 415)},
}


class FindingsApi(Api):
    @extend_schema(
        operation_id="list_findings",
        summary="List findings",
        description="About the models you may see, what is due first first.",
        tags=["findings"],
        parameters=[FindingQuery],
        responses={200: page_of(FindingOut), **problems(400, 403)},
        examples=[response_example("One finding", examples.FINDING_PAGE)],
    )
    def get(self, request):
        query = FindingQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        wanted = {"model": "model__slug", "state": "state", "severity": "severity"}
        chosen = {wanted[name]: value for name, value in query.validated_data.items()}
        pages = Pages("due_at", "id")
        page = pages.paginate_queryset(readable_findings(request).filter(**chosen), request, self)
        return pages.get_paginated_response(FindingOut(page, many=True).data)

    @extend_schema(
        operation_id="raise_finding",
        summary="Raise a finding",
        description="What was observed and what must be achieved. When it is due follows from tier and severity.",
        tags=["findings"],
        parameters=[IDEMPOTENCY_KEY],
        request=FindingIn,
        responses={201: FindingOut, **problems(400, 403, 409, 413, 415, 422)},
        examples=[
            request_example("Raise", examples.FINDING_IN),
            response_example("Raised", examples.FINDING, 201),
        ],
    )
    def post(self, request):
        sent = FindingIn(data=request.data)
        sent.is_valid(raise_exception=True)
        fields = dict(sent.validated_data)
        model, number = named_model(request, fields.pop("model")), fields.pop("version", None)
        finding = services.raise_finding(
            model,
            version=None if number is None else named_version(model, number),
            breach=named_breach(model, fields.pop("breach", None)),
            **fields,
            actor=request.user,
        )
        address = f"/api/v1/findings/{finding.reference}/"
        return Response(FindingOut(finding).data, status=201, headers={"Location": address})


class FindingApi(Api):
    @extend_schema(
        operation_id="read_finding",
        summary="Read a finding",
        tags=["findings"],
        responses={200: FindingOut, **problems(403, 404)},
        examples=[response_example("A finding", examples.FINDING)],
    )
    def get(self, request, reference):
        return Response(FindingOut(finding_for(request, reference)).data)


class FindingStepApi(Api):
    """One step in the life of a finding."""

    shape: type

    def take(self, request, reference, service) -> Response:
        finding = finding_for(request, reference, reading=False)
        sent = self.shape(data=request.data)
        sent.is_valid(raise_exception=True)
        return Response(FindingOut(service(finding, **sent.validated_data, actor=request.user)).data)


class ResponseApi(FindingStepApi):
    shape = AnswerIn

    @extend_schema(
        operation_id="respond_to_finding",
        summary="Answer a finding",
        description="What the first line says to it and plans to do.",
        request=AnswerIn,
        examples=[
            request_example("Answer", examples.ANSWER),
            response_example("Answered", examples.FINDING | examples.ANSWER),
        ],
        **STEP,
    )
    def post(self, request, reference):
        return self.take(request, reference, services.respond_to_finding)


class SubmissionApi(FindingStepApi):
    shape = AnswerIn

    @extend_schema(
        operation_id="submit_finding",
        summary="Submit a finding for closure",
        description="The first line says that the required outcome is achieved, and how.",
        request=AnswerIn,
        examples=[
            request_example("Submit", examples.ANSWER),
            response_example("Submitted", examples.FINDING | examples.ANSWER | {"state": "submitted"}),
        ],
        **STEP,
    )
    def post(self, request, reference):
        return self.take(request, reference, services.submit_finding)


class ReturnApi(FindingStepApi):
    shape = ReasonIn

    @extend_schema(
        operation_id="return_finding",
        summary="Return a finding to the first line",
        description="The second line is not satisfied yet, and says why.",
        request=ReasonIn,
        examples=[
            request_example("Return", examples.RETURN),
            response_example("Returned", examples.FINDING | examples.ANSWER),
        ],
        **STEP,
    )
    def post(self, request, reference):
        return self.take(request, reference, services.return_finding)


class ClosureApi(FindingStepApi):
    shape = ReasonIn

    @extend_schema(
        operation_id="close_finding",
        summary="Close a finding",
        description="The second line may, with a reason; never the model's owner, never whoever submitted it.",
        request=ReasonIn,
        examples=[
            request_example("Close", examples.CLOSURE),
            response_example("Closed", examples.FINDING_CLOSED),
        ],
        **STEP,
    )
    def post(self, request, reference):
        return self.take(request, reference, services.close_finding)
