"""How often each thing about a model is looked at: the policy's, what holds for the model, and setting it apart."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from inventory import services
from inventory.contents.cadences import cadences_of
from inventory.forms import CadenceForm
from inventory.models import Cadence, Policy
from inventory.states import Status
from inventory.views.scope import model_for, model_page
from mrm.accounts.forms import ReasonForm
from mrm.accounts.policies import Permission
from mrm.pages.answers import answer_form, posted

EARLIER = 20


@require_safe
def cadences(request, slug):
    model = model_for(request, slug)
    earlier = Cadence.objects.filter(model=model, ended_at__isnull=False).select_related("added_by")
    context = model_page(
        request,
        model,
        "overview",
        cadences=cadences_of(model),
        earlier=earlier.order_by("-ended_at")[:EARLIER],
        policy=Policy.objects.in_force(),
    )
    alive = model.status != Status.RETIRED
    context["may_tighten"] = alive and Permission.SET_CADENCE in context["may"]
    context["may_ask"] = alive and Permission.REQUEST_CHANGE in context["may"]
    return render(request, "inventory/cadences.html", context)


@require_http_methods(["GET", "POST"])
def tighten_cadence(request, slug):
    """Look at something more often than now, at once."""
    model = model_for(request, slug)
    form = CadenceForm(posted(request), initial={"rhythm": request.GET.get("rhythm", "")})

    def act(data):
        cadence = services.tighten_cadence(model, **data, actor=request.user)
        messages.success(request, f"{cadence.get_rhythm_display()} of {model} holds {cadence.every} from now on.")
        return reverse("model-cadences", args=[slug])

    def show(status):
        context = {
            "form": form,
            "heading": f"Look at {model.name} more often",
            "lead": "It holds at once and needs no approval. Less often is a request that the second line decides.",
            "submit": "Look more often",
            "back": reverse("model-cadences", args=[slug]),
        }
        return render(request, "components/form_page.html", context, status=status)

    return answer_form(request, form, act=act, show=show)


@require_http_methods(["GET", "POST"])
def end_cadence(request, slug, cadence):
    model = model_for(request, slug)
    found = get_object_or_404(Cadence.objects.filter(model=model).select_related("model"), pk=cadence)
    form = ReasonForm(posted(request))

    def act(data):
        services.end_cadence(found, reason=data["reason"], actor=request.user)
        messages.success(request, f"{found.get_rhythm_display()} of {model}: the policy's cadence holds again.")
        return reverse("model-cadences", args=[slug])

    def show(status):
        context = {
            "form": form,
            "heading": f"End the cadence of {found.get_rhythm_display().lower()}",
            "lead": f"{found.every.capitalize()}: {found.reason}",
            "submit": "Back to the policy's cadence",
            "back": reverse("model-cadences", args=[slug]),
        }
        return render(request, "components/form_page.html", context, status=status)

    return answer_form(request, form, act=act, show=show)
