"""The register as a list: filtered, searched, sorted, as of any date."""

from django.http import HttpRequest
from django.views.decorators.http import require_safe

from inventory.contents.history import models_as_they_stood
from inventory.contents.register import chosen, facets_of, in_order
from inventory.contents.shared import WHAT
from inventory.forms import MomentForm, RegisterFilter
from inventory.models import Determination, Model, ModelRecord, Moment
from mrm.accounts.policies import Permission
from mrm.pages.answers import answer
from mrm.pages.keyset import keyset_page
from mrm.pages.listing import Column, head_of
from mrm.pages.tables import ROWS_PER_PAGE

COLUMNS = (
    ("name", "Model"),
    ("tier", "Tier"),
    ("status", "Status"),
    ("owner", "Owner"),
    ("business_unit", "Business unit"),
    ("registered_at", "Registered"),
    ("edited_at", "Last edit"),
)


@require_safe
def models(request):
    form = RegisterFilter(request.GET)
    moment = asked_moment(form)
    rows, ordering, order = asked_rows(request, form, moment)
    page = keyset_page(rows, order, cursor=request.GET.get("cursor", ""), size=ROWS_PER_PAGE)
    context = {
        "form": form,
        "moment": moment,
        "page": page,
        "models": models_as_they_stood(page.rows, moment) if moment else page.rows,
        "tools": _tools_among(page.rows, moment),
        "facets": facets_of(rows),
        "heads": [head_of(Column(name, label, name), ordering) for name, label in COLUMNS],
        "ordering": ordering,
        "narrowed": [(name, form.cleaned_data[name]) for name in WHAT if form.cleaned_data.get(name)],
        "chosen": {name: str(value) for name, value in request.GET.items()},
        "may_register": Permission.REGISTER_MODEL in request.user.permissions_in(None),
    }
    status = 200 if form.is_valid() else 400
    return answer(request, "inventory/register.html", context, part="inventory/register_rows.html", status=status)


def _tools_among(rows: list, moment: Moment | None) -> set:
    keys = [row.subject if moment else row.pk for row in rows]
    return {key for (key,) in Determination.objects.tools(moment).filter(model__in=keys).values_list("model")}


def asked_moment(form: MomentForm) -> Moment | None:
    """The moment asked for; None for the present."""
    form.is_valid()
    as_of, known_on = (form.cleaned_data.get(name) for name in ("as_of", "known_on"))
    return Moment.of(as_of, known_on) if as_of else None


def asked_rows(request: HttpRequest, form: RegisterFilter, moment: Moment | None):
    """The rows that fit, what the list is sorted by, and the fields which that is."""
    form.is_valid()
    if moment is None:
        rows = Model.objects.visible_to(request.user).select_related("owner", "workspace", "tier_confirmed_by")
    else:
        rows = ModelRecord.objects.visible_to(request.user).standing(moment)
    rows = rows.none() if "search" in form.errors else chosen(rows, form.cleaned_data)
    rows, order = in_order(rows, form.cleaned_data)
    return rows, form.cleaned_data.get("ordering") or "name", order
