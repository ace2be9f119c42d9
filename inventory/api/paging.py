"""Pages of a list: a cursor that stays right while rows are added."""

from collections.abc import Callable

from django.db.models import QuerySet
from drf_spectacular.utils import inline_serializer
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from mrm.pages.keyset import keyset_page

PAGE_SIZE = 50
LARGEST_PAGE = 200


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
    cursor = request.query_params.get("cursor", "")
    page = keyset_page(rows, ordering, cursor=cursor, size=_page_size(request))
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


def _page_size(request) -> int:
    """As many rows as were asked for, within reason; the usual number where that is no number."""
    asked = request.query_params.get("page_size", "")
    return min(int(asked[:9]), LARGEST_PAGE) if asked.isdecimal() and asked.isascii() and int(asked[:9]) else PAGE_SIZE


def page_of(
    shape: type[serializers.Serializer], *, beside: type[serializers.Serializer] = serializers.Serializer
) -> serializers.Serializer:
    """What the OpenAPI document says about a page of these."""
    fields = {name: serializers.URLField(allow_null=True) for name in ("next", "previous")}
    fields |= {"results": shape(many=True)} | beside().get_fields()
    return inline_serializer(f"{shape.__name__.removesuffix('Out')}Page", fields)


def page_example(*results: dict) -> dict:
    return {"next": None, "previous": None, "results": list(results)}
