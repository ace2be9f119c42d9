"""Policies: the one in force, those before it, what changed between them, and proposing the next."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from inventory import policies, services
from inventory.api import examples
from inventory.api.paging import page_of, paged
from inventory.models import Policy, PolicyDraft
from inventory.serializers import PagesQuery
from inventory.serializers.policies import (
    DifferencesOut,
    DifferencesQuery,
    PolicyDraftIn,
    PolicyDraftOut,
    PolicyDraftQuery,
    PolicyOut,
    PolicyVersionOut,
    WithdrawalIn,
)
from mrm.accounts.api import Api, sent_to
from mrm.accounts.policies import Permission
from mrm.accounts.services import require
from mrm.openapi import IDEMPOTENCY_KEY, problems, request_example, response_example


class CurrentPolicyApi(Api):
    @extend_schema(
        operation_id="read_policy",
        summary="Read the policy in force",
        description="Cadences, limits and approvals that runs, gates and decisions are bound to from now on.",
        tags=["policies"],
        responses={200: PolicyOut, **problems(403)},
        examples=[response_example("The policy", examples.POLICY)],
    )
    def get(self, request):
        require(request.user, Permission.READ, None, model_slug=None)
        return Response(PolicyOut(Policy.objects.select_related("published_by").in_force()).data)


class PoliciesApi(Api):
    @extend_schema(
        operation_id="list_policies",
        summary="List the versions of the policy",
        description="Every version ever in force, newest first, without its document.",
        tags=["policies"],
        responses={200: page_of(PolicyVersionOut), **problems(400, 403)},
        examples=[response_example("One version", examples.POLICY_PAGE)],
    )
    def get(self, request):
        require(request.user, Permission.READ, None, model_slug=None)
        PagesQuery(data=request.query_params).is_valid(raise_exception=True)
        return paged(request, Policy.objects.select_related("published_by"), ("-number",), PolicyVersionOut)


class PolicyApi(Api):
    @extend_schema(
        operation_id="read_policy_version",
        summary="Read one version of the policy",
        tags=["policies"],
        responses={200: PolicyOut, **problems(403, 404)},
        examples=[response_example("A version", examples.POLICY)],
    )
    def get(self, request, number):
        require(request.user, Permission.READ, None, model_slug=None)
        return Response(PolicyOut(_policy(number)).data)


class PolicyDifferencesApi(Api):
    @extend_schema(
        operation_id="compare_policies",
        summary="Read what a version of the policy changed",
        description="In sentences, against the version before or the one that `from` names; what loosens is marked.",
        tags=["policies"],
        parameters=[DifferencesQuery],
        responses={200: DifferencesOut, **problems(400, 403, 404)},
        examples=[response_example("One difference", examples.DIFFERENCES)],
    )
    def get(self, request, number):
        require(request.user, Permission.READ, None, model_slug=None)
        query = DifferencesQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        after = _policy(number)
        before = _policy(query.validated_data.get("from", max(number - 1, 1)))
        facts = {"before": before.number, "after": after.number}
        facts["differences"] = policies.differences(before.document, after.document)
        return Response(DifferencesOut(facts).data)


class PolicyDraftsApi(Api):
    @extend_schema(
        operation_id="list_policy_drafts",
        summary="List proposed policies",
        description="What was proposed as the next policy, newest first, and what became of it.",
        tags=["policies"],
        parameters=[PolicyDraftQuery],
        responses={200: page_of(PolicyDraftOut), **problems(400, 403)},
        examples=[response_example("One draft", examples.POLICY_DRAFT_PAGE)],
    )
    def get(self, request):
        require(request.user, Permission.READ, None, model_slug=None)
        query = PolicyDraftQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        drafts = _drafts()
        if state := query.validated_data.get("state"):
            drafts = drafts.filter(state=state)
        return paged(request, drafts, ("-proposed_at", "id"), PolicyDraftOut)

    @extend_schema(
        operation_id="propose_policy",
        summary="Propose a policy",
        description="The whole document. Every fault is named by its path, such as `limits[3].red`. Ask "
        "for its publication with a change of the kind `policy_change`, whose terms name the `draft`.",
        tags=["policies"],
        parameters=[IDEMPOTENCY_KEY],
        request=PolicyDraftIn,
        responses={201: PolicyDraftOut, **problems(400, 403, 409, 413, 415, 422)},
        examples=[
            request_example("Propose", examples.POLICY_DRAFT_IN),
            response_example("Proposed", examples.POLICY_DRAFT, 201),
        ],
    )
    def post(self, request):
        draft = services.propose_policy(**sent_to(PolicyDraftIn, request), actor=request.user)
        return Response(PolicyDraftOut(draft).data, status=201)


class PolicyDraftApi(Api):
    @extend_schema(
        operation_id="read_policy_draft",
        summary="Read a proposed policy",
        tags=["policies"],
        responses={200: PolicyDraftOut, **problems(403, 404)},
        examples=[response_example("A draft", examples.POLICY_DRAFT)],
    )
    def get(self, request, draft_id):
        require(request.user, Permission.READ, None, model_slug=None)
        return Response(PolicyDraftOut(_draft(draft_id)).data)


class PolicyWithdrawalApi(Api):
    @extend_schema(
        operation_id="withdraw_policy",
        summary="Withdraw a proposed policy",
        description="By its proposer, or turned down by somebody who could publish it.",
        tags=["policies"],
        parameters=[IDEMPOTENCY_KEY],
        request=WithdrawalIn,
        responses={200: PolicyDraftOut, **problems(400, 403, 404, 409, 415, 422)},
        examples=[
            request_example("Withdraw", {"reason": "Superseded by the limits agreed in the committee."}),
            response_example("Withdrawn", examples.POLICY_DRAFT | {"state": "withdrawn"}),
        ],
    )
    def post(self, request, draft_id):
        require(request.user, Permission.PROPOSE_POLICY, None)
        draft = services.withdraw_draft(_draft(draft_id), **sent_to(WithdrawalIn, request), actor=request.user)
        return Response(PolicyDraftOut(draft).data)


def _policy(number: int) -> Policy:
    return get_object_or_404(Policy.objects.select_related("published_by"), number=number)


def _drafts():
    return PolicyDraft.objects.select_related("based_on", "proposed_by", "ended_by", "published_as")


def _draft(draft_id) -> PolicyDraft:
    return get_object_or_404(_drafts(), pk=draft_id)
