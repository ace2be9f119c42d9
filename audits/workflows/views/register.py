"""The register with what follows from assessments and decisions: as a file, and one model as it stood on a day."""

from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from audits.workflows.contents.assurance import attributes_of
from audits.workflows.contents.register import Chosen, register_file
from inventory.contents.attributes import grouped
from inventory.contents.history import model_as_it_stood, parts_as_they_stood, telling_of_rows
from inventory.forms import RegisterFilter
from inventory.models import ModelRecord, Moment, Policy, UseRecord, VersionRecord
from inventory.views.listing import asked_moment, asked_rows
from inventory.views.scope import model_for, model_page
from mrm.pages.filters import insist


@require_safe
def models_file(request, kind):
    """The chosen models with everything that is entered about them or follows; nothing where a filter is nonsense."""
    form = RegisterFilter(request.GET)
    insist(form)
    moment = asked_moment(form)
    rows, _, order = asked_rows(request, form, moment)
    return register_file(kind, Chosen(rows, order, moment, form.cleaned_data), person=request.user)


@require_safe
def model_as_of(request, slug):
    """What the register said about a model on a day: as known then, or as known on another day."""
    model = model_for(request, slug)
    form = RegisterFilter(request.GET)
    moment = asked_moment(form) or Moment.of(timezone.now().date())
    record = ModelRecord.objects.visible_to(request.user).standing(moment).filter(subject=model.pk).first()
    then, told, versions, uses = model_as_it_stood(record, moment), [], [], []
    if then:
        policy = Policy.objects.in_force_at(moment).document
        told = attributes_of(telling_of_rows([then], policy, moment)[0])
        versions, uses = (parts_as_they_stood(kind, model.pk, moment) for kind in (VersionRecord, UseRecord))
    context = model_page(
        request,
        model,
        "history",
        form=form,
        moment=moment,
        then=then,
        record=record,
        groups=[(group, ones, missing) for group, ones, missing in grouped(told) if ones],
        lacking=sum(one.is_missing for one in told),
        versions=versions,
        uses=uses,
    )
    return render(request, "workflows/model_as_of.html", context, status=200 if form.is_valid() else 400)
