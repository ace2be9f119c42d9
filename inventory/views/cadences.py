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
from mrm.accounts.policies import Permission
from mrm.accounts.services import why_not_act
from mrm.accounts.views.signing import act_page, reason_page
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
        cadences=[(one, _why_not_end(one.own, request.user)) for one in cadences_of(model)],
        earlier=earlier.order_by("-ended_at")[:EARLIER],
        policy=Policy.objects.in_force(),
    )
    alive = model.status != Status.RETIRED
    context["alive"] = alive
    context["may_tighten"] = alive and Permission.SET_CADENCE in context["may"]
    context["may_ask"] = alive and Permission.REQUEST_CHANGE in context["may"]
    return render(request, "inventory/cadences.html", context)


def _why_not_end(own: Cadence | None, person) -> list[str]:
    return why_not_act(services.CADENCE_END, own, person=person) if own else []


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
    found = _cadence_for(request, slug, cadence)
    page = {
        "heading": f"End the cadence of {found.get_rhythm_display().lower()}",
        "lead": f"{found.every.capitalize()}: {found.reason}",
        "back": reverse("model-cadences", args=[slug]),
    }
    return reason_page(request, services.CADENCE_END, found, to="sign-cadence-end", args=[slug, found.pk], **page)


@require_http_methods(["GET", "POST"])
def sign_cadence_end(request, slug, cadence, statement_id):
    found, back = _cadence_for(request, slug, cadence), reverse("model-cadences", args=[slug])

    def then(ended):
        messages.success(request, f"{ended.get_rhythm_display()} of {ended.model}: the policy's cadence holds again.")
        return back

    page = {"heading": "Sign that the policy's cadence holds again", "back": back, "then": then}
    return act_page(request, services.CADENCE_END, found, statement_id, **page)


def _cadence_for(request, slug, cadence) -> Cadence:
    cadences = Cadence.objects.filter(model=model_for(request, slug)).select_related("model")
    return get_object_or_404(cadences, pk=cadence)
