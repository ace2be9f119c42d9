"""Regime packs: what each asks for, and what is on record about a model beside it."""

from django.http import Http404
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from inventory.models import RegimePack
from inventory.regimes import DISCLAIMER, IN_FORCE, instruments, read_on
from inventory.views.scope import model_for, model_page
from mrm.accounts.policies import Permission
from mrm.accounts.services import require
from reports.contents.coverage import coverage_of


@require_safe
def regimes(request):
    """Every pack that is loaded, with its dates, source and digest; and the register of instruments."""
    require(request.user, Permission.READ, None)
    today = timezone.localdate()
    packs = [(pack, pack.standing(today)) for pack in RegimePack.objects.newest()]
    listed = [(instrument, instrument.standing(today)) for instrument in instruments()]
    context = {"packs": packs, "instruments": listed, "read_on": read_on(), "disclaimer": DISCLAIMER}
    return render(request, "reports/regimes.html", context)


@require_safe
def model_regimes(request, slug):
    """One model beside every pack, and one pack of them requirement by requirement."""
    model = model_for(request, slug)
    now = timezone.now()
    coverages = coverage_of(model, list(RegimePack.objects.newest()), now)
    rows = [(coverage, coverage.pack.standing(now.date())) for coverage in coverages]
    rows.sort(key=lambda row: row[1] != IN_FORCE)  # Packs in force first, otherwise by code.
    context = model_page(
        request, model, "regimes", rows=rows, chosen=_chosen(rows, request.GET.get("pack", "")), disclaimer=DISCLAIMER
    )
    return render(request, "reports/model_regimes.html", context)


def _chosen(rows: list, code: str):
    """The pack that the address names, else the first."""
    if not code:
        return rows[0][0] if rows else None
    named = [coverage for coverage, _ in rows if coverage.pack.code == code]
    if not named:
        raise Http404("There is no such regime pack.")
    return named[-1]
