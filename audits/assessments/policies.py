"""Which amber or red result opens a breach under the rule of a policy. Plain values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from audits.statistics.limits import Verdict
from inventory.policies import AlertRule
from mrm.pages.wording import percent

BAD = (Verdict.AMBER, Verdict.RED)


@dataclass(frozen=True)
class Circumstances:
    """What is known of one amber or red result beside its verdict.

    in_a_row    windows up to this one, one after the other, in which the same case was amber or red
    together    measures of the run's other results that are amber or red
    importance  the column's share of attribution; None where nobody knows it, which holds nothing back
    closed      when people last closed the case, and how bad it was then
    """

    verdict: str
    in_a_row: int
    together: frozenset[str]
    importance: float | None
    closed: tuple[datetime, str] | None
    now: datetime


def why_held_back(rule: AlertRule, found: Circumstances) -> str:
    """Why no breach opens, in words; empty where one does."""
    if found.closed and (until := found.closed[0] + rule.cool_down) > found.now and not _is_worse(found):
        return f"it was closed on {found.closed[0]:%d %B %Y}, and opens again before {until:%d %B %Y} only when worse"
    if found.verdict == Verdict.RED:
        return ""
    if found.in_a_row < rule.in_a_row:
        return f"it is amber in {found.in_a_row} of the {rule.in_a_row} windows in a row that the policy asks for"
    if rule.confirmed_by and not rule.confirmed_by & found.together:
        told = " or ".join(name.replace("_", " ") for name in sorted(rule.confirmed_by))
        return f"nothing confirms it: the policy asks for {told} to be amber or red as well"
    if found.importance is not None and found.importance < rule.least_importance:
        asked = f"less than the {percent(rule.least_importance)} that the policy asks for"
        return f"the feature has {percent(found.importance)} of all attribution, {asked}"
    return ""


def together(bad: Mapping[str, int], measure: str) -> frozenset[str]:
    """The measures that a run's other results are amber or red of, given how many are of each."""
    return frozenset(name for name, count in bad.items() if count > (name == measure))


def _is_worse(found: Circumstances) -> bool:
    return found.verdict == Verdict.RED and found.closed[1] != Verdict.RED
