"""`/models/{slug}/plans/`: what is assessed, and how often."""

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from audits.assessments import services, tasks
from audits.assessments.api import examples
from audits.assessments.api.lookups import plan_for
from audits.assessments.models import Plan
from audits.assessments.serializers import PlanIn, PlanOut, PlanQuery, RunIn, RunInFullOut
from inventory.api.lookups import model_for, version_for
from inventory.api.paging import page_of, paged
from inventory.api.signing import PROOF, SignedActApi, signable
from inventory.serializers.signing import SignedReasonIn
from mrm.accounts.api import Api, sent_to
from mrm.openapi import IDEMPOTENCY_KEY, problems, request_example, response_example
from mrm.queue import nudge


class PlansApi(Api):
    @extend_schema(
        operation_id="list_plans",
        summary="List the monitoring plans of a model",
        tags=["assessments"],
        parameters=[PlanQuery],
        responses={200: page_of(PlanOut), **problems(400, 403, 404)},
        examples=[response_example("One plan", examples.PLAN_PAGE)],
    )
    def get(self, request, slug):
        query = PlanQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        plans = Plan.objects.filter(version__model=model_for(request, slug)).select_related("version__model")
        return paged(request, query.chosen(plans), query.ordering, PlanOut)

    @extend_schema(
        operation_id="set_plan",
        summary="Set a monitoring plan",
        description=(
            "One plan per version and kind: created where it is missing and the version can be assessed so, else "
            "switched on. Its cadence is the policy's. Watched versions get theirs unasked. Switching off is signed."
        ),
        tags=["assessments"],
        parameters=[IDEMPOTENCY_KEY],
        request=PlanIn,
        responses={200: PlanOut, 201: PlanOut, **problems(400, 403, 404, 409, 413, 415)},
        examples=[
            request_example("Switch on", examples.PLAN_IN),
            response_example("Set", examples.PLAN),
            response_example("Created", examples.PLAN, 201),
        ],
    )
    def post(self, request, slug):
        model = model_for(request, slug, reading=False)
        wanted = sent_to(PlanIn, request)
        version = version_for(request, model.slug, wanted["version"], reading=False)
        plan, is_new = services.set_plan(version, wanted["kind"], actor=request.user)
        return Response(PlanOut(plan).data, status=201 if is_new else 200)


class PlanOffApi(SignedActApi):
    act = services.PLAN_SWITCH_OFF

    @signable("read_plan_off", "What switching a monitoring plan off would sign", tags=["assessments"])
    def get(self, request, plan_id):
        return self.view(plan_for(request, plan_id), request)

    @extend_schema(
        operation_id="switch_plan_off",
        summary="Switch a monitoring plan off",
        description="Signed by the head of validation or a risk officer. Nothing of its kind is measured until it is "
        "switched on again.",
        tags=["assessments"],
        parameters=[IDEMPOTENCY_KEY],
        request=SignedReasonIn,
        responses={200: PlanOut, **problems(400, 403, 404, 409, 413, 415, 422)},
        examples=[
            request_example("Switch off", examples.PLAN_OFF_IN | PROOF),
            response_example("Switched off", examples.PLAN_OFF),
        ],
    )
    def post(self, request, plan_id):
        return Response(PlanOut(self.sign(plan_for(request, plan_id), request, SignedReasonIn)).data)


class PlanRunsApi(Api):
    @extend_schema(
        operation_id="request_run",
        summary="Assess now",
        description=(
            "Instead of when due; by default from the beginning of the plan's present window until now. A window that "
            "was assessed before is assessed again. The answer says where to follow it."
        ),
        tags=["assessments"],
        parameters=[IDEMPOTENCY_KEY],
        request=RunIn,
        responses={202: RunInFullOut, **problems(400, 403, 404, 409, 413, 415)},
        examples=[
            request_example("A window", examples.RUN_IN),
            response_example("Queued", examples.RUN_QUEUED, 202),
        ],
    )
    def post(self, request, plan_id):
        plan = plan_for(request, plan_id)
        run = services.request_run(plan, **sent_to(RunIn, request), actor=request.user)
        nudge(tasks.run_plan, str(run.pk))
        return Response(RunInFullOut(run).data, status=202, headers={"Location": f"/api/v1/runs/{run.pk}/"})
