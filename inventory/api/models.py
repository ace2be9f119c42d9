"""`/models/`: register, list, read, edit."""

from functools import partial

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from inventory import services
from inventory.api import examples
from inventory.api.conditions import IF_MATCH, expected_revision, tagged
from inventory.api.lookups import model_at, model_for, readable_models, readable_records
from inventory.api.paging import page_of, paged
from inventory.contents.history import models_as_they_stood, telling_of_rows
from inventory.contents.register import chosen, in_order
from inventory.models import Moment, Policy
from inventory.serializers import ModelChange, ModelDetailOut, ModelIn, ModelOut, ModelQuery, MomentQuery
from mrm.accounts.api import Api, sent_to
from mrm.accounts.models import Workspace
from mrm.errors import UnusableData
from mrm.openapi import IDEMPOTENCY_KEY, problems, request_example, response_example


class ModelsApi(Api):
    @extend_schema(
        operation_id="list_models",
        summary="List models",
        description="The register, a page at a time: the models you may see, as they stand or as they stood.",
        tags=["models"],
        parameters=[ModelQuery],
        responses={200: page_of(ModelOut), **problems(400, 403)},
        examples=[response_example("One model", examples.MODEL_PAGE)],
    )
    def get(self, request):
        query = ModelQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        asked, moment = query.validated_data, query.moment()
        if moment:
            return _past_page(request, asked, moment)
        policy = Policy.objects.in_force().document
        models, order = in_order(chosen(readable_models(request), asked), asked)
        # What is said by rows is looked up for the page only, not for everything that is sorted to find it.
        told = partial(telling_of_rows, document=policy)
        return paged(request, models, order, ModelOut, {"policy": policy}, made=told)

    @extend_schema(
        operation_id="register_model",
        summary="Register a model",
        description="`name` suffices to begin; what policy still asks for is answered in `missing`.",
        tags=["models"],
        parameters=[IDEMPOTENCY_KEY],
        request=ModelIn,
        responses={201: ModelDetailOut, **problems(400, 403, 409, 413, 415, 422)},
        examples=[
            request_example("Register", examples.MODEL_IN),
            response_example("Registered", examples.MODEL_DETAIL, 201),
        ],
    )
    def post(self, request):
        fields = sent_to(ModelIn, request, context={"person": request.user})
        workspace = named_workspace(request.user, fields.pop("workspace", ""))
        fields.setdefault("owner", request.user)
        model = services.register_model(workspace, **fields, actor=request.user)
        return _answer(model_for(request, model.slug, reading=False), 201)


class ModelApi(Api):
    @extend_schema(
        operation_id="read_model",
        summary="Read a model",
        description="As it stands, or with `as_of` as it stood.",
        tags=["models"],
        parameters=[MomentQuery],
        responses={200: ModelDetailOut, **problems(400, 403, 404)},
        examples=[response_example("A model", examples.MODEL_DETAIL)],
    )
    def get(self, request, slug):
        query = MomentQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        model = model_at(request, slug, query.moment())
        return Response(ModelDetailOut(model).data) if model.stood_at else _answer(model)

    @extend_schema(
        operation_id="edit_model",
        summary="Edit a model",
        description=(
            "Any attribute that is a single value; `/models/{slug}/attributes/` tells who may change which. Status "
            "and tier follow from decisions."
        ),
        tags=["models"],
        parameters=[IF_MATCH],
        request=ModelChange,
        responses={200: ModelDetailOut, **problems(400, 403, 404, 409, 412, 413, 415, 422)},
        examples=[
            request_example("Say what is missing", examples.MODEL_EDIT),
            response_example("Edited", examples.MODEL_DETAIL),
        ],
    )
    def patch(self, request, slug):
        model = model_for(request, slug, reading=False)
        changes = sent_to(ModelChange, request, context={"person": request.user})
        revision = expected_revision(request, model)
        since = changes.pop("effective_on", None)
        services.edit_model(model, changes=changes, effective_on=since, revision=revision, actor=request.user)
        return _answer(model_for(request, slug, reading=False))


def _answer(model, status: int = 200) -> Response:
    headers = {"Location": f"/api/v1/models/{model.slug}/"}
    return tagged(model, ModelDetailOut(model).data, status=status, headers=headers)


def _past_page(request, asked: dict, moment: Moment) -> Response:
    rows, order = in_order(chosen(readable_records(request).standing(moment), asked), asked)
    document = Policy.objects.in_force_at(moment).document

    def stood(records):
        return telling_of_rows(models_as_they_stood(records, moment), document, moment)

    return paged(request, rows, order, ModelOut, {"policy": document}, made=stood)


def named_workspace(person, slug: str) -> Workspace:
    """The workspace named, else the token's, else the only one the person works in, else main."""
    ids = person.workspace_ids()
    visible = Workspace.objects.all() if ids is None else Workspace.objects.filter(pk__in=ids)
    if slug:
        workspace = visible.filter(slug=slug).first()
    else:
        workspace = visible.first() if visible.count() == 1 else visible.filter(slug="main").first()
    if workspace is None:
        raise UnusableData({"message": "Name a workspace that you work in.", "field": "workspace"})
    return workspace
