"""Tables of predictions in the user's own warehouse, read where they are."""

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from inventory import services, tasks
from inventory.api import examples
from inventory.api.lookups import model_at, model_for
from inventory.api.paging import page_of, paged
from inventory.models import Model, ModelVersion, Source
from inventory.serializers import SourceIn, SourceOut, SourceQuery
from mrm.accounts.api import Api, sent_to
from mrm.errors import RuleBroken, UnusableData
from mrm.openapi import IDEMPOTENCY_KEY, problems, request_example, response_example
from mrm.queue import nudge


class SourcesApi(Api):
    @extend_schema(
        operation_id="list_sources",
        summary="List the sources of a model",
        description="With `as_of` those that were open then; what was found at one only where nobody looked since.",
        tags=["data"],
        parameters=[SourceQuery],
        responses={200: page_of(SourceOut), **problems(400, 403, 404)},
        examples=[response_example("One source", examples.SOURCE_PAGE)],
    )
    def get(self, request, slug):
        query = SourceQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        moment = query.moment()
        model = model_at(request, slug, moment)
        sources = Source.objects.filter(version__model=model.pk).select_related("version__model")
        sources = sources.standing(moment) if moment else sources

        def stood(page):
            return [source.as_it_stood(moment) for source in page] if moment else page

        return paged(request, query.chosen(sources), query.ordering, SourceOut, made=stood)

    @extend_schema(
        operation_id="register_source",
        summary="Register a table to read predictions from",
        description=(
            "The table stays where it is. Assessments have its engine count the rows of their window, and only counts "
            "travel; what needs rows reads a bounded sample of them. DuckDB, PostgreSQL, ClickHouse, MySQL, Trino and "
            "Spark Connect. Nothing is reached while this is answered: a worker looks, and `fault` says what it found."
        ),
        tags=["data"],
        parameters=[IDEMPOTENCY_KEY],
        request=SourceIn,
        responses={201: SourceOut, **problems(400, 403, 404, 409, 413, 415, 422)},
        examples=[
            request_example("Register", examples.SOURCE_IN),
            response_example(
                "Registered",
                examples.SOURCE | dict.fromkeys(("read_at", "rows", "first_at", "last_at")) | {"state": "not read yet"},
                201,
            ),
        ],
    )
    def post(self, request, slug):
        model = model_for(request, slug, reading=False)
        fields = sent_to(SourceIn, request)
        version = _version(model, fields.pop("version", None))
        source = services.register_source(version, **fields, actor=request.user)
        nudge(tasks.read_source, str(source.pk))
        return Response(SourceOut(source).data, status=201)


class SourceReadingApi(Api):
    @extend_schema(
        operation_id="test_source",
        summary="Have a source looked at now",
        description="A worker tries to read the table; `state`, `rows` and `fault` of the source say what it found.",
        tags=["data"],
        parameters=[IDEMPOTENCY_KEY],
        request=None,
        responses={202: SourceOut, **problems(403, 404, 409)},
        examples=[
            response_example("Asked for", examples.SOURCE | {"state": "not read yet", "read_at": None}, 202),
        ],
    )
    def post(self, request, source_id):
        source = services.look_again(_source_for(request, source_id), actor=request.user)
        nudge(tasks.read_source, str(source.pk))
        return Response(SourceOut(source).data, status=202)


class SourceClosureApi(Api):
    @extend_schema(
        operation_id="close_source",
        summary="Read a source no more",
        description="What was counted of it stays in the runs that counted it.",
        tags=["data"],
        parameters=[IDEMPOTENCY_KEY],
        request=None,
        responses={200: SourceOut, **problems(403, 404, 409)},
        examples=[
            response_example("Closed", examples.SOURCE | {"state": "no longer read", "closed_at": examples.WHEN})
        ],
    )
    def post(self, request, source_id):
        return Response(SourceOut(services.close_source(_source_for(request, source_id), actor=request.user)).data)


def _source_for(request, source_id) -> Source:
    visible = Source.objects.filter(version__model__in=Model.objects.visible_to(request.user))
    source = visible.select_related("version__model").filter(pk=source_id).first()
    if source is None:
        raise Http404("There is no such source that you may see.")
    return source


def _version(model: Model, number: int | None) -> ModelVersion:
    """The version of this number; without one that in production, else the newest."""
    if number is not None:
        found = model.versions.filter(number=number).first()
        if found is None:
            raise UnusableData({"message": f"{model} has no version {number}.", "field": "version"})
        return found
    found = model.production_version() or model.versions.first()
    if found is None:
        raise RuleBroken(f"{model} has no version yet; register one, then its source.")
    return found
