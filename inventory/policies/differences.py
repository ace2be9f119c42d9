"""What changed between two policies, in sentences, and whether each change asks for less than before."""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from audits.statistics.limits import DecidedBy, Direction, Limit
from inventory.policies.approvals import name_of, roles_per_tier
from inventory.policies.attestation import ALL_TIERS
from inventory.policies.document import SECTIONS
from inventory.policies.findings import SEVERITIES, is_milder
from inventory.policies.indicators import INDICATORS
from inventory.policies.limits import COLOURS, ROLES, limit_in
from inventory.policies.retention import retention_classes
from inventory.policies.standard import section
from inventory.policies.tiers import CADENCES, TIERS
from mrm.pages.wording import roles_together, told, words

ARROW = "→"
Change = tuple[str, bool | None]  # A sentence, and whether it loosens.


@dataclass(frozen=True)
class Difference:
    """One change in words. `loosens`: less is required than before; None where that cannot be said."""

    section: str
    sentence: str
    loosens: bool | None = None


def differences(before: dict, after: dict) -> list[Difference]:
    """Every difference, in the order of the sections. A section that a document lacks is the standard policy's."""
    found = []
    for name in SECTIONS:
        old, new = section(before, name), section(after, name)
        if old != new:
            compare = COMPARED_BY.get(name, _compare_leaves)
            found += [Difference(name, sentence, loosens) for sentence, loosens in compare(name, old, new)]
    return found


def _compare_tiers(name: str, old: dict, new: dict) -> Iterator[Change]:
    for path, was, now in _leaves(old, new):
        if path[1] == "cadence":
            tier, _, kind = path
            yield f"Tier {tier}: {kind} {told(was)} {ARROW} {told(now)}.", _is_slower(was, now)
        else:
            yield _sentence(name, path, was, now), None


def _is_slower(was: str | None, now: str | None) -> bool:
    return now is None or (was is not None and CADENCES[now] > CADENCES[was])


def _compare_approvals(name: str, old: dict, new: dict) -> Iterator[Change]:
    """Where one of the two does not name a kind, by what decides it there."""
    kinds = dict.fromkeys([*old, *new])
    sides = [{kind: roles_per_tier(side, kind) for kind in kinds} for side in (old, new)]
    for (kind, *rest), was, now in _leaves(*sides):
        where = f" at tier {rest[0]}" if rest and rest[0] in TIERS else "".join(f", {words(part)}" for part in rest)
        fewer = isinstance(was, list) and (
            not isinstance(now, list) or any(now.count(role) < was.count(role) for role in was)
        )
        yield f"Approvals of {name_of(kind)}{where}: {_roles(was)} {ARROW} {_roles(now)}.", fewer


def _roles(value) -> str:
    return roles_together(value) if isinstance(value, list) else told(value)


def _compare_limits(name: str, old: list[dict], new: list[dict]) -> Iterator[Change]:
    """By what applies in the end, for each measure, role and tier; so it does not matter how a document writes it."""
    for measure, role in _judged(old, new):
        per_tier = {
            tier: list(_changes_of(limit_in(old, measure, role, int(tier)), limit_in(new, measure, role, int(tier))))
            for tier in TIERS
        }
        about = f"Limit on {words(measure)}" + (f" of {'the' if role == 'score' else 'a'} {role}" if role else "")
        for change in dict.fromkeys(change for changes in per_tier.values() for change in changes):
            tiers = [tier for tier, changes in per_tier.items() if change in changes]
            yield f"{about}: {change[0]}{_for_tiers(tiers)}.", change[1]
    was, now = _reasons(old), _reasons(new)
    if any(was[case] != now[case] for case in was.keys() & now.keys()):
        yield "The reasons given for limits are worded differently.", None


