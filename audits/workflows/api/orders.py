"""`/models/{slug}/uses/{number}/restriction/` and `…/suspension/`: one use, by one signature, at once."""

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from audits.workflows import services
from audits.workflows.api import examples
from audits.workflows.serializers import ArrangementOut
from inventory.api.signing import PROOF, SignedActApi, signable
from inventory.api.uses import use_for
from inventory.serializers.signing import SignedReasonIn
from mrm.openapi import IDEMPOTENCY_KEY, problems, request_example, response_example

ANSWERS = {201: ArrangementOut, **problems(400, 403, 404, 409, 413, 415, 422)}


class UseRestrictionApi(SignedActApi):
    act = services.USE_RESTRICTION

    @signable("read_use_restriction", "What restricting a use would sign", tags=["uses"])
    def get(self, request, slug, number):
        return self.view(use_for(request, slug, number), request)

    @extend_schema(
        operation_id="restrict_use",
        summary="Restrict one use at once",
        description="Whoever may suspend the model may, who proves again who they are. The reason states the limits. "
        "Another of the second line ends it: close the arrangement.",
        tags=["uses"],
        parameters=[IDEMPOTENCY_KEY],
        request=SignedReasonIn,
        responses=ANSWERS,
        examples=[
            request_example("Restrict", examples.RESTRICTION_IN | PROOF),
            response_example("Restricted", examples.RESTRICTION, 201),
        ],
    )
    def post(self, request, slug, number):
        order = self.sign(use_for(request, slug, number), request, SignedReasonIn)
        return Response(ArrangementOut(order).data, status=201)


class UseSuspensionApi(SignedActApi):
    act = services.USE_SUSPENSION

    @signable("read_use_suspension", "What suspending a use would sign", tags=["uses"])
    def get(self, request, slug, number):
        return self.view(use_for(request, slug, number), request)

    @extend_schema(
        operation_id="suspend_use",
        summary="Stop one use at once",
        description="One person is enough, who proves again who they are; the model and its other uses go on. Lifting "
        "it is a change request of the kind resumption that names the use, which two decide.",
        tags=["uses"],
        parameters=[IDEMPOTENCY_KEY],
        request=SignedReasonIn,
        responses=ANSWERS,
        examples=[
            request_example("Suspend", examples.SUSPENSION_IN | PROOF),
            response_example("Suspended", examples.USE_SUSPENSION, 201),
        ],
    )
    def post(self, request, slug, number):
        order = self.sign(use_for(request, slug, number), request, SignedReasonIn)
        return Response(ArrangementOut(order).data, status=201)
