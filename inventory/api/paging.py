"""Pages of a list: a cursor that stays right while rows are added."""

from drf_spectacular.utils import inline_serializer
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from mrm.errors import CursorUnknown
from mrm.pages.keyset import keyset_page

PAGE_SIZE = 50
LARGEST_PAGE = 200


class Pages:
    """`{"next", "previous", "results"}`; the addresses hold the cursor. `ordering` must tell any two rows apart."""

    def __init__(self, *ordering: str):
        self.ordering = ordering

    def paginate_queryset(self, queryset, request, view=None) -> list:
        self.address = request.build_absolute_uri()
        cursor = request.query_params.get("cursor", "")
        try:
            self.page = keyset_page(queryset, self.ordering, cursor=cursor, size=_page_size(request))
        except CursorUnknown:
            raise ParseError("The cursor is not one that this list gave; begin again without it.") from None
        return self.page.rows

    def get_paginated_response(self, data) -> Response:
        return Response(
            {
                "next": self._at(self.page.next),
                "previous": self._at(self.page.previous),
                "results": data,
            }
        )

    def _at(self, cursor: str) -> str | None:
        return replace_query_param(self.address, "cursor", cursor) if cursor else None


def _page_size(request) -> int:
    """As many rows as were asked for, within reason; the usual number where that is no number."""
    asked = request.query_params.get("page_size", "")
    return min(int(asked), LARGEST_PAGE) if asked.isdecimal() and asked.isascii() and int(asked[:9]) else PAGE_SIZE


def page_of(shape: type[serializers.Serializer]) -> serializers.Serializer:
    """What the OpenAPI document says about a page of these."""
    fields = {name: serializers.URLField(allow_null=True) for name in ("next", "previous")}
    return inline_serializer(f"{shape.__name__.removesuffix('Out')}Page", fields | {"results": shape(many=True)})


def page_example(*results: dict) -> dict:
    return {"next": None, "previous": None, "results": list(results)}
