"""The portfolio in numbers: how healthy, what is out of order, of which tier; and in one sentence."""

from collections import Counter
from dataclasses import dataclass

from django.db.models import Count, QuerySet

from audits.statistics.limits import Verdict
from audits.workflows.contents.standings import NO_DATA
from audits.workflows.models import Standing
from inventory.policies import EXEMPT

FLAGS = ("tier_is_provisional", "is_overdue", "in_use_without_approval", "is_late")
UNASSESSED = "no_data"  # How filters call what has no verdict.
UNJUDGED = (Verdict.INSUFFICIENT, Verdict.UNKNOWN, UNASSESSED)
TIERS = (
    (1, "Tier 1", "highest risk"),
    (2, "Tier 2", "medium risk"),
    (3, "Tier 3", "lowest risk"),
    (EXEMPT, "Exempt", "outside the tiers"),
)


@dataclass(frozen=True)
class Tile:
    """One number about the portfolio, and the filter that shows what it counts."""

    count: int
    label: str
    note: str
    filter: str
    value: str
    colour: str = ""


@dataclass(frozen=True)
class Tiles:
    models: int
    retired: int
    tools: int
    health: list[Tile]
    disorder: list[Tile]
    tiers: list[Tile]

    @property
    def groups(self) -> list[tuple[str, list[Tile]]]:
        return [("Health now", self.health), ("Out of order", self.disorder), ("By tier", self.tiers)]

    @property
    def by_verdict(self) -> dict[str, int]:
        return {tile.value: tile.count for tile in self.health}

    @property
    def worst(self) -> str:
        """The verdict that the whole is shown by; empty where there is no model."""
        counts = self.by_verdict
        if not self.models:
            return ""
        beyond = next((verdict for verdict in (Verdict.RED, Verdict.AMBER) if counts[verdict]), None)
        unjudged = any(counts[verdict] for verdict in UNJUDGED)
        return beyond or (Verdict.INSUFFICIENT if unjudged else Verdict.WITHIN)

    @property
    def healthy(self) -> str:
        """Of 10 models: 2 red, 2 amber, 5 without a verdict to rely on, 1 within."""
        counts = self.by_verdict
        told = [
            (counts[Verdict.RED], "red"),
            (counts[Verdict.AMBER], "amber"),
            (sum(counts[verdict] for verdict in UNJUDGED), "without a verdict to rely on"),
            (counts[Verdict.WITHIN], "within"),
        ]
        return ", ".join(f"{count:,} {word}" for count, word in told if count)

    @property
    def out_of_order(self) -> list[Tile]:
        return [tile for tile in self.disorder if tile.count]


def tiles_of(standings: QuerySet[Standing]) -> Tiles:
    """The numbers of the tiles, of `standings_seen_by`. Retired ones answer to nobody any more, and tools are no
    models: they are in none."""
    alive, retired, tools, counts = 0, 0, 0, Counter()
    kinds = standings.order_by().values_list("is_tool", "is_retired", "verdict", "tier", *FLAGS).annotate(Count("pk"))
    for is_tool, is_retired, verdict, tier, *flagged, number in kinds:
        if is_tool:
            tools += number
            continue
        if is_retired:
            retired += number
            continue
        alive += number
        counts.update({verdict: number, tier: number})
        counts.update({flag: number for flag, holds in zip(FLAGS, flagged, strict=True) if holds})
    return Tiles(alive, retired, tools, _health(counts), _disorder(counts), _tiers(counts))


def _health(counts: Counter) -> list[Tile]:
    return [
        *(
            Tile(counts[verdict], label, note, "verdict", verdict, verdict)
            for verdict, label, note in (
                (Verdict.RED, "Red", "beyond a red limit"),
                (Verdict.AMBER, "Amber", "beyond an amber limit"),
                (Verdict.INSUFFICIENT, "Insufficient", "too little evidence"),
                (Verdict.UNKNOWN, "Unknown", "could not be computed"),
            )
        ),
        Tile(counts[NO_DATA], "No data", "never assessed", "verdict", UNASSESSED),
        Tile(counts[Verdict.WITHIN], "Within", "every judged limit", "verdict", Verdict.WITHIN, Verdict.WITHIN),
    ]


def _disorder(counts: Counter) -> list[Tile]:
    told = (
        ("is_overdue", "Overdue", "assessment or finding", "overdue", Verdict.RED),
        ("is_late", "Validation overdue", "or its review", "validation", Verdict.RED),
        ("in_use_without_approval", "In use, not approved", "the target is 0", "unapproved", Verdict.RED),
        ("tier_is_provisional", "Tier to confirm", "provisional until then", "provisional", Verdict.AMBER),
    )
    return [
        Tile(counts[flag], label, note, "flag", value, colour if counts[flag] else "")
        for flag, label, note, value, colour in told
    ]


def _tiers(counts: Counter) -> list[Tile]:
    return [Tile(counts[tier], label, note, "tier", str(tier)) for tier, label, note in TIERS]
