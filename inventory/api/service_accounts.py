"""`/service-accounts/`: what acts through tokens only. Administrators create and close them, never by a token."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from inventory.api import token_examples as examples
from inventory.api.paging import page_of, paged
from inventory.api.signing import PROOF, SignedActApi, signable
from inventory.serializers.service_accounts import ServiceAccountIn, ServiceAccountOut, ServiceAccountQuery
from inventory.serializers.signing import SignedReasonIn
from mrm.accounts import services
from mrm.accounts.api import Api, sent_to
from mrm.accounts.models import Person
from mrm.accounts.policies import Permission
from mrm.errors import NotPermitted
from mrm.openapi import IDEMPOTENCY_KEY, problems, request_example, response_example


class ServiceAccountsApi(Api):
    @extend_schema(
        operation_id="list_service_accounts",
        summary="List service accounts",
        description="For those who supervise people. Whose tokens are used, and when they were last.",
        tags=["tokens"],
        parameters=[ServiceAccountQuery],
        responses={200: page_of(ServiceAccountOut), **problems(400, 403)},
        examples=[response_example("One account", examples.SERVICE_ACCOUNT_PAGE)],
    )
    def get(self, request):
        services.require(request.user, Permission.READ_PEOPLE, None)
        query = ServiceAccountQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        accounts = query.chosen(Person.objects.service_accounts())
        if state := query.validated_data.get("state"):
            accounts = accounts.filter(is_active=state == "open")
        return paged(request, accounts, query.ordering, ServiceAccountOut)

    @extend_schema(
        operation_id="create_service_account",
        summary="Create a service account",
        description="It never signs in and never decides. It may do nothing before a second person approves a role.",
        tags=["tokens"],
        parameters=[IDEMPOTENCY_KEY],
        request=ServiceAccountIn,
        responses={201: ServiceAccountOut, **problems(400, 403, 409, 413, 415)},
        examples=[
            request_example("A pipeline", examples.SERVICE_ACCOUNT_IN),
            response_example("Created", examples.SERVICE_ACCOUNT, 201),
        ],
    )
    def post(self, request):
        _require_sign_in(request)
        told = sent_to(ServiceAccountIn, request)
        made = services.create_person(
            told["email"], told["name"], kind=Person.Kind.SERVICE, origin="REST API", actor=request.user
        )
        return Response(ServiceAccountOut(_account(made.pk)).data, status=201)


class ServiceAccountApi(Api):
    @extend_schema(
        operation_id="read_service_account",
        summary="Read a service account",
        tags=["tokens"],
        responses={200: ServiceAccountOut, **problems(403, 404)},
        examples=[response_example("An account", examples.SERVICE_ACCOUNT)],
    )
    def get(self, request, account_id):
        services.require(request.user, Permission.READ_PEOPLE, None)
        return Response(ServiceAccountOut(_account(account_id)).data)


class ServiceAccountClosureApi(SignedActApi):
    act = services.ACCOUNT_CLOSURE

    @signable("read_service_account_closure", "What closing a service account would sign", tags=["tokens"])
    def get(self, request, account_id):
        services.require(request.user, Permission.READ_PEOPLE, None)
        return self.view(_account(account_id), request)

    @extend_schema(
        operation_id="close_service_account",
        summary="Close a service account",
        description="Its roles and tokens end at once; whoever closes it proves again who they are. What it did stays "
        "recorded.",
        tags=["tokens"],
        parameters=[IDEMPOTENCY_KEY],
        request=SignedReasonIn,
        responses={200: ServiceAccountOut, **problems(400, 403, 404, 409, 413, 415, 422)},
        examples=[
            request_example("No longer needed", {"reason": "The pipeline was retired."} | PROOF),
            response_example("Closed", examples.SERVICE_ACCOUNT_CLOSED),
        ],
    )
    def post(self, request, account_id):
        _require_sign_in(request)
        services.require(request.user, Permission.MANAGE_PEOPLE, None)
        self.sign(_account(account_id), request, SignedReasonIn)
        return Response(ServiceAccountOut(_account(account_id)).data)


def _require_sign_in(request) -> None:
    if request.user.token:
        raise NotPermitted("A token creates and closes no accounts; sign in on the pages.")


def _account(account_id) -> Person:
    return get_object_or_404(Person.objects.service_accounts(), pk=account_id)
