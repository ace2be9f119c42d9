"""Entering a model in the register, and changing what it says."""

from django.contrib import messages
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from inventory import services
from inventory.forms import RegistrationForm
from inventory.models import Model, Policy
from inventory.policies import required_to_register
from mrm.accounts.models import Workspace
from mrm.accounts.policies import Permission
from mrm.errors import NotPermitted
from mrm.pages.answers import answer_form, posted


@require_http_methods(["GET", "POST"])
def register_model(request):
    form = RegistrationForm(
        posted(request),
        workspaces=workspaces_to_register_in(request.user),
        wanted=required_to_register(Policy.objects.in_force().document),
        models=Model.objects.visible_to(request.user),
    )

    def act(data):
        model = services.register_model(data.pop("workspace"), **data, actor=request.user)
        messages.success(request, f"{model} is registered. Next: register a version, then send its reference data.")
        return reverse("model", args=[model.slug])

    def show(status):
        context = {
            "form": form,
            "heading": "Register a model",
            "lead": "A name and an owner suffice; the model's page lists what is missing. Unassessed counts as tier 1.",
            "submit": "Register",
            "back": reverse("portfolio"),
        }
        return render(request, "components/form_page.html", context, status=status)

    return answer_form(request, form, act=act, show=show)


def workspaces_to_register_in(person):
    workspaces = [
        workspace.pk
        for workspace in Workspace.objects.all()
        if Permission.REGISTER_MODEL in person.permissions_in(workspace)
    ]
    if not workspaces:
        raise NotPermitted("Your roles do not allow you to register a model; an engineer, owner or risk officer can.")
    return Workspace.objects.filter(pk__in=workspaces)
