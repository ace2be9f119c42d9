"""`/delegations/`: deciding for somebody who is away; what one has given, what one holds."""

from django.db.models import Q
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from audits.workflows import services
from audits.workflows.api.examples import LATER
from audits.workflows.models import Delegation
from audits.workflows.serializers.delegations import DelegationIn, DelegationOut, DelegationQuery
from inventory.api.examples import ID, PERSON, WHEN
from inventory.api.paging import page_example, page_of, paged
from mrm.accounts.api import Api, sent_to
from mrm.accounts.models import Person
from mrm.accounts.services import act_at_once
from mrm.errors import UnusableData
from mrm.openapi import IDEMPOTENCY_KEY, problems, request_example, response_example

DELEGATION_IN = {"to": "victor.validator@bank.example", "reason": "Parental leave.", "ends_at": LATER}
PROOF = {"password": "correct horse battery", "code": "123456"}
DELEGATION = {
    "id": ID,
    "delegator": PERSON,
    "delegate": {"id": ID, "name": "Victor Validator"},
    "reason": DELEGATION_IN["reason"],
    "starts_at": WHEN,
    "ends_at": LATER,
    "revoked_at": None,
}


class DelegationsApi(Api):
    @extend_schema(
        operation_id="list_delegations",
        summary="List your delegations",
        description="Those you gave and those you hold, the newest first.",
        tags=["delegations"],
        parameters=[DelegationQuery],
        responses={200: page_of(DelegationOut), **problems(400, 403)},
        examples=[response_example("One", page_example(DELEGATION))],
    )
    def get(self, request):
        query = DelegationQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        return paged(request, query.chosen(_mine(request)), query.ordering, DelegationOut)

    @extend_schema(
        operation_id="give_delegation",
        summary="Let somebody decide for you",
        description="For a time, with your conflicts as well as their own; signed by your password with the code of "
        "your authenticator app, or with a passkey on the pages. From a browser that is signed in: a token delegates "
        "nothing.",
        tags=["delegations"],
        parameters=[IDEMPOTENCY_KEY],
        request=DelegationIn,
        responses={201: DelegationOut, **problems(400, 403, 409, 413, 415, 422)},
        examples=[request_example("A leave", DELEGATION_IN | PROOF), response_example("Given", DELEGATION, 201)],
    )
    def post(self, request):
        told = sent_to(DelegationIn, request)
        address = told.pop("to")
        to = Person.objects.filter(email__iexact=address, kind=Person.Kind.HUMAN, is_active=True).first()
        if to is None:
            raise UnusableData({"message": f"Nobody with the address {address} can decide for you.", "field": "to"})
        proof, reason = {name: told.pop(name) for name in ("password", "code")}, told.pop("reason")
        given = act_at_once(
            services.delegation_to(to, **told), request.user, comment=reason, **proof, actor=request.user
        )
        return Response(DelegationOut(given).data, status=201)


class DelegationRevocationApi(Api):
    @extend_schema(
        operation_id="revoke_delegation",
        summary="End a delegation",
        description="Who gave it may, and who holds it; at once.",
        tags=["delegations"],
        parameters=[IDEMPOTENCY_KEY],
        request=None,
        responses={200: DelegationOut, **problems(403, 404)},
        examples=[response_example("Ended", DELEGATION | {"revoked_at": WHEN})],
    )
    def post(self, request, delegation_id):
        found = get_object_or_404(_mine(request), pk=delegation_id)
        services.revoke_delegation(found, actor=request.user)
        return Response(DelegationOut(_mine(request).get(pk=delegation_id)).data)


def _mine(request):
    mine = Q(delegator=request.user) | Q(delegate=request.user)
    return Delegation.objects.filter(mine).select_related("delegator", "delegate")
