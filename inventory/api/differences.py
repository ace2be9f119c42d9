"""`/register/differences/`: what became of the register between two days."""

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from inventory.api import examples
from inventory.api.lookups import readable_records
from inventory.api.paging import address_with
from inventory.contents.differences import differences
from inventory.models import Moment
from inventory.serializers import RegisterDifferencesOut, RegisterDifferencesQuery
from mrm.accounts.api import Api
from mrm.openapi import problems, response_example


class DifferencesApi(Api):
    @extend_schema(
        operation_id="compare_registers",
        summary="Compare the register of two days",
        description="Models added, retired, changed and removed, with every field, version, use, approval and row that "
        "differs. Each day as it was known that evening, or both as known on `known_on`.",
        tags=["models"],
        parameters=[RegisterDifferencesQuery],
        responses={200: RegisterDifferencesOut, **problems(400, 403)},
        examples=[response_example("One edit", examples.REGISTER_DIFFERENCES)],
    )
    def get(self, request):
        query = RegisterDifferencesQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        asked = query.validated_data
        earlier, later = (Moment.of(asked[day], asked.get("known_on")) for day in ("since", "until"))
        kind, cursor = asked.get("kind", ""), asked.get("cursor", "")
        found = differences(readable_records(request), earlier, later, kind=kind, cursor=cursor)
        following = address_with(request, found.next)
        return Response(RegisterDifferencesOut({"counts": found.counts, "next": following, "shown": found.shown}).data)
