"""How to use the registry from MLflow, and how each workspace answers."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from inventory.models import Policy
from inventory.policies import production_aliases
from mrm.accounts.models import Workspace
from mrm.accounts.policies import Permission
from mrm.pages.answers import answer_form, posted
from registry.forms import RulesForm
from registry.services import last_sweep, rules_of, set_rules


@require_safe
def registry(request):
    workspaces = _workspaces(request).select_related("registry_rules__default_owner").order_by("name")
    rows = [
        {
            "workspace": workspace,
            "rules": getattr(workspace, "registry_rules", None) or rules_of(workspace),
            "may_change": Permission.PUBLISH_POLICY in request.user.permissions_in(workspace),
        }
        for workspace in workspaces
    ]
    aliases = sorted(production_aliases(Policy.objects.in_force().document))
    context = {"rows": rows, "address": settings.PUBLIC_URL, "aliases": aliases}
    if settings.MLFLOW_MASTER_URL and workspaces.filter(slug=settings.MLFLOW_MASTER_WORKSPACE).exists():
        context |= {"follows_a_master": True, "sweep": last_sweep()}
    return render(request, "registry/registry.html", context)


@require_http_methods(["GET", "POST"])
def rules(request, workspace):
    workspace = get_object_or_404(_workspaces(request), slug=workspace)
    now = rules_of(workspace)
    initial = {"is_governed": now.governed, "default_owner": now.default_owner}
    form = RulesForm(posted(request), workspace=workspace, initial=initial)

    def act(data):
        set_rules(workspace, **data, actor=request.user)
        messages.success(request, f"{workspace} answers MLflow clients by these rules from now on.")
        return reverse("registry")

    def show(status):
        context = {
            "form": form,
            "heading": f"MLflow in {workspace}",
            "lead": "What a stock client may do by itself. The change is recorded in the trail.",
            "submit": "Set the rules",
            "back": reverse("registry"),
        }
        return render(request, "components/form_page.html", context, status=status)

    return answer_form(request, form, act=act, show=show)


def _workspaces(request: HttpRequest):
    """The workspaces this person works in."""
    ids = request.user.workspace_ids()
    return Workspace.objects.all() if ids is None else Workspace.objects.filter(pk__in=ids)
