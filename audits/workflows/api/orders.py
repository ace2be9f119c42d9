"""`/models/{slug}/uses/{number}/restriction/`, `…/suspension/` and `…/approvals/{version}/end/`: one use, by one
signature, at once.
"""

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.response import Response

from audits.workflows import services
from audits.workflows.api import examples
from audits.workflows.serializers import ArrangementOut
from inventory.api.examples import ENDED_APPROVAL
from inventory.api.lookups import version_for
from inventory.api.signing import PROOF, SignedActApi, signable
from inventory.api.uses import use_for
from inventory.serializers import UseApprovalOut
from inventory.serializers.signing import SignedReasonIn
from mrm.openapi import IDEMPOTENCY_KEY, problems, request_example, response_example


def _order(operation_id: str, summary: str, description: str, *, sent: dict, answer: tuple[str, dict]):
    """What the document says of ordering it."""
    return extend_schema(
        operation_id=operation_id,
        summary=summary,
        description=description,
        tags=["uses"],
        parameters=[IDEMPOTENCY_KEY],
        request=SignedReasonIn,
        responses={201: ArrangementOut, **problems(400, 403, 404, 409, 413, 415, 422)},
        examples=[request_example("Order it", sent | PROOF), response_example(*answer, 201)],
    )


class UseOrderApi(SignedActApi):
    """What one signature orders about one use."""

    def get(self, request, slug, number):
        return self.view(use_for(request, slug, number), request)

    def post(self, request, slug, number):
        order = self.sign(use_for(request, slug, number), request, SignedReasonIn)
        return Response(ArrangementOut(order).data, status=201)


@extend_schema_view(
    get=signable("read_use_restriction", "What restricting a use would sign", tags=["uses"]),
    post=_order(
        "restrict_use",
        "Restrict one use at once",
        "Whoever may suspend the model may, who proves again who they are. The reason states the limits. Another of "
        "the second line ends it: close the arrangement.",
        sent=examples.RESTRICTION_IN,
        answer=("Restricted", examples.RESTRICTION),
    ),
)
class UseRestrictionApi(UseOrderApi):
    act = services.USE_RESTRICTION


@extend_schema_view(
    get=signable("read_use_suspension", "What suspending a use would sign", tags=["uses"]),
    post=_order(
        "suspend_use",
        "Stop one use at once",
        "One person is enough, who proves again who they are; the model and its other uses go on. Lifting it is a "
        "change request of the kind resumption that names the use, which two decide.",
        sent=examples.SUSPENSION_IN,
        answer=("Suspended", examples.USE_SUSPENSION),
    ),
)
class UseSuspensionApi(UseOrderApi):
    act = services.USE_SUSPENSION


@extend_schema_view(
    get=signable("read_use_approval_end", "What ending an approval for a use would sign", tags=["uses"]),
    post=extend_schema(
        operation_id="end_use_approval",
        summary="Take back that a version is approved for a use",
        description="Whoever may suspend the model may, who proves again who they are. Where the version is in "
        "production the use is restricted at once, until another approval.",
        tags=["uses"],
        parameters=[IDEMPOTENCY_KEY],
        request=SignedReasonIn,
        responses={200: UseApprovalOut, **problems(400, 403, 404, 409, 413, 415, 422)},
        examples=[
            request_example("End it", examples.APPROVAL_END_IN | PROOF),
            response_example("Ended", ENDED_APPROVAL),
        ],
    ),
)
class UseApprovalEndApi(SignedActApi):
    def get(self, request, slug, number, version):
        return self._about(request, slug, version).view(use_for(request, slug, number), request)

    def post(self, request, slug, number, version):
        use = use_for(request, slug, number)
        return Response(UseApprovalOut(self._about(request, slug, version).sign(use, request, SignedReasonIn)).data)

    def _about(self, request, slug, version):
        self.act = services.approval_end(version_for(request, slug, version))
        return self
