"""One attribute of a model: what it says, who may change it, and what it said before."""

from django.http import Http404
from django.shortcuts import render
from django.views.decorators.http import require_safe

from audits.workflows.contents.assurance import attribute_of
from audits.workflows.contents.histories import history_of, keeps_history
from audits.workflows.contents.retention import retention_of
from inventory.attributes import BY_NAME, ROWS, Kind, why_not_change
from inventory.models.particulars import rows_of
from inventory.states import Status
from inventory.views.scope import model_for, model_page
from mrm.accounts.policies import label


@require_safe
def attribute(request, slug, name):
    model = model_for(request, slug)
    attribute = BY_NAME.get(name)
    if attribute is None:
        raise Http404
    told = attribute_of(model, attribute)
    may_change = not why_not_change(attribute, request.user.roles_in(model.workspace_id))
    context = model_page(
        request,
        model,
        "overview",
        told=told,
        changes=history_of(model, attribute),
        keeps_history=keeps_history(attribute),
        editors=", ".join(sorted(label(role) for role in attribute.editors)),
        kept=retention_of(model, name),
        rows=rows_of(name).standing().filter(model=model).select_related("added_by") if name in ROWS else [],
        may_change=may_change and attribute.kind != Kind.DERIVED and model.status != Status.RETIRED,
    )
    return render(request, "workflows/attribute.html", context)