def _judged(*documents: list[dict]) -> Iterator[tuple[str, str]]:
    """The measures with a limit in either, for each role where any limit of the measure names one."""
    entries = [entry for document in documents for entry in document]
    for measure in dict.fromkeys(entry["measure"] for entry in entries):
        with_role = any("role" in entry for entry in entries if entry["measure"] == measure)
        yield from ((measure, role) for role in (ROLES if with_role else ("",)))


def _changes_of(was: Limit | None, now: Limit | None) -> Iterator[Change]:
    if was is None or now is None:
        if now:
            yield f"new, {in_words(now)}", False
        elif was:
            yield f"dropped, it was {in_words(was)}", True
        return
    for colour in COLOURS:
        old, new = getattr(was, colour), getattr(now, colour)
        if old != new:
            yield f"{colour} {number(old)} {ARROW} {number(new)}", _is_laxer(old, new, now.direction)
    if was.direction != now.direction:
        yield f"bad is now {'below' if now.direction is Direction.LOWER else 'above'} it", None
    if was.decided_by != now.decided_by:
        strictest = DecidedBy.POINT
        loosens = True if was.decided_by is strictest else False if now.decided_by is strictest else None
        yield f"decided by the {was.decided_by} {ARROW} by the {now.decided_by}", loosens
    if was.minimum_size != now.minimum_size:
        yield f"judged from {was.minimum_size} {ARROW} {now.minimum_size} rows", now.minimum_size > was.minimum_size
    if was.significance != now.significance:
        yield (
            f"significance {number(was.significance)} {ARROW} {number(now.significance)}",
            (now.significance < was.significance),
        )
    if was.tolerance != now.tolerance:
        yield (
            f"tolerance {number(was.tolerance)} {ARROW} {number(now.tolerance)}",
            _is_laxer(was.tolerance, now.tolerance, Direction.UPPER),
        )


def _is_laxer(old: float | None, new: float | None, direction: Direction) -> bool:
    if old is None or new is None:
        return new is None
    return new > old if direction is Direction.UPPER else new < old


def in_words(limit: Limit) -> str:
    """A limit as one says it: amber above 0.1, red above 0.25."""
    side = "below" if limit.direction is Direction.LOWER else "above"
    ends = [f"{colour} {side} {number(end)}" for colour in COLOURS if (end := getattr(limit, colour)) is not None]
    return ", ".join(ends) + ("" if limit.tolerance is None else f", tolerating {number(limit.tolerance)}")


def _reasons(limits: list[dict]) -> dict[tuple, str]:
    """What is written beside each limit, by what it is a limit of."""
    return {(one["measure"], one.get("role"), *one.get("tiers", ())): one.get("why", "") for one in limits}


def _for_tiers(tiers: list[str]) -> str:
    if len(tiers) == len(TIERS):
        return ""
    return f" for tier {tiers[0]}" if len(tiers) == 1 else f" for tiers {' and '.join(tiers)}"


def value_in_words(value) -> str:
    """What is set somewhere in a policy; of a list, each entry so that it can be told from the next."""
    if isinstance(value, list):
        return "; ".join(value_in_words(entry) for entry in value)
    if isinstance(value, dict) and "measure" in value:  # What calls for retraining: red PSI of the score.
        role = f" of the {value['role']}" if "role" in value else ""
        return f"{value.get('verdict', '')} {words(value['measure'])}{role}".strip()
    if isinstance(value, dict) and {"when", "at_least", "why"} <= value.keys():  # A rule of cadences, or a floor.
        asked = " and ".join(f"{words(name)} {value_in_words(entries)}" for name, entries in value["when"].items())
        least = " and ".join(f"{words(name)} {told(wanted)}" for name, wanted in value["at_least"].items())
        return f"{least} at least, where {asked}"
    return words(value) if isinstance(value, str) else told(value)


def number(value: float | None) -> str:
    """As it was written, with a minus that is one."""
    return "none" if value is None else f"{value:g}".replace("-", "−")


