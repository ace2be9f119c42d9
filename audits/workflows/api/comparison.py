"""`/models/{slug}/versions/{number}/comparison/`: what would change from one version to another?"""

from dataclasses import replace

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from audits.workflows.api import examples
from audits.workflows.contents.comparison import compare
from audits.workflows.serializers.comparison import ComparisonOut, ComparisonQuery
from inventory.api.lookups import version_for
from mrm.accounts.api import Api
from mrm.openapi import problems, response_example


class ComparisonApi(Api):
    @extend_schema(
        operation_id="compare_versions",
        summary="Compare a version with another",
        description="What was built, schema, parameters, what was measured with intervals, fairness by group, reason "
        "codes and findings of both, and whom they decide differently. Each measure is of its version's newest run.",
        tags=["versions"],
        parameters=[ComparisonQuery],
        responses={200: ComparisonOut, **problems(400, 403, 404)},
        examples=[response_example("One parameter differs", examples.COMPARISON)],
    )
    def get(self, request, slug, number):
        version, query = version_for(request, slug, number), ComparisonQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        asked = query.validated_data
        found = compare(version_for(request, slug, asked["with"]), version)
        if asked["only_differences"]:
            found = replace(found, sections=[section.narrowed() for section in found.sections])
        return Response(ComparisonOut(found).data)
