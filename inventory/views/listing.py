"""The register as a list: filtered, searched, sorted, as of any date, and the same as a file."""

import json

from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from inventory.contents.export import FIELDS, LISTS, on_one_line, told_in_full
from inventory.contents.history import models_as_they_stood
from inventory.contents.register import ORDERINGS, ORDERINGS_OF_RECORDS, chosen, facets_of, ordering_of
from inventory.contents.shared import WHAT
from inventory.forms import MomentForm, RegisterFilter
from inventory.models import Model, ModelRecord, Moment
from mrm.accounts.policies import Permission
from mrm.pages.answers import answer
from mrm.pages.keyset import keyset_page
from mrm.pages.listing import Column, head_of
from mrm.pages.tables import ROWS_PER_PAGE, csv_stream

COLUMNS = (
    ("name", "Model"),
    ("tier", "Tier"),
    ("status", "Status"),
    ("owner", "Owner"),
    ("business_unit", "Business unit"),
    ("registered_at", "Registered"),
    ("edited_at", "Last edit"),
)
PIECE = 2000


@require_safe
def models(request):
    form = RegisterFilter(request.GET)
    moment = asked_moment(form)
    rows, known = _rows(request, form, moment)
    ordering = _ordering(form, known)
    tie = "subject" if moment else "slug"
    page = keyset_page(
        rows, ordering_of(ordering, known, tie=tie), cursor=request.GET.get("cursor", ""), size=ROWS_PER_PAGE
    )
    context = {
        "form": form,
        "moment": moment,
        "page": page,
        "models": models_as_they_stood(page.rows, moment) if moment else page.rows,
        "facets": facets_of(rows),
        "heads": [head_of(Column(name, label, known.get(name, "")), ordering) for name, label in COLUMNS],
        "ordering": ordering,
        "narrowed": [(name, form.cleaned_data[name]) for name in WHAT if form.cleaned_data.get(name)],
        "chosen": {name: str(value) for name, value in request.GET.items()},
        "may_register": Permission.REGISTER_MODEL in request.user.permissions_in(None),
    }
    status = 200 if form.is_valid() else 400
    return answer(request, "inventory/register.html", context, part="inventory/register_rows.html", status=status)


@require_safe
def models_csv(request):
    """The chosen models with everything that is entered about them, for a spreadsheet."""
    return csv_stream(_filename(request, "csv"), [*FIELDS, *LISTS], map(on_one_line, _all(request)))


@require_safe
def models_json(request):
    """The same as JSON, with the dates it was asked for."""
    moment = asked_moment(RegisterFilter(request.GET))
    head = {
        "as_of": moment.as_of if moment else timezone.now().date(),
        "known_on": moment.known_on if moment else timezone.now().date(),
        "exported_at": timezone.now(),
    }
    answer = StreamingHttpResponse(_json_of(head, _all(request)), content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="{_filename(request, "json")}"'
    return answer


def asked_moment(form: MomentForm) -> Moment | None:
    """The moment asked for; None for the present."""
    form.is_valid()
    as_of, known_on = (form.cleaned_data.get(name) for name in ("as_of", "known_on"))
    return Moment.of(as_of, known_on) if as_of else None


def _rows(request: HttpRequest, form: RegisterFilter, moment: Moment | None):
    if moment is None:
        rows = Model.objects.visible_to(request.user).select_related("owner", "workspace")
        return chosen(rows, form.cleaned_data), ORDERINGS
    return chosen(
        ModelRecord.objects.visible_to(request.user).standing(moment), form.cleaned_data
    ), ORDERINGS_OF_RECORDS


def _ordering(form: RegisterFilter, known: dict) -> str:
    asked = form.cleaned_data.get("ordering") or "name"
    return asked if asked.removeprefix("-") in known else "name"


def _all(request: HttpRequest):
    """Every chosen model with all that is said about it, a piece at a time."""
    form = RegisterFilter(request.GET)
    moment = asked_moment(form)
    rows, known = _rows(request, form, moment)
    ordering = ordering_of(_ordering(form, known), known, tie="subject" if moment else "slug")
    cursor, started = "", False
    while cursor or not started:
        page, started = keyset_page(rows, ordering, cursor=cursor, size=PIECE), True
        yield from told_in_full(models_as_they_stood(page.rows, moment) if moment else page.rows, moment)
        cursor = page.next


def _json_of(head: dict, models):
    encoded = json.dumps(head, cls=DjangoJSONEncoder)
    yield f'{encoded[:-1]}, "models": ['
    for number, told in enumerate(models):
        yield f"{',' if number else ''}\n{json.dumps(told, cls=DjangoJSONEncoder, ensure_ascii=False)}"
    yield "\n]}\n"


def _filename(request: HttpRequest, suffix: str) -> str:
    moment = asked_moment(RegisterFilter(request.GET))
    return f"register-{moment.as_of if moment else timezone.now().date()}.{suffix}"
