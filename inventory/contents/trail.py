"""Whose entries of the trail a person may read.

Pages and API of the trail live in this app and not with the trail, because that depends on the models they may see.
"""

from datetime import UTC, datetime, time

from django.db.models import Q, Subquery
from django.db.models.functions import Coalesce

from audits.trail.models import Entry
from inventory.models import Model

AFTER_ALL = 2**63 - 1  # No entry has this place.


def entries_visible_to(person):
    """Everything for the system and for those who hold a role in every workspace; else what is about their models."""
    if person is None or person.workspace_ids() is None:
        return Entry.objects.all()
    return Entry.objects.filter(model_slug__in=Model.objects.visible_to(person).values("slug"))


def chosen(entries, wanted: dict):
    """The entries that a search asks for, on the page or through the API."""
    wanted = {name: value for name, value in wanted.items() if value not in ("", None)}
    if text := wanted.get("q"):
        entries = entries.filter(Q(subject_name__icontains=text) | Q(model_slug__icontains=text) | Q(subject=text))
    if "person" in wanted:
        entries = entries.filter(actor_name__icontains=wanted["person"])
    exactly = {"action": "action", "model": "model_slug", "actor": "actor_id", "subject": "subject"}
    entries = entries.filter(**{field: str(wanted[name]) for name, field in exactly.items() if name in wanted})
    since, until = wanted.get("since"), wanted.get("until")
    if since:
        since = since if isinstance(since, datetime) else datetime.combine(since, time(), UTC)
        entries = entries.filter(position__gte=_first(at__gte=since))
    if until:  # A day is asked for as a whole, a moment up to itself.
        beyond = (
            {"at__gte": until} if isinstance(until, datetime) else {"at__gt": datetime.combine(until, time.max, UTC)}
        )
        entries = entries.filter(position__lt=Coalesce(_first(**beyond), AFTER_ALL))
    return entries


def _first(**when: datetime) -> Subquery:
    """The place of the first entry then: no entry is dated before the one before it, so that times are looked up once
    and a page is read by place, however long the log is."""
    return Subquery(Entry.objects.filter(**when).order_by("at", "position").values("position")[:1])
