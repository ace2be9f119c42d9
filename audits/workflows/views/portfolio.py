"""The portfolio: how healthy is everything, and where should one look?"""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone
from django.views.decorators.http import require_safe

from audits.workflows.contents.portfolio import (
    Row,
    chosen_standings,
    periods_until,
    portfolio_of,
    standings_seen_by,
)
from audits.workflows.contents.tiles import tiles_of
from audits.workflows.forms import PortfolioFilter
from audits.workflows.models import RETIRED_LAST_WORST_FIRST, Standing
from audits.workflows.tasks import counted_meanwhile
from mrm.accounts.policies import Permission
from mrm.pages.answers import answer
from mrm.pages.filters import insist
from mrm.pages.keyset import keyset_page
from mrm.pages.tables import ROWS_PER_PAGE, csv_answer

NARROWS = ("q", "tier", "verdict", "status", "flag")
FOR_A_FILE = 500  # models at a time


@require_safe
def portfolio(request):
    now = timezone.now()
    counted = counted_meanwhile(now)
    standings, form = standings_seen_by(request.user, now), _filter(request)
    periods, tiles = periods_until(now.date(), form.cleaned_data.get("by")), tiles_of(standings)
    rows = standings.none() if "q" in form.errors else chosen_standings(standings, form.cleaned_data, now)
    is_narrowed = bool(form.errors) or any(map(form.cleaned_data.get, NARROWS))
    page = keyset_page(rows, RETIRED_LAST_WORST_FIRST, cursor=request.GET.get("cursor", ""), size=ROWS_PER_PAGE)
    page.rows[:] = portfolio_of(page.rows, now=now, periods=periods)
    context = {
        "page": page,
        "total": rows.count() if is_narrowed else tiles.models + tiles.retired,
        "periods": periods,
        "tiles": tiles,
        "counted": counted,
        "form": form,
        "chosen": form.cleaned_data,
        "may_register": Permission.REGISTER_MODEL in request.user.permissions_in(None),
    }
    part, status = "workflows/portfolio_rows.html", 200 if form.is_valid() else 400
    return answer(request, "workflows/portfolio.html", context, part=part, status=status)


@require_safe
def portfolio_csv(request):
    """The rows the page shows, with its filters, for a spreadsheet."""
    now = timezone.now()
    counted = counted_meanwhile(now)
    form = _filter(request)
    insist(form)
    standings = chosen_standings(standings_seen_by(request.user, now), form.cleaned_data, now)
    header = ["slug", "model", "tier", "tier confirmed", "status", "owner", "business unit", "version", "stage"]
    header += ["verdict", "open findings", "findings overdue", "changes pending", "next assessment due"]
    header += ["next validation due", "validation overdue by days", "counted until"]
    rows = ([*_csv_row(row), counted.until.isoformat()] for row in _all_rows(standings, now))
    return csv_answer("portfolio.csv", header, rows)


def _filter(request) -> PortfolioFilter:
    form = PortfolioFilter(request.GET)
    form.is_valid()  # On the page, what cannot be read filters nothing and says so.
    return form


def _all_rows(standings: QuerySet[Standing], now: datetime) -> Iterator[Row]:
    """In parts: what is looked up of each would not fit into one question about them all."""
    everything = list(standings.order_by(*RETIRED_LAST_WORST_FIRST))
    for start in range(0, len(everything), FOR_A_FILE):
        yield from portfolio_of(everything[start : start + FOR_A_FILE], now=now, periods=[])


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
