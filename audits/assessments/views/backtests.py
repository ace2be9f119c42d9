"""What a policy would have done: a draft, or one version beside another, over past results."""

from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from audits.assessments.forms import BackTestFilter
from audits.assessments.services import BackTest, backtest
from audits.assessments.services.backtests import MOST_CASES, MOST_RESULTS, period_of, untested_sections
from audits.assessments.services.foretelling import FEWEST, HORIZON
from audits.statistics.limits import SEVERITY
from inventory.models import Model, Policy, PolicyDraft
from mrm.accounts.policies import Permission
from mrm.accounts.services import require

FORETOLD = {
    "alerts": "Alerts",
    "preceded": "… that preceded a fall",
    "during": "… that came when a fall had been measured already",
    "followed_by_none": "… after which performance stayed",
    "not_known": "… after which performance was not measured long enough",
    "falls": "Falls of performance",
    "foretold": "… that an alert preceded",
    "missed": "… that no alert preceded",
    "unwatched": "Further falls while nothing else was measured",
}


@require_safe
def of_draft(request, draft_id):
    """A proposed policy over the year before it was proposed, or over what the address asks for."""
    require(request.user, Permission.READ, None)
    draft = get_object_or_404(PolicyDraft.objects.select_related("based_on", "proposed_by"), pk=draft_id)
    about = {"draft": draft, "judged_by": "the proposed policy", "based_on": draft.based_on}
    return _page(request, draft.document, until=draft.proposed_at, about=about)


@require_safe
def of_version(request, number):
    """One version of the policy beside how results were judged, or beside the version that `?from=` names."""
    require(request.user, Permission.READ, None)
    policy = get_object_or_404(Policy, number=number)
    asked = request.GET.get("from", "")
    other = Policy.objects.filter(number=int(asked)).first() if asked.isdecimal() and len(asked) < 9 else None
    about = {
        "policy": policy,
        "other": other,
        "judged_by": f"version {policy.number}",
        "versions": Policy.objects.exclude(pk=policy.pk).only("number").order_by("-number"),
    }
    return _page(request, policy.document, until=timezone.now(), about=about, against=other)


def _page(request, document, *, until, about: dict, against: Policy | None = None):
    form = BackTestFilter(request.GET, until=until)
    found = None
    if form.is_valid():
        asked = form.cleaned_data
        since, until = period_of(asked["since"], asked["until"], until=until)
        models = Model.objects.visible_to(request.user)
        if asked["tier"]:
            models = models.filter(tier=asked["tier"])
        if asked["model"]:
            models = models.filter(slug=asked["model"])
        before = against.document if against else None
        found = backtest(document, models=models, since=since, until=until, against=before)
    compared = against.document if against else about["based_on"].document if "based_on" in about else None
    context = about | {
        "form": form,
        "found": found,
        "verdicts": [verdict.value for verdict in SEVERITY],
        "most_results": MOST_RESULTS,
        "most_cases": MOST_CASES,
        "foretold": _foretold(found) if found else [],
        "fewest": FEWEST,
        "horizon": HORIZON.days,
        "untested": untested_sections(compared, document) if compared else [],
    }
    return render(request, "assessments/backtest.html", context, status=200 if found else 400)


def _foretold(found: BackTest) -> list[dict]:
    sides = {"before": found.foretold_before, "after": found.foretold_after}
    return [
        {"label": label} | {name: getattr(side, field) for name, side in sides.items()}
        for field, label in FORETOLD.items()
    ]
