"""What the register said about one attribute of a model before: who changed it, when, from what to what."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models.fields.json import KT

from audits.trail.models import Action, Entry
from inventory.attributes import Attribute, Kind
from inventory.contents.attributes import FLAGS
from inventory.models import Model, ModelRecord
from inventory.policies import tier_name
from inventory.states import Status, model_after
from mrm.accounts.models import Person
from mrm.adapters import storage

BY_DIGEST = "sha256:"  # How an entry of the trail tells a longer text.

# How the entries of the trail move a model's status; a promotion may leave it where it is.
MOVES = {
    Action.VERSION_PROMOTED: ("promote",),
    Action.MODEL_RESTRICTED: ("restrict",),
    Action.MODEL_SUSPENDED: ("suspend",),
    Action.MODEL_RESUMED: ("lift", "resume"),
    Action.MODEL_RETIRED: ("retire",),
}
TIERED = (
    Action.MODEL_REGISTERED,
    Action.MODEL_EDITED,
    Action.MODEL_TIER_PROPOSED,
    Action.MODEL_TIERED,
    Action.MODEL_EXEMPTION_LAPSED,
)


@dataclass(frozen=True)
class Change:
    """One change of one attribute, from the trail; a text that it keeps by digest is told from the register's records.

    effective_on  since when it holds, or no longer, where it was entered late
    """

    at: datetime
    by: str
    before: str | None
    after: str
    position: int
    effective_on: date | None = None


def history_of(model: Model, attribute: Attribute) -> list[Change]:
    """Who said what about one attribute and when, newest first."""
    if attribute.kind == Kind.ROWS:
        return _history_of_rows(model, attribute)
    if attribute.kind == Kind.DERIVED:
        moved = FOLLOWED.get(attribute.name)
        return moved(model) if moved else []
    entries = Entry.objects.about(model).filter(action__in=(Action.MODEL_REGISTERED, Action.MODEL_EDITED))
    changes = []
    for entry in entries:
        said = entry.details.get("said", {})
        changed = entry.details.get("changes", {}).get(attribute.name)
        if changed is not None:
            changes.append((entry, changed["before"], changed["after"]))
        elif attribute.name in said:
            changes.append((entry, None, said[attribute.name]))
    told = [value for _, *values in changes for value in values]
    names = _names_in(attribute, told) | _texts_of(model, attribute, told)
    return [
        Change(
            at=entry.at,
            by=entry.actor_name,
            before=None if before is None and entry.action == Action.MODEL_REGISTERED else _recorded(before, names),
            after=_recorded(after, names),
            position=entry.position,
            effective_on=_effective_on(entry),
        )
        for entry, before, after in changes
    ]


def _history_of_rows(model: Model, attribute: Attribute) -> list[Change]:
    """Rows added and ended. An end tells its reason, so that nobody has to look for it."""
    actions = (Action.PARTICULAR_ADDED, Action.PARTICULAR_ENDED)
    entries = Entry.objects.filter(model_slug=model.slug, action__in=actions, details__attribute=attribute.name)
    changes = []
    for entry in entries:
        row, added = entry.details["row"], entry.action == Action.PARTICULAR_ADDED
        changes.append(
            Change(
                at=entry.at,
                by=entry.actor_name,
                before=None if added else row,
                after=row if added else f"Ended: {entry.details.get('reason', '')}",
                position=entry.position,
                effective_on=_effective_on(entry),
            )
        )
    return changes


def _effective_on(entry: Entry) -> date | None:
    day = entry.details.get("effective_on")
    return date.fromisoformat(day) if day else None


def _names_in(attribute: Attribute, values: list) -> dict[str, str]:
    """The names of the people or models that the trail knows by their id."""
    ids = {value for value in values if isinstance(value, str)}
    if attribute.kind == Kind.PERSON:
        return {str(person.pk): person.display_name for person in Person.objects.filter(pk__in=ids)}
    if attribute.kind == Kind.MODEL:
        return {str(model.pk): model.name for model in Model.objects.filter(pk__in=ids)}
    return {}


def _texts_of(model: Model, attribute: Attribute, values: list) -> dict[str, str]:
    """The longer texts that the trail knows by their digest, as the records of the register keep them."""
    digests = {value for value in values if isinstance(value, str) and value.startswith(BY_DIGEST)}
    if not digests:
        return {}
    kept = ModelRecord.objects.filter(subject=model.pk).order_by().values_list(KT(f"fields__{attribute.name}"))
    texts = {f"{BY_DIGEST}{storage.digest_of(text.encode())}": text for (text,) in kept.distinct() if text}
    return {digest: texts[digest] for digest in digests & texts.keys()}


def _recorded(value, names: dict[str, str]) -> str:
    """A value from the trail in words."""
    if isinstance(value, str) and value.startswith(BY_DIGEST) and value not in names:
        return f"a longer text, SHA-256 {value.removeprefix(BY_DIGEST)}"
    if isinstance(value, bool):
        return FLAGS[value]
    if isinstance(value, list):
        return ", ".join(str(entry) for entry in value)
    return "" if value is None else names.get(value, str(value))


def steps_of(told: list[tuple[Entry, str]]) -> list[Change]:
    """What entries in their order made of something, newest first; what changed nothing is no step."""
    changes, before = [], None
    for entry, after in told:
        if after != before:
            changes.append(Change(entry.at, entry.actor_name, before, after, entry.position))
            before = after
    return changes[::-1]


def _history_of_status(model: Model) -> list[Change]:
    told, status = [], Status.IN_DEVELOPMENT
    actions = (Action.MODEL_REGISTERED, *MOVES)
    for entry in Entry.objects.filter(model_slug=model.slug, action__in=actions).order_by("position"):
        status = next((after for event in MOVES.get(entry.action, ()) if (after := model_after(status, event))), status)
        told.append((entry, status.replace("_", " ").capitalize()))
    return steps_of(told)


def _history_of_tier(model: Model) -> list[Change]:
    """Every tier that held, and whether somebody had confirmed it."""
    told = []
    for entry in Entry.objects.about(model).filter(action__in=TIERED, details__has_key="tier").order_by("position"):
        tier = entry.details["tier"]
        provisional = "" if entry.action == Action.MODEL_TIERED else ", provisional"
        told.append((entry, tier_name(tier) + provisional))
    return steps_of(told)


def _history_of_reviews(model: Model) -> list[Change]:
    """Every confirmation of a tier, and under which policy's scorecard; a repeated one is told, too."""
    reviews = Entry.objects.about(model).filter(action=Action.MODEL_TIERED)
    return [
        Change(
            entry.at,
            entry.actor_name,
            None,
            f"{tier_name(entry.details['tier'])}, confirmed by the scorecard of policy version "
            f"{entry.details['policy']}",
            entry.position,
        )
        for entry in reviews
    ]


# What follows from acts that the trail tells of.
FOLLOWED: dict[str, Callable[[Model], list[Change]]] = {
    "status": _history_of_status,
    "tier": _history_of_tier,
    "tier_review": _history_of_reviews,
}
