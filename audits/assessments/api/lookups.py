"""What an address names, among what the caller may see; everything else is not found."""

from django.http import Http404

from audits.assessments.models import Breach, Plan, Run
from inventory.models import Model
from mrm.accounts.policies import Permission
from mrm.accounts.services import require


def plan_for(request, plan_id) -> Plan:
    return _one(request, Plan.objects.select_related("version__model__workspace"), plan_id, "plan")


def run_for(request, run_id) -> Run:
    require(request.user, Permission.READ, None, model_slug=None)
    return _one(request, Run.objects.select_related("plan", "version__model", "policy", "requested_by"), run_id, "run")


def breach_for(request, breach_id) -> Breach:
    return _one(
        request,
        Breach.objects.select_related("version__model__workspace").prefetch_related("steps__person"),
        breach_id,
        "breach",
    )


def _one(request, rows, key, noun: str):
    found = rows.filter(version__model__in=Model.objects.visible_to(request.user), pk=key).first()
    if found is None:
        raise Http404(f"There is no {noun} {key} that you may see.")
    return found
