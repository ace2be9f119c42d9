"""A section of a policy as facts and tables. Its shape decides how it is shown, so a new section needs nothing here."""

from dataclasses import dataclass, field

from inventory import policies
from inventory.policies.differences import number, value_in_words
from inventory.policies.limits import COLOURS
from mrm.pages.wording import counted, sentence, words

# How sections are headed, and what each is about; one without a line here is headed by its own name.
TITLES: dict[str, tuple[str, str]] = {
    "cadences": ("Cadences", "Where a model's own facts ask for a look more often than its tier."),
    "alerts": ("Alerts", "Which amber results open no breach, and how long what was closed rests."),
    "fairness": ("Fairness", "How many people a group needs to be shown and to be judged."),
    "approvals_last": ("How long an approval lasts", "From the day it is given, unless its terms say less."),
    "changes": ("Change requests", "When a request that nobody decides lapses."),
    "change_classes": ("Classes of changes", "What makes a change of what is in use material, and what follows."),
    "exceptions": ("Exceptions", "What may be waived, for how long and how often."),
    "overlays": ("Overlays", "How long an adjustment of a model's output may stand."),
    "acceptances": ("Accepted risks", "How long the risk of a finding may be accepted."),
    "findings": ("Findings", "By when each is due, and whose they are."),
    "suspension": ("Suspension", "Who may stop a model at once."),
    "break_glass": ("Emergency releases", "How long one stands before it is decided like any other."),
    "committee": ("The committee", "When its vote counts."),
    "retirement": ("Retirement", "What is done before a model is archived."),
    "retraining": ("Retraining", "What calls for it by itself, and on which data."),
    "promotion": ("Promotion", "What must have been assessed before a version goes into use."),
    "retention": ("Retention", "How long records are kept: in general from the retirement of a model, and by class."),
    "indicators": ("Indicators", "The appetite, and who answers for each."),
    "signatures": ("Signatures", "Which decisions are signed with a passkey."),
    "mlflow": ("MLflow", "Which aliases mean production."),
    "attestation": ("Attestation", "How often an owner confirms what the register says."),
    "validation": ("Validation", "What is looked at, how often, and who approves the opinion."),
    "tiering": ("Tiering", "The scorecard, from answers to points, levels and a tier."),
    "people": ("People and roles", "How often each role is confirmed."),
    "determinations": ("Model or not", "Under which regimes it is determined; a tool is what each in force calls one."),
    "completeness": ("Completeness", "What the register must say of a model."),
    "baselines": ("Baselines", "How long what a model taken over lacks is dated debt at most."),
    "hygiene": ("Hygiene", "How long nothing may be heard of what is in use before the register names it."),
    "doubts": ("Doubts about tiers", "Which changes ask for a confirmed tier to be assessed again."),
}
FIRST = {"measure", "name", "item"}  # What comes first in a table of entries, whatever order a database keeps.
SENTENCES = {"asks", "says", "why", "scorecard"}  # Already in words.
UNITS = {"days": "day", "months": "month", "years": "year"}
MOST_IN_A_CELL = 3  # Longer lists, tier by tier, are told better by ticking what each tier asks for.
UNIT_OF = {"approvals_last": "most_days"}  # A section that is a number per tier, and what it counts.
TICKED, NOT_TICKED = "✓", "–"


@dataclass(frozen=True)
class Table:
    """Rows of cells under their heads; the first cell of a row names it."""

    caption: str
    heads: list[str]
    rows: list[list[str]]


@dataclass(frozen=True)
class Section:
    """A section, in what it says plainly and what it says in tables."""

    name: str
    title: str
    about: str
    facts: list[tuple[str, str]] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)


def sections_of(document: dict, names: tuple[str, ...]) -> list[Section]:
    return [_section(name, policies.section(document, name)) for name in names]


def ordered(value, like):
    """With its keys in the order of the standard policy; the database keeps them by their length."""
    if not isinstance(value, dict):
        return value
    like = like if isinstance(like, dict) else {}
    return {name: ordered(value[name], like.get(name)) for name in _in_order(value, like)}


def _in_order(names, first=()) -> list[str]:
    known = [*first, *policies.ALL_TIERS, *policies.LEVELS, *policies.SEVERITIES, *COLOURS]
    places = {name: place for place, name in reversed(list(enumerate(known)))}
    return sorted(dict.fromkeys(names), key=lambda name: places.get(name, len(known)))


def _section(name: str, value) -> Section:
    title, about = TITLES.get(name, (sentence(name), ""))
    found = Section(name, title, about)
    value = ordered(value, policies.standard().get(name))
    _tell(found, {UNIT_OF.get(name, name): value} if _is_per_tier(value) else value, ())
    return found


