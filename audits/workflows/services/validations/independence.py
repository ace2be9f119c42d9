"""Whether somebody is independent of what they validate, by what they did, each deed with its day."""

from collections.abc import Iterable

from django.utils import timezone

from audits.trail.models import Action, Entry
from audits.workflows.models import ValidationRequest
from audits.workflows.policies import SECOND_LINE
from audits.workflows.services.involvement import developed, made, owned, trained
from audits.workflows.states import ChangeState
from inventory.attributes import BY_NAME
from inventory.contents.making import twins_of
from inventory.contents.ownership import OWNERSHIP_COUNTS_FOR
from mrm.errors import NotPermitted, Shown, entry_behind
from mrm.pages.wording import day

VERSION_DEEDS = (Action.VERSION_DESCRIBED,)


def why_not_independent(validation: ValidationRequest, person) -> list[str]:
    """Every reason why this person may not validate it, each with the entry that shows the fact; empty if they may."""
    facts = (
        *_parts_of(validation, person),
        ("Whoever changed what the register says about a model does not validate it", _edited(validation, person)),
        ("Nobody validates and votes on the same version", _voted(validation, person)),
    )
    return _shown(facts, person)


def refuse_dependent(validation: ValidationRequest, actor) -> None:
    """Raise for whoever would choose, release or do without those who judge what is their own."""
    if actor and (reasons := _shown(_parts_of(validation, actor), actor)):
        what = "Who validates is chosen and released, and a validation cancelled, by somebody independent of it."
        raise NotPermitted(what, *reasons)


def _parts_of(validation: ValidationRequest, person) -> tuple[tuple[str, str], ...]:
    """By which rule which part in what is validated keeps somebody from it; an empty part keeps nobody."""
    twins = twins_of(validation.version)
    return (
        (
            "Whoever owns a model, or owned it in the last twelve months, does not validate it",
            owned(validation, person, owns="owns", twins=twins),
        ),
        (
            "The developer of a model, or who was it in the last twelve months, does not validate it",
            developed(validation, person, is_named="is named", twins=twins),
        ),
        ("Whoever registered or changed a version does not validate it", made(validation, person, twins=twins)),
        ("Whoever trained a version does not validate it", trained(validation, person)),
    )


def _shown(facts: Iterable[tuple[str, str]], person) -> list[str]:
    return [Shown(f"{rule}: {person} {fact}.", entry=entry_behind(fact)) for rule, fact in facts if fact]


def _edited(validation: ValidationRequest, person) -> str:
    """Registered or edited the model, or described the version; not what the second line itself says there."""
    model, since = validation.model, timezone.now() - OWNERSHIP_COUNTS_FOR
    if model.registered_by_id == person.pk and model.registered_at > since:
        registering = Entry.objects.about(model).filter(action=Action.MODEL_REGISTERED)
        return registering.showing(f"registered the model on {day(model.registered_at)}")
    mine = Entry.objects.filter(actor_id=str(person.pk), at__gt=since)
    for entry in mine.about(model).filter(action=Action.MODEL_EDITED):
        if not all(_is_of_the_second_line(name) for name in entry.details.get("changes", {})):
            return Shown(f"changed the model's entry on {day(entry.at)}", entry=entry.position)
    if validation.version and (entry := mine.about(validation.version).filter(action__in=VERSION_DEEDS).first()):
        return Shown(f"described the version on {day(entry.at)}", entry=entry.position)
    return ""


def _is_of_the_second_line(name: str) -> bool:
    attribute = BY_NAME.get(name)
    return attribute is not None and bool(attribute.editors & SECOND_LINE)


def _voted(validation: ValidationRequest, person) -> str:
    """A vote that still waits for others; what was carried out before is no vote on this validation's version now."""
    if validation.version is None:
        return ""
    pending = validation.version.changes.filter(state=ChangeState.PENDING, decisions__voided_at__isnull=True)
    change = pending.filter(decisions__person=person).first()
    if change is None:
        return ""
    deciding = Entry.objects.about(change).filter(action=Action.CHANGE_DECIDED, actor_id=str(person.pk))
    return deciding.showing(f"decided about it in {change.reference}, which is pending")
