"""Pages of a list: a cursor that stays right while rows are added."""

from django.core.exceptions import ValidationError as DjangoValidationError
from rest_framework.exceptions import ParseError
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

    def paginate_queryset(self, queryset, request, view=None):
        try:
            return super().paginate_queryset(queryset, request, view)
        except (ValueError, TypeError, DjangoValidationError):
            raise ParseError("The cursor is not one that this list gave; begin again without it.") from None
