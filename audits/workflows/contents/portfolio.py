"""How healthy every model is, now and over the last year."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.models import Count, Q

from audits.assessments.models import Plan, Run
from audits.assessments.states import RunState
from audits.statistics.limits import SEVERITY, Verdict, worst
from audits.workflows.contents.hygiene import approved_versions
from audits.workflows.models import ChangeRequest, Finding
from inventory.models import Model, ModelVersion
from inventory.states import Stage, Status

NO_DATA = ""  # No finished run: nothing was measured, so there is no verdict to show.
WATCHED = (Stage.PRODUCTION, Stage.CHALLENGER, Stage.CANDIDATE)
MONTHS, WEEKS = 12, 52


@dataclass(frozen=True)
class Cell:
    """The worst verdict of one model in one period, and the run that gave it."""

    period: str
    verdict: str = NO_DATA
    run_id: str = ""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One model of the portfolio. `version` is the one in use, or the newest that might come into use."""

    model: Model
    version: ModelVersion | None
    verdict: str
    cells: list[Cell]
    findings: int
    findings_overdue: int
    changes_pending: int
    next_due: datetime | None
    assessment_overdue: bool
    in_use_without_approval: bool

    @property
    def is_overdue(self) -> bool:
        return self.assessment_overdue or self.findings_overdue > 0


@dataclass(frozen=True)
class Period:
    """One column of the heat map, from `start` to before `end`."""

    start: date
    end: date
    label: str
    title: str = field(default="")


def months_until(today: date) -> list[Period]:
    first = today.replace(day=1)
    starts = [first]
    for _ in range(MONTHS - 1):
        starts.insert(0, (starts[0] - timedelta(days=1)).replace(day=1))
    ends = [*starts[1:], (first + timedelta(days=32)).replace(day=1)]
    return [Period(start, end, f"{start:%b}", f"{start:%B %Y}") for start, end in zip(starts, ends, strict=True)]


def weeks_until(today: date) -> list[Period]:
    monday = today - timedelta(days=today.weekday())
    starts = [monday - timedelta(weeks=back) for back in range(WEEKS - 1, -1, -1)]
    return [
        Period(start, start + timedelta(weeks=1), f"{start:%b}" if start.day <= 7 else "", f"week of {start:%d %B %Y}")
        for start in starts
    ]


def portfolio_of(models, *, now: datetime, periods: list[Period]) -> list[Row]:
    """One row per model, worst first; the number of queries does not grow with the models."""
    models = list(models.select_related("owner"))
    ids = [model.pk for model in models]
    versions = _versions_that_count(ids)
    runs = Run.objects.finished().filter(version__model__in=ids)
    verdicts = _current_verdicts(runs, [version.pk for version in versions.values()])
    cells = _cells(runs, periods)
    findings = _findings(ids, now.date())
    due = _next_due([version.pk for version in versions.values()])
    changes = dict(
        ChangeRequest.objects.pending().filter(model__in=ids).values_list("model").annotate(Count("id")).order_by()
    )
    unapproved = _in_use_without_approval(ids)
    rows = []
    for model in models:
        version = versions.get(model.pk)
        next_due = due.get(version.pk) if version else None
        overdue_findings, open_findings = findings.get(model.pk, (0, 0))
        rows.append(
            Row(
                model=model,
                version=version,
                verdict=verdicts.get(version.pk, NO_DATA) if version else NO_DATA,
                cells=[cells[model.pk].get(period.start, Cell(period.title)) for period in periods],
                findings=open_findings,
                findings_overdue=overdue_findings,
                changes_pending=changes.get(model.pk, 0),
                next_due=next_due,
                assessment_overdue=next_due is not None and next_due < now - timedelta(days=1),
                in_use_without_approval=model.pk in unapproved,
            )
        )
    return sorted(rows, key=lambda row: (_badness(row), row.model.tier, row.model.name))


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
    shown: list[Tile]


