"""`/models/<slug>/cadences/`: how often each thing about a model is looked at, and looking more often."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from inventory import services
from inventory.api import cadence_examples as examples
from inventory.api.lookups import model_for
from inventory.api.signing import PROOF, SignedActApi, signable
from inventory.contents.cadences import cadences_of
from inventory.models import Cadence
from inventory.serializers.cadences import CadenceIn, CadenceSetOut, CadencesOut
from inventory.serializers.signing import SignedReasonIn
from mrm.accounts.api import Api, sent_to
from mrm.openapi import IDEMPOTENCY_KEY, problems, request_example, response_example


class CadencesApi(Api):
    @extend_schema(
        operation_id="read_cadences",
        summary="Read how often a model is looked at",
        description="Each rhythm as it holds now: the policy's, or what was set for the model itself, and why.",
        tags=["models"],
        responses={200: CadencesOut, **problems(403, 404)},
        examples=[response_example("Cadences", examples.CADENCES)],
    )
    def get(self, request, slug):
        return Response(CadencesOut({"cadences": cadences_of(model_for(request, slug))}).data)

    @extend_schema(
        operation_id="tighten_cadence",
        summary="Look at a model more often",
        description="It holds at once. Less often than the policy wants is a change request of the kind "
        "`cadence_change`, which the second line decides.",
        tags=["models"],
        parameters=[IDEMPOTENCY_KEY],
        request=CadenceIn,
        responses={201: CadenceSetOut, **problems(400, 403, 404, 409, 413, 415, 422)},
        examples=[
            request_example("Tighten", examples.CADENCE_IN),
            response_example("Tightened", examples.CADENCE, 201),
        ],
    )
    def post(self, request, slug):
        model = model_for(request, slug, reading=False)
        cadence = services.tighten_cadence(model, **sent_to(CadenceIn, request), actor=request.user)
        return Response(CadenceSetOut(cadence).data, status=201)


class CadenceEndApi(SignedActApi):
    act = services.CADENCE_END

    @signable("read_cadence_end", "What going back to the policy's cadence would sign", tags=["models"])
    def get(self, request, slug, cadence):
        return self.view(_cadence_of(model_for(request, slug), cadence), request)

    @extend_schema(
        operation_id="end_cadence",
        summary="Go back to the policy's cadence",
        description="Signed. Where that is less often, by another of the second line than who owns it and who set it.",
        tags=["models"],
        parameters=[IDEMPOTENCY_KEY],
        request=SignedReasonIn,
        responses={200: CadenceSetOut, **problems(400, 403, 404, 409, 413, 415, 422)},
        examples=[
            request_example("End", examples.CADENCE_END | PROOF),
            response_example("Ended", examples.CADENCE_ENDED),
        ],
    )
    def post(self, request, slug, cadence):
        found = _cadence_of(model_for(request, slug, reading=False), cadence)
        return Response(CadenceSetOut(self.sign(found, request, SignedReasonIn)).data)


def _cadence_of(model, cadence) -> Cadence:
    return get_object_or_404(Cadence.objects.filter(model=model).select_related("model"), pk=cadence)
