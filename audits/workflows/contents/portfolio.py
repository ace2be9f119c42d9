"""How healthy every model is, now and over the last year."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.models import BooleanField, Count, ExpressionWrapper, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from audits.assessments.models import Run
from audits.statistics.limits import SEVERITY, Verdict
from audits.workflows.contents.standings import NEVER_ASSESSED, NO_DATA, shown_verdict, versions_that_count
from audits.workflows.contents.validations import due_of
from audits.workflows.contents.validations import overdue as validation_overdue
from audits.workflows.models import ChangeRequest, Finding
from audits.workflows.states import FindingState
from inventory.models import Model, ModelVersion
from inventory.policies import EXEMPT
from inventory.states import Status

GRACE = timedelta(days=1)  # An assessment of a window that has just closed is not late yet.
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
    validation_due: date | None
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


def standing_models(models: QuerySet[Model], now: datetime, *, document: dict | None = None) -> QuerySet[Model]:
    """With how each stands as it was last counted; one that was not counted yet was never assessed, as far as we know.

    Retired models come last; what was never assessed before them; before that the worst first. `document` is the policy
    in force.
    """
    findings = Finding.objects.open()
    late = Q(due_at__lt=now.date()) & ~Q(state=FindingState.RISK_ACCEPTED)
    return models.annotate(
        changes_pending=_number_of(ChangeRequest.objects.pending()),
        findings_open=_number_of(findings),
        findings_overdue=_number_of(findings.filter(late)),
        is_late=ExpressionWrapper(validation_overdue(now.date(), document=document), BooleanField()),
        is_retired=Q(status=Status.RETIRED),
        is_provisional=Q(tier_confirmed_at__isnull=True),
        verdict=Coalesce("standing__verdict", Value(NO_DATA)),
        badness=Coalesce("standing__badness", NEVER_ASSESSED),
        is_overdue=Coalesce(
            Q(standing__next_due_at__lt=now - GRACE) | Q(standing__finding_due_on__lt=now.date()), False
        ),
        is_unapproved=Coalesce("standing__in_use_without_approval", False),
    ).order_by("is_retired", "badness", "tier", "name", "pk")


def _number_of(rows: QuerySet) -> Coalesce:
    """How many of these rows belong to each model; asked only of the models whose rows are shown."""
    counted = rows.filter(model=OuterRef("pk")).order_by().values("model").annotate(number=Count("pk"))
    return Coalesce(Subquery(counted.values("number")), 0)


def portfolio_of(
    models: list[Model], *, now: datetime, periods: list[Period], document: dict | None = None
) -> list[Row]:
    """One row for each of some `standing_models`, in their order; the number of queries does not grow with them."""
    ids = [model.pk for model in models]
    versions = versions_that_count(ids)
    cells = _cells(Run.objects.finished().filter(version__model__in=ids), periods) if periods else {}
    validations = due_of(models, document=document)
    rows = []
    for model in models:
        standing = getattr(model, "standing", None)
        next_due = standing.next_due_at if standing else None
        validation = validations.get(model.pk)
        rows.append(
            Row(
                model=model,
                version=versions.get(model.pk),
                verdict=model.verdict,
                cells=[cells[model.pk].get(period.start, Cell(period.title)) for period in periods],
                findings=model.findings_open,
                findings_overdue=model.findings_overdue,
                changes_pending=model.changes_pending,
                next_due=next_due,
                assessment_overdue=next_due is not None and next_due < now - GRACE,
                in_use_without_approval=model.is_unapproved,
                validation_due=validation.next_on if validation else None,
                validation_days_overdue=validation.days_overdue(now.date()) if validation else 0,
            )
        )
    return rows


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


def tiles_of(models: QuerySet[Model]) -> Tiles:
    """The numbers of the tiles, of `standing_models`. Retired ones answer to nobody any more and are in none."""
    flags = ("is_provisional", "is_overdue", "is_unapproved")
    alive, retired, late, counts = 0, 0, 0, Counter()
    kinds = models.order_by().values_list("is_retired", "verdict", "tier", *flags)
    # Counted in the same query but apart: asked of every group it would take longer than all the rest.
    lapsed = models.filter(is_late=True, is_retired=False).order_by().values("is_retired").annotate(number=Count("pk"))
    counted = kinds.annotate(Count("pk"), late=Subquery(lapsed.values("number")))
    for is_retired, verdict, tier, *flagged, number, late_ones in counted:
        if is_retired:
            retired += number
            continue
        alive, late = alive + number, late_ones or 0
        counts.update({verdict: number, tier: number})
        counts.update({flag: number for flag, holds in zip(flags, flagged, strict=True) if holds})
    overdue, unapproved = counts["is_overdue"], counts["is_unapproved"]
    shown = [
        Tile(counts[Verdict.RED], "Red", "beyond a red limit", "verdict", "red", "red"),
        Tile(counts[Verdict.AMBER], "Amber", "beyond an amber limit", "verdict", "amber", "amber"),
        Tile(
            counts[Verdict.INSUFFICIENT],
            "Insufficient",
            "too little evidence",
            "verdict",
            "insufficient",
            "insufficient",
        ),
        Tile(counts[Verdict.UNKNOWN], "Unknown", "could not be computed", "verdict", "unknown", "unknown"),
        Tile(counts[NO_DATA], "No data", "never assessed", "verdict", "no_data"),
        Tile(counts[Verdict.WITHIN], "Within", "every judged limit", "verdict", "within", "within"),
        Tile(overdue, "Overdue", "assessment or finding", "flag", "overdue", "red" if overdue else ""),
        Tile(late, "Validation overdue", "or its review", "flag", "validation", "red" if late else ""),
        Tile(unapproved, "In use, not approved", "the target is 0", "flag", "unapproved", "red" if unapproved else ""),
        *(
            Tile(counts[tier], f"Tier {tier}", note, "tier", str(tier))
            for tier, note in ((1, "highest risk"), (2, "medium risk"), (3, "lowest risk"), (EXEMPT, "exempt"))
        ),
        Tile(counts["is_provisional"], "Tier to confirm", "provisional until then", "flag", "provisional"),
    ]
    return Tiles(alive, retired, shown)


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
