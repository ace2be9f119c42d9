"""Finding plans, runs and breaches among what a person may see."""

from django.shortcuts import get_object_or_404

from audits.assessments.models import Breach, Plan, Run
from inventory.models import Model


def _of_visible_models(request, rows):
    return rows.filter(version__model__in=Model.objects.visible_to(request.user))


def plan_for(request, plan_id) -> Plan:
    return get_object_or_404(_of_visible_models(request, Plan.objects.select_related("version__model")), pk=plan_id)


def run_for(request, run_id) -> Run:
    runs = Run.objects.select_related(
        "plan", "version__model__owner", "version__model__workspace", "policy", "requested_by", "rerun_of"
    )
    return get_object_or_404(_of_visible_models(request, runs), pk=run_id)


def breach_for(request, breach_id) -> Breach:
    breaches = Breach.objects.select_related(
        "version__model__owner", "version__model__workspace", "first_run__plan", "last_run__plan"
    )
    return get_object_or_404(_of_visible_models(request, breaches), pk=breach_id)
