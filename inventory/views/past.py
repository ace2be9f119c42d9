"""The register as it stood: one model on a day, and what differs between two days."""

from datetime import timedelta

from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from inventory.contents.attributes import grouped, told_of
from inventory.contents.differences import KINDS, differences
from inventory.contents.history import model_as_it_stood, parts_as_they_stood, telling_of_rows
from inventory.forms import DatesForm, RegisterFilter
from inventory.models import ModelRecord, Moment, Policy, UseRecord, VersionRecord
from inventory.views.listing import asked_moment
from inventory.views.scope import model_for, model_page

MONTH = timedelta(days=30)
SHOWN = 100


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
        told = told_of(telling_of_rows([then], policy, moment)[0], derived={}, policy=policy)
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
    return render(request, "inventory/model_as_of.html", context, status=200 if form.is_valid() else 400)


@require_safe
def register_differences(request):
    """Which models came, went or changed between two days."""
    today = timezone.now().date()
    form = DatesForm(request.GET if "since" in request.GET else {"since": today - MONTH, "until": today})
    kind = request.GET.get("kind", "")
    context = {"form": form, "kind": kind if kind in KINDS else "", "shown": SHOWN}
    if form.is_valid():
        visible = ModelRecord.objects.visible_to(request.user)
        earlier, later = moments_of(**form.cleaned_data)
        context["found"] = differences(visible, earlier, later, kind=context["kind"], most=SHOWN)
    return render(request, "inventory/differences.html", context, status=200 if form.is_valid() else 400)


def moments_of(since, until, known_on=None) -> tuple[Moment, Moment]:
    return Moment.of(since, known_on), Moment.of(until, known_on)
