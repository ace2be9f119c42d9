"""The history of any object: what the trail tells of it, as sentences, with the evidence behind each."""

from itertools import groupby

from django.http import Http404
from django.utils import timezone
from django.views.decorators.http import require_safe

from audits.trail.models import subject_name
from inventory.contents.stories import (
    NEWEST_FIRST,
    PERSON,
    address_of,
    all_lines,
    kind_of,
    leads_to_people,
    lines_of,
    looked_up,
    narrowed,
    story_of,
)
from inventory.forms import StoryFilter
from inventory.views.scope import model_for, model_page
from mrm.pages.answers import answer
from mrm.pages.keyset import keyset_page
from mrm.pages.tables import ROWS_PER_PAGE, csv_stream

COLUMNS = ["entry", "at", "by", "action", "about", "sentence", "quoted", "leaf_hash"]


@require_safe
def model_history(request, slug):
    """A model's story: what happened to it, its versions, findings, changes and uses."""
    model = model_for(request, slug)
    subject = subject_name(model)
    context = model_page(request, model, "history", subject=subject)
    return _answer(request, story_of(subject, request.user), context, "inventory/history.html")


@require_safe
def history(request, subject):
    """The story of anything else that the trail knows."""
    entries = _entries(request, subject)
    newest = entries.filter(subject=subject).first() or entries.first()
    kind = kind_of(subject)
    row = looked_up([subject], {subject.partition(":")[0]: kind.by}).get(subject) if kind.by else None
    is_open = kind.page != PERSON or leads_to_people(request.user)
    address = address_of(subject, row) if is_open else ""
    context = {"subject": subject, "name": newest.subject_name, "kind": kind, "address": address}
    return _answer(request, entries, context, "trail/history.html")


@require_safe
def history_csv(request, subject):
    """The same story as a list, all of it."""
    entries = narrowed(_entries(request, subject), _asked(request).cleaned_data)
    rows = (
        [
            line.entry.position,
            line.entry.at.isoformat(),
            line.by,
            line.entry.action,
            line.entry.subject_name,
            line.text,
            line.quote,
            line.entry.leaf_hash,
        ]
        for line in all_lines(entries)
    )
    return csv_stream(f"history-{timezone.now().date()}.csv", COLUMNS, rows)


def _entries(request, subject: str):
    entries = story_of(subject, request.user)
    if not entries.exists():
        raise Http404
    return entries


def _asked(request) -> StoryFilter:
    form = StoryFilter(request.GET)
    form.is_valid()
    return form


def _answer(request, entries, context: dict, page: str):
    form = _asked(request)
    found = keyset_page(
        narrowed(entries, form.cleaned_data),
        NEWEST_FIRST,
        cursor=request.GET.get("cursor", ""),
        size=ROWS_PER_PAGE,
    )
    lines = lines_of(found.rows, reader=request.user)
    days = [(day, list(of_day)) for day, of_day in groupby(lines, key=lambda line: line.entry.at.date())]
    context |= {"form": form, "page": found, "days": days}
    return answer(request, page, context, part="trail/story.html", status=200 if form.is_valid() else 400)
