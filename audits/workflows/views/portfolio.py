"""The portfolio: how healthy is everything, and where should one look?"""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.views.decorators.http import require_safe

from audits.workflows.contents.portfolio import Row, months_until, portfolio_of, standing_models, tiles_of, weeks_until
from audits.workflows.contents.validations import overdue
from audits.workflows.forms import PortfolioFilter
from audits.workflows.services import count_marked
from inventory.models import Model, Policy
from mrm.accounts.policies import Permission
from mrm.pages.answers import answer
from mrm.pages.tables import csv_answer, numbered_page_of_many

FLAGS = {"overdue": "is_overdue", "unapproved": "is_unapproved", "provisional": "is_provisional"}
VALIDATION = "validation"  # The flag, alone or with one of the buckets of how overdue it is.
NARROWS = ("q", "tier", "verdict", "status", "flag")
FOR_A_FILE = 500  # models at a time


@require_safe
def portfolio(request):
    waiting, now, policy = count_marked(), timezone.now(), Policy.objects.in_force().document
    models, form = _models(request, now, policy)
    periods, tiles = _periods(form, now), tiles_of(models)
    chosen = _chosen(models, form.cleaned_data, policy).select_related("owner", "standing")
    total = None if any(form.cleaned_data.get(name) for name in NARROWS) else tiles.models + tiles.retired
    page = numbered_page_of_many(request, chosen, total=total)
    page.object_list = portfolio_of(list(page.object_list), now=now, periods=periods, document=policy)
    context = {
        "page": page,
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
    policy = Policy.objects.in_force().document
    models, form = _models(request, timezone.now(), policy)
    header = ["slug", "model", "tier", "tier confirmed", "status", "owner", "business unit", "version", "stage"]
    header += ["verdict", "open findings", "findings overdue", "changes pending", "next assessment due"]
    header += ["next validation due", "validation overdue by days"]
    rows = _all_rows(_chosen(models, form.cleaned_data, policy), policy)
    return csv_answer("portfolio.csv", header, map(_csv_row, rows))


def _models(request, now: datetime, policy: dict) -> tuple[QuerySet[Model], PortfolioFilter]:
    form = PortfolioFilter(request.GET)
    form.is_valid()  # What cannot be read filters nothing.
    return standing_models(Model.objects.visible_to(request.user), now, document=policy), form


def _all_rows(models: QuerySet[Model], policy: dict) -> Iterator[Row]:
    """In parts: what is looked up of each would not fit into one question about them all."""
    keys, now = list(models.values_list("pk", flat=True)), timezone.now()
    for start in range(0, len(keys), FOR_A_FILE):
        part = models.filter(pk__in=keys[start : start + FOR_A_FILE]).select_related("owner", "standing")
        yield from portfolio_of(list(part), now=now, periods=[], document=policy)


def _periods(form, now: datetime):
    return weeks_until(now.date()) if form.cleaned_data.get("by") == "week" else months_until(now.date())


def _chosen(models: QuerySet[Model], wanted: dict, policy: dict) -> QuerySet[Model]:
    text, tier, verdict = (wanted.get(name) for name in ("q", "tier", "verdict"))
    status, flag = wanted.get("status"), FLAGS.get(wanted.get("flag"))
    late = _bucket_of(wanted.get("flag") or "")
    if text:
        named = Q(name__icontains=text) | Q(business_unit__icontains=text) | Q(owner__display_name__icontains=text)
        models = models.filter(named)
    if tier:
        models = models.filter(tier=int(tier))
    if verdict:
        models = models.filter(verdict="" if verdict == "no_data" else verdict)
    if status:
        models = models.filter(status=status)
    elif verdict or tier or flag:
        models = models.filter(is_retired=False)  # As the tiles count.
    if late is not None:
        return models.filter(overdue(timezone.now().date(), late, document=policy), is_retired=False)
    return models.filter(**{flag: True}) if flag else models


def _bucket_of(flag: str) -> str | None:
    """Which bucket of overdue validations is asked for, empty for all of them; None where none are."""
    return flag.removeprefix(VALIDATION).removeprefix("_") if flag.startswith(VALIDATION) else None


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
        row.validation_due.isoformat() if row.validation_due else "",
        row.validation_days_overdue,
    ]
