"""`/register/export`: the register as a file."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, extend_schema

from audits.workflows.contents.register import Chosen, register_file
from audits.workflows.serializers.register import RegisterFileQuery
from inventory.api.lookups import readable_models, readable_records
from inventory.contents.register import chosen, in_order
from mrm.accounts.api import FileApi
from mrm.openapi import problems
from mrm.pages.workbook import XLSX

JSON = "application/json"


class RegisterFileApi(FileApi):
    @extend_schema(
        operation_id="export_register",
        summary="Export the register",
        description="The chosen models with everything that is entered about them or follows, as they stand or as they "
        "stood: all of them at once. The first sheet of a workbook says what it holds, of when and for whom.",
        tags=["models"],
        parameters=[RegisterFileQuery],
        responses={
            (200, XLSX): OpenApiTypes.BINARY,
            (200, "text/csv"): OpenApiTypes.STR,
            (200, JSON): OpenApiTypes.OBJECT,
            **problems(400, 403),
        },
        examples=[
            OpenApiExample("Workbook", "PK…", media_type=XLSX, response_only=True),
            OpenApiExample("Table", "slug,name,…", media_type="text/csv", response_only=True),
            OpenApiExample("Models", {"as_of": "2026-06-30", "models": []}, media_type=JSON, response_only=True),
        ],
    )
    def get(self, request):
        query = RegisterFileQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        asked, moment = query.validated_data, query.moment()
        if moment:
            rows = readable_records(request).standing(moment)
        else:
            rows = readable_models(request).select_related("tier_confirmed_by")
        rows, order = in_order(chosen(rows, asked), asked)
        return register_file(asked["file"], Chosen(rows, order, moment, asked), person=request.user)
