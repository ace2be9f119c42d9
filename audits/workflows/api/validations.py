"""`/validations/`: asking, planning, assigning, challenging, concluding, and signing."""

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from audits.assessments.serializers import ReasonIn
from audits.workflows.api import validation_examples as examples
from audits.workflows.api.lookups import (
    challenge_for,
    evidence_for,
    item_for,
    named_model,
    named_version,
    readable_validations,
    validation_for,
    validator_for,
)
from audits.workflows.contents.lists import as_listed
from audits.workflows.serializers.validations import (
    AssignmentIn,
    ChallengeIn,
    ConclusionIn,
    EvidenceIn,
    ListedValidationOut,
    OpinionIn,
    PlannedComponentIn,
    ProofIn,
    ResolutionIn,
    ReviewIn,
    SayingIn,
    ValidationIn,
    ValidationInFullOut,
    ValidationQuery,
)
from audits.workflows.services import validations as services
from inventory.api.paging import page_of, paged
from mrm.accounts.api import Api, SigningApi, sent_to
from mrm.accounts.services import Password
from mrm.openapi import IDEMPOTENCY_KEY, problems, request_example, response_example

ANSWER = response_example("The validation", examples.IN_FULL)


def step(operation: str, summary: str, description: str, shape=None, example=None):
    """What the OpenAPI document says about one step of a validation."""
    sent = [request_example("Sent", example)] if example else []
    return extend_schema(
        operation_id=operation,
        summary=summary,
        description=description,
        tags=["validations"],
        parameters=[IDEMPOTENCY_KEY],
        request=shape,
        responses={200: ValidationInFullOut, **problems(400, 403, 404, 409, 413, 415, 422)},
        examples=[*sent, ANSWER],
    )


def in_full(request, reference) -> dict:
    """A validation as it is now, with what an opinion still needs and the digest of what it would be about."""
    found = validation_for(request, reference)
    found.missing = services.why_not_give_opinion(found)
    found.content_digest_now = services.digest_of_content(found)
    return ValidationInFullOut(found).data


class ValidationsApi(Api):
    @extend_schema(
        operation_id="list_validations",
        summary="List validations",
        description="Of the models you may see, the newest first.",
        tags=["validations"],
        parameters=[ValidationQuery],
        responses={200: page_of(ListedValidationOut), **problems(400, 403)},
        examples=[response_example("One validation", examples.VALIDATION_PAGE)],
    )
    def get(self, request):
        query = ValidationQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        rows = query.chosen(as_listed(readable_validations(request)))
        rows = rows.open() if query.validated_data["open"] else rows
        return paged(request, rows, query.ordering, ListedValidationOut)

    @extend_schema(
        operation_id="request_validation",
        summary="Ask for a validation",
        description="Its plan is what the policy in force requires for the type and the tier.",
        tags=["validations"],
        parameters=[IDEMPOTENCY_KEY],
        request=ValidationIn,
        responses={201: ValidationInFullOut, **problems(400, 403, 409, 413, 415, 422)},
        examples=[
            request_example("Initial validation", examples.VALIDATION_IN),
            response_example("Asked", examples.IN_FULL, 201),
        ],
    )
    def post(self, request):
        wanted = sent_to(ValidationIn, request)
        model = named_model(request, wanted["model"])
        subject = named_version(model, wanted["version"]) if "version" in wanted else model
        asked = services.request_validation(subject, kind=wanted["kind"], trigger=wanted["trigger"], actor=request.user)
        address = f"/api/v1/validations/{asked.reference}/"
        return Response(in_full(request, asked.reference), status=201, headers={"Location": address})


class ValidationApi(Api):
    @extend_schema(
        operation_id="read_validation",
        summary="Read a validation",
        description="With its plan, evidence, validators, challenges, opinions, and what is missing for the next.",
        tags=["validations"],
        responses={200: ValidationInFullOut, **problems(403, 404)},
        examples=[ANSWER],
    )
    def get(self, request, reference):
        return Response(in_full(request, reference))


class BeginningApi(Api):
    @step("begin_validation", "Begin the work", "The lead does, when both validators are assigned.")
    def post(self, request, reference):
        services.begin_validation(validation_for(request, reference, reading=False), actor=request.user)
        return Response(in_full(request, reference))


class ResumptionApi(Api):
    @step("resume_validation", "Go on", "After it waited, or was returned.")
    def post(self, request, reference):
        services.resume_validation(validation_for(request, reference, reading=False), actor=request.user)
        return Response(in_full(request, reference))


class HoldApi(Api):
    @step(
        "hold_validation", "Let it wait", "And say for what.", ReasonIn, {"reason": "The vendor's answer is awaited."}
    )
    def post(self, request, reference):
        found = validation_for(request, reference, reading=False)
        services.hold_validation(found, **sent_to(ReasonIn, request), actor=request.user)
        return Response(in_full(request, reference))


class CancellationApi(Api):
    @step(
        "cancel_validation",
        "Cancel it",
        "Whoever assigns validators and is independent of it may; whoever asked, until somebody is assigned. While an "
        "opinion is signed, whoever reviews it returns it first.",
        ReasonIn,
        {"reason": "The version was replaced before it was used."},
    )
    def post(self, request, reference):
        found = validation_for(request, reference, reading=False)
        services.cancel_validation(found, **sent_to(ReasonIn, request), actor=request.user)
        return Response(in_full(request, reference))