def tiles_of(rows: list[Row]) -> Tiles:
    """The numbers of the tiles. Retired models answer to nobody any more and are in none of them."""
    alive = [row for row in rows if row.model.status != Status.RETIRED]
    verdicts = Counter(row.verdict for row in alive)
    overdue = sum(row.is_overdue for row in alive)
    unapproved = sum(row.in_use_without_approval for row in alive)
    shown = [
        Tile(verdicts[Verdict.RED], "Red", "beyond a red limit", "verdict", "red", "red"),
        Tile(verdicts[Verdict.AMBER], "Amber", "beyond an amber limit", "verdict", "amber", "amber"),
        Tile(
            verdicts[Verdict.INSUFFICIENT],
            "Insufficient",
            "too little evidence",
            "verdict",
            "insufficient",
            "insufficient",
        ),
        Tile(verdicts[Verdict.UNKNOWN], "Unknown", "could not be computed", "verdict", "unknown", "unknown"),
        Tile(verdicts[NO_DATA], "No data", "never assessed", "verdict", "no_data"),
        Tile(verdicts[Verdict.WITHIN], "Within", "every judged limit", "verdict", "within", "within"),
        Tile(overdue, "Overdue", "assessment or finding", "flag", "overdue", "red" if overdue else ""),
        Tile(unapproved, "In use, not approved", "the target is 0", "flag", "unapproved", "red" if unapproved else ""),
        *(
            Tile(sum(row.model.tier == tier for row in alive), f"Tier {tier}", note, "tier", str(tier))
            for tier, note in ((1, "highest risk"), (2, "medium risk"), (3, "lowest risk"))
        ),
        Tile(
            sum(row.model.tier_is_provisional for row in alive),
            "Tier to confirm",
            "provisional until then",
            "flag",
            "provisional",
        ),
    ]
    return Tiles(len(alive), len(rows) - len(alive), shown)


def shown_verdict(verdict: str, state: str) -> str:
    """What a finished run counts as: one that failed measured nothing, which is never better than something."""
    if verdict:
        return verdict
    return Verdict.INSUFFICIENT if state == RunState.INSUFFICIENT_DATA else Verdict.UNKNOWN


def _versions_that_count(ids) -> dict:
    """Per model the version in production, else the challenger, else the newest candidate."""
    chosen = {}
    for version in ModelVersion.objects.filter(model__in=ids, stage__in=WATCHED).order_by("number"):
        other = chosen.get(version.model_id)
        if other is None or WATCHED.index(version.stage) <= WATCHED.index(other.stage):
            chosen[version.model_id] = version
    return chosen


def _current_verdicts(runs, version_ids) -> dict:
    by_version = defaultdict(list)
    latest = runs.filter(version__in=version_ids).latest_per_plan().values_list("version", "verdict", "state")
    for version, verdict, state in latest:
        by_version[version].append(shown_verdict(verdict, state))
    return {version: worst(verdicts) for version, verdicts in by_version.items()}


def _cells(runs, periods: list[Period]) -> dict:
    """Per model and period the worst run. A window that ends at midnight belongs to the day before."""
    cells = defaultdict(dict)
    starts = sorted(periods, key=lambda period: period.start, reverse=True)
    within_year = runs.filter(window_end__date__gt=periods[0].start)
    for model, run, verdict, state, end in within_year.values_list(
        "version__model", "id", "verdict", "state", "window_end"
    ):
        day = (end - timedelta(microseconds=1)).date()
        period = next((period for period in starts if period.start <= day < period.end), None)
        if period is None:
            continue
        here = shown_verdict(verdict, state)
        before = cells[model].get(period.start)
        if before is None or SEVERITY.index(here) < SEVERITY.index(before.verdict):
            cells[model][period.start] = Cell(period.title, here, str(run))
    return cells


def _findings(ids, today: date) -> dict:
    counts = Finding.objects.open().filter(model__in=ids).values_list("model").order_by()
    return {
        model: (overdue, total)
        for model, overdue, total in counts.annotate(overdue=Count("id", filter=Q(due_at__lt=today)), total=Count("id"))
    }


def _next_due(version_ids) -> dict:
    due = {}
    plans = Plan.objects.filter(version__in=version_ids, enabled=True).order_by("-next_due_at")
    for version, next_due_at in plans.values_list("version", "next_due_at"):
        due[version] = next_due_at
    return due


def _in_use_without_approval(ids) -> set:
    in_use = ModelVersion.objects.filter(model__in=ids, stage=Stage.PRODUCTION)
    return set(in_use.exclude(pk__in=approved_versions()).values_list("model", flat=True))


def _badness(row: Row) -> int:
    """Retired last; then what was never measured, before which comes everything with a verdict, worst first."""
    if row.model.status == Status.RETIRED:
        return len(SEVERITY) + 1
    return SEVERITY.index(row.verdict) if row.verdict else len(SEVERITY)
