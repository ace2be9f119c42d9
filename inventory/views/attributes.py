"""Changing what the register says about a model, one group of attributes at a time."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from inventory import services
from inventory.attributes import BY_NAME, Group, of_group
from inventory.contents.attributes import in_words
from inventory.contents.history import as_read
from inventory.forms import AttributeForm
from inventory.forms.conflicts import merge
from inventory.models import Model, ModelRecord
from inventory.views.scope import model_for, model_page
from mrm.errors import Outdated
from mrm.http import STATUS
from mrm.pages.answers import answer_form, posted


@require_http_methods(["GET", "POST"])
def edit_group(request, slug, group):
    if group not in list(Group):
        raise Http404
    model = model_for(request, slug)
    columns = [attribute for attribute in of_group(Group(group)) if attribute.is_column]
    now = {attribute.name: getattr(model, attribute.name) for attribute in columns}
    form = AttributeForm(
        posted(request),
        initial=now | {"revision": model.revision},
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
        if status == STATUS[Outdated]:
            read = as_read(ModelRecord, model.pk, form.cleaned_data["revision"]) or model
            then = {name: getattr(read, name) for name in now}
            merge(form, then=then, now=now, revision=model.revision, words=lambda n, value: in_words(BY_NAME[n], value))
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
