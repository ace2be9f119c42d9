"""A policy as its page shows it: tables that can be read."""

from collections.abc import Iterator
from dataclasses import dataclass

from inventory import policies
from inventory.policies.differences import number, value_in_words
from mrm.pages.wording import sentence, words

SHOWN_AS_TABLES = ("title", "tiers", "limits", "approvals")


@dataclass(frozen=True)
class LimitRow:
    """One limit in words."""

    measure: str
    applies_to: str
    amber: str
    red: str
    decided_by: str
    minimum_size: int
    why: str


@dataclass(frozen=True)
class PolicyTables:
    """Everything a policy says, section by section.

    cadences, approvals  a row per kind: its name, and one cell per tier
    others               the remaining sections: a heading, and rows of what is set and to what
    """

    title: str
    tiers: tuple[str, ...]
    cadences: list[tuple[str, list[str]]]
    limits: list[LimitRow]
    approvals: list[tuple[str, list[str]]]
    others: list[tuple[str, list[tuple[str, str]]]]


def tables_of(document: dict) -> PolicyTables:
    tiers, approvals = policies.section(document, "tiers"), policies.section(document, "approvals")
    return PolicyTables(
        title=policies.section(document, "title"),
        tiers=policies.TIERS,
        cadences=[
            (sentence(kind), [tiers[tier]["cadence"][kind] for tier in policies.TIERS])
            for kind in tiers[policies.TIERS[0]]["cadence"]
        ],
        limits=[_limit(entry) for entry in policies.section(document, "limits")],
        approvals=[
            (sentence(kind), [_signatures(per_tier.get(tier, [])) for tier in policies.TIERS])
            for kind, per_tier in approvals.items()
        ],
        others=[
            (sentence(name), list(_rows(policies.section(document, name))))
            for name in policies.SECTIONS
            if name not in SHOWN_AS_TABLES
        ],
    )


def _limit(entry: dict) -> LimitRow:
    side = "below" if entry.get("direction") == "lower" else "above"
    ends = {colour: f"{side} {number(entry[colour])}" if colour in entry else "–" for colour in ("amber", "red")}
    columns = {"score": "the score", "feature": "every feature", "text": "every text"}.get(entry.get("role"), "")
    tiers = f"tier {' and '.join(entry['tiers'])}" if "tiers" in entry else ""
    return LimitRow(
        measure=sentence(entry["measure"]),
        applies_to=", ".join(part for part in (columns, tiers) if part) or "all",
        decided_by=entry.get("decided_by", "point"),
        minimum_size=entry.get("minimum_size", 0),
        why=entry.get("why", ""),
        **ends,
    )


def _signatures(roles: list[str]) -> str:
    return " and ".join(words(role) for role in roles) or "–"  # Of lowering a tier, tier 1 alone says something.


def _rows(value, path: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """What is set, at every depth: its place in words and its value."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _rows(inner, (*path, name))
    else:
        yield sentence(", ".join(words(part) for part in path)), value_in_words(value)