def _compare_alerts(name: str, old: dict, new: dict) -> Iterator[Change]:
    """What holds breaches back loosens; more measures that may confirm hold less back."""
    for path, was, now in _leaves(old, new):
        if isinstance(was, list) and isinstance(now, list):
            loosens = not set(was) <= set(now)
        else:
            loosens = was is None or (now is not None and now > was)
        yield _sentence(name, path, was, now), loosens


def _compare_demands(name: str, old, new) -> Iterator[Change]:
    """A section whose lists say what is demanded: what is dropped from them loosens."""
    yield from _compare_leaves(name, old, new, dropping_loosens=True)


def _compare_leaves(name: str, old, new, *, dropping_loosens: bool | None = None) -> Iterator[Change]:
    """Leaf by leaf; of a list, what was added and what was dropped."""
    for path, was, now in _leaves(old, new):
        dropping = DROPPING_LOOSENS.get((name, *path), dropping_loosens)
        if (name, *path) in DROPPING_LOOSENS and (was or now):
            was, now = was or [], now or []
        if isinstance(was, list) and isinstance(now, list):
            for entry in _without(was, now):
                yield f"{_place(name, path)}: without {value_in_words(entry)}.", dropping
            for entry in _without(now, was):
                yield f"{_place(name, path)}: also {value_in_words(entry)}.", None if dropping is None else not dropping
            if not _without(was, now) and not _without(now, was):
                yield f"{_place(name, path)}: in another order.", None
        else:
            yield _sentence(name, path, was, now), _direction(name, path, was, now)


def _compare_completeness(name: str, old: dict, new: dict) -> Iterator[Change]:
    """What is no longer demanded loosens; so does a finding that comes later, is milder, or does not come at all."""
    rule, tiers = "registration_finding", "required_for_use"
    lists = [
        {part: said for part, said in side.items() if part != rule} for side in ({tiers: []} | old, {tiers: []} | new)
    ]
    yield from _compare_demands(name, *lists)
    for path, was, now in _leaves({rule: old.get(rule)}, {rule: new.get(rule)}):
        laxer = was is not None and (now is None or (is_milder(now, was) if path[-1] == "severity" else now > was))
        yield _sentence(name, path, was, now), laxer


def _direction(name: str, path: tuple[str, ...], was, now) -> bool | None:
    """Whether a plain number, or how often something is due, asks for less than before, where that is known."""
    more_is_laxer = MORE_IS_LAXER.get((name, *path))
    was, now = (LEFT_OUT.get((name, *path)) if value is None else value for value in (was, now))
    was, now = (CADENCES[value].days if isinstance(value, str) and value in CADENCES else value for value in (was, now))
    if more_is_laxer is None or not isinstance(was, int | float) or not isinstance(now, int | float):
        return None
    return (now > was) is more_is_laxer


def _compare_retention(name: str, old: dict, new: dict) -> Iterator[Change]:
    """The general rule, then class by class: fewer years from the same event keep less."""
    yield from _compare_leaves(name, {"years": old["years"]}, {"years": new["years"]})
    was, now = retention_classes({name: old}), retention_classes({name: new})
    for one in dict.fromkeys([*was, *now]):
        before, after = was.get(one), now.get(one)
        if before is None or after is None:
            yield f"Retention of {one}: " + (f"new, {after}." if after else f"dropped, it was {before}."), None
        elif before != after:
            same_event = before.runs_from == after.runs_from
            yield f"Retention of {one}: {before} {ARROW} {after}.", after.years < before.years if same_event else None


