"""The tab of a model's page that the register alone can fill: its versions."""

from django.shortcuts import render
from django.views.decorators.http import require_safe

from inventory.views.scope import model_for, model_page
from mrm.pages.tables import numbered_page


@require_safe
def versions(request, slug):
    model = model_for(request, slug)
    rows = model.versions.select_related("registered_by", "predecessor")
    context = model_page(request, model, "versions", page=numbered_page(request, rows))
    context["address"] = request.build_absolute_uri("/").rstrip("/")
    return render(request, "inventory/versions.html", context)
