"""How one detail of an entry is written in its sentence. Nothing here trusts a value to be what it should be."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from django.urls import NoReverseMatch, reverse

from audits.trail.models import Entry
from inventory.attributes import BY_NAME
from mrm.accounts.policies import Role, label
from mrm.pages.wording import counted, sentence, told, words

VERDICTS = {
    "within": "everything judged is within its limits",
    "amber": "something is beyond an amber limit",
    "red": "something is beyond a red limit",
    "insufficient": "there was too little evidence to judge",
    "unknown": "something could not be computed",
}
DECIDED = {
    "rejected": "rejected",
    "recused": "stepped aside from",
    "abstained": "abstained on",
    "deferred": "wanted to defer",
}
SIGNED = {"password": "by password", "passkey": "by passkey", "password+totp": "by password and code"}
LONGEST = 500


@dataclass(frozen=True)
class Names:
    """The names of what entries hold by id."""

    people: dict[str, str] = field(default_factory=dict)
    models: dict[str, str] = field(default_factory=dict)  # By slug.
    models_by_id: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Part:
    """A piece of a sentence, and the page it leads to."""

    text: str
    address: str = ""


def part_of(value, how: str, entry: Entry, names: Names) -> Part:
    """A value as this sentence writes it."""
    if not how:
        return Part(_shortened(told(value)))
    return WRITTEN[how](value, entry, names)


def address(page: str, *arguments) -> str:
    """Where a page is; nowhere for arguments that it does not take, such as a mark in a slug."""
    try:
        return reverse(page, args=arguments)
    except NoReverseMatch:
        return ""


def recorded(value, names: Names) -> str:
    """A value of the register as the trail holds it: people and models by their names, a long text by its digest."""
    if isinstance(value, str) and value.startswith("sha256:"):
        return f"a longer text, SHA-256 {value.removeprefix('sha256:')}"
    if isinstance(value, str):
        return _shortened(names.people.get(value) or names.models_by_id.get(value) or value)
    return "" if value is None or value == [] else _shortened(told(value))


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _person(value, entry: Entry, names: Names) -> Part:
    name = names.people.get(str(value))
    return Part(name, address("person", value)) if name else Part("somebody unknown here")


def _role(value, entry: Entry, names: Names) -> Part:
    return Part(label(value) if value in list(Role) else words(told(value)))


def _place(value, entry: Entry, names: Names) -> Part:
    return Part("every workspace" if value == "all" else told(value))


def _moment(value, entry: Entry, names: Names, *, precisely: bool = True) -> Part:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return Part(told(value))
    return Part(f"{moment.day} {moment:%B %Y}" + (f", {moment:%H:%M}" if precisely else ""))


def _day(value, entry: Entry, names: Names) -> Part:
    return _moment(value, entry, names, precisely=False)


def _period(value, entry: Entry, names: Names) -> Part:
    days = value if isinstance(value, list) else [value]
    return Part(" to ".join(_day(day, entry, names).text for day in days))


def _tier(value, entry: Entry, names: Names) -> Part:
    return Part(f"tier {value}" if isinstance(value, int) and value else told(value) if value else "no tier")


def _version(value, entry: Entry, names: Names) -> Part:
    return Part(told(value), address("version", entry.model_slug, value))


def _policy(value, entry: Entry, names: Names) -> Part:
    return Part(f"version {told(value)}", address("policy-version", value))


def _change(value, entry: Entry, names: Names) -> Part:
    return Part(told(value), address("change", value))


def _attribute(value, entry: Entry, names: Names) -> Part:
    known = BY_NAME.get(value) if isinstance(value, str) else None
    page = address("model-attribute", entry.model_slug, value) if known else ""
    return Part(known.label.lower() if known else words(told(value)), page)


def _fields(value, entry: Entry, names: Names) -> Part:
    labels = [label_of(name).lower() for name in value] if isinstance(value, dict) else []
    if len(labels) > 3:
        return Part(f"{len(labels)} fields")
    return Part(" and ".join(labels) or "nothing")


def label_of(name: str) -> str:
    return BY_NAME[name].label if name in BY_NAME else sentence(name)


def _decided(value, entry: Entry, names: Names) -> Part:
    if value:
        return Part("approved")
    return Part(DECIDED.get(str(entry.details.get("meaning")), "rejected"))


def _answered(value, entry: Entry, names: Names) -> Part:
    return Part(
        "sent back"
        if entry.details.get("returned")
        else "answered and submitted"
        if entry.details.get("submitted")
        else "answered"
    )


def _signed(value, entry: Entry, names: Names) -> Part:
    method = value.get("method") if isinstance(value, dict) else ""
    return Part(SIGNED.get(str(method), words(told(method))))


def _envelope(value, entry: Entry, names: Names) -> Part:
    """Which one, and what was measured for it."""
    given = value if isinstance(value, dict) else {}
    bounds = [one for one in given.get("bounds", ()) if isinstance(one, dict)]
    measured = "; ".join(told(one.get("told")) for one in bounds)
    reference = told(given.get("reference"))
    return Part(_shortened(f"{reference}: {measured}" if measured else reference), address("arrangement", reference))


def _votes(value, entry: Entry, names: Names) -> Part:
    votes = [vote for vote in value if isinstance(vote, dict)] if isinstance(value, list) else []
    return Part("; ".join(_vote(vote) for vote in votes) or told(value))


def _vote(vote: dict) -> str:
    line = f" ({told(vote['line'])})" if vote.get("line") else ""
    said = told(vote["vote"]) if "vote" in vote else f"“{told(vote.get('comment'))}”"
    return f"{told(vote.get('name'))}{line}: {said}"


def _voided(value, entry: Entry, names: Names) -> Part:
    decisions = value if isinstance(value, list) else []
    return Part("every vote" if not decisions else counted(len(decisions), "decision"))


def _plain(write: Callable) -> Callable:
    return lambda value, entry, names: Part(write(value))


def _number(value) -> str:
    return f"{value:,}" if isinstance(value, int) else told(value)


WRITTEN: dict[str, Callable[[object, Entry, Names], Part]] = {
    "envelope": _envelope,
    "account": _plain(lambda value: "service account" if value == "service" else "person"),
    "answered": _answered,
    "attribute": _attribute,
    "change": _change,
    "changes": _plain(lambda value: counted(value, "change") if isinstance(value, int) else told(value)),
    "class": _plain(lambda value: f"a {told(value).replace('_', '-')} change"),
    "day": _day,
    "decided": _decided,
    "fields": _fields,
    "keys": _plain(lambda value: ", ".join(value) if isinstance(value, dict) else told(value)),
    "moment": _moment,
    "number": _plain(_number),
    "period": _period,
    "person": _person,
    "place": _place,
    "policy": _policy,
    "results": _plain(lambda value: counted(value, "result") if isinstance(value, int) else told(value)),
    "role": _role,
    "signed": _signed,
    "switch": _plain(lambda value: "on" if value else "off"),
    "tags": _plain(lambda value: counted(value, "tag") if isinstance(value, int) else told(value)),
    "tier": _tier,
    "verdict": _plain(
        lambda value: VERDICTS.get(value) or words(told(value)) if isinstance(value, str) else told(value)
    ),
    "version": _version,
    "voided": _voided,
    "votes": _votes,
    "words": _plain(lambda value: words(told(value))),
}
