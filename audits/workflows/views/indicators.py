"""What a board looks at, against the appetite of the policy; and how one number of it went."""

from itertools import groupby

from django.http import Http404
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from audits.statistics.limits import Verdict
from audits.workflows.contents.indicators import BY_NAME, Scope, indicators_of, trend_of
from audits.workflows.contents.indicators.register import by_tier
from inventory.models import Policy
from mrm.accounts.policies import Permission
from mrm.accounts.services import require
from mrm.pages.tables import csv_answer


@require_safe
def indicators(request):
    require(request.user, Permission.READ, None)
    now = timezone.now()
    shown = indicators_of(request.user, now=now)
    context = {
        "beyond": [one for colour in (Verdict.RED, Verdict.AMBER) for one in shown if one.verdict == colour],
        "groups": [(group, list(rows)) for group, rows in groupby(shown, key=lambda one: one.indicator.group)],
        "tiers": by_tier(Scope(request.user, now)),
        "measured": sum(one.is_measured for one in shown),
        "total": len(shown),
        "policy": Policy.objects.in_force(),
        "now": now,
    }
    return render(request, "workflows/indicators.html", context)


@require_safe
def indicators_csv(request):
    require(request.user, Permission.READ, None)
    header = ["name", "indicator", "value", "of", "why not measured", "verdict", "amber", "red", "answers for it"]
    rows = (
        [one.indicator.name, one.indicator.title, one.value, one.found.size, one.reason, one.verdict or "not judged",
         one.limit.amber if one.limit else None, one.limit.red if one.limit else None, one.owner]
        for one in indicators_of(request.user, now=timezone.now())
    )  # fmt: skip
    return csv_answer("indicators.csv", header, rows)


@require_safe
def indicator(request, name):
    """One number: what it counts, its appetite, and the last months where they are known."""
    require(request.user, Permission.READ, None)
    if name not in BY_NAME:
        raise Http404
    now = timezone.now()
    [shown] = indicators_of(request.user, now=now, names=(name,))
    trend = trend_of(BY_NAME[name], request.user, now=now)
    context = {"shown": shown, "trend": list(reversed(trend)), "policy": Policy.objects.in_force()}
    return render(request, "workflows/indicator.html", context)
