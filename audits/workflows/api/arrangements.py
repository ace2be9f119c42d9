"""`/arrangements/`: what holds for a time; ending it; and stopping a model, or going back, at once."""

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from audits.workflows import services
from audits.workflows.api import examples
from audits.workflows.api.lookups import arrangement_for, readable_arrangements
from audits.workflows.serializers import ArrangementOut, ArrangementQuery
from audits.workflows.services.rollback import version_to_return_to
from inventory.api.lookups import model_for
from inventory.api.paging import page_of, paged
from inventory.api.signing import PROOF, SignedActApi, signable
from inventory.serializers.signing import SignedReasonIn
from mrm.accounts.api import Api
from mrm.openapi import IDEMPOTENCY_KEY, problems, request_example, response_example


class ArrangementsApi(Api):
    @extend_schema(
        operation_id="list_arrangements",
        summary="List what holds for a time",
        description="Approvals, conditions, exceptions, overlays, accepted risks, emergency releases, roll-backs, "
        "suspensions.",
        tags=["arrangements"],
        parameters=[ArrangementQuery],
        responses={200: page_of(ArrangementOut), **problems(400, 403)},
        examples=[response_example("An exception", examples.ARRANGEMENT_PAGE)],
    )
    def get(self, request):
        query = ArrangementQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        return paged(request, query.chosen(readable_arrangements(request)), query.ordering, ArrangementOut)


class ArrangementApi(Api):
    @extend_schema(
        operation_id="read_arrangement",
        summary="Read one of it",
        tags=["arrangements"],
        responses={200: ArrangementOut, **problems(403, 404)},
        examples=[response_example("An exception", examples.ARRANGEMENT)],
    )
    def get(self, request, reference):
        return Response(ArrangementOut(arrangement_for(request, reference)).data)


class ArrangementClosureApi(SignedActApi):
    act = services.ARRANGEMENT_CLOSURE

    @signable("read_arrangement_closure", "What ending it would sign", tags=["arrangements"])
    def get(self, request, reference):
        return self.view(arrangement_for(request, reference), request)

    @extend_schema(
        operation_id="close_arrangement",
        summary="End it, or put in order what has lapsed",
        description="The second line signs it, with what shows it; never the owner, never whoever asked for it. What a "
        "version is in production by, a suspension, a validation and a legal hold end by a decision instead.",
        tags=["arrangements"],
        parameters=[IDEMPOTENCY_KEY],
        request=SignedReasonIn,
        responses={200: ArrangementOut, **problems(400, 403, 404, 409, 413, 415, 422)},
        examples=[
            request_example("Close", examples.ARRANGEMENT_CLOSURE | PROOF),
            response_example("Closed", examples.ARRANGEMENT_CLOSED),
        ],
    )
    def post(self, request, reference):
        self.sign(arrangement_for(request, reference), request, SignedReasonIn)
        return Response(ArrangementOut(arrangement_for(request, reference)).data)


class SuspensionApi(SignedActApi):
    act = services.SUSPENSION

    @signable("read_suspension", "What suspending a model would sign", tags=["arrangements"])
    def get(self, request, slug):
        return self.view(model_for(request, slug), request)

    @extend_schema(
        operation_id="suspend_model",
        summary="Stop a model at once",
        description="One person is enough, who proves again who they are; lifting it is a change request of the kind "
        "resumption, which two decide.",
        tags=["arrangements"],
        parameters=[IDEMPOTENCY_KEY],
        request=SignedReasonIn,
        responses={201: ArrangementOut, **problems(400, 403, 404, 409, 413, 415, 422)},
        examples=[
            request_example("Suspend", examples.SUSPENSION_IN | PROOF),
            response_example("Suspended", examples.SUSPENSION, 201),
        ],
    )
    def post(self, request, slug):
        suspension = self.sign(model_for(request, slug), request, SignedReasonIn)
        return Response(ArrangementOut(suspension).data, status=201)


class RollBackApi(SignedActApi):
    act = services.ROLL_BACK

    @signable("read_roll_back", "What going back to the version before would sign", tags=["arrangements"])
    def get(self, request, slug):
        return self.view(version_to_return_to(model_for(request, slug)), request)

    @extend_schema(
        operation_id="roll_back_model",
        summary="Go back to the version before, at once",
        description="Whoever may suspend the model may, by their signature alone and at once, where the version that "
        "was in production before has an approval that has not ended yet. A finding reports it; nothing goes back that "
        "was not approved.",
        tags=["arrangements"],
        parameters=[IDEMPOTENCY_KEY],
        request=SignedReasonIn,
        responses={201: ArrangementOut, **problems(400, 403, 404, 409, 413, 415, 422)},
        examples=[
            request_example("Roll back", examples.ROLL_BACK_IN | PROOF),
            response_example("Rolled back", examples.ROLL_BACK, 201),
        ],
    )
    def post(self, request, slug):
        rollback = self.sign(version_to_return_to(model_for(request, slug)), request, SignedReasonIn)
        return Response(ArrangementOut(rollback).data, status=201)
