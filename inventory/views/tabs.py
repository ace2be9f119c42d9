"""The tab of a model's page that the register alone can fill, its versions; and what belongs to a model as CSV."""

from functools import partial

from django.shortcuts import render
from django.views.decorators.http import require_safe

from inventory.contents.lists import SOURCES, USES, VERSIONS
from inventory.forms import MomentForm
from inventory.models import Source
from inventory.views.listing import asked_moment
from inventory.views.scope import model_for, model_page
from mrm.pages.filters import insist


@require_safe
def versions(request, slug):
    model = model_for(request, slug)
    rows = model.versions.select_related("registered_by", "predecessor")
    context = model_page(request, model, "versions", **VERSIONS.shown(request, rows))
    context["address"] = request.build_absolute_uri("/").rstrip("/")
    return render(request, "inventory/versions.html", context)


@require_safe
def versions_csv(request, slug):
    model = model_for(request, slug)
    rows = model.versions.select_related("registered_by", "predecessor")
    return VERSIONS.spreadsheet(request, rows, f"versions-of-{model.slug}.csv")


@require_safe
def uses_csv(request, slug):
    model = model_for(request, slug)
    return USES.spreadsheet(request, model.uses.all(), f"uses-of-{model.slug}.csv")


@require_safe
def sources_csv(request, slug):
    model = model_for(request, slug)
    dates, filename = MomentForm(request.GET), f"sources-of-{model.slug}"
    insist(dates)
    rows = Source.objects.filter(version__model=model).select_related("version", "registered_by")
    if not (moment := asked_moment(dates)):
        return SOURCES.spreadsheet(request, rows, f"{filename}.csv")
    then = partial(Source.as_it_stood, moment=moment)
    return SOURCES.spreadsheet(request, rows.standing(moment), f"{filename}-{moment.as_of}.csv", made=then)
