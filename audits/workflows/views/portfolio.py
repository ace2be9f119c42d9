"""The portfolio: how healthy is everything, and where should one look?"""

from django.utils import timezone
from django.views.decorators.http import require_safe

from audits.workflows.contents.portfolio import Row, months_until, portfolio_of, tiles_of, weeks_until
from audits.workflows.forms import PortfolioFilter
from inventory.models import Model
from inventory.states import Status
from mrm.accounts.policies import Permission
from mrm.pages.answers import answer
from mrm.pages.tables import csv_answer, numbered_page

FLAGS = {
    "overdue": lambda row: row.is_overdue,
    "unapproved": lambda row: row.in_use_without_approval,
    "provisional": lambda row: row.model.tier_is_provisional,
}


@require_safe
def portfolio(request):
    rows, form = _rows(request)
    context = {
        "page": numbered_page(request, _chosen(rows, form.cleaned_data)),
        "periods": _periods(form),
        "tiles": tiles_of(rows),
        "form": form,
        "chosen": form.cleaned_data,
        "may_register": Permission.REGISTER_MODEL in request.user.permissions_in(None),
    }
    return answer(request, "workflows/portfolio.html", context, part="workflows/portfolio_rows.html")


@require_safe
def portfolio_csv(request):
    """The rows the page shows, with its filters, for a spreadsheet."""
    rows, form = _rows(request)
    header = ["slug", "model", "tier", "tier confirmed", "status", "owner", "business unit", "version", "stage"]
    header += ["verdict", "open findings", "findings overdue", "changes pending", "next assessment due"]
    return csv_answer("portfolio.csv", header, (_csv_row(row) for row in _chosen(rows, form.cleaned_data)))


def _rows(request) -> tuple[list[Row], PortfolioFilter]:
    form = PortfolioFilter(request.GET)
    form.is_valid()  # What cannot be read filters nothing.
    models = Model.objects.visible_to(request.user)
    return portfolio_of(models, now=timezone.now(), periods=_periods(form)), form


def _periods(form):
    today = timezone.now().date()
    return weeks_until(today) if form.cleaned_data.get("by") == "week" else months_until(today)


def _chosen(rows: list[Row], wanted: dict) -> list[Row]:
    text, tier, verdict = (wanted.get(name) for name in ("q", "tier", "verdict"))
    status, flag = wanted.get("status"), FLAGS.get(wanted.get("flag"))
    if text:
        rows = [
            row
            for row in rows
            if text.lower() in f"{row.model.name} {row.model.business_unit} {row.model.owner}".lower()
        ]
    if tier:
        rows = [row for row in rows if row.model.tier == int(tier)]
    if verdict:
        rows = [row for row in rows if row.verdict == ("" if verdict == "no_data" else verdict)]
    if status:
        rows = [row for row in rows if row.model.status == status]
    elif verdict or tier or flag:
        rows = [row for row in rows if row.model.status != Status.RETIRED]  # As the tiles count.
    return [row for row in rows if flag(row)] if flag else rows


def _csv_row(row: Row) -> list:
    model, version = row.model, row.version
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
        row.verdict or "no data",
        row.findings,
        row.findings_overdue,
        row.changes_pending,
        row.next_due.isoformat() if row.next_due else "",
    ]
