"""`/register/shared/`: which data sources, vendors and methods do models have in common?"""

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from inventory.api import examples
from inventory.api.lookups import readable_models, readable_records
from inventory.contents.shared import held_in_common
from inventory.serializers.models import CommonOut, CommonQuery
from mrm.accounts.api import Api
from mrm.openapi import problems, response_example

MOST = 500


class SharedApi(Api):
    @extend_schema(
        operation_id="list_shared",
        summary="What models have in common",
        description="Data sources, vendors or families of methods, with how many models rest on each: what fails for "
        "one fails for all. `GET /models/` with the same word as a filter lists them.",
        tags=["models"],
        parameters=[CommonQuery],
        responses={200: CommonOut, **problems(400, 403)},
        examples=[response_example("One source", examples.SHARED)],
    )
    def get(self, request):
        query = CommonQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        asked = query.validated_data
        moment = query.moment()
        visible = readable_records(request).standing(moment) if moment else readable_models(request)
        held = held_in_common(visible, asked["what"], moment=moment, least=asked["least"], most=MOST)
        return Response(CommonOut({"what": asked["what"], "results": held}).data)
