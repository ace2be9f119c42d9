"""`/hygiene/` and `/attestations/`: where the register is wrong, and who confirms that it is right."""

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from audits.workflows import services
from audits.workflows.api import examples
from audits.workflows.contents.attestations import entry_shown
from audits.workflows.contents.hygiene import BY_NAME, breaking, hygiene_of
from audits.workflows.models import Attestation
from audits.workflows.serializers.attestations import (
    AttestationOut,
    AttestationQuery,
    AttestationReadOut,
    BrokenOut,
    HygieneOut,
    HygieneQuery,
    StatementIn,
)
from audits.workflows.states import AttestationState
from inventory.api.lookups import readable_models
from inventory.api.paging import page_of, paged
from inventory.contents.register import chosen, in_order
from mrm.accounts.api import Api, sent_to
from mrm.accounts.policies import Permission
from mrm.accounts.services import require
from mrm.openapi import IDEMPOTENCY_KEY, problems, request_example, response_example


class HygieneApi(Api):
    @extend_schema(
        operation_id="read_hygiene",
        summary="Where the register is wrong",
        description="Every rule with how many models break it, and how many of those are dated debt.",
        tags=["models"],
        responses={200: HygieneOut, **problems(403)},
        examples=[response_example("One rule", examples.HYGIENE)],
    )
    def get(self, request):
        standings = hygiene_of(readable_models(request), now=timezone.now())
        return Response(HygieneOut({"results": standings}).data)


class BrokenApi(Api):
    @extend_schema(
        operation_id="list_broken",
        summary="List the models that break a rule",
        tags=["models"],
        parameters=[HygieneQuery],
        responses={200: page_of(BrokenOut), **problems(400, 403, 404)},
        examples=[response_example("One model", examples.BROKEN_PAGE)],
    )
    def get(self, request, name):
        if name not in BY_NAME:
            raise Http404(f"There is no rule {name}; there are {', '.join(BY_NAME)}.")
        query = HygieneQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        asked = query.validated_data
        models = breaking(readable_models(request), BY_NAME[name], now=timezone.now(), dated=asked["dated"])
        rows, order = in_order(chosen(models, asked), asked)
        return paged(request, rows, order, BrokenOut)


class AttestationsApi(Api):
    @extend_schema(
        operation_id="list_attestations",
        summary="List attestations",
        description="What owners are asked to confirm and what they confirmed, the earliest due first.",
        tags=["models"],
        parameters=[AttestationQuery],
        responses={200: page_of(AttestationOut), **problems(400, 403)},
        examples=[response_example("One attestation", examples.ATTESTATION_PAGE)],
    )
    def get(self, request):
        query = AttestationQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        rows = query.chosen(_readable(request))
        if query.validated_data["overdue"]:
            rows = rows.overdue(timezone.now().date())
        return paged(request, rows, query.ordering, AttestationOut, made=lambda page: [_told(row) for row in page])


class AttestationApi(Api):
    @extend_schema(
        operation_id="read_attestation",
        summary="Read an attestation",
        tags=["models"],
        description="Of an open one, `changes` tells what changed until now.",
        responses={200: AttestationReadOut, **problems(403, 404)},
        examples=[response_example("Open", examples.ATTESTATION | {"evidence_digest": examples.DIGEST})],
    )
    def get(self, request, attestation_id):
        attestation = _told(_attestation_for(request, attestation_id))
        attestation.evidence_digest = None
        if attestation.state == AttestationState.OPEN:
            shown = entry_shown(attestation)
            attestation.changes, attestation.evidence_digest = shown.changes, shown.digest
        return Response(AttestationReadOut(attestation).data)


class AttestationStatementApi(Api):
    @extend_schema(
        operation_id="attest",
        summary="Attest to a model",
        description="The owner confirms the entry as it stands, with the digest of what they read; an entry of which "
        "anything was changed since gives 412.",
        tags=["models"],
        parameters=[IDEMPOTENCY_KEY],
        request=StatementIn,
        responses={200: AttestationOut, **problems(400, 403, 404, 409, 412, 413, 415, 422)},
        examples=[
            request_example("Confirm", examples.ATTESTATION_IN),
            response_example("Given", examples.ATTESTATION | {"state": "given"}),
        ],
    )
    def post(self, request, attestation_id):
        attestation = _attestation_for(request, attestation_id)
        services.attest(attestation, **sent_to(StatementIn, request), actor=request.user)
        return Response(AttestationOut(_told(_attestation_for(request, attestation_id))).data)


def _readable(request):
    require(request.user, Permission.READ, None, model_slug=None)
    return Attestation.objects.visible_to(request.user).select_related("model__owner", "attested_by")


def _attestation_for(request, attestation_id) -> Attestation:
    attestation = _readable(request).filter(pk=attestation_id).first()
    if attestation is None:
        raise Http404("There is no such attestation that you may see.")
    return attestation


def _told(attestation: Attestation) -> Attestation:
    attestation.overdue = attestation.bucket(timezone.now().date())
    return attestation
