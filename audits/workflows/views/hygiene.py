"""Where is the register itself wrong? Every rule a number, every number its list."""

from django.http import Http404
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from audits.workflows.contents.hygiene import BY_NAME, breaking, hygiene_of
from inventory.models import Model, Policy
from mrm.pages.keyset import keyset_page
from mrm.pages.tables import ROWS_PER_PAGE, csv_stream


@require_safe
def hygiene(request):
    standings = hygiene_of(Model.objects.visible_to(request.user), now=timezone.now())
    return render(request, "workflows/hygiene.html", {"standings": standings})


@require_safe
def broken(request, name):
    """The models that break one rule; with `?dated=yes` those whose debt is dated."""
    if name not in BY_NAME:
        raise Http404
    dated = request.GET.get("dated") == "yes"
    rows = _breaking(request, name)
    page = keyset_page(rows, ("name", "slug"), cursor=request.GET.get("cursor", ""), size=ROWS_PER_PAGE)
    return render(request, "workflows/hygiene_rule.html", {"rule": BY_NAME[name], "page": page, "dated": dated})


@require_safe
def broken_csv(request, name):
    """The same list, all of it, with what each model still lacks, for a spreadsheet."""
    if name not in BY_NAME:
        raise Http404
    policy = Policy.objects.in_force().document
    models = _breaking(request, name).order_by("name", "slug").telling_of_rows(policy)
    rows = (
        [model.slug, model.name, model.tier, model.status, model.owner.email, model.business_unit,
         model.baselined_until.isoformat() if model.baselined_until else "", ", ".join(model.missing(policy))]
        for model in models.iterator()
    )  # fmt: skip
    header = ["slug", "name", "tier", "status", "owner", "business_unit", "baselined_until", "missing"]
    return csv_stream(f"{name}-{timezone.now().date()}.csv", header, rows)


def _breaking(request, name: str):
    models = Model.objects.visible_to(request.user).select_related("owner")
    return breaking(models, BY_NAME[name], now=timezone.now(), dated=request.GET.get("dated") == "yes")
