"""`/retraining/{ref}/`: what a training pipeline reports of its run, and abandoning what it made."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.authentication import get_authorization_header
from rest_framework.exceptions import NotAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView

from audits.workflows import services
from audits.workflows.api import examples
from audits.workflows.models import ChangeRequest, Retraining
from audits.workflows.serializers import RetrainingEventIn, RetrainingOut
from inventory.api.signing import PROOF, SignedActApi, signable
from inventory.serializers.signing import SignedReasonIn
from mrm.accounts.api import sent_to
from mrm.context import set_authenticated_by
from mrm.openapi import IDEMPOTENCY_KEY, problems, request_example, response_example


class RetrainingEventsApi(APIView):
    """Known by the secret of this one retraining, not by an account; so there are no idempotency keys either."""

    authentication_classes = ()
    permission_classes = ()

    @extend_schema(
        operation_id="report_retraining",
        summary="Report what a training pipeline did",
        description=(
            "`Authorization: Bearer` with the secret that came with the order. Register the candidate first, with the "
            "reference as its `origin`, and log what it scored. The same event again changes nothing."
        ),
        tags=["changes"],
        auth=[{"retraining": []}],
        request=RetrainingEventIn,
        responses={200: RetrainingOut, **problems(400, 403, 404, 409, 413, 415, 422)},
        examples=[
            request_example("Succeeded", examples.RETRAINING_EVENT),
            response_example("Recorded", examples.RETRAINING),
        ],
    )
    def post(self, request, reference):
        scheme, _, secret = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != "bearer":
            raise NotAuthenticated("Send the secret that came with the order as a Bearer token.")
        set_authenticated_by("retraining secret")
        sent = sent_to(RetrainingEventIn, request)
        retraining = Retraining.objects.filter(change__reference=reference).first()
        retraining = services.report_retraining(retraining, secret=secret.strip(), **sent)
        return Response(RetrainingOut(retraining).data)

    def get_authenticate_header(self, request):
        return "Bearer"


class RetrainingAbandonmentApi(SignedActApi):
    act = services.RETRAINING_ABANDONMENT

    @signable("read_retraining_abandonment", "What abandoning a candidate would sign", tags=["changes"])
    def get(self, request, reference):
        return self.view(_retraining_for(request, reference), request)

    @extend_schema(
        operation_id="abandon_retraining",
        summary="Abandon what a retraining made",
        description="The owner of the model, or one of the second line, who proves again who they are. The candidate "
        "is never promoted; a request for its promotion is decided about or withdrawn first.",
        tags=["changes"],
        parameters=[IDEMPOTENCY_KEY],
        request=SignedReasonIn,
        responses={200: RetrainingOut, **problems(400, 403, 404, 409, 413, 415, 422)},
        examples=[
            request_example("Abandon it", {"reason": "It is worse for the young."} | PROOF),
            response_example("Abandoned", examples.RETRAINING | {"state": "abandoned"}),
        ],
    )
    def post(self, request, reference):
        abandoned = self.sign(_retraining_for(request, reference), request, SignedReasonIn)
        return Response(RetrainingOut(abandoned).data)


def _retraining_for(request, reference) -> Retraining:
    seen = ChangeRequest.objects.visible_to(request.user)
    rows = Retraining.objects.select_related("change__model__workspace", "candidate__model")
    return get_object_or_404(rows, change__in=seen, change__reference=reference)
