"""`/tokens/`: one's own, and for administrators those of service accounts. Secrets are shown once and never listed."""

from datetime import timedelta

from django.db.models import Q
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from inventory.api import token_examples as examples
from inventory.api.paging import page_of, paged
from inventory.serializers.tokens import RotationIn, TokenIn, TokenIssuedOut, TokenOut, TokenQuery
from mrm.accounts import services
from mrm.accounts.api import Api, sent_to
from mrm.accounts.models import Person, Token, Workspace
from mrm.accounts.policies import Permission
from mrm.errors import UnusableData
from mrm.openapi import IDEMPOTENCY_KEY, problems, request_example, response_example


class SecretOnceApi(Api):
    def answer_to_keep(self, data):
        """The secret is not kept, so a repeated request gets the rest of the answer only."""
        return {**data, "secret": ""}


class TokensApi(SecretOnceApi):
    @extend_schema(
        operation_id="list_tokens",
        summary="List tokens",
        description="Your own, or those of a service account for administrators; never their secrets.",
        tags=["tokens"],
        parameters=[TokenQuery],
        responses={200: page_of(TokenOut), **problems(400, 403, 404)},
        examples=[response_example("One token", examples.TOKEN_PAGE)],
    )
    def get(self, request):
        query = TokenQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        person = _person(request, query.validated_data.get("person"))
        return paged(request, query.chosen(_tokens().filter(person=person)), query.ordering, TokenOut)

    @extend_schema(
        operation_id="issue_token",
        summary="Issue a token",
        description="Scoped to one workspace, and to models and actions if you say so. From a signed-in browser: "
        "a token issues no other.",
        tags=["tokens"],
        parameters=[IDEMPOTENCY_KEY],
        request=TokenIn,
        responses={201: TokenIssuedOut, **problems(400, 403, 404, 409, 413, 415, 422)},
        examples=[
            request_example("For a training job", examples.TOKEN_IN),
            response_example("Issued", examples.TOKEN_ISSUED, 201),
        ],
    )
    def post(self, request):
        told = sent_to(TokenIn, request)
        person = _person(request, told.pop("person", None))
        workspace = _workspace(request, told.pop("workspace"))
        token, secret = services.issue_token(person, told.pop("name"), workspace=workspace, **told, actor=request.user)
        return _issued(token, secret)


class TokenApi(Api):
    @extend_schema(
        operation_id="read_token",
        summary="Read a token",
        tags=["tokens"],
        responses={200: TokenOut, **problems(403, 404)},
        examples=[response_example("A token", examples.TOKEN)],
    )
    def get(self, request, token_id):
        return Response(TokenOut(_token(request, token_id)).data)


class TokenRotationApi(SecretOnceApi):
    @extend_schema(
        operation_id="rotate_token",
        summary="Give a token another secret",
        description="The earlier secret goes on working for as long as you say, a week at most.",
        tags=["tokens"],
        parameters=[IDEMPOTENCY_KEY],
        request=RotationIn,
        responses={201: TokenIssuedOut, **problems(400, 403, 404, 409, 413, 415)},
        examples=[
            request_example("An hour", {"overlap_hours": 1}),
            response_example("Rotated", examples.TOKEN_ISSUED, 201),
        ],
    )
    def post(self, request, token_id):
        overlap = timedelta(hours=sent_to(RotationIn, request)["overlap_hours"])
        return _issued(*services.rotate_token(_token(request, token_id), overlap=overlap, actor=request.user))


class TokenRevocationApi(Api):
    @extend_schema(
        operation_id="revoke_token",
        summary="Revoke a token",
        description="At once. A token may revoke itself, and no other.",
        tags=["tokens"],
        parameters=[IDEMPOTENCY_KEY],
        request=None,
        responses={200: TokenOut, **problems(403, 404)},
        examples=[response_example("Revoked", examples.TOKEN_REVOKED)],
    )
    def post(self, request, token_id):
        services.revoke_token(_token(request, token_id), actor=request.user)
        return Response(TokenOut(_tokens().get(pk=token_id)).data)


def _issued(token: Token, secret: str) -> Response:
    answer = {"token": TokenOut(token).data, "secret": secret}
    return Response(answer, status=201, headers={"Cache-Control": "no-store"})


def _tokens():
    return Token.objects.select_related("person", "workspace")


def _token(request, token_id) -> Token:
    """One's own, or a service account's for an administrator; any other is not there."""
    return get_object_or_404(_tokens().filter(_within_reach(request, "person")), pk=token_id)


def _person(request, person_id) -> Person:
    if person_id is None:
        return request.user
    return get_object_or_404(Person.objects.filter(_within_reach(request, "")), pk=person_id)


def _within_reach(request, path: str) -> Q:
    inside = f"{path}__" if path else ""
    reach = Q(**{f"{inside}pk": request.user.pk})
    if Permission.MANAGE_PEOPLE in request.user.permissions_in(None) and request.user.token is None:
        reach |= Q(**{f"{inside}kind": Person.Kind.SERVICE})
    return reach


def _workspace(request, slug: str) -> Workspace:
    ids = request.user.workspace_ids()
    seen = Workspace.objects.all() if ids is None else Workspace.objects.filter(pk__in=ids)
    if (workspace := seen.filter(slug=slug).first()) is None:
        raise UnusableData({"message": f"There is no workspace {slug} that you may see.", "field": "workspace"})
    return workspace
