"""Indicators against the appetite of the policy in force, and how they went month by month."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from audits.statistics.estimates import Estimate
from audits.statistics.limits import Limit, Verdict, judge
from audits.workflows.contents.indicators.scope import Found, Scope, end_of_day
from audits.workflows.contents.indicators.table import INDICATORS, Indicator
from inventory import policies
from inventory.models import Policy
from mrm.accounts.models import Person

MONTHS = 12


@dataclass(frozen=True)
class Shown:
    """One indicator with its number, its appetite and its verdict; empty where no limit judges it."""

    indicator: Indicator
    found: Found
    limit: Limit | None
    owner: str
    verdict: str

    @property
    def value(self) -> float | None:
        return self.found.value

    @property
    def reason(self) -> str:
        return self.found.reason

    @property
    def is_measured(self) -> bool:
        return self.found.value is not None

    @property
    def in_words(self) -> str:
        return written(self.indicator, self.found.value)

    def limit_in_words(self, colour: str) -> str:
        end = getattr(self.limit, colour) if self.limit else None
        return "–" if end is None else written(self.indicator, end)

    @property
    def amber(self) -> str:
        return self.limit_in_words("amber")

    @property
    def red(self) -> str:
        return self.limit_in_words("red")


@dataclass(frozen=True)
class Trend:
    """One indicator at the end of a month."""

    day: date
    shown: Shown


def indicators_of(person: Person, *, now: datetime, names: tuple[str, ...] = ()) -> list[Shown]:
    """Every indicator, or those named, over the models that a person may see."""
    scope, document = Scope(person, now), Policy.objects.in_force().document
    return [shown_of(one, scope, document) for one in INDICATORS if not names or one.name in names]


def trend_of(indicator: Indicator, person: Person, *, now: datetime) -> list[Trend]:
    """The indicator at the end of each of the last months, oldest first; none where the past is not known.

    Judged by the appetite in force now: what was within the appetite then is a matter of the reports of then.
    """
    if not indicator.has_past:
        return []
    document, days = Policy.objects.in_force().document, month_ends(now.date())
    return [Trend(day, shown_of(indicator, Scope(person, now, end_of_day(day)), document)) for day in days]


def shown_of(indicator: Indicator, scope: Scope, document: dict) -> Shown:
    found = indicator.find(scope) if indicator.find else Found(reason=f"Not measured, because {indicator.lacks}.")
    limit, owner = policies.appetite(document, indicator.name)
    return Shown(indicator, found, limit, owner, _verdict(found, limit))


def _verdict(found: Found, limit: Limit | None) -> str:
    """What is not measured is never within, also where no limit would judge it."""
    if found.value is None:
        return Verdict.UNKNOWN
    return judge(Estimate(value=found.value), limit) if limit else ""


def written(indicator: Indicator, value: float | None) -> str:
    if value is None:
        return "not measured"
    if indicator.written == "share":
        return f"{100 * value:.3g} %"
    return f"{value:,.0f} days" if indicator.written == "days" else f"{value:,.0f}"


def month_ends(today: date) -> list[date]:
    """The last day of each of the last months that are over, oldest first."""
    ends = [today.replace(day=1) - timedelta(days=1)]
    while len(ends) < MONTHS:
        ends.insert(0, ends[0].replace(day=1) - timedelta(days=1))
    return ends
