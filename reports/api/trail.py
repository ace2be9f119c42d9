"""`/trail/export`: the trail as an archive for auditors."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, extend_schema

from inventory.serializers.trail import EntryQuery
from mrm.accounts.api import FileApi
from mrm.openapi import problems
from mrm.pages.downloads import download
from reports.services import export_trail

ZIP = "application/zip"


class TrailExportApi(FileApi):
    @extend_schema(
        operation_id="export_trail",
        summary="Export the trail",
        description="An archive that `mrm-verify` checks without this server. The whole trail for those with a role in "
        "every workspace who ask for no part of it; else an extract in which each entry has its proof.",
        tags=["trail"],
        parameters=[EntryQuery],
        responses={(200, ZIP): OpenApiTypes.BINARY, **problems(400, 403, 409)},
        examples=[OpenApiExample("The file", "PK…", media_type=ZIP, response_only=True)],
    )
    def get(self, request):
        query = EntryQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        wanted = {name: value for name, value in query.validated_data.items() if name != "ordering"}
        return download("trail.zip", export_trail(wanted=wanted, actor=request.user), ZIP)
