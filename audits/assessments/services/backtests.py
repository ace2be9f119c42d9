"""What a policy would have done: past results judged again under its limits, beside how they were judged. Reads only.

No data are scanned again. What a run kept of a result (value, interval, tolerance tests, sizes) is judged anew; what
that does not suffice for is counted and said.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import Count, F, Q, QuerySet

from audits.assessments.measures.columns import role_judged, roles_judged
from audits.assessments.measures.judging import NOT_JUDGED, Rules, Ruling, Stored, judged_again
from audits.assessments.models import Result, Run
from audits.assessments.services.foretelling import Foretelling
from audits.assessments.services.openings import Case, Judged, Openings, Week
from audits.assessments.states import RunState
from audits.statistics.limits import SEVERITY
from inventory import policies
from inventory.models import ModelVersion, Policy, PolicyDraft
from mrm_verify.canonical import canonical

MOST_RESULTS = 20_000  # Of the newest runs; a back-test has to be looked at, and is shown with every decision.
MOST_RUNS = 5_000
MOST_CASES = 50
JUDGED_BY = ("title", "limits", "alerts", "fairness")
A_YEAR = timedelta(days=365)
EARLIEST = datetime.min.replace(tzinfo=UTC)


@dataclass
class Tally:
    """How the results of one measure, or of one model, were judged and would be."""

    name: str
    before: Counter = field(default_factory=Counter)
    after: Counter = field(default_factory=Counter)
    worse: int = 0
    better: int = 0
    not_judged_again: int = 0

    def pairs(self) -> list[tuple[int, int]]:
        """Before and after for each verdict, the worst first, and for what no limit judges."""
        return [(self.before[verdict], self.after[verdict]) for verdict in (*SEVERITY, NOT_JUDGED)]

    def add(self, before: str, ruling: Ruling) -> None:
        if ruling.why_not:
            self.not_judged_again += 1
            return
        self.before[before] += 1
        self.after[ruling.verdict] += 1
        was, now = (_badness(verdict) for verdict in (before, ruling.verdict))
        self.worse += now > was
        self.better += now < was


@dataclass(frozen=True)
class BackTest:
    """What came of it. `unsure` breaches rest on results that cannot be judged again: neither kept nor gone."""

    since: datetime
    until: datetime
    runs: int
    runs_left_out: int
    measures: list[Tally]
    models: list[Tally]
    weeks: list[Week]
    cases: list[Case]
    opened_before: int
    opened_after: int
    not_opened: int
    newly_opened: int
    earlier: int
    later: int
    unsure: int
    why_not: dict[str, int]
    foretold_before: Foretelling
    foretold_after: Foretelling

    @property
    def results(self) -> int:
        return sum(sum(one.before.values()) for one in self.measures)

    @property
    def not_judged_again(self) -> int:
        return sum(self.why_not.values())

    @property
    def worse(self) -> int:
        return sum(one.worse for one in self.measures)

    @property
    def better(self) -> int:
        return sum(one.better for one in self.measures)

    def counted(self, side: str) -> dict[str, int]:
        """How many results had each verdict `before`, or would have `after`; the worst first."""
        total = sum((getattr(one, side) for one in self.measures), Counter())
        return {str(verdict): total[verdict] for verdict in SEVERITY if total[verdict]}

    def summary(self) -> dict:
        """The numbers that a decision about the policy is shown, and that its digest is of."""
        return {
            "since": self.since.isoformat(),
            "until": self.until.isoformat(),
            "runs": self.runs,
            "runs_left_out": self.runs_left_out,
            "results": self.results,
            "not_judged_again": self.not_judged_again,
            "verdicts": {side: self.counted(side) for side in ("before", "after")},
            "worse": self.worse,
            "better": self.better,
            "breaches": {
                "opened": self.opened_before,
                "would_have_opened": self.opened_after,
                "not_opened": self.not_opened,
                "newly_opened": self.newly_opened,
                "earlier": self.earlier,
                "later": self.later,
                "unsure": self.unsure,
            },
            "foretelling": {"before": self.foretold_before.summary(), "after": self.foretold_after.summary()},
        }

    @property
    def digest(self) -> str:
        return hashlib.sha256(canonical(self.summary())).hexdigest()


def backtest(
    document: dict, *, models: QuerySet, since: datetime, until: datetime, against: dict | None = None
) -> BackTest:
    """Judge the results of windows that ended in [since, until], as known at its end, under the limits of a policy.

    against  what they are compared with: another policy, or None, how they were judged at the time
    """
    limited = {entry["measure"] for side in (document, against or {}) for entry in policies.section(side, "limits")}
    runs, left_out = _runs(models, since, until, limited)
    versions = ModelVersion.objects.select_related("model").in_bulk({run.version_id for run in runs.values()})
    roles = {key: roles_judged(version) for key, version in versions.items()}
    bound = {policy.pk: Rules(policy.document) for policy in Policy.objects.filter(pk__in=_policies_of(runs))}
    after, before = Rules(document), Rules(against) if against is not None else None
    measures: dict[str, Tally] = {}
    by_model: dict[str, Tally] = {}
    why_not: Counter = Counter()
    judged = defaultdict(list)  # By case: what each run said about it, and would have said.
    for stored in _results(runs, limited):
        run = runs[stored.run]
        version = versions[run.version_id]
        about = {
            "then": bound[run.policy_id],
            "role": role_judged(roles[run.version_id], stored.measure, stored.column),
            "tier": run.tier or version.model.tier,
        }
        was = judged_again(stored, before, **about) if before else Ruling(stored.verdict)
        now = judged_again(stored, after, **about)
        if not (was.verdict or was.why_not or now.verdict or now.why_not):
            continue
        if why := now.why_not or was.why_not:
            why_not[why] += 1
            now = Ruling(why_not=why)
        measures.setdefault(stored.measure, Tally(stored.measure)).add(was.verdict, now)
        by_model.setdefault(version.model.slug, Tally(version.model.name)).add(was.verdict, now)
        case = (run.version_id, stored.measure, stored.column, stored.segment)
        judged[case].append(Judged(run, was.verdict, now, bool(stored.held_back)))
    opened = Openings(judged, runs, versions, before=against, after=document)
    return BackTest(
        since=since,
        until=until,
        runs=len(runs),
        runs_left_out=left_out,
        measures=sorted(measures.values(), key=_most_changed),
        models=sorted(by_model.values(), key=_most_changed),
        weeks=opened.weeks(),
        cases=opened.cases()[:MOST_CASES],
        opened_before=len(opened.before),
        opened_after=len(opened.after),
        not_opened=len(opened.not_opened),
        newly_opened=len(opened.newly_opened),
        earlier=len(opened.earlier),
        later=len(opened.later),
        unsure=len(opened.unsure),
        why_not=dict(why_not.most_common()),
        foretold_before=opened.foretelling("before"),
        foretold_after=opened.foretelling("after"),
    )


def period_of(first: date | None, last: date | None, *, until: datetime) -> tuple[datetime, datetime]:
    """From the start of the first day to the end of the last; the year up to `until` where they are not said."""
    if last:
        until = datetime.combine(last, time.max, tzinfo=UTC)
    a_year_before = max(until, EARLIEST + A_YEAR) - A_YEAR
    return (datetime.combine(first, time.min, tzinfo=UTC) if first else a_year_before), until


def fault_in_period(first: date | None, last: date | None, *, until: datetime) -> str:
    """What is wrong with a period that ends at `until` where no last day is said, in words; empty where nothing is."""
    if not first or first <= (last or until.date()):
        return ""
    if last:
        return "The period ends before it begins; exchange the two days."
    return f"Where no last day is said, the period ends on {until.date()}, before it begins."


def untested_sections(before: dict, after: dict) -> list[str]:
    """The sections that differ between two policies and that judging past results says nothing about."""
    return [
        name
        for name in policies.SECTIONS
        if name not in JUDGED_BY and policies.section(before, name) != policies.section(after, name)
    ]


def backtest_of_draft(draft: PolicyDraft, *, models: QuerySet) -> BackTest:
    """What a draft would have done in the year before it was proposed: the same numbers whenever they are asked for."""
    until = draft.proposed_at
    return backtest(draft.document, models=models, since=until - A_YEAR, until=until)


def _runs(models: QuerySet, since: datetime, until: datetime, limited: set[str]) -> tuple[dict, int]:
    """The newest finished runs that fit into the bounds, by their id, and how many more there are."""
    chosen = Run.objects.filter(
        version__model__in=models.order_by().values("pk"),
        state=RunState.SUCCEEDED,
        window_end__gte=since,
        window_end__lte=until,
        finished_at__lte=until,
    ).order_by("-window_end", "-finished_at", "pk")
    concerned = Q(results__measure__in=limited) | ~Q(results__verdict="")
    known = chosen.only("version_id", "policy_id", "window_start", "window_end", "finished_at").annotate(
        tier=F("inputs__tier")
    )
    newest = list(known.annotate(size=Count("results", filter=concerned))[: MOST_RUNS + 1])
    kept, size = {}, 0
    for run in newest[:MOST_RUNS]:
        size += run.size
        if size > MOST_RESULTS:
            break
        kept[run.pk] = run
    return kept, 0 if len(kept) == len(newest) else chosen.count() - len(kept)


def _policies_of(runs: dict) -> set:
    return {run.policy_id for run in runs.values()}


def _results(runs: dict, limited: set[str]) -> Iterable[Stored]:
    in_detail = ("tolerance", "held_back")
    columns = [name for name in Stored._fields if name not in in_detail]
    concerned = Q(measure__in=limited) | ~Q(verdict="")
    rows = Result.objects.filter(concerned, run__in=list(runs)).order_by()
    return (
        Stored(*row)
        for row in rows.values_list(*columns, *(f"detail__{name}" for name in in_detail)).iterator(chunk_size=2000)
    )


def _badness(verdict: str) -> int:
    """The larger the worse; what no limit judges is better than anything judged."""
    return len(SEVERITY) - SEVERITY.index(verdict) if verdict else 0


def _most_changed(tally: Tally) -> tuple:
    return (-(tally.worse + tally.better), -tally.not_judged_again, tally.name)
