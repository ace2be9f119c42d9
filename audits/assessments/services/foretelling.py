"""What alerts were worth: which came before a real fall in performance, and which falls came without any. Plain values.

A fall is realised performance, measured against outcomes, that was judged amber or red; so whoever judges it does not
decide what the alerts under test are worth. An alert is a breach of anything that is known before outcomes are.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from audits.assessments.policies import BAD
from audits.statistics.limits import Verdict
from audits.statistics.shares import wilson

FALLS = ("auc_change", "rmse_ratio")  # Against the reference, with outcomes; what of these a version has.
HORIZON = timedelta(days=91)
FEWEST = 5  # Falls, and alarms whose end is known, below which nothing is said about either.
EVIDENCE = ("insufficient", "better than chance", "worse than chance")


class Window(NamedTuple):
    start: datetime
    end: datetime


class Span(NamedTuple):
    """One alert: the ends of the first and of the last window in which it was amber or red, and the run it began in."""

    first: datetime
    last: datetime
    run: object


@dataclass(frozen=True)
class Fall:
    """Performance that went beyond its limit: the window in which it first did, and the end of the last that did."""

    start: datetime
    end: datetime
    until: datetime


@dataclass(frozen=True)
class Foretelling:
    """The alerts by what came after them, and the falls by what came before.

    not_known    performance was not measured for as long afterwards as an alert has to come true
    unwatched    falls in a time in which nothing else was measured, so that no alert could have come
    alarms       runs that opened an alert and of which is known what followed: alerts of one run are one alarm
    by_chance    the share of all such runs, alarm or not, that a fall followed
    """

    alerts: int = 0
    preceded: int = 0
    during: int = 0
    followed_by_none: int = 0
    not_known: int = 0
    falls: int = 0
    foretold: int = 0
    missed: int = 0
    unwatched: int = 0
    alarms: int = 0
    alarms_preceded: int = 0
    by_chance: float | None = None

    @property
    def share(self) -> float | None:
        return self.alarms_preceded / self.alarms if self.alarms else None

    @property
    def interval(self) -> tuple[float, float] | None:
        return wilson(self.alarms_preceded, self.alarms) if self.alarms else None

    @property
    def evidence(self) -> str:
        """What the numbers suffice to say, in one word."""
        if min(self.falls, self.alarms) < FEWEST or self.by_chance is None:
            return "insufficient"
        low, high = self.interval
        if low > self.by_chance:
            return "better than chance"
        return "worse than chance" if high < self.by_chance else "insufficient"

    def summary(self) -> dict:
        counted = ("alerts", "preceded", "during", "followed_by_none", "not_known")
        falls = ("falls", "foretold", "missed", "unwatched", "alarms", "alarms_preceded")
        return {name: getattr(self, name) for name in (*counted, *falls)} | {"evidence": self.evidence}


class Performance:
    """What was measured of one version with outcomes: whether it had fallen, window by window."""

    def __init__(self, fallen: Mapping[Window, bool]):
        self.ends = [window.end for window in fallen]
        self.falls: list[Fall] = []
        standing: Fall | None = None
        for window, is_fall in sorted(fallen.items(), key=lambda one: (one[0].end, one[0].start)):
            if not is_fall:
                standing = None
            elif standing is None:
                standing = Fall(window.start, window.end, window.end)
                self.falls.append(standing)
            else:
                self.falls[-1] = standing = Fall(standing.start, standing.end, window.end)

    def follows(self, span: Span) -> str:
        """What came after an alert, as the field of `Foretelling` that counts it."""
        if any(_comes_before(span, fall) for fall in self.falls):
            return "preceded"
        if any(fall.end < span.first <= fall.until for fall in self.falls):
            return "during"
        return "followed_by_none" if any(end >= span.first + HORIZON for end in self.ends) else "not_known"


def performance_of(judged: Iterable[tuple[Window, str]]) -> Performance:
    """From the verdicts of realised performance, the later of the same window counting; undecided ones tell nothing."""
    known = {window: verdict in BAD for window, verdict in judged if verdict in (*BAD, Verdict.WITHIN)}
    return Performance(known)


def foretelling(
    alerts: Mapping[object, list[Span]], performance: Mapping[object, Performance], watched: Mapping[object, list[Span]]
) -> Foretelling:
    """Everything by version: its alerts, its performance, and each run that could have opened one."""
    counted: dict[str, int] = defaultdict(int)
    alarms: dict[object, bool] = {}
    runs: list[bool] = []
    for version, spans in alerts.items():
        for span in spans:
            came = performance[version].follows(span) if version in performance else "not_known"
            counted[came] += 1
            counted["alerts"] += 1
            if _is_told(came):
                alarms[span.run] = came == "preceded" or alarms.get(span.run, False)
    for version, known in performance.items():
        runs += [came == "preceded" for one in watched.get(version, ()) if _is_told(came := known.follows(one))]
        for fall in known.falls:
            counted[_announced(fall, alerts.get(version, ()), watched.get(version, ()))] += 1
    return Foretelling(
        **counted,
        falls=counted["foretold"] + counted["missed"],
        alarms=len(alarms),
        alarms_preceded=sum(alarms.values()),
        by_chance=sum(runs) / len(runs) if runs else None,
    )


def _is_told(came: str) -> bool:
    return came in ("preceded", "followed_by_none")


def _announced(fall: Fall, alerts: Iterable[Span], watched: Iterable[Span]) -> str:
    if any(_comes_before(span, fall) for span in alerts):
        return "foretold"
    return "missed" if any(_comes_before(span, fall) for span in watched) else "unwatched"


def _comes_before(span: Span, fall: Fall) -> bool:
    """Outcomes are known only after a window, so an alert of the very window that fell comes before them too."""
    return span.first <= fall.end and span.last >= fall.start - HORIZON
