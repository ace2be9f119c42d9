"""Pages of a list: a cursor that stays right while rows are added."""

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import DataError
from drf_spectacular.utils import inline_serializer
from rest_framework import serializers
from rest_framework.exceptions import NotFound, ParseError
from rest_framework.pagination import CursorPagination


class Pages(CursorPagination):
    """`{"next", "previous", "results"}`; the addresses hold the cursor."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200

    def __init__(self, *ordering: str):
        self.chosen = ordering

    def get_ordering(self, request, queryset, view):
        return self.chosen

    def decode_cursor(self, request):
        cursor = super().decode_cursor(request)
        if cursor is not None and "\x00" in (cursor.position or ""):
            raise ValueError("PostgreSQL knows no text with a NUL in it.")
        return cursor

    def paginate_queryset(self, queryset, request, view=None):
        try:
            return super().paginate_queryset(queryset, request, view)
        except (NotFound, ValueError, TypeError, DataError, DjangoValidationError):
            raise ParseError("The cursor is not one that this list gave; begin again without it.") from None


def page_of(shape: type[serializers.Serializer]) -> serializers.Serializer:
    """What the OpenAPI document says about a page of these."""
    fields = {name: serializers.URLField(allow_null=True) for name in ("next", "previous")}
    return inline_serializer(f"{shape.__name__.removesuffix('Out')}Page", fields | {"results": shape(many=True)})


def page_example(*results: dict) -> dict:
    return {"next": None, "previous": None, "results": list(results)}
