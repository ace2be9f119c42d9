"""Changing what the register says about a model, one group of attributes at a time."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from inventory import services
from inventory.attributes import BY_NAME, Group, of_group
from inventory.forms import AttributeForm
from inventory.models import Model
from inventory.views.scope import model_for, model_page
from mrm.pages.answers import answer_form, posted


@require_http_methods(["GET", "POST"])
def edit_group(request, slug, group):
    if group not in list(Group):
        raise Http404
    model = model_for(request, slug)
    columns = [attribute for attribute in of_group(Group(group)) if attribute.is_column]
    form = AttributeForm(
        posted(request),
        initial={attribute.name: getattr(model, attribute.name) for attribute in columns}
        | {"revision": model.revision},
        attributes=columns,
        roles=request.user.roles_in(model.workspace_id),
        models=Model.objects.visible_to(request.user).filter(workspace=model.workspace_id).exclude(pk=model.pk),
    )

    def act(data):
        since, revision = data["effective_on"], data["revision"]
        services.edit_model(model, changes=form.said(), effective_on=since, revision=revision, actor=request.user)
        messages.success(request, f"{Group(group).capitalize()} is changed; what it said before is in the history.")
        return f"{reverse('model', args=[slug])}#{group}"

    def show(status):
        context = model_page(request, model, "overview", form=form, group=Group(group), groups=groups_of(model, group))
        return render(request, "inventory/edit_group.html", context, status=status)

    return answer_form(request, form, act=act, show=show)


def groups_of(model: Model, here: str) -> list[dict]:
    """The groups that hold something to enter, each with how much of it is missing."""
    lacking = [BY_NAME[name].group for name in model.missing() if name in BY_NAME]
    return [
        {"name": group.value, "missing": lacking.count(group), "here": group == here}
        for group in Group
        if any(attribute.is_column for attribute in of_group(group))
    ]
