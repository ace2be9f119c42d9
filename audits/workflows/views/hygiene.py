"""Where is the register itself wrong? Every rule a number, every number its list."""

from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from audits.workflows.contents.hygiene import BY_NAME, breaking, hygiene_of
from inventory.models import Model
from mrm.pages.keyset import CursorUnknown, keyset_page
from mrm.pages.tables import ROWS_PER_PAGE


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
    models = Model.objects.visible_to(request.user).select_related("owner")
    rows = breaking(models, BY_NAME[name], now=timezone.now(), dated=dated)
    try:
        page = keyset_page(rows, ("name", "slug"), cursor=request.GET.get("cursor", ""), size=ROWS_PER_PAGE)
    except CursorUnknown:
        return redirect(request.path)
    return render(request, "workflows/hygiene_rule.html", {"rule": BY_NAME[name], "page": page, "dated": dated})
