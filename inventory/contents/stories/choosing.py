"""Whose story a person may read, and which part of it they asked for."""

from collections.abc import Iterator

from django.db.models import QuerySet

from audits.trail.models import Action
from inventory.contents.stories.lines import Line, lines_of
from inventory.contents.stories.objects import entries_of
from inventory.contents.trail import chosen, entries_visible_to
from mrm.pages.keyset import keyset_page
from mrm.pages.wording import sentence

NEWEST_FIRST = ("-position",)
PIECE = 500
NAMED = {
    "batch": "Batches",
    "breach": "Breaches",
    "change": "Changes and decisions",
    "clock": "The clock",
    "events": "Events given up",
    "installation": "The installation",
    "keys": "Keys",
    "mlflow": "MLflow",
    "model": "The model itself",
    "outcomes": "Outcomes",
    "particular": "Limitations, documents and the like",
    "person": "People and accounts",
    "policy": "Policies",
    "reference": "Reference data",
    "regime": "Regime packs",
    "series": "Operational and business series",
    "trail": "The trail",
}


def _kind(action: str) -> str:
    return action.partition(".")[0]


# What a story can be narrowed to: the first word of an action.
KINDS_OF_ENTRY = sorted(
    ((kind, NAMED.get(kind) or sentence(kind) + "s") for kind in {_kind(action) for action in Action.values}),
    key=lambda choice: choice[1],
)


def story_of(subject: str, person) -> QuerySet:
    """Every entry of an object's story that this person may read; none where they know no such object."""
    return entries_of(subject) & entries_visible_to(person)


def narrowed(entries: QuerySet, wanted: dict) -> QuerySet:
    """The part of a story that was asked for: one kind of entry, a period, or both."""
    if kind := wanted.get("kind"):
        entries = entries.filter(action__in=[action for action in Action.values if _kind(action) == kind])
    return chosen(entries, {name: wanted.get(name) for name in ("since", "until")})


def all_lines(entries: QuerySet) -> Iterator[Line]:
    """The whole of it, a piece at a time."""
    cursor, started = "", False
    while cursor or not started:
        page, started = keyset_page(entries, NEWEST_FIRST, cursor=cursor, size=PIECE), True
        yield from lines_of(page.rows)
        cursor = page.next
