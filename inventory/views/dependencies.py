"""What a model depends on and what depends on it: the picture, the lists, and what a change would reach."""

from django.shortcuts import render
from django.views.decorators.http import require_safe

from inventory.attributes import ROWS, why_not_change
from inventory.contents.dependencies import (
    BOX_HEIGHT,
    BOX_WIDTH,
    consumers_of,
    downstream_of,
    picture_of,
    shared_by,
    upstream_of,
)
from inventory.models import Model
from inventory.states import Status
from inventory.views.scope import model_for, model_page


@require_safe
def dependencies(request, slug):
    model = model_for(request, slug)
    above, below = list(upstream_of(model)), list(downstream_of(model))
    reached = consumers_of(model)
    may_add = not why_not_change(ROWS["upstream"], request.user.roles_in(model.workspace_id))
    context = model_page(
        request,
        model,
        "dependencies",
        above=above,
        below=below,
        reached=reached,
        live=sum(one.is_live for one in reached),
        picture=picture_of(model, above, below),
        box={"width": BOX_WIDTH, "height": BOX_HEIGHT},
        shared=shared_by(model, Model.objects.visible_to(request.user)),
        may_add=may_add and model.status != Status.RETIRED,
    )
    return render(request, "inventory/dependencies.html", context)
