"""Which amber results of a run open no breach under its policy: each is kept with the reason."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from audits.assessments.models import Breach, Result, Run
from audits.assessments.policies import BAD, Circumstances, together, why_held_back
from audits.assessments.services.breaches import WITH_BREACHES
from audits.assessments.states import RunState
from inventory.policies import AlertRule, alert_rule


def hold_back(run: Run, results: list[Result]) -> None:
    """Say in the detail of each result that is not to open a breach why not. Call before they are saved.

    A case that is open already goes on whatever the rule says.
    """
    bad = [result for result in results if result.verdict in BAD]
    rules = {one.measure: alert_rule(run.policy.document, one.measure) for one in bad}
    if run.version.stage not in WITH_BREACHES or all(rule.holds_nothing_back for rule in rules.values()):
        return
    known = _Known(run, rules)
    counts = Counter(result.measure for result in bad)
    for result in bad:
        case = (result.measure, result.column, result.segment)
        if case in known.open:
            continue
        found = Circumstances(
            verdict=result.verdict,
            in_a_row=known.in_a_row(case),
            together=together(counts, result.measure),
            importance=importance_of(result.column, known.explained, by=known.now),
            closed=known.closed.get(case),
            now=known.now,
        )
        if why := why_held_back(rules[result.measure], found):
            result.detail["held_back"] = why


class _Known:
    """What earlier runs of the plan, breaches of the version and its explanations say."""

    def __init__(self, run: Run, rules: dict[str, AlertRule]):
        self.now = timezone.now()
        breaches = Breach.objects.filter(version=run.version, measure__in=rules)
        cases = breaches.order_by("closed_at").values_list("measure", "column", "segment", "closed_at", "verdict")
        self.open = {(*case,) for *case, closed_at, _ in cases if closed_at is None}
        self.closed = {(*case,): (closed_at, verdict) for *case, closed_at, verdict in cases if closed_at}
        wanted = any(rule.least_importance for rule in rules.values())
        self.explained = explanations([run.version_id])[run.version_id] if wanted else []
        self.earlier = _earlier(run, max(rule.in_a_row for rule in rules.values()) - 1, list(rules))

    def in_a_row(self, case: tuple) -> int:
        """How many windows, this one included."""
        return 1 + next((n for n, bad in enumerate(self.earlier) if case not in bad), len(self.earlier))


@dataclass(frozen=True)
class Explained:
    """One explanation of a version: when it was finished, the end of its window, and each feature's share."""

    window_end: datetime
    finished_at: datetime
    shares: dict[str, float]


def explanations(versions: Iterable) -> dict[object, list[Explained]]:
    """By version, what explained it, the newest window first."""
    results = Result.objects.filter(
        run__version__in=list(versions), run__state=RunState.SUCCEEDED, measure="importance", value__isnull=False
    )
    told = results.order_by("-run__window_end", "-run__finished_at", "run_id").values_list(
        "run_id", "run__version_id", "run__window_end", "run__finished_at", "column", "value"
    )
    found, by_run = defaultdict(list), {}
    for run, version, window_end, finished_at, column, share in told:
        if run not in by_run:
            by_run[run] = Explained(window_end, finished_at, {})
            found[version].append(by_run[run])
        by_run[run].shares[column] = share
    return found


def importance_of(column: str, explained: Iterable[Explained], *, by: datetime) -> float | None:
    """The feature's share in the newest explanation that was finished by then."""
    newest = next((one for one in explained if one.finished_at <= by), None)
    return newest.shares.get(column) if newest else None


def _earlier(run: Run, count: int, measures: list[str]) -> list[set[tuple]]:
    """The cases that were amber or red in each of so many windows before, the newest first."""
    if not count:
        return []
    before = Run.objects.filter(plan=run.plan, state=RunState.SUCCEEDED, window_end__lt=run.window_end)
    runs: dict[datetime, object] = {}
    for key, window_end in before.order_by("-window_end", "-finished_at").values_list("pk", "window_end")[: 4 * count]:
        runs.setdefault(window_end, key)
    newest = list(runs.values())[:count]
    bad = defaultdict(set)
    found = Result.objects.filter(run__in=newest, measure__in=measures, verdict__in=BAD)
    for key, *case in found.values_list("run_id", "measure", "column", "segment"):
        bad[key].add((*case,))
    return [bad[key] for key in newest]
