"""Pages of a list: a cursor that stays right while rows are added."""

from collections.abc import Callable

from django.db.models import QuerySet
from drf_spectacular.utils import inline_serializer
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from inventory.serializers.fields import PageQuery
from mrm.pages.keyset import keyset_page

PAGE_PARAMETERS = [
    {
        "in": "query",
        "name": "cursor",
        "schema": {"type": "string"},
        "description": "As `next` and `previous` hold it.",
    },
    {
        "in": "query",
        "name": "page_size",
        "schema": {
            "type": "integer",
            "minimum": 1,
            "maximum": PageQuery.LARGEST,
            "default": PageQuery.USUAL,
        },
        "description": "How many rows a page holds.",
    },
]


def paged(
    request,
    rows: QuerySet,
    ordering: tuple[str, ...],
    shape: type[serializers.Serializer],
    context: dict | None = None,
    *,
    made: Callable[[list], list] | None = None,
    beside: dict | None = None,
) -> Response:
    """`{"next", "previous", "results"}` of the page that was asked for; the addresses hold the cursor.

    ordering  must tell any two rows apart
    made      what is told of the rows of a page, where it is not they themselves
    beside    what is told of the list as a whole
    """
    asked = PageQuery.of(request.query_params)
    page = keyset_page(rows, ordering, cursor=asked["cursor"], size=asked["page_size"])
    told = made(page.rows) if made else page.rows
    return Response(
        (beside or {})
        | {
            "next": address_with(request, page.next),
            "previous": address_with(request, page.previous),
            "results": shape(told, many=True, context=context or {}).data,
        }
    )


def address_with(request, cursor: str) -> str | None:
    """The address that was asked for, at a cursor; None where there is nothing there."""
    return replace_query_param(request.build_absolute_uri(), "cursor", cursor) if cursor else None


def page_of(
    shape: type[serializers.Serializer], *, beside: type[serializers.Serializer] = serializers.Serializer
) -> serializers.Serializer:
    """What the OpenAPI document says about a page of these."""
    fields = {name: serializers.URLField(allow_null=True) for name in ("next", "previous")}
    fields |= {"results": shape(many=True)} | beside().get_fields()
    return inline_serializer(f"{shape.__name__.removesuffix('Out')}Page", fields)


def page_example(*results: dict) -> dict:
    return {"next": None, "previous": None, "results": list(results)}


def add_page_parameters(result, generator, request, public):
    """A postprocessing hook of the OpenAPI document: what answers with a page is asked by the parameters of one."""
    for path in result["paths"].values():
        for operation in path.values():
            if _answers_pages(operation, result["components"]["schemas"]):
                operation["parameters"] = [*operation.get("parameters", ()), *PAGE_PARAMETERS]
    return result


def _answers_pages(operation: dict, schemas: dict) -> bool:
    contents = operation.get("responses", {}).get("200", {}).get("content", {}).values()
    names = [content.get("schema", {}).get("$ref", "").rpartition("/")[2] for content in contents]
    return any({"next", "previous", "results"} <= schemas.get(name, {}).get("properties", {}).keys() for name in names)
