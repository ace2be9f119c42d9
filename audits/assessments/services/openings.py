"""Which breaches a sequence of results opens: under the verdicts they were given, and under others. Reads only."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from audits.assessments.catalogue import MEASURES
from audits.assessments.models import Breach
from audits.assessments.services.breaches import WITH_BREACHES
from audits.assessments.services.foretelling import (
    BAD,
    FALLS,
    Foretelling,
    Performance,
    Span,
    Window,
    foretelling,
    performance_of,
)
from inventory.models import VersionRecord

FORETELL = frozenset(name for name, one in MEASURES.items() if one.kind in ("drift", "explainability"))


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

    def __init__(self, judged: dict, runs: dict, versions: dict):
        self.runs, self.versions = runs, versions
        self._seen: dict[str, dict[tuple, tuple]] = {"before": {}, "after": {}}
        before, after = self._seen.values()
        self._runs_watched: dict[object, dict[object, Span]] = defaultdict(dict)
        unsure: set[tuple] = set()
        watched = self._watched()
        closings, opened_elsewhere = self._known(judged)
        for case, said in judged.items():
            said.sort(key=lambda one: (one[0].finished_at, one[0].window_end, str(one[0].pk)))
            said = [one for one in said if _stood(watched[case[0]], one[0].finished_at)]
            unsure |= {(*case, run.pk) for run, _, now in said if now.why_not}
            if case[1] in FORETELL:
                self._runs_watched[case[0]] |= {run.pk: _span([run]) for run, _, _ in said}
            known = (closings[case], opened_elsewhere[case])
            before |= _seen(case, ((run, was) for run, was, _ in said), *known)
            after |= _seen(case, ((run, now.verdict) for run, _, now in said), *known)
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
                told = sorted(said, key=lambda one: (one[0].finished_at, str(one[0].pk)))
                windows = [(Window(run.window_start, run.window_end), was) for run, was, _ in told]
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
        """When people closed each case, and from when until when those stood open that other runs had opened."""
        closings, opened = defaultdict(list), defaultdict(list)
        rows = Breach.objects.filter(version__in=list(self.versions))
        for *case, first_run, opened_at, closed_at in rows.values_list(
            "version_id", "measure", "column", "segment", "first_run_id", "opened_at", "closed_at"
        ):
            if closed_at:
                closings[tuple(case)].append(closed_at)
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


def _seen(case: tuple, said: Iterable[tuple], closings: list[datetime], elsewhere: list[tuple]) -> dict[tuple, tuple]:
    """Each amber or red result of one case, by its run, and the opening of the breach that it opened or joined.

    What joins a breach that runs outside opened has no opening here.
    """
    found, open_since, opening = {}, None, None
    for run, verdict in said:
        now = run.finished_at
        if open_since and any(open_since <= closed <= now for closed in closings):
            open_since = opening = None
        if open_since is None and any(start <= now and (end is None or end > now) for start, end in elsewhere):
            open_since = now
        if verdict in BAD:
            if open_since is None:
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