OF_INDICATORS = {
    ("indicators", "appetite", name, colour): bad_side is Direction.UPPER
    for name, bad_side in INDICATORS.items()
    for colour in COLOURS
}
MORE_IS_LAXER = {
    ("fairness", "minimum_gating"): True,  # Smaller groups are no longer judged.
    ("retention", "years"): False,
    ("cadences", "loosened_for_days"): True,
    **{("findings", "days_until_due", tier, severity): True for tier in TIERS for severity in SEVERITIES},
    **{("findings", "days_to_plan", severity): True for severity in SEVERITIES},
    ("change_classes", "output_moves"): True,
    ("change_classes", "cases_change_class"): True,
    ("change_classes", "population_psi"): True,
    ("change_classes", "review_after_days"): True,
    ("findings", "extensions", "at_officer_level"): True,
    ("findings", "extensions", "most_days"): True,
    ("findings", "automatic", "red_breach_days"): True,
    ("retraining", "envelope", "most_days"): True,
    **{("retraining", "candidate", "parallel_run", tier, part): False for tier in TIERS for part in ("days", "rows")},
    ("overlays", "material_percent"): True,
    ("hygiene", "predictions_within_days"): True,
    ("hygiene", "outcomes_within_days"): True,
    ("hygiene", "holds_reviewed_after_days"): True,
    ("hygiene", "assessment_grace_days"): True,
    ("overlays", "most_days"): True,
    ("overlays", "finding_at_renewal"): True,
    ("exceptions", "most_days"): True,
    ("exceptions", "renewals"): True,
    ("acceptances", "most_days"): True,
    ("break_glass", "most_days"): True,
    ("baselines", "most_days"): True,
    **{("approvals_last", tier): True for tier in TIERS},
    ("committee", "quorum"): False,
    ("committee", "of_second_line"): False,
    ("attestation", "answer_within_days"): True,
    ("people", "answer_within_days"): True,
    ("tiering", "review_after_days"): True,
    ("tiering", "exemption_days"): True,
    **{
        ("validation", part, tier): True
        for tier in TIERS
        for part in ("full_every_months", "annual_review_every_months")
    },
    **{
        ("findings", "impact", part, severity): True
        for severity in SEVERITIES
        for part in ("effect_percent", "class_change_percent")
    },
    **{("attestation", "cadence", tier): True for tier in ALL_TIERS},
    ("people", "recertify_roles"): True,
    **OF_INDICATORS,
}
# What a number that is left out comes to: no envelope is allowed, no overlay is material, no indicator is ever bad.
LEFT_OUT = {
    ("retraining", "envelope", "most_days"): 0,
    ("overlays", "material_percent"): math.inf,
    **{path: math.inf if more_is_laxer else -math.inf for path, more_is_laxer in OF_INDICATORS.items()},
}
# Lists that demand more the longer they are, or allow more; one that is left out is empty.
DROPPING_LOOSENS = {
    ("exceptions", "severe"): True,
    ("exceptions", "waivable"): False,
    ("retraining", "envelope", "tiers"): False,
    ("doubts", "attributes"): True,
    ("doubts", "uses"): True,
}


def _without(entries: list, others: list) -> list:
    return [entry for entry in entries if entry not in others]


def _sentence(name: str, path: Iterable[str], was, now) -> str:
    return f"{_place(name, path)}: {value_in_words(was)} {ARROW} {value_in_words(now)}."


def _place(name: str, path: Iterable[str]) -> str:
    place = ", ".join(words(part) for part in (name, *path))
    return place[:1].upper() + place[1:]


def _leaves(old, new, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], object, object]]:
    """Where two trees of objects differ: the path, and what stands there in each (None where nothing does)."""
    if isinstance(old, dict) or isinstance(new, dict):
        was, now = (side if isinstance(side, dict) else {} for side in (old, new))
        for name in [*was, *(name for name in now if name not in was)]:
            yield from _leaves(was.get(name), now.get(name), (*path, name))
    elif old != new:
        yield path, old, new


COMPARED_BY: dict[str, Callable[[str, object, object], Iterator[Change]]] = {
    "tiers": _compare_tiers,
    "alerts": _compare_alerts,
    "limits": _compare_limits,
    "approvals": _compare_approvals,
    "cadences": _compare_demands,
    "completeness": _compare_completeness,
    "promotion": _compare_demands,
    "change_classes": _compare_demands,
    "retention": _compare_retention,
    "retraining": _compare_demands,
    "signatures": _compare_demands,
    "validation": _compare_demands,
}
