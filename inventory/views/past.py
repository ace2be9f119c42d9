"""The register as it stood: one model on a day, and what differs between two days."""

from datetime import timedelta

from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from inventory.contents.history import KINDS, differences, models_as_they_stood, parts_as_they_stood, with_production
from inventory.forms import DatesForm, RegisterFilter
from inventory.models import ModelRecord, Moment, UseRecord, VersionRecord
from inventory.views.listing import asked_moment
from inventory.views.scope import model_for, model_page

MONTH = timedelta(days=30)
SHOWN = 100
FACTS = (
    ("purpose", "Purpose"),
    ("description", "Description"),
    ("business_unit", "Business unit"),
    ("methodology", "Method"),
    ("get_exposure_display", "Exposure"),
    ("get_purpose_level_display", "Importance of the purpose"),
    ("get_complexity_display", "Complexity"),
    ("get_reliance_display", "Reliance"),
)


@require_safe
def model_as_of(request, slug):
    """What the register said about a model on a day: as known then, or as known on another day."""
    model = model_for(request, slug)
    form = RegisterFilter(request.GET)
    moment = asked_moment(form) or Moment.of(timezone.now().date())
    record = ModelRecord.objects.visible_to(request.user).standing(moment).filter(subject=model.pk).first()
    then, versions, uses = None, [], []
    if record:
        [then] = with_production(models_as_they_stood([record]), moment)
        versions, uses = (parts_as_they_stood(kind, model.pk, moment) for kind in (VersionRecord, UseRecord))
    context = model_page(
        request,
        model,
        "history",
        form=form,
        moment=moment,
        then=then,
        record=record,
        versions=versions,
        uses=uses,
        facts=[(label, _value(then, name)) for name, label in FACTS] if then else [],
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
        context["found"] = differences(
            visible.standing(earlier), visible.standing(later), kind=context["kind"], most=SHOWN
        )
    return render(request, "inventory/differences.html", context, status=200 if form.is_valid() else 400)


def moments_of(since, until, known_on=None) -> tuple[Moment, Moment]:
    return Moment.of(since, known_on), Moment.of(until, known_on)


def _value(model, name: str):
    value = getattr(model, name)
    return value() if callable(value) else value
