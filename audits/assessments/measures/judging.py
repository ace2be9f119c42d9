"""Judging stored results again: what the limits of another policy make of what a run measured. No data is read."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from audits.assessments.measures.columns import PER_COLUMN
from audits.assessments.measures.subject import unless_by_chance
from audits.statistics.estimates import Estimate
from audits.statistics.limits import DecidedBy, Direction, Limit, Verdict, judge
from inventory import policies
from inventory.policies.limits import ASKED_PRECISION

NOT_JUDGED = ""
MAY_BE_CHANCE = ("reconstruction_error", "domain_classifier", "maximum_mean_discrepancy", "text_domain_classifier")
OF_SEGMENTS = ("new_segment", "segment_error")  # Judged where the scan found any, each under its name.
OF_GROUPS = ("impact_ratio", "demographic_parity", "equalized_odds")
# What a run took from the policy while it measured, by the measures that are other numbers without it.
MEASURED_WITH = {
    "minimum_gating": (OF_GROUPS, "the smallest group that is judged is another, and groups were measured with that"),
    "reference_group": (("impact_ratio",), "groups are compared with another group than when they were measured"),
    "minimum_display": (OF_SEGMENTS, "the smallest segment that is shown is another, and others would be found"),
}
PRECISION = "how precisely attributions are wanted also decides how many rows a run explains"
UNTESTED = "the run did not test the tolerance at the limit of this policy"


class Stored(NamedTuple):
    """What was kept of one result, as far as judging it needs."""

    run: object
    measure: str
    column: str
    segment: str
    value: float | None
    low: float | None
    high: float | None
    p_value: float | None
    sizes: dict
    reason: str
    limit: dict | None
    verdict: str
    tolerance: dict | None
    held_back: str | None = None


@dataclass(frozen=True)
class Ruling:
    """A verdict, empty where no limit judges; or why the result cannot be judged again."""

    verdict: str = NOT_JUDGED
    why_not: str = ""


class Rules:
    """One policy as far as it judges; each limit is looked up once."""

    def __init__(self, document: dict):
        self.document = document
        self.fairness = policies.section(document, "fairness")
        self._limits: dict[tuple[str, str, int], Limit | None] = {}

    def limit(self, measure: str, role: str, tier: int) -> Limit | None:
        asked = (measure, role if measure in PER_COLUMN else "", tier)
        if asked not in self._limits:
            self._limits[asked] = policies.limit(self.document, measure, role=asked[1], tier=tier)
        return self._limits[asked]


def judged_again(stored: Stored, rules: Rules, *, then: Rules, role: str, tier: int) -> Ruling:
    """The verdict of a stored result under other rules.

    then  the rules that the run was bound to, since some of them decided what it measured at all
    """
    limit, own = (side.limit(stored.measure, role, tier) for side in (rules, then))
    if why_not := _measured_otherwise(stored, rules, then, limit != own):
        return Ruling(why_not=why_not)
    if stored.value is None and stored.measure == "impact_ratio":
        return Ruling(Verdict.INSUFFICIENT)  # Too few in the group to compare it, whatever the limit.
    if limit is None or _was_withheld(stored, own):
        return Ruling()
    if stored.measure == ASKED_PRECISION:
        return Ruling(stored.verdict)
    estimate = Estimate(
        value=stored.value,
        low=stored.low,
        high=stored.high,
        p_value=stored.p_value,
        sizes=stored.sizes,
        reason=stored.reason,
        detail={"tolerance": stored.tolerance or {}},
    )
    verdict = judge(estimate, limit)
    if stored.measure in MAY_BE_CHANCE:
        verdict = unless_by_chance(estimate, limit) or verdict
    if verdict == Verdict.UNKNOWN and _lacks_a_test(estimate, limit, own):
        return Ruling(why_not=UNTESTED)
    return Ruling(verdict)


def _measured_otherwise(stored: Stored, rules: Rules, then: Rules, other_limit: bool) -> str:
    for setting, (measures, why) in MEASURED_WITH.items():
        if stored.measure in measures and rules.fairness[setting] != then.fairness[setting]:
            return why
    return PRECISION if stored.measure == ASKED_PRECISION and other_limit else ""


def _was_withheld(stored: Stored, own: Limit | None) -> bool:
    """Whether the run itself found nothing to judge: no segment stood out, or the order of features was sure."""
    nothing_found = stored.measure in OF_SEGMENTS and not stored.segment
    return nothing_found or (own is not None and stored.limit is None)


def _lacks_a_test(estimate: Estimate, limit: Limit, own: Limit | None) -> bool:
    """Whether a verdict is unknown only because nobody asked the run for the test at this threshold."""
    if estimate.value is None or limit.decided_by is not DecidedBy.TOLERANCE:
        return False
    asked = own.tests if own else set()
    wanted = {limit.tested_at(end) for end in _crossed(estimate.value, limit)}
    return any(f"{value:g}" not in estimate.detail["tolerance"] for value in wanted - asked)


def _crossed(value: float, limit: Limit) -> Iterator[float]:
    for end in (limit.amber, limit.red):
        if end is not None and (value > end if limit.direction is Direction.UPPER else value < end):
            yield end
