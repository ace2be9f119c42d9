"""`/changes/{ref}/retirement/`: how an approved retirement is carried out, verified, signed and archived."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from audits.assessments.serializers import ReasonIn
from audits.workflows import services
from audits.workflows.api import retirement_examples as examples
from audits.workflows.api.lookups import change_for
from audits.workflows.models import Retirement
from audits.workflows.serializers.retirement import ArchiveIn, RetirementItemIn, RetirementOut
from inventory.api.signing import PROOF, SignedActApi, signable
from inventory.serializers.signing import SignedCommentIn, SignedReasonIn
from mrm.accounts.api import Api, sent_to
from mrm.openapi import IDEMPOTENCY_KEY, problems, request_example, response_example


def _step(operation_id: str, summary: str, description: str, *, sent, example: dict | None, answer: dict) -> object:
    """What the document says of one step of the course."""
    examples_shown = [request_example("Sent", example)] if example is not None else []
    return extend_schema(
        operation_id=operation_id,
        summary=summary,
        description=description,
        tags=["changes"],
        parameters=[IDEMPOTENCY_KEY],
        request=sent,
        responses={200: RetirementOut, **problems(400, 403, 404, 409, 413, 415, 422)},
        examples=[*examples_shown, response_example("As it is then", answer)],
    )


class RetirementApi(Api):
    @extend_schema(
        operation_id="read_retirement",
        summary="Read how a retirement is carried out",
        description="Its checklist with the evidence of each item, who verified it, and where the records lie.",
        tags=["changes"],
        responses={200: RetirementOut, **problems(403, 404)},
        examples=[response_example("Executing", examples.RETIREMENT)],
    )
    def get(self, request, reference):
        change_for(request, reference)
        return _answer(_retirement_for(request, reference))


class RetirementItemsApi(Api):
    @_step(
        "complete_retirement_item",
        "Show that an item is done",
        "By the owner or an engineer, until it is verified; what was said before is replaced, and stays in the trail.",
        sent=RetirementItemIn,
        example=examples.ITEM_IN,
        answer=examples.RETIREMENT,
    )
    def post(self, request, reference):
        found, told = _retirement_for(request, reference), sent_to(RetirementItemIn, request)
        services.complete_item(found, told["item"], evidence=told["evidence"], actor=request.user)
        return _answer(_retirement_for(request, reference))


class RetirementAgreementApi(SignedActApi):
    act = services.AGREEMENT

    @signable("read_retirement_agreement", "What the owner would sign to agree", tags=["changes"])
    def get(self, request, reference):
        return self.view(_retirement_for(request, reference), request)

    @_step(
        "agree_to_retirement",
        "Agree to the end of a model",
        "By the model's owner, after proving again who they are; before it is signed by the second line.",
        sent=SignedCommentIn,
        example={"comment": "Nothing rests on it any more."} | PROOF,
        answer=examples.RETIREMENT,
    )
    def post(self, request, reference):
        self.sign(_retirement_for(request, reference), request, SignedCommentIn)
        return _answer(_retirement_for(request, reference))


class RetirementVerificationApi(Api):
    @_step(
        "verify_retirement",
        "Verify that the checklist is carried out",
        "By an engineer who gave none of the evidence, from a browser that is signed in: a token verifies nothing.",
        sent=None,
        example=None,
        answer=examples.RETIREMENT_VERIFIED,
    )
    def post(self, request, reference):
        services.verify_retirement(_retirement_for(request, reference), actor=request.user)
        return _answer(_retirement_for(request, reference))


class RetirementReturnApi(Api):
    @_step(
        "return_retirement",
        "Send a verified retirement back",
        "By somebody who could sign it, with what is missing.",
        sent=ReasonIn,
        example=examples.RETURN_IN,
        answer=examples.RETIREMENT_RETURNED,
    )
    def post(self, request, reference):
        found = _retirement_for(request, reference)
        services.return_retirement(found, **sent_to(ReasonIn, request), actor=request.user)
        return _answer(_retirement_for(request, reference))


class RetirementSignatureApi(SignedActApi):
    act = services.RETIREMENT_END

    @signable("read_retirement_signature", "What ending a model would sign", tags=["changes"])
    def get(self, request, reference):
        return self.view(_retirement_for(request, reference), request)

    @_step(
        "sign_retirement",
        "Sign the end of a model",
        "By the second line, after proving again who you are: the model and all its versions end.",
        sent=SignedCommentIn,
        example={"comment": "Seen."} | PROOF,
        answer=examples.RETIREMENT_SIGNED,
    )
    def post(self, request, reference):
        self.sign(_retirement_for(request, reference), request, SignedCommentIn)
        return _answer(_retirement_for(request, reference))


class RetirementArchiveApi(Api):
    @_step(
        "archive_retirement",
        "Say where the records lie",
        "By the second line, and until when they are kept: no shorter than the policy asks.",
        sent=ArchiveIn,
        example=examples.ARCHIVE_IN,
        answer=examples.RETIREMENT_ARCHIVED,
    )
    def post(self, request, reference):
        found = _retirement_for(request, reference)
        services.archive_retirement(found, **sent_to(ArchiveIn, request), actor=request.user)
        return _answer(_retirement_for(request, reference))


class RetirementAbandonmentApi(SignedActApi):
    act = services.RETIREMENT_ABANDONMENT

    @signable("read_retirement_abandonment", "What giving a retirement up would sign", tags=["changes"])
    def get(self, request, reference):
        return self.view(_retirement_for(request, reference), request)

    @_step(
        "abandon_retirement",
        "Give a retirement up",
        "By the second line, neither the owner nor whoever asked, before it is signed: the model stays. Signed, too.",
        sent=SignedReasonIn,
        example=examples.RETURN_IN | PROOF,
        answer=examples.RETIREMENT_ABANDONED,
    )
    def post(self, request, reference):
        self.sign(_retirement_for(request, reference), request, SignedReasonIn)
        return _answer(_retirement_for(request, reference))


def _retirement_for(request, reference) -> Retirement:
    change = change_for(request, reference, reading=False)
    rows = Retirement.objects.select_related("change__model__owner", "change__model__workspace", "change__policy")
    rows = rows.select_related("verified_by", "agreement__person").prefetch_related("items__done_by")
    return get_object_or_404(rows, change=change)


def _answer(found: Retirement) -> Response:
    return Response(RetirementOut(found).data)
