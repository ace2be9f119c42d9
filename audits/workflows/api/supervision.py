"""`/models/{slug}/versions/{number}/supervision/`: what a supervisor was told and said about a version."""

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from audits.workflows import services
from audits.workflows.api import examples
from audits.workflows.serializers.supervision import SupervisionIn, SupervisionOut
from inventory.api.lookups import version_for
from inventory.api.paging import page_example, page_of, paged
from inventory.models import Document
from mrm.accounts.api import Api, sent_to
from mrm.errors import UnusableData
from mrm.openapi import IDEMPOTENCY_KEY, problems, request_example, response_example


class SupervisionApi(Api):
    @extend_schema(
        operation_id="list_supervision",
        summary="List what the supervisor was told and said",
        description="About this version, in the order of the days.",
        tags=["versions"],
        responses={200: page_of(SupervisionOut), **problems(400, 403, 404)},
        examples=[response_example("An approval", page_example(examples.SUPERVISION))],
    )
    def get(self, request, slug, number):
        kept = version_for(request, slug, number).supervision.select_related("version", "document", "recorded_by")
        return paged(request, kept, ("on", "recorded_at", "id"), SupervisionOut)

    @extend_schema(
        operation_id="record_supervision",
        summary="Keep what the supervisor was told or said",
        description="By the second line, with a document of the model that shows it. Where the policy makes the "
        "promotion of such a model wait for its supervisor, the gate asks for it.",
        tags=["versions"],
        parameters=[IDEMPOTENCY_KEY],
        request=SupervisionIn,
        responses={201: SupervisionOut, **problems(400, 403, 404, 409, 413, 415, 422)},
        examples=[
            request_example("Approved", examples.SUPERVISION_IN),
            response_example("Kept", examples.SUPERVISION, 201),
        ],
    )
    def post(self, request, slug, number):
        version = version_for(request, slug, number, reading=False)
        sent = sent_to(SupervisionIn, request)
        document = Document.objects.standing().filter(model=version.model_id, sha256=sent["document"]).first()
        if document is None:
            raise UnusableData({"message": f"{version.model} has no such document now.", "field": "document"})
        kept = services.record_supervision(version, **sent | {"document": document}, actor=request.user)
        return Response(SupervisionOut(kept).data, status=201)
