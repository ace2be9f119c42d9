"""`/runs/`: what was measured, how far it is, and every number of it."""

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from audits.assessments.api import examples
from audits.assessments.api.lookups import run_for
from audits.assessments.models import Run
from audits.assessments.serializers import RunInFullOut, RunOut, RunQuery
from inventory.api.lookups import model_for
from inventory.api.paging import page_of, paged
from mrm.accounts.api import Api
from mrm.openapi import problems, response_example


class RunsApi(Api):
    @extend_schema(
        operation_id="list_runs",
        summary="List the runs of a model",
        description="The newest window first.",
        tags=["assessments"],
        parameters=[RunQuery],
        responses={200: page_of(RunOut), **problems(400, 403, 404)},
        examples=[response_example("One run", examples.RUN_PAGE)],
    )
    def get(self, request, slug):
        query = RunQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        runs = query.chosen(Run.objects.filter(version__model=model_for(request, slug)))
        runs = runs.select_related("plan", "version__model", "policy", "requested_by")
        return paged(request, runs, query.ordering, RunOut)


class RunApi(Api):
    @extend_schema(
        operation_id="read_run",
        summary="Read a run and its results",
        description="While it works, `progress` and `step` say how far it is; its results come all at once.",
        tags=["assessments"],
        responses={200: RunInFullOut, **problems(403, 404)},
        examples=[response_example("A finished run", examples.RUN)],
    )
    def get(self, request, run_id):
        return Response(RunInFullOut(run_for(request, run_id)).data)