def _tell(section: Section, value, path: tuple[str, ...]) -> None:
    """What stands at one place: a fact, a table, or places of its own."""
    caption = _caption(path)
    if isinstance(value, list) and value and all(_is_entry(entry) for entry in value):
        section.tables.append(_entries(caption, value))
    elif not isinstance(value, dict):
        section.facts.append((caption, told(value, path)))
    elif path and (table := _table(caption, path, value)):
        section.tables.append(table)
    else:
        _tell_parts(section, value, path)


def _tell_parts(section: Section, value: dict, path: tuple[str, ...]) -> None:
    """Tier by tier what can be told in one row each; the rest one by one."""
    per_tier = {name: inner for name, inner in value.items() if _is_per_tier(inner) and not _is_long(inner)}
    for name, inner in value.items():
        if name not in per_tier:
            _tell(section, inner, (*path, name))
    if per_tier:
        tiers = _in_order(tier for inner in per_tier.values() for tier in inner)
        rows = [[_label(name), *(told(inner.get(tier), (name,)) for tier in tiers)] for name, inner in per_tier.items()]
        section.tables.append(Table(_caption(path), ["", *map(_head, tiers)], rows))


def _table(caption: str, path: tuple[str, ...], value: dict) -> Table | None:
    """A dictionary as one table, where its entries have the same shape."""
    if _is_per_tier(value) and _is_long(value):
        items = dict.fromkeys(item for inner in value.values() for item in inner)
        rows = [[sentence(item), *(_tick(item in inner) for inner in value.values())] for item in items]
        return Table(caption, ["", *map(_head, value)], rows)
    if not value or not all(isinstance(inner, dict) and not _is_deep(inner) for inner in value.values()):
        return None
    columns = _in_order(column for inner in value.values() for column in inner)
    if set(value) <= set(policies.ALL_TIERS):  # Tiers stand side by side, as everywhere.
        rows = [[_label(column), *(told(value[tier].get(column), path) for tier in value)] for column in columns]
        return Table(caption, ["", *map(_head, value)], rows)
    rows = [[_label(row), *(told(value[row].get(column), (*path, row)) for column in columns)] for row in value]
    return Table(caption, ["", *map(_head, columns)], rows)


def _entries(caption: str, entries: list[dict]) -> Table:
    """A list of entries, one row each and one column for all that any of them says."""
    columns = sorted(_in_order(name for entry in entries for name in entry), key=lambda name: name not in FIRST)
    rows = [[told(entry.get(name), (name,)) for name in columns] for entry in entries]
    return Table(caption, [_label(name) for name in columns], rows)


def _is_entry(value) -> bool:
    return isinstance(value, dict) and "says" not in value


def _is_per_tier(value) -> bool:
    return (
        isinstance(value, dict)
        and bool(value)
        and set(value) <= set(policies.ALL_TIERS)
        and not any(isinstance(inner, dict) for inner in value.values())
    )


def _is_long(value: dict) -> bool:
    return any(isinstance(inner, list) and len(inner) > MOST_IN_A_CELL for inner in value.values())


def _is_deep(value: dict) -> bool:
    """Whether a row of it would hold more than cells can."""
    inner = [one for held in value.values() for one in (held if isinstance(held, list) else [held])]
    return any(isinstance(one, dict) for one in inner) or _is_per_tier(value)


def told(value, path: tuple[str, ...] = ()) -> str:
    """One value as a cell says it, with the unit that a name on the way to it ends with."""
    names = {word for name in path for word in name.split("_")}
    unit = next((noun for word, noun in UNITS.items() if word in names), "")
    if value is None:
        return NOT_TICKED
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return counted(value, unit) if unit else number(value) + (" %" if "percent" in names else "")
    if isinstance(value, list):
        return ", ".join(_entry(entry) for entry in value) or "none"
    if isinstance(value, dict):
        return words(value_in_words(value))
    return value if names & SENTENCES else _entry(value)


def _entry(value) -> str:
    """One entry of a list: a word, an answer and its points, or an assessment and where it is asked for."""
    if not isinstance(value, dict):
        return value_in_words(value.replace(".", ": ") if isinstance(value, str) and " " not in value else value)
    if "says" in value:
        least = f", at least {value['at_least']}" if "at_least" in value else ""
        return f"{value['says']} ({value['points']}{least})"
    if "kind" in value:
        where = (
            f"where it {words(value['when'])}" if "when" in value else f"tiers {' and '.join(value.get('tiers', ()))}"
        )
        return f"{value['kind']} ({where})"
    return words(value_in_words(value))


def _caption(path: tuple[str, ...]) -> str:
    first, *rest = [_label(name) for name in path] or [""]
    return ", ".join([first, *(one[:1].lower() + one[1:] for one in rest)])


def _label(name: str) -> str:
    """A name without the unit, which stands with the value."""
    kept = [word for word in name.split("_") if word not in (*UNITS, "percent")] or [name]
    return sentence("_".join("at_most" if word == "most" else word for word in kept))


def _head(name: str) -> str:
    return f"Tier {name}" if name in policies.ALL_TIERS else _label(name)


def _tick(holds: bool) -> str:
    return TICKED if holds else NOT_TICKED
