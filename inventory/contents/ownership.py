"""Who owns a model or is named as its developer, or was until lately: by the trail, whatever the register says now."""

from collections.abc import Iterable
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from audits.trail.models import Action, Entry
from inventory.models import Model
from mrm.errors import Shown
from mrm.pages.wording import day

OWNERSHIP_COUNTS_FOR = timedelta(days=365)  # governance.md, section 7, rule 1.


def owned_model(model: Model, person, *, owns: str = "own it") -> str:
    """That somebody owns a model, or did less than twelve months ago, with the entry that shows it; else empty."""
    about = Entry.objects.about(model)
    if model.owner_id == person.pk:
        became = Q(action=Action.MODEL_REGISTERED, details__owner=str(person.pk))
        became |= Q(action=Action.MODEL_EDITED, details__changes__owner__after=str(person.pk))
        return about.filter(became).showing(owns)
    if handed_over := _handed_over(person, model).first():
        told = f"owned it until {day(handed_over.at)}, less than twelve months ago"
        return Shown(told, entry=handed_over.position)
    return ""


def developed_model(model: Model, person, *, is_named: str = "are named") -> str:
    """That the register names somebody as the developer of a model, or did less than twelve months ago; else empty."""
    about = Entry.objects.about(model).filter(action=Action.MODEL_EDITED)
    if model.developer_id == person.pk:
        naming = about.filter(details__changes__developer__after=str(person.pk))
        return naming.showing(f"{is_named} as the developer of {model}")
    if left := _handed_over(person, model, office="developer").first():
        told = f"developed {model} by the register until {day(left.at)}, less than twelve months ago"
        return Shown(told, entry=left.position)
    return ""


def held_lately(models: Iterable[Model], person, *, office: str) -> set[str]:
    """In which of these models somebody held an office until less than twelve months ago, by their keys."""
    subjects = _handed_over(person, *models, office=office).values_list("subject", flat=True)
    return {subject.partition(":")[2] for subject in subjects}


def _handed_over(person, *models: Model, office: str = "owner"):
    since = timezone.now() - OWNERSHIP_COUNTS_FOR
    about = Entry.objects.about(*models).filter(action=Action.MODEL_EDITED, at__gt=since)
    return about.filter(**{f"details__changes__{office}__before": str(person.pk)})
