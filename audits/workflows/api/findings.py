"""`/findings/`: what the second line observed; one of them in full; drafts."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from audits.workflows import services
from audits.workflows.api import finding_examples as examples
from audits.workflows.api.lookups import finding_for, named_breach, named_model, named_version, readable_findings
from audits.workflows.contents.lists import ranked
from audits.workflows.models import Finding
from audits.workflows.serializers import (
    FindingChange,
    FindingIn,
    FindingInFullOut,
    FindingOut,
    FindingQuery,
    NothingIn,
)
from inventory.api.conditions import IF_MATCH, expected_revision, tagged
from inventory.api.paging import page_of, paged
from mrm.accounts.api import Api, sent_to
from mrm.openapi import IDEMPOTENCY_KEY, problems, request_example, response_example


def in_full(finding: Finding, status: int = 200, **headers) -> Response:
    """A finding as it is now, whatever step was taken with it."""
    found = Finding.objects.in_full().get(pk=finding.pk)
    return tagged(found, FindingInFullOut(found).data, status=status, headers=headers)


class FindingsApi(Api):
    @extend_schema(
        operation_id="list_findings",
        summary="List findings",
        description="About the models you may see, what is due first first. Drafts are only the second line's.",
        tags=["findings"],
        parameters=[FindingQuery],
        responses={200: page_of(FindingOut), **problems(400, 403)},
        examples=[response_example("One finding", examples.FINDING_PAGE)],
    )
    def get(self, request):
        query = FindingQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        findings = query.chosen(ranked(readable_findings(request)))
        if query.validated_data.get("overdue"):
            findings = findings.overdue(timezone.localdate())
        return paged(request, findings, query.ordering, FindingOut)

    @extend_schema(
        operation_id="raise_finding",
        summary="Raise a finding",
        description=(
            "What was observed, against which criterion, with what impact, and what must be achieved. When it is due "
            "follows from tier and severity. A draft is issued later."
        ),
        tags=["findings"],
        parameters=[IDEMPOTENCY_KEY],
        request=FindingIn,
        responses={201: FindingInFullOut, **problems(400, 403, 409, 413, 415, 422)},
        examples=[
            request_example("Raise", examples.FINDING_IN),
            response_example("Raised", examples.FINDING_IN_FULL, 201),
        ],
    )
    def post(self, request):
        fields = sent_to(FindingIn, request)
        model, number = named_model(request, fields.pop("model")), fields.pop("version", None)
        service = services.draft_finding if fields.pop("draft") else services.raise_finding
        finding = service(
            model,
            version=None if number is None else named_version(model, number),
            breach=named_breach(model, fields.pop("breach", None)),
            **fields,
            actor=request.user,
        )
        return in_full(finding, 201, Location=f"/api/v1/findings/{finding.reference}/")


class FindingApi(Api):
    @extend_schema(
        operation_id="read_finding",
        summary="Read a finding",
        description="In full: what was seen, each plan, each submission with what was done again, and how it ended.",
        tags=["findings"],
        responses={200: FindingInFullOut, **problems(403, 404)},
        examples=[response_example("A finding", examples.FINDING_IN_FULL)],
    )
    def get(self, request, reference):
        return in_full(finding_for(request, reference))

    @extend_schema(
        operation_id="revise_draft_finding",
        summary="Revise a draft",
        description="What is not sent stays. Once issued a finding does not change any more.",
        tags=["findings"],
        parameters=[IF_MATCH],
        request=FindingChange,
        responses={200: FindingInFullOut, **problems(400, 403, 404, 409, 412, 413, 415, 422)},
        examples=[
            request_example("Make it graver", examples.FINDING_CHANGE),
            response_example("Revised", examples.DRAFT | examples.FINDING_CHANGE),
        ],
    )
    def patch(self, request, reference):
        finding = finding_for(request, reference, reading=False)
        sent = sent_to(FindingChange, request, partial=True)
        revision = expected_revision(request, finding)
        return in_full(services.revise_draft(finding, **sent, revision=revision, actor=request.user))


class FindingStepApi(Api):
    """One step in the life of a finding: `shape` is what it says, `service` what it does."""

    shape: type

    def take(self, request, reference, service) -> Response:
        finding = finding_for(request, reference, reading=False)
        service(finding, **sent_to(self.shape, request), actor=request.user)
        return in_full(finding)


def step(name: str, summary: str, shape, sent: dict, answered: dict, *, description: str = "") -> dict:
    """How a step is described in the OpenAPI document."""
    return extend_schema(
        operation_id=name,
        summary=summary,
        description=description,
        tags=["findings"],
        parameters=[IDEMPOTENCY_KEY],
        request=shape,
        responses={200: FindingInFullOut, **problems(400, 403, 404, 409, 413, 415, 422)},
        examples=[request_example("Sent", sent), response_example("Answered", answered)],
    )


class IssueApi(FindingStepApi):
    shape = NothingIn

    @step(
        "issue_finding",
        "Issue a draft",
        NothingIn,
        {},
        examples.FINDING_IN_FULL,
        description="The first line sees it from now on, and its days begin.",
    )
    def post(self, request, reference):
        return self.take(request, reference, services.issue_finding)
