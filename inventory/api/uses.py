"""`/models/{slug}/uses/`: propose, list, read, edit; and whether a version is approved for one."""

from functools import partial

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from inventory import services
from inventory.api import examples
from inventory.api.conditions import IF_MATCH, expected_revision, tagged
from inventory.api.lookups import model_at, model_for
from inventory.api.paging import page_of, paged
from inventory.contents.history import records_of_parts, rows_as_they_stood
from inventory.contents.uses import Answer, answer_for
from inventory.models import Use, UseRecord
from inventory.serializers import UseApprovalQuery, UseApprovalsOut, UseEdit, UseIn, UseOut, UseQuery, UseWithdrawalIn
from mrm.accounts.api import Api, sent_to
from mrm.openapi import IDEMPOTENCY_KEY, problems, request_example, response_example

NOT_IN_PRODUCTION = "No. No version is in production; name one to ask about it."


class UsesApi(Api):
    @extend_schema(
        operation_id="list_uses",
        summary="List the uses of a model",
        tags=["uses"],
        parameters=[UseQuery],
        responses={200: page_of(UseOut), **problems(400, 403, 404)},
        examples=[response_example("One use", examples.USE_PAGE)],
    )
    def get(self, request, slug):
        query = UseQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        moment = query.moment()
        model = model_at(request, slug, moment)
        uses = Use.objects.filter(model_id=model.pk).select_related("model", "proposed_by")
        if not moment:
            return paged(request, query.chosen(uses), query.ordering, UseOut)
        records = query.chosen(records_of_parts(UseRecord, model, moment))
        stood = partial(rows_as_they_stood, present=uses)
        return paged(request, records, query.ordering, UseOut, made=stood)

    @extend_schema(
        operation_id="propose_use",
        summary="Propose a use",
        description="What the model is wanted for. It is used so once a version is approved for it.",
        tags=["uses"],
        parameters=[IDEMPOTENCY_KEY],
        request=UseIn,
        responses={201: UseOut, **problems(400, 403, 404, 409, 413, 415, 422)},
        examples=[request_example("Propose", examples.USE_IN), response_example("Proposed", examples.USE, 201)],
    )
    def post(self, request, slug):
        model = model_for(request, slug, reading=False)
        return _answer(services.propose_use(model, **sent_to(UseIn, request), actor=request.user), 201)


class UseApi(Api):
    @extend_schema(
        operation_id="read_use",
        summary="Read a use",
        tags=["uses"],
        responses={200: UseOut, **problems(403, 404)},
        examples=[response_example("A use", examples.USE)],
    )
    def get(self, request, slug, number):
        return _answer(use_for(request, slug, number))

    @extend_schema(
        operation_id="edit_use",
        summary="Edit a use",
        description="Before its approval anything; afterwards what an approval covers stays as it was approved.",
        tags=["uses"],
        parameters=[IF_MATCH],
        request=UseEdit,
        responses={200: UseOut, **problems(400, 403, 404, 409, 412, 413, 415, 422)},
        examples=[request_example("Correct", examples.USE_EDIT), response_example("Edited", examples.USE)],
    )
    def patch(self, request, slug, number):
        use = use_for(request, slug, number, reading=False)
        sent = sent_to(UseEdit, request)
        revision = expected_revision(request, use)
        return _answer(services.edit_use(use, changes=sent, revision=revision, actor=request.user))


class UseWithdrawalApi(Api):
    @extend_schema(
        operation_id="withdraw_use",
        summary="Take back a proposed use",
        description="Before its approval. One that is approved ends by a change request of the kind use_ending.",
        tags=["uses"],
        parameters=[IDEMPOTENCY_KEY],
        request=UseWithdrawalIn,
        responses={200: UseOut, **problems(400, 403, 404, 409, 413, 415)},
        examples=[
            request_example("Withdraw", examples.USE_WITHDRAWAL),
            response_example("Withdrawn", examples.USE_WITHDRAWN),
        ],
    )
    def post(self, request, slug, number):
        use = use_for(request, slug, number, reading=False)
        return _answer(services.withdraw_use(use, **sent_to(UseWithdrawalIn, request), actor=request.user))


class UseApprovalsApi(Api):
    @extend_schema(
        operation_id="list_use_approvals",
        summary="Is a version approved for a use?",
        description="`approved` answers for the version named by `?version=`, else for the one in production.",
        tags=["uses"],
        parameters=[UseApprovalQuery],
        responses={200: UseApprovalsOut, **problems(400, 403, 404)},
        examples=[response_example("Approved", examples.USE_APPROVALS)],
    )
    def get(self, request, slug, number):
        query = UseApprovalQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        use = use_for(request, slug, number)
        approvals = use.approvals.select_related("version", "approved_by")
        version = use.model.production_version()
        if wanted := query.validated_data.get("version"):
            version = use.model.versions.filter(number=wanted).first()
            if version is None:
                raise Http404(f"{use.model} has no version {wanted}.")
            approvals = approvals.filter(version=version)
        standing = services.standing_approval(version, use) if version else None
        asked = answer_for(version, use, timezone.now()) if version else Answer(False, [NOT_IN_PRODUCTION])
        answer = {
            "use": use.number,
            "version": version.number if version else None,
            "approved": standing is not None,
            "may_serve": asked.may_serve,
            "answer": asked.sentences,
            "standing": standing,
            "approvals": approvals,
        }
        return Response(UseApprovalsOut(answer).data)


def use_for(request, slug: str, number: int, *, reading: bool = True) -> Use:
    model = model_for(request, slug, reading=reading)
    use = model.uses.select_related("model__workspace", "proposed_by").filter(number=number).first()
    if use is None:
        raise Http404(f"There is no use {number} of {model}.")
    return use


def _answer(use: Use, status: int = 200) -> Response:
    headers = {"Location": f"/api/v1/models/{use.model_slug}/uses/{use.number}/"}
    return tagged(use, UseOut(use).data, status=status, headers=headers)
