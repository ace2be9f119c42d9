"""`/models/{slug}/versions/{number}/supervision/`: what a supervisor was told and said; what keeping it would sign."""

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from audits.workflows import services
from audits.workflows.api import examples
from audits.workflows.serializers.supervision import SupervisionIn, SupervisionOut, WordQuery
from inventory.api.lookups import version_for
from inventory.api.paging import page_example, page_of, paged
from inventory.api.signing import PROOF, PROVING, SignedActApi, signable
from inventory.models import Document
from inventory.serializers import PagesQuery
from mrm.accounts.api import SigningApi, sent_to
from mrm.accounts.services import Act, act_at_once
from mrm.errors import UnusableData
from mrm.openapi import IDEMPOTENCY_KEY, problems, request_example, response_example


class SupervisionApi(SigningApi):
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
        PagesQuery(data=request.query_params).is_valid(raise_exception=True)
        return paged(request, kept, ("on", "recorded_at", "id"), SupervisionOut)

    @extend_schema(
        operation_id="record_supervision",
        summary="Keep what the supervisor was told or said",
        description="By the second line, who prove again who they are, with a document of the model that shows it. "
        "Where the policy makes the promotion of such a model wait for its supervisor, the gate asks for it.",
        tags=["versions"],
        parameters=[IDEMPOTENCY_KEY],
        request=SupervisionIn,
        responses={201: SupervisionOut, **problems(400, 403, 404, 409, 413, 415, 422)},
        examples=[
            request_example("Approved", examples.SUPERVISION_IN | PROOF),
            response_example("Kept", examples.SUPERVISION, 201),
        ],
    )
    def post(self, request, slug, number):
        version = version_for(request, slug, number, reading=False)
        sent = sent_to(SupervisionIn, request)
        proof = {name: sent[name] for name in PROVING}
        kept = act_at_once(_word(version, sent), version, comment=sent["remark"], **proof, actor=request.user)
        return Response(SupervisionOut(kept).data, status=201)


class SupervisionStatementApi(SignedActApi):
    @extend_schema(parameters=[WordQuery])
    @signable(
        "read_supervision", "What keeping a word of the supervisor would sign", tags=["versions"], refusals=(400, 422)
    )
    def get(self, request, slug, number):
        version = version_for(request, slug, number)
        asked = WordQuery(data=request.query_params)
        asked.is_valid(raise_exception=True)
        self.act = _word(version, asked.validated_data)
        return self.view(version, request)


def _word(version, said: dict) -> Act:
    document = Document.objects.standing().filter(model=version.model_id, sha256=said["document"]).first()
    if document is None:
        raise UnusableData({"message": f"{version.model} has no such document now.", "field": "document"})
    return services.supervisory_word(said["said"], on=said["on"], document=document)
