"""What differs between the register of two days."""

from datetime import timedelta

from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from inventory.contents.differences import KINDS, differences
from inventory.forms import DatesForm
from inventory.models import ModelRecord, Moment

MONTH = timedelta(days=30)


@require_safe
def register_differences(request):
    """Which models came, went or changed between two days."""
    today = timezone.now().date()
    form = DatesForm(request.GET if "since" in request.GET else {"since": today - MONTH, "until": today})
    kind = request.GET.get("kind", "")
    context = {"form": form, "kind": kind if kind in KINDS else ""}
    if form.is_valid():
        visible = ModelRecord.objects.visible_to(request.user)
        earlier, later = moments_of(**form.cleaned_data)
        asked = {"kind": context["kind"], "cursor": request.GET.get("cursor", "")}
        context["found"] = differences(visible, earlier, later, **asked)
    return render(request, "inventory/differences.html", context, status=200 if form.is_valid() else 400)


def moments_of(since, until, known_on=None) -> tuple[Moment, Moment]:
    return Moment.of(since, known_on), Moment.of(until, known_on)