class ValidatorsApi(Api):
    @step(
        "assign_validator",
        "Assign a validator",
        "Refused, with the fact and its day, for whoever owned, registered, trained or changed what is validated.",
        AssignmentIn,
        examples.ASSIGNMENT_IN,
    )
    def post(self, request, reference):
        found = validation_for(request, reference, reading=False)
        services.assign_validator(found, **sent_to(AssignmentIn, request), actor=request.user)
        return Response(in_full(request, reference))


class ReleaseApi(Api):
    @step("release_validator", "Release a validator", "With the reason.", ReasonIn, {"reason": "On leave until May."})
    def post(self, request, reference, assignment):
        found = validation_for(request, reference, reading=False)
        services.release_validator(validator_for(found, assignment), **sent_to(ReasonIn, request), actor=request.user)
        return Response(in_full(request, reference))


class AttestationOfIndependenceApi(SigningApi):
    @step(
        "attest_independence",
        "Attest to your independence",
        f"Signs: “{services.ATTESTATION}” Refused where the history of the object says otherwise.",
        ProofIn,
        examples.PROOF_IN,
    )
    def post(self, request, reference):
        found = validation_for(request, reference, reading=False)
        proof = Password(**sent_to(ProofIn, request))
        statement = services.prepare_attestation(found, actor=request.user)
        services.sign_attestation(found, statement.pk, proof=proof, actor=request.user)
        return Response(in_full(request, reference))


class PlanApi(Api):
    @step(
        "plan_component",
        "Take a component into the plan, or leave it out",
        "Leaving out what the policy requires needs a reason. After the opinion is signed, a change voids it.",
        PlannedComponentIn,
        examples.PLAN_IN,
    )
    def post(self, request, reference, component):
        item = item_for(validation_for(request, reference, reading=False), component)
        services.plan_item(item, **sent_to(PlannedComponentIn, request), actor=request.user)
        return Response(in_full(request, reference))


class ItemConclusionApi(Api):
    @step(
        "conclude_component",
        "Conclude a component",
        "What was done and what it showed. After the opinion is signed, a change voids it.",
        ConclusionIn,
        examples.CONCLUSION_IN,
    )
    def post(self, request, reference, component):
        item = item_for(validation_for(request, reference, reading=False), component)
        services.conclude_item(item, **sent_to(ConclusionIn, request), actor=request.user)
        return Response(in_full(request, reference))


class EvidenceApi(Api):
    @step(
        "link_evidence",
        "Link evidence",
        "A run, a result, a sealed report or a document of the model. Its verdict is that of the run.",
        EvidenceIn,
        {"kind": "run", "key": examples.ID},
    )
    def post(self, request, reference, component):
        item = item_for(validation_for(request, reference, reading=False), component)
        services.link_evidence(item, **sent_to(EvidenceIn, request), actor=request.user)
        return Response(in_full(request, reference))


class EvidenceWithdrawalApi(Api):
    @step("withdraw_evidence", "Withdraw evidence", "It was linked by mistake; the trail keeps both.")
    def post(self, request, reference, component, evidence):
        item = item_for(validation_for(request, reference, reading=False), component)
        services.withdraw_evidence(evidence_for(item, evidence), actor=request.user)
        return Response(in_full(request, reference))


class ChallengesApi(Api):
    @step(
        "raise_challenge",
        "Raise a challenge",
        "A validator does. While it is open there is no opinion.",
        ChallengeIn,
        examples.CHALLENGE_IN,
    )
    def post(self, request, reference):
        found = validation_for(request, reference, reading=False)
        said = sent_to(ChallengeIn, request)
        item = item_for(found, said["component"]) if "component" in said else None
        services.raise_challenge(found, text=said["text"], item=item, actor=request.user)
        return Response(in_full(request, reference))


class ChallengeResponseApi(Api):
    @step("respond_to_challenge", "Answer a challenge", "For the first line.", SayingIn, examples.RESPONSE_IN)
    def post(self, request, reference, number):
        challenge = challenge_for(validation_for(request, reference, reading=False), number)
        services.respond_to_challenge(challenge, **sent_to(SayingIn, request), actor=request.user)
        return Response(in_full(request, reference))


class ResolutionApi(Api):
    @step(
        "resolve_challenge",
        "Resolve a challenge, or ask on",
        "A validator does, with what settles it.",
        ResolutionIn,
        examples.RESOLUTION_IN,
    )
    def post(self, request, reference, number):
        challenge = challenge_for(validation_for(request, reference, reading=False), number)
        services.resolve_challenge(challenge, **sent_to(ResolutionIn, request), actor=request.user)
        return Response(in_full(request, reference))


class OpinionApi(SigningApi):
    @step(
        "give_opinion",
        "Sign the opinion",
        "The lead does, over exactly the plan, outcomes and evidence whose digest you send.",
        OpinionIn,
        examples.OPINION_IN,
    )
    def post(self, request, reference):
        found = validation_for(request, reference, reading=False)
        told = sent_to(OpinionIn, request)
        conditions = [one | {"due_on": one["due_on"].isoformat()} for one in told.pop("conditions", [])]
        services.give_opinion(found, **told, conditions=conditions, actor=request.user)
        return Response(in_full(request, reference))


class ReviewApi(SigningApi):
    @step(
        "review_opinion",
        "Review or approve the opinion",
        "First the second validator, then a role that the policy names. The approval puts the opinion into force.",
        ReviewIn,
        examples.REVIEW_IN,
    )
    def post(self, request, reference):
        found = validation_for(request, reference, reading=False)
        services.review_opinion(found, **sent_to(ReviewIn, request), actor=request.user)
        return Response(in_full(request, reference))
