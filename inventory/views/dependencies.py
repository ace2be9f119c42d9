"""What a model depends on and what depends on it: the picture, the lists, and what a change would reach."""

from django.shortcuts import render
from django.views.decorators.http import require_safe

from inventory.attributes import ROWS, why_not_change
from inventory.contents.dependencies import (
    BOX_HEIGHT,
    BOX_WIDTH,
    neighbourhood_of,
    picture_of,
    shared_by,
)
from inventory.contents.shared import WHAT, held_in_common
from inventory.forms import MomentForm
from inventory.models import Model, ModelRecord
from inventory.states import Status
from inventory.views.listing import asked_moment
from inventory.views.scope import model_for, model_page

SHOWN = 200


@require_safe
def shared(request):
    """Which data sources, vendors and methods do models have in common?"""
    asked = request.GET.get("what", "")
    what = asked if asked in WHAT else "data_source"
    form = MomentForm(request.GET)
    moment = asked_moment(form)
    visible = (ModelRecord if moment else Model).objects.visible_to(request.user)
    held = held_in_common(visible.standing(moment) if moment else visible, what, moment=moment, most=SHOWN)
    context = {"what": what, "kinds": WHAT, "held": held, "shown": SHOWN, "form": form, "moment": moment}
    return render(request, "inventory/shared.html", context, status=200 if form.is_valid() else 400)


@require_safe
def dependencies(request, slug):
    model = model_for(request, slug)
    visible, form = Model.objects.visible_to(request.user), MomentForm(request.GET)
    moment = asked_moment(form)
    around = neighbourhood_of(model, visible, moment)
    may_add = moment is None and not why_not_change(ROWS["upstream"], request.user.roles_in(model.workspace_id))
    context = model_page(
        request,
        model,
        "dependencies",
        above=around.above,
        below=around.below,
        reached=around.reached,
        unseen=around.hidden,
        live=sum(one.is_live for one in around.reached),
        picture=picture_of(model, around.above, around.below),
        box={"width": BOX_WIDTH, "height": BOX_HEIGHT},
        shared=shared_by(model, visible, moment),
        moment=moment,
        form=form,
        may_add=may_add and model.status != Status.RETIRED,
    )
    return render(request, "inventory/dependencies.html", context, status=200 if form.is_valid() else 400)
