"""Pages of a list: a cursor that stays right while rows are added."""

from drf_spectacular.utils import inline_serializer
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from mrm.pages.keyset import keyset_page

PAGE_SIZE = 50
LARGEST_PAGE = 200


class Pages:
    """`{"next", "previous", "results"}`; the addresses hold the cursor. `ordering` must tell any two rows apart."""

    def __init__(self, *ordering: str):
        self.ordering = ordering

    def paginate_queryset(self, queryset, request, view=None) -> list:
        self.request = request
        cursor = request.query_params.get("cursor", "")
        self.page = keyset_page(queryset, self.ordering, cursor=cursor, size=_page_size(request))
        return self.page.rows

    def get_paginated_response(self, data) -> Response:
        return Response(
            {
                "next": address_with(self.request, self.page.next),
                "previous": address_with(self.request, self.page.previous),
                "results": data,
            }
        )


def address_with(request, cursor: str) -> str | None:
    """The address that was asked for, at a cursor; None where there is nothing there."""
    return replace_query_param(request.build_absolute_uri(), "cursor", cursor) if cursor else None


def _page_size(request) -> int:
    """As many rows as were asked for, within reason; the usual number where that is no number."""
    asked = request.query_params.get("page_size", "")
    return min(int(asked[:9]), LARGEST_PAGE) if asked.isdecimal() and asked.isascii() and int(asked[:9]) else PAGE_SIZE


def page_of(shape: type[serializers.Serializer]) -> serializers.Serializer:
    """What the OpenAPI document says about a page of these."""
    fields = {name: serializers.URLField(allow_null=True) for name in ("next", "previous")}
    return inline_serializer(f"{shape.__name__.removesuffix('Out')}Page", fields | {"results": shape(many=True)})


def page_example(*results: dict) -> dict:
    return {"next": None, "previous": None, "results": list(results)}
