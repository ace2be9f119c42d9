"""A policy as its page shows it: tables that can be read."""

from dataclasses import dataclass

from inventory import policies
from inventory.contents.sections import Section, ordered, sections_of
from inventory.policies.differences import number
from mrm.pages.wording import roles_together, sentence

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
    others               the remaining sections, each in facts and tables
    """

    title: str
    tiers: tuple[str, ...]
    cadences: list[tuple[str, list[str]]]
    limits: list[LimitRow]
    approvals: list[tuple[str, list[str]]]
    others: list[Section]


def tables_of(document: dict) -> PolicyTables:
    tiers = policies.section(document, "tiers")
    approvals = ordered(policies.section(document, "approvals"), policies.standard()["approvals"])
    return PolicyTables(
        title=policies.section(document, "title"),
        tiers=policies.TIERS,
        cadences=[
            (sentence(kind), [tiers[tier]["cadence"][kind] for tier in policies.TIERS]) for kind in policies.ASSESSMENTS
        ],
        limits=[_limit(entry) for entry in policies.section(document, "limits")],
        approvals=[
            (sentence(policies.name_of(kind)), [_signatures(per_tier.get(tier, [])) for tier in policies.TIERS])
            for kind, per_tier in approvals.items()
        ],
        others=sections_of(document, tuple(name for name in policies.SECTIONS if name not in SHOWN_AS_TABLES)),
    )


def _limit(entry: dict) -> LimitRow:
    side = "below" if entry.get("direction") == "lower" else "above"
    ends = {colour: f"{side} {number(entry[colour])}" if colour in entry else "–" for colour in ("amber", "red")}
    columns = {"score": "the score", "feature": "every feature", "text": "every text"}.get(entry.get("role"), "")
    tiers = f"tier {' and '.join(entry['tiers'])}" if "tiers" in entry else ""
    return LimitRow(
        measure=sentence(entry["measure"]),
        applies_to=", ".join(part for part in (columns, tiers) if part) or "all",
        decided_by=decided_by_in_words(entry),
        minimum_size=entry.get("minimum_size", 0),
        why=entry.get("why", ""),
        **ends,
    )


def decided_by_in_words(entry: dict) -> str:
    """What decides: point, interval or tolerance, and of how much where the limit says so."""
    of = f" of {number(entry['tolerance'])}" if "tolerance" in entry else ""
    return entry.get("decided_by", "point") + of


def _signatures(roles: list[str]) -> str:
    return roles_together(roles) or "–"  # Of lowering a tier, tier 1 alone says something.
