"""The register with what follows from assessments and decisions: as a file, and one model as it stood on a day."""

import json
from collections.abc import Iterator

from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from audits.workflows.contents.assurance import all_derived_of, attributes_of
from inventory.contents.attributes import grouped
from inventory.contents.export import HEADER, on_one_line, told_in_full
from inventory.contents.history import model_as_it_stood, parts_as_they_stood, telling_of_rows
from inventory.forms import RegisterFilter
from inventory.models import ModelRecord, Moment, Policy, UseRecord, VersionRecord
from inventory.views.listing import asked_moment, pieces
from inventory.views.scope import model_for, model_page
from mrm.pages.tables import csv_stream


@require_safe
def models_csv(request):
    """The chosen models with everything that is entered about them or follows, for a spreadsheet."""
    moment = asked_moment(RegisterFilter(request.GET))
    return csv_stream(_filename(moment, "csv"), HEADER, map(on_one_line, _all(request, moment)))


@require_safe
def models_json(request):
    """The same as JSON, with the dates it was asked for."""
    moment = asked_moment(RegisterFilter(request.GET))
    head = {
        "as_of": moment.as_of if moment else timezone.now().date(),
        "known_on": moment.known_on if moment else timezone.now().date(),
        "exported_at": timezone.now(),
    }
    answer = StreamingHttpResponse(_json_of(head, _all(request, moment)), content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="{_filename(moment, "json")}"'
    return answer


@require_safe
def model_as_of(request, slug):
    """What the register said about a model on a day: as known then, or as known on another day."""
    model = model_for(request, slug)
    form = RegisterFilter(request.GET)
    moment = asked_moment(form) or Moment.of(timezone.now().date())
    record = ModelRecord.objects.visible_to(request.user).standing(moment).filter(subject=model.pk).first()
    then, told, versions, uses = model_as_it_stood(record, moment), [], [], []
    if then:
        policy = Policy.objects.in_force_at(moment).document
        told = attributes_of(telling_of_rows([then], policy, moment)[0])
        versions, uses = (parts_as_they_stood(kind, model.pk, moment) for kind in (VersionRecord, UseRecord))
    context = model_page(
        request,
        model,
        "history",
        form=form,
        moment=moment,
        then=then,
        record=record,
        groups=[(group, ones, missing) for group, ones, missing in grouped(told) if ones],
        lacking=sum(one.is_missing for one in told),
        versions=versions,
        uses=uses,
    )
    return render(request, "workflows/model_as_of.html", context, status=200 if form.is_valid() else 400)


def _all(request: HttpRequest, moment: Moment | None) -> Iterator[dict]:
    """Every chosen model with all that is said about it, a piece at a time."""
    for piece in pieces(request, moment):
        yield from told_in_full(piece, moment, all_derived_of(piece, moment))


def _json_of(head: dict, models: Iterator[dict]) -> Iterator[str]:
    encoded = json.dumps(head, cls=DjangoJSONEncoder)
    yield f'{encoded[:-1]}, "models": ['
    for number, told in enumerate(models):
        yield f"{',' if number else ''}\n{json.dumps(told, cls=DjangoJSONEncoder, ensure_ascii=False)}"
    yield "\n]}\n"


def _filename(moment: Moment | None, suffix: str) -> str:
    return f"register-{moment.as_of if moment else timezone.now().date()}.{suffix}"
