"""`/register/facets/`: how the chosen models divide."""

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from inventory.api import examples
from inventory.api.lookups import readable_models, readable_records
from inventory.contents.register import chosen, facets_of
from inventory.serializers import FacetsOut, FacetsQuery
from mrm.accounts.api import Api
from mrm.openapi import problems, response_example


class FacetsApi(Api):
    @extend_schema(
        operation_id="count_models",
        summary="Count models by what they are filtered by",
        description="With the filters of `GET /models/`, now or as of a day: how many fit, and how they divide, each "
        "facet by its commonest values.",
        tags=["models"],
        parameters=[FacetsQuery],
        responses={200: FacetsOut, **problems(400, 403)},
        examples=[response_example("Two statuses", examples.FACETS)],
    )
    def get(self, request):
        query = FacetsQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        moment = query.moment()
        rows = readable_records(request).standing(moment) if moment else readable_models(request)
        return Response(FacetsOut(facets_of(chosen(rows, query.validated_data))).data)
