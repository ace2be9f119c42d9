"""Which breaches a sequence of results opens: under the verdicts they were given, and under others. Reads only."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from audits.assessments.catalogue import MEASURES
from audits.assessments.measures.judging import Ruling
from audits.assessments.models import Breach, Run
from audits.assessments.policies import BAD, Circumstances, together, why_held_back
from audits.assessments.services.breaches import WITH_BREACHES
from audits.assessments.services.foretelling import (
    FALLS,
    Foretelling,
    Performance,
    Span,
    Window,
    foretelling,
    performance_of,
)
from audits.assessments.services.holding_back import explanations, importance_of
from inventory.models import VersionRecord
from inventory.policies import AlertRule, alert_rule

FORETELL = frozenset(name for name, one in MEASURES.items() if one.kind in ("drift", "explainability"))


class Judged(NamedTuple):
    """What a run said about a case, what it would have said, and whether its policy held the breach back then."""

    run: Run
    was: str
    now: Ruling
    held_back: bool


@dataclass(frozen=True)
class Case:
    """One breach that the two do not open alike; `became` says what the policy would have made of it."""

    became: str
    week: date
    model: str
    name: str
    version: int
    measure: str
    column: str
    segment: str
    run: str


@dataclass(frozen=True)
class Week:
    """How many breaches the runs whose windows ended in this week opened, and would have opened."""

    start: date
    before: int
    after: int


class Openings:
    """Which breaches the runs opened, and would have: each case as it went, closed when people closed it.

    A case that was open before these runs is open in both; what people would have decided otherwise nobody knows.
    """

    def __init__(self, judged: dict, runs: dict, versions: dict, *, before: dict | None, after: dict):
        self.runs, self.versions = runs, versions
        sides = {name: _Side(name, document, judged) for name, document in (("before", before), ("after", after))}
        self._seen: dict[str, dict[tuple, tuple]] = {name: {} for name in sides}
        before, after = self._seen.values()
        self._runs_watched: dict[object, dict[object, Span]] = defaultdict(dict)
        unsure: set[tuple] = set()
        watched = self._watched()
        closings, opened_elsewhere = self._known(judged)
        for case, said in judged.items():
            said.sort(key=lambda one: (one.run.finished_at, one.run.window_end, str(one.run.pk)))
            said = [one for one in said if _stood(watched[case[0]], one.run.finished_at)]
            unsure |= {(*case, one.run.pk) for one in said if one.now.why_not}
            if case[1] in FORETELL:
                self._runs_watched[case[0]] |= {one.run.pk: _span([one.run]) for one in said}
            for name, side in sides.items():
                self._seen[name] |= _seen(case, said, side, closings[case], opened_elsewhere[case])
        self.before, self.after = (_openings(side) for side in (before, after))
        self.earlier = {after[one] for one in self.before & after.keys() - self.after} & self.after - before.keys()
        self.later = {before[one] for one in self.after & before.keys() - self.before} & self.before - after.keys()
        self.newly_opened = self.after - before.keys() - self.earlier
        self.not_opened = self.before - after.keys() - self.later - unsure
        self.unsure = (self.before & unsure) - self.later
        self._performance = self._performance_of(judged)

    def foretelling(self, side: str) -> Foretelling:
        """What the alerts of one side, "before" or "after", were worth."""
        joined = defaultdict(list)
        for (*_, run), opening in self._seen[side].items():
            if opening and opening[1] in FORETELL:
                joined[opening].append(self.runs[run])
        alerts = defaultdict(list)
        for opening, runs in joined.items():
            alerts[opening[0]].append(_span(runs))
        watched = {version: list(runs.values()) for version, runs in self._runs_watched.items()}
        return foretelling(alerts, self._performance, watched)

    def _performance_of(self, judged: dict) -> dict[object, Performance]:
        """By version, what its realised performance was judged, on the side that the other is compared with."""
        found = {}
        for (version, measure, *_), said in judged.items():
            if measure in FALLS:
                told = sorted(said, key=lambda one: (one.run.finished_at, str(one.run.pk)))
                windows = [(Window(one.run.window_start, one.run.window_end), one.was) for one in told]
                found[version] = performance_of(windows)
        return found

    def _watched(self) -> dict:
        """From when until when each version was one whose breaches are opened."""
        records = VersionRecord.objects.filter(subject__in=list(self.versions), stage__in=WITH_BREACHES)
        spans = defaultdict(list)
        for subject, start, end in records.values_list("subject", "recorded_from", "recorded_to"):
            spans[subject].append((start, end))
        return spans

    def _known(self, judged: dict) -> tuple[dict, dict]:
        """When people closed each case and how bad it was, and since when those stood open that other runs opened."""
        closings, opened = defaultdict(list), defaultdict(list)
        rows = Breach.objects.filter(version__in=list(self.versions))
        for *case, first_run, opened_at, closed_at, verdict in rows.order_by("closed_at").values_list(
            "version_id", "measure", "column", "segment", "first_run_id", "opened_at", "closed_at", "verdict"
        ):
            if closed_at:
                closings[tuple(case)].append((closed_at, verdict))
            if first_run not in self.runs:
                opened[tuple(case)].append((opened_at, closed_at))
        return closings, opened

    def weeks(self) -> list[Week]:
        before, after = (Counter(self._week(one) for one in side) for side in (self.before, self.after))
        return [Week(week, before[week], after[week]) for week in sorted({*before, *after})]

    def cases(self) -> list[Case]:
        """Breaches that the two do not open alike, the newest first."""
        kinds = {
            "opened": self.newly_opened,
            "opened earlier": self.earlier,
            "opened later": self.later,
            "not opened": self.not_opened,
        }
        found = [self._case(one, became) for became, openings in kinds.items() for one in openings]
        return sorted(found, key=lambda one: (-one.week.toordinal(), one.name, one.measure, one.column, one.segment))

    def _week(self, opening: tuple) -> date:
        day = (self.runs[opening[-1]].window_end - timedelta(microseconds=1)).date()
        return day - timedelta(days=day.weekday())

    def _case(self, opening: tuple, became: str) -> Case:
        version_id, measure, column, segment, run = opening
        version = self.versions[version_id]
        return Case(
            became=became,
            week=self._week(opening),
            model=version.model.slug,
            name=version.model.name,
            version=version.number,
            measure=measure,
            column=column,
            segment=segment,
            run=str(run),
        )


class _Side:
    """What one side made of the results: the verdict of each, and whether its policy held the breach back.

    Without a document, what really happened.
    """

    def __init__(self, name: str, document: dict | None, judged: dict):
        self.name, self.document = name, document
        self._rules: dict[str, AlertRule] = {}
        self._bad: dict[object, Counter] = defaultdict(Counter)
        for (_, measure, *_), said in judged.items():
            self._bad_of(measure, said)
        wanted = any(rule.least_importance for rule in self._rules.values())
        self._explained = explanations({version for version, *_ in judged}) if wanted else {}

    def _bad_of(self, measure: str, said: list[Judged]) -> None:
        if self.document is not None and measure not in self._rules:
            self._rules[measure] = alert_rule(self.document, measure)
        for one in said:
            self._bad[one.run.pk][measure] += self.verdict(one) in BAD

    def verdict(self, one: Judged) -> str:
        return one.was if self.name == "before" else one.now.verdict

    def holds_back(self, case: tuple, one: Judged, *, in_a_row: int, closings: list[tuple[datetime, str]]) -> bool:
        version, measure, column, _ = case
        if self.document is None:
            return one.held_back
        now = one.run.finished_at
        found = Circumstances(
            verdict=self.verdict(one),
            in_a_row=in_a_row,
            together=together(self._bad[one.run.pk], measure),
            importance=importance_of(column, self._explained.get(version, ()), by=now),
            closed=next((closing for closing in reversed(closings) if closing[0] <= now), None),
            now=now,
        )
        return bool(why_held_back(self._rules[measure], found))


def _seen(
    case: tuple, said: Iterable[Judged], side: _Side, closings: list[tuple[datetime, str]], elsewhere: list[tuple]
) -> dict[tuple, tuple]:
    """Each amber or red result of one case, by its run, and the opening of the breach that it opened or joined.

    What joins a breach that runs outside opened has no opening here; what was held back is not among them.
    """
    found, open_since, opening = {}, None, None
    in_a_row, window = 0, None
    for one in said:
        run, now = one.run, one.run.finished_at
        if open_since and any(open_since <= closed <= now for closed, _ in closings):
            open_since = opening = None
        if open_since is None and any(start <= now and (end is None or end > now) for start, end in elsewhere):
            open_since = now
        if side.verdict(one) not in BAD:
            in_a_row = 0
            continue
        in_a_row, window = in_a_row + (run.window_end != window), run.window_end
        if open_since is None:
            if side.holds_back(case, one, in_a_row=max(in_a_row, 1), closings=closings):
                continue
            open_since, opening = now, (*case, run.pk)
        found[(*case, run.pk)] = opening
    return found


def _span(runs: list) -> Span:
    """The alert that was seen in these runs, of which the first opened it."""
    return Span(runs[0].window_end, max(run.window_end for run in runs), runs[0].pk)


def _openings(seen: dict[tuple, tuple]) -> set[tuple]:
    return {opening for opening in seen.values() if opening}


def _stood(spans: list[tuple], at: datetime) -> bool:
    return any(start <= at and (end is None or end > at) for start, end in spans)
