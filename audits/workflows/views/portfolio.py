"""The portfolio: how healthy is everything, and where should one look?"""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.views.decorators.http import require_safe

from audits.workflows.contents.portfolio import (
    Row,
    late_by,
    months_until,
    portfolio_of,
    standings_seen_by,
    weeks_until,
)
from audits.workflows.contents.standings import NO_DATA
from audits.workflows.contents.tiles import tiles_of
from audits.workflows.forms import PortfolioFilter
from audits.workflows.models import RETIRED_LAST_WORST_FIRST, Standing
from audits.workflows.services import count_marked
from inventory.contents.register import chosen
from inventory.models import Model
from mrm.accounts.models import Person
from mrm.accounts.policies import Permission
from mrm.pages.answers import answer
from mrm.pages.keyset import keyset_page
from mrm.pages.tables import ROWS_PER_PAGE, csv_answer

FLAGS = {"overdue": "is_overdue", "unapproved": "in_use_without_approval", "provisional": "tier_is_provisional"}
VALIDATION = "validation"  # The flag, alone or with one of the buckets of how overdue it is.
NARROWS = ("q", "tier", "verdict", "status", "flag")
MOST_FOUND = 10_000_000
FOR_A_FILE = 500  # models at a time


@require_safe
def portfolio(request):
    waiting, now = count_marked(), timezone.now()
    standings, form = standings_seen_by(request.user, now), _filter(request)
    periods, tiles = _periods(form, now), tiles_of(standings)
    rows, is_narrowed = _chosen(standings, form.cleaned_data, now), any(map(form.cleaned_data.get, NARROWS))
    page = keyset_page(rows, RETIRED_LAST_WORST_FIRST, cursor=request.GET.get("cursor", ""), size=ROWS_PER_PAGE)
    page.rows[:] = portfolio_of(page.rows, now=now, periods=periods)
    context = {
        "page": page,
        "total": rows.count() if is_narrowed else tiles.models + tiles.retired,
        "periods": periods,
        "tiles": tiles,
        "waiting": waiting,
        "form": form,
        "chosen": form.cleaned_data,
        "may_register": Permission.REGISTER_MODEL in request.user.permissions_in(None),
    }
    return answer(request, "workflows/portfolio.html", context, part="workflows/portfolio_rows.html")


@require_safe
def portfolio_csv(request):
    """The rows the page shows, with its filters, for a spreadsheet."""
    count_marked()
    now = timezone.now()
    standings = _chosen(standings_seen_by(request.user, now), _filter(request).cleaned_data, now)
    header = ["slug", "model", "tier", "tier confirmed", "status", "owner", "business unit", "version", "stage"]
    header += ["verdict", "open findings", "findings overdue", "changes pending", "next assessment due"]
    header += ["next validation due", "validation overdue by days"]
    return csv_answer("portfolio.csv", header, map(_csv_row, _all_rows(standings, now)))


def _filter(request) -> PortfolioFilter:
    form = PortfolioFilter(request.GET)
    form.is_valid()  # What cannot be read filters nothing.
    return form


def _all_rows(standings: QuerySet[Standing], now: datetime) -> Iterator[Row]:
    """In parts: what is looked up of each would not fit into one question about them all."""
    everything = list(standings.order_by(*RETIRED_LAST_WORST_FIRST))
    for start in range(0, len(everything), FOR_A_FILE):
        yield from portfolio_of(everything[start : start + FOR_A_FILE], now=now, periods=[])


def _periods(form, now: datetime):
    return weeks_until(now.date()) if form.cleaned_data.get("by") == "week" else months_until(now.date())


def _chosen(standings: QuerySet[Standing], wanted: dict, now: datetime) -> QuerySet[Standing]:
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


def _csv_row(row: Row) -> list:
    model, version, standing = row.model, row.version, row.standing
    return [
        model.slug,
        model.name,
        model.tier,
        "no" if model.tier_is_provisional else "yes",
        model.status,
        str(model.owner),
        model.business_unit,
        version.number if version else "",
        version.stage if version else "",
        standing.verdict or "no data",
        model.findings_open,
        model.findings_overdue,
        model.changes_pending,
        standing.next_due_at.isoformat() if standing.next_due_at else "",
        standing.validation_due_on.isoformat() if standing.validation_due_on else "",
        row.validation_days_overdue,
    ]
