"""How healthy every model is, now and over the last year."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.models import Count, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from audits.assessments.models import Run
from audits.statistics.limits import SEVERITY
from audits.workflows.contents.standings import NO_DATA, shown_verdict, versions_that_count
from audits.workflows.models import ChangeRequest, Finding, Standing, StandingMark
from audits.workflows.states import FindingState
from inventory.contents.register import chosen
from inventory.models import Determination, Model, ModelVersion
from mrm.accounts.models import Person

GRACE = timedelta(days=1)  # An assessment of a window that has just closed is not late yet.
MONTHS, WEEKS = 12, 52
MOST_FOUND = 10_000_000
# governance.md, section 3.3: how reports tell what is overdue, by the last day of each bucket.
BUCKETS = {"up_to_90": (1, 90), "91_to_365": (91, 365), "more_than_365": (366, None)}
FLAGS = {"overdue": "is_overdue", "unapproved": "in_use_without_approval", "provisional": "tier_is_provisional"}
VALIDATION = "validation"  # The flag, alone or with one of the buckets of how overdue it is.
ATTENTION = (*FLAGS, VALIDATION, *(f"{VALIDATION}_{bucket}" for bucket in BUCKETS))


@dataclass(frozen=True)
class Counted:
    """Up to when the standings tell what was written, and how many changes since then wait to be counted."""

    until: datetime
    waiting: int


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
    standing: Standing
    version: ModelVersion | None
    cells: list[Cell]
    assessment_overdue: bool
    validation_days_overdue: int


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


def periods_until(today: date, by: str | None) -> list[Period]:
    """The columns of the heat map: months, or weeks where they are asked for."""
    return weeks_until(today) if by == "week" else months_until(today)


def counted_until(now: datetime) -> Counted:
    """Asked before the standings are, so that what is counted in between is called old although it is not, and nothing
    old is called new."""
    marks = StandingMark.objects.aggregate(first=Min("made_at"), number=Count("pk"))
    return Counted(marks["first"] or now, marks["number"])


def standings_seen_by(person, now: datetime) -> QuerySet[Standing]:
    """How the models that this person may know of stand, as last counted."""
    today = now.date()
    overdue = Q(next_due_at__lt=now - GRACE) | Q(finding_due_on__lt=today)
    return Standing.objects.visible_to(person).annotate(
        is_overdue=Coalesce(overdue, False),
        is_late=Coalesce(Q(validation_due_on__lt=today), False),
        is_tool=Q(model__in=Determination.objects.tools()),
    )


def late_by(bucket: str, today: date) -> Q:
    """The standings of models whose validation is overdue by so many days; by any number where none is named."""
    least, most = BUCKETS[bucket] if bucket else (1, None)
    late = Q(validation_due_on__lte=today - timedelta(days=least))
    return late & Q(validation_due_on__gte=today - timedelta(days=most)) if most else late


def chosen_standings(standings: QuerySet[Standing], wanted: dict, now: datetime) -> QuerySet[Standing]:
    """The standings that a page or the API asks for, without those of tools."""
    standings = standings.filter(is_tool=False)
    text, tier, verdict = (wanted.get(name) for name in ("q", "tier", "verdict"))
    status, flag = wanted.get("status"), FLAGS.get(wanted.get("flag"))
    bucket = _bucket_of(wanted.get("flag") or "")
    if text:
        # The limit, which no register reaches, makes PostgreSQL ask the index of words first.
        found = chosen(Model.objects.all(), {"search": text}).order_by().values("pk")[:MOST_FOUND]
        owners = Person.objects.filter(display_name__icontains=text).values("pk")
        standings = standings.filter(Q(model__in=found) | Q(owner__in=owners))
    if tier:
        standings = standings.filter(tier=int(tier))
    if verdict:
        standings = standings.filter(verdict=NO_DATA if verdict == "no_data" else verdict)
    if bucket is not None:
        standings = standings.filter(late_by(bucket, now.date()))
    if flag:
        standings = standings.filter(**{flag: True})
    if status:
        return standings.filter(status=status)
    counted = tier or verdict or flag or bucket is not None
    return standings.filter(is_retired=False) if counted else standings  # As the tiles count.


def _bucket_of(flag: str) -> str | None:
    """Which bucket of overdue validations is asked for, empty for all of them; None where none are."""
    return flag.removeprefix(VALIDATION).removeprefix("_") if flag.startswith(VALIDATION) else None


def portfolio_of(standings: list[Standing], *, now: datetime, periods: list[Period]) -> list[Row]:
    """One row for each of these, in their order; the number of queries does not grow with them."""
    ids = [standing.pk for standing in standings]
    versions, models = versions_that_count(ids), _models(ids, now.date())
    cells = _cells(Run.objects.finished().filter(version__model__in=ids), periods) if periods else {}
    return [
        Row(
            model=models[standing.pk],
            standing=standing,
            version=versions.get(standing.pk),
            cells=[cells[standing.pk].get(period.start, Cell(period.title)) for period in periods],
            assessment_overdue=standing.next_due_at is not None and standing.next_due_at < now - GRACE,
            validation_days_overdue=_days_since(standing.validation_due_on, now.date()),
        )
        for standing in standings
    ]


def _models(ids: list, today: date) -> dict:
    """With the numbers that a row tells of each."""
    findings = Finding.objects.open()
    late = Q(due_at__lt=today) & ~Q(state=FindingState.RISK_ACCEPTED)
    models = Model.objects.select_related("owner").annotate(
        changes_pending=_number_of(ChangeRequest.objects.pending()),
        findings_open=_number_of(findings),
        findings_overdue=_number_of(findings.filter(late)),
    )
    return models.in_bulk(ids)


def _number_of(rows: QuerySet) -> Coalesce:
    """How many of these rows belong to each model."""
    counted = rows.filter(model=OuterRef("pk")).order_by().values("model").annotate(number=Count("pk"))
    return Coalesce(Subquery(counted.values("number")), 0)


def _days_since(day: date | None, today: date) -> int:
    return max((today - day).days, 0) if day else 0


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
