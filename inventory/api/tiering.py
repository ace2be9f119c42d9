"""`/models/<slug>/tier/`: how a model's tier came about, proposing one by the scorecard, confirming it."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from inventory import services
from inventory.api import examples
from inventory.api.conditions import IF_MATCH, expected_revision
from inventory.api.lookups import model_for
from inventory.api.signing import PROOF, SignedActApi, signable
from inventory.serializers.deciders import decider_told
from inventory.serializers.signing import SignedIn
from inventory.serializers.tiering import TierAssessmentIn, TierAssessmentOut, TierOut
from inventory.services.revisions import refuse_outdated
from mrm.accounts.api import Api, sent_to
from mrm.accounts.policies import Permission
from mrm.accounts.services import require
from mrm.openapi import IDEMPOTENCY_KEY, problems, request_example, response_example


class TierApi(Api):
    @extend_schema(
        operation_id="read_tier",
        summary="Read how a model's tier came about",
        description="The tier in force, every assessment with its arithmetic, and why it should be assessed again.",
        tags=["models"],
        responses={200: TierOut, **problems(403, 404)},
        examples=[response_example("A tier", examples.TIER)],
    )
    def get(self, request, slug):
        return Response(_tier(model_for(request, slug), asker=request.user))


class TierAssessmentsApi(Api):
    @extend_schema(
        operation_id="propose_tier",
        summary="Propose a model's tier",
        description="The answers to the scorecard of the policy in force (its section `tiering`), every question. "
        "`override` is a stricter tier than they give, `exempt` none at all; either needs a reason.",
        tags=["models"],
        parameters=[IDEMPOTENCY_KEY],
        request=TierAssessmentIn,
        responses={201: TierAssessmentOut, **problems(400, 403, 404, 409, 413, 415, 422)},
        examples=[
            request_example("Answer the scorecard", examples.TIER_ASSESSMENT_IN),
            response_example("Proposed", examples.TIER_ASSESSMENT, 201),
        ],
    )
    def post(self, request, slug):
        model = model_for(request, slug, reading=False)
        require(request.user, Permission.EDIT_MODEL, model.workspace_id, model_slug=slug)
        assessment = services.propose_tier(model, **sent_to(TierAssessmentIn, request), actor=request.user)
        return Response(TierAssessmentOut(assessment).data, status=201)


class TierConfirmationApi(SignedActApi):
    act = services.TIER_CONFIRMATION

    @signable("read_tier_confirmation", "What confirming a tier would sign", tags=["models"])
    def get(self, request, slug):
        return self.view(model_for(request, slug), request)

    @extend_schema(
        operation_id="confirm_tier",
        summary="Confirm a model's tier",
        description="Signed by somebody who neither owns nor registered the model, nor proposed the tier or said since "
        "the last confirmation what it is made of. `If-Match` is the ETag of the model, so that nobody confirms what "
        "they have not read.",
        tags=["models"],
        parameters=[IDEMPOTENCY_KEY, IF_MATCH],
        request=SignedIn,
        responses={201: TierOut, **problems(400, 403, 404, 409, 412, 413, 415, 422)},
        examples=[
            request_example("Confirm", PROOF),
            response_example("Confirmed", examples.TIER | {"is_provisional": False}, 201),
        ],
    )
    def post(self, request, slug):
        model = model_for(request, slug, reading=False)
        self.sign(model, request, SignedIn, check=lambda: refuse_outdated(model, expected_revision(request, model)))
        return Response(_tier(model_for(request, slug, reading=False), asker=request.user), status=201)


def _tier(model, *, asker) -> dict:
    assessments = model.tier_assessments.select_related("policy", "proposed_by", "confirmed_by")
    people = services.who_may_confirm_tier(model, asker=asker) if model.tier_is_provisional else []
    facts = {
        "tier": model.tier,
        "is_provisional": model.tier_is_provisional,
        "tier_hint": model.tier_hint,
        "assess_again": services.why_tier_again(model, timezone.now()),
        "assessments": assessments,
        "deciders": [decider_told(person, reasons, role=role) for person, role, reasons in people],
    }
    return TierOut(facts).data
