"""How one detail of an entry is written in its sentence. Nothing here trusts a value to be what it should be."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.urls import NoReverseMatch, reverse

from audits.trail.models import Entry
from inventory.attributes import BY_NAME, PARTICULARS, Field, Kind
from inventory.contents.histories import BY_DIGEST
from mrm.accounts.policies import Role, label
from mrm.pages.wording import counted, day, sentence, told, words

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
VOTED = {
    "reviewed": "approved",
    "recused": "stepped aside",
    "deferred": "wanted to defer",
}
SIGNED = {"password": "by password", "passkey": "by passkey", "password+totp": "by password and code"}
LINES = {"first": "first line", "second": "second line", "third": "third line"}
ARRANGEMENTS = {"break_glass": "emergency release", "finding": "restriction by a finding", "rollback": "roll-back"}
CHANGE = re.compile(r"^CR-\d{4}-\d{4,}$")
LONGEST = 500


@dataclass(frozen=True)
class Names:
    """The names of what entries hold by id."""

    people: dict[str, str] = field(default_factory=dict)
    models: dict[str, str] = field(default_factory=dict)  # By slug.
    models_by_id: dict[str, str] = field(default_factory=dict)
    leads_to_people: bool = True  # Whether the reader may open their pages.


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


def field_of(name: str, entry: Entry) -> Field | None:
    """What the register says by this name: one field of a row, or one attribute of a model."""
    attribute = entry.details.get("attribute")
    rows = PARTICULARS.get(attribute, ()) if isinstance(attribute, str) else ()
    return next((field for field in rows if field.name == name), None) or BY_NAME.get(name)


def label_of(name: str, field: Field | None) -> str:
    return field.label if field else sentence(name)


def recorded(value, names: Names, field: Field | None) -> str:
    """A value of the register as people read it: what has a name by its name, a longer text without its digest."""
    if value is None or value == []:
        return ""
    if isinstance(value, str) and value.startswith(BY_DIGEST):
        return "a longer text"
    kind = field.kind if field else None
    if kind in (Kind.CHOICE, Kind.CHOICES):
        return _shortened(words(told(value)) if value else "")
    if kind == Kind.DATE:
        return _day_of(value)
    if isinstance(value, str):
        return _shortened(names.people.get(value) or names.models_by_id.get(value) or value)
    return _shortened(told(value))


def item_of(item: dict, entry: Entry, names: Names) -> str:
    """What is to be done, by whom, until when."""
    what = next((told(item[name]).removesuffix(".") for name in ("what", "text") if item.get(name)), "")
    who = told(item["owner"]) if item.get("owner") else ""
    due = next((_day_of(item[name]) for name in ("due", "due_on") if item.get(name)), "")
    return _shortened("; ".join(part for part in (what, who, due and f"by {due}") if part))


def models_of(scope) -> list:
    """The models to which a token is bound."""
    models = scope.get("models") if isinstance(scope, dict) else None
    return models if isinstance(models, list) else []


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _person(value, entry: Entry, names: Names) -> Part:
    name = names.people.get(str(value))
    if not name:
        return Part("somebody unknown here")
    return Part(name, address("person", value) if names.leads_to_people else "")


def _capacity(value, entry: Entry, names: Names) -> Part:
    return Part("for the committee" if value == "committee" else f"as {_role(value, entry, names).text}")


def _role(value, entry: Entry, names: Names) -> Part:
    return Part(label(value) if value in list(Role) else words(told(value)))


def _place(value, entry: Entry, names: Names) -> Part:
    return Part("every workspace" if value == "all" else told(value))


def _moment(value, entry: Entry, names: Names) -> Part:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return Part(told(value))
    return Part(f"{day(moment)}, {moment:%H:%M}")


def _day(value, entry: Entry, names: Names) -> Part:
    return Part(_day_of(value))


def _last_day(value, entry: Entry, names: Names) -> Part:
    """The last day on which it holds all day or until that moment: where it ends at midnight, the day before."""
    try:
        return Part(day(datetime.fromisoformat(value) - timedelta(microseconds=1)))
    except (TypeError, ValueError, OverflowError):
        return Part(told(value))


def _day_of(value) -> str:
    try:
        return day(datetime.fromisoformat(value))
    except (TypeError, ValueError):
        return told(value)


def _period(value, entry: Entry, names: Names) -> Part:
    days = value if isinstance(value, list) else [value]
    return Part(" to ".join(_day(day, entry, names).text for day in days))


def _tier(value, entry: Entry, names: Names) -> Part:
    return Part(_tier_of(value))


def _tier_of(value) -> str:
    if value == 0:
        return "tier 0 (exempt)"
    return f"tier {value}" if isinstance(value, int) else told(value) if value else "no tier"


def _other_tier(value, entry: Entry, names: Names) -> Part:
    """The tier before, where it was another one."""
    return Part("" if value == entry.details.get("tier") else _tier_of(value))


def _version(value, entry: Entry, names: Names) -> Part:
    return Part(told(value), address("version", entry.model_slug, value))


def _policy(value, entry: Entry, names: Names) -> Part:
    return Part(f"version {told(value)}", address("policy-version", value))


def _change(value, entry: Entry, names: Names) -> Part:
    return Part(told(value), address("change", value))


def _attribute(value, entry: Entry, names: Names) -> Part:
    known = BY_NAME.get(value) if isinstance(value, str) else None
    page = address("model-attribute", entry.model_slug, value) if known else ""
    if value == "determinations":  # Whose label asks: model or not.
        return Part(value, page)
    return Part(_inside(known.label) if known else words(told(value)), page)


def _inside(label: str) -> str:
    """A label as it stands inside a sentence."""
    return label[:1].lower() + label[1:]


def _fields(value, entry: Entry, names: Names) -> Part:
    labels = [_inside(label_of(name, field_of(name, entry))) for name in value] if isinstance(value, dict) else []
    if len(labels) > 3:
        return Part(f"{len(labels)} fields")
    return Part(" and ".join(labels) or "nothing")


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


def _evidenced(value, entry: Entry, names: Names) -> Part:
    return Part("withdrew evidence for" if entry.details.get("withdrawn") else "gave evidence for")


def _origin(value, entry: Entry, names: Names) -> Part:
    """The retraining that made a version; the keys by which other senders know theirs are no words."""
    return _change(value, entry, names) if CHANGE.match(told(value)) else Part("")


def _scope(value, entry: Entry, names: Names) -> Part:
    """What a token may do, about which models, where."""
    if not isinstance(value, dict):
        return Part(_shortened(told(value)))
    actions = ", ".join(words(told(action)) for action in _listed(value.get("actions"))) or "do what its holder may"
    models = ", ".join(names.models.get(told(slug), told(slug)) for slug in models_of(value))
    where = f" in {told(value['workspace'])}" if value.get("workspace") else ""
    return Part(_shortened(actions + (f" of {models}" if models else "") + where))


def _listed(value) -> list:
    return value if isinstance(value, list) else [value] if value else []


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
    said = told(vote.get("line"))
    line = f" ({LINES.get(said, said)})" if vote.get("line") else ""
    voted = told(vote["vote"]) if "vote" in vote else ""
    said = VOTED.get(voted, voted) if voted else f"said “{told(vote.get('comment'))}”"
    return f"{told(vote.get('name'))}{line} {said}"


def _voided(value, entry: Entry, names: Names) -> Part:
    decisions = value if isinstance(value, list) else []
    return Part("every vote" if not decisions else counted(len(decisions), "decision"))


def _plain(write: Callable) -> Callable:
    return lambda value, entry, names: Part(write(value))


def _number(value) -> str:
    return f"{value:,}" if isinstance(value, int) else told(value)


def _counting(noun: str) -> Callable:
    return _plain(lambda value: f"{_number(value)} {noun}{'' if value == 1 else 's'}")


NOUNS = ("byte", "change", "fault", "model", "point", "result", "role", "row", "tag")
WRITTEN: dict[str, Callable[[object, Entry, Names], Part]] = {
    **{f"{noun}s": _counting(noun) for noun in NOUNS},
    "arrangement": _plain(lambda value: ARRANGEMENTS.get(told(value)) or words(told(value))),
    "capacity": _capacity,
    "envelope": _envelope,
    "evidenced": _evidenced,
    "last_day": _last_day,
    "list": _plain(lambda value: ", ".join(words(told(one)) for one in _listed(value))),
    "origin": _origin,
    "other_tier": _other_tier,
    "scope": _scope,
    "account": _plain(lambda value: "service account" if value == "service" else ""),
    "answered": _answered,
    "attribute": _attribute,
    "change": _change,
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
    "role": _role,
    "signed": _signed,
    "switch": _plain(lambda value: "on" if value else "off"),
    "tier": _tier,
    "verdict": _plain(
        lambda value: VERDICTS.get(value) or words(told(value)) if isinstance(value, str) else told(value)
    ),
    "version": _version,
    "voided": _voided,
    "votes": _votes,
    "words": _plain(lambda value: words(told(value))),
}
