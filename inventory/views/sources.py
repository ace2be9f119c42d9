"""Tables of predictions in warehouses: naming one, having a worker look at it, reading it no more."""

from django.contrib import messages
from django.forms import Form
from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from inventory import services, tasks
from inventory.contents.events import waiting_events
from inventory.contents.lists import SOURCES
from inventory.forms import MomentForm, SourceForm
from inventory.models import Model, Source
from inventory.views.listing import asked_moment
from inventory.views.scope import model_for, model_page, version_for
from mrm.pages.answers import answer, answer_form, posted
from mrm.queue import nudge


@require_safe
def sources(request, slug):
    """Every source of a model, now or as of a day; while a worker looks at one, htmx asks again and again."""
    return _page(request, model_for(request, slug))


@require_http_methods(["GET", "POST"])
def register_source(request, slug, number):
    version = version_for(request, slug, number)
    form = SourceForm(posted(request))

    def act(data):
        source = services.register_source(version, **data, actor=request.user)
        nudge(tasks.read_source, str(source.pk))
        messages.success(request, f"{source.table} is a source of version {number}. A worker looks at it now.")
        return reverse("model-sources", args=[slug])

    def show(status):
        context = model_page(request, version.model, "versions", form=form, version=version)
        return render(request, "inventory/source_form.html", context, status=status)

    return answer_form(request, form, act=act, show=show)


@require_POST
def look_again(request, source_id):
    """The test: a worker tries to read the table, and says what it found or why it could not."""
    source, form = _source_for(request, source_id), Form(request.POST)

    def act(data):
        nudge(tasks.read_source, str(services.look_again(source, actor=request.user).pk))
        return reverse("model-sources", args=[source.model_slug])

    return answer_form(request, form, act=act, show=lambda status: _page(request, source.version.model, form, status))


@require_POST
def close_source(request, source_id):
    source, form = _source_for(request, source_id), Form(request.POST)

    def act(data):
        services.close_source(source, actor=request.user)
        messages.success(request, f"{source.table} is read no more; what was counted of it stays.")
        return reverse("model-sources", args=[source.model_slug])

    return answer_form(request, form, act=act, show=lambda status: _page(request, source.version.model, form, status))


def _page(request, model: Model, form=None, status: int = 200):
    dates = MomentForm(request.GET)
    moment = asked_moment(dates)
    rows = Source.objects.filter(version__model=model).select_related("version__model", "registered_by")
    page = SOURCES.page(request, rows.standing(moment) if moment else rows)
    context = model_page(request, model, "versions", page=page, form=form or Form(), dates=dates, moment=moment)
    context["version"] = context["production"] or model.versions.first()
    if moment:
        page.rows[:] = [source.as_it_stood(moment) for source in page.rows]
    else:
        context["events"] = waiting_events(model)
        context["is_waiting"] = any(source.closed_at is None and source.read_at is None for source in page.rows)
    status = status if dates.is_valid() else 400
    return answer(request, "inventory/sources.html", context, part="inventory/source_rows.html", status=status)


def _source_for(request, source_id) -> Source:
    visible = Source.objects.filter(version__model__in=Model.objects.visible_to(request.user))
    source = visible.select_related("version__model__workspace", "version__model__owner").filter(pk=source_id).first()
    if source is None:
        raise Http404
    return source
