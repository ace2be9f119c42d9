"""Alerts: which amber results open a breach, and how soon what was closed opens again. What is red opens at once."""

from dataclasses import dataclass
from datetime import timedelta

from inventory.policies.checks import Check, are_some_of, is_count, is_days, is_object, is_share
from inventory.policies.limits import MEASURES
from inventory.policies.standard import section

_per_measure = {
    "in_a_row": is_count,
    "confirmed_by": are_some_of(MEASURES, at_least=1),
    "least_importance": is_share,
}


def _by_measure(check: Check) -> Check:
    return is_object({}, optional=dict.fromkeys(MEASURES, check))


faults = is_object(
    {name: _by_measure(check) for name, check in _per_measure.items()}, optional={"cool_down_days": is_days}
)


@dataclass(frozen=True, kw_only=True)
class AlertRule:
    """What an amber result of one measure needs so that a breach opens.

    in_a_row          windows, one after the other, in which the case is amber or red
    confirmed_by      measures of which another result of the same run is amber or red, one of them at least
    least_importance  share of attribution of the column below which it opens none
    cool_down         how long after people closed the case it opens again only when it is worse than it was
    """

    in_a_row: int = 1
    confirmed_by: frozenset[str] = frozenset()
    least_importance: float = 0.0
    cool_down: timedelta = timedelta()

    @property
    def holds_nothing_back(self) -> bool:
        return self == AlertRule()


def alert_rule(document: dict, measure: str) -> AlertRule:
    asked = section(document, "alerts")
    return AlertRule(
        in_a_row=asked["in_a_row"].get(measure, 1),
        confirmed_by=frozenset(asked["confirmed_by"].get(measure, ())),
        least_importance=asked["least_importance"].get(measure, 0.0),
        cool_down=timedelta(days=asked.get("cool_down_days", 0)),
    )
