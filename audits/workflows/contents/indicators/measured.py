"""Indicators of monitoring: what was assessed, what it found, and how long it took to decide about it."""

from datetime import timedelta

from django.db import connection
from django.db.models import Avg, Case, Count, Exists, F, IntegerField, Min, OuterRef, Q, Value, When

from audits.assessments.catalogue import MEASURES
from audits.assessments.models import Breach, Kind, Plan, Run
from audits.assessments.states import RunState
from audits.statistics.limits import SEVERITY, Verdict
from audits.workflows.contents.indicators.scope import IN_USE, Found, Scope, count, share
from audits.workflows.contents.validations import due_before
from inventory import policies
from inventory.models import Policy
from inventory.states import Stage

NONE_IN_USE = "No model is in use."
NOT_MEASURED = "Of no model in use a run has finished."
HIGH = ("high", "very high")
OVERDUE_BY = timedelta(days=1)
OF_GROUPS = [name for name, measure in MEASURES.items() if measure.kind == Kind.BIAS]


def validated_on_time(scope: Scope) -> Found:
    """Of the models in use that are not exempt, those of which neither a validation nor a review is overdue."""
    bound = scope.visible.filter(status__in=IN_USE).exclude(tier=policies.EXEMPT)
    found = bound.aggregate(all=Count("pk"), timely=Count("pk", filter=~due_before(scope.now.date())))
    return share(found["timely"], found["all"], nothing=NONE_IN_USE)


def assessed_on_time(scope: Scope) -> Found:
    """Of the models in use, those that have plans of which none waits for its run."""
    plans = Plan.objects.filter(version__model=OuterRef("pk"), version__stage=Stage.PRODUCTION, enabled=True)
    late = plans.filter(next_due_at__lt=scope.now - OVERDUE_BY)
    found = scope.visible.filter(status__in=IN_USE).aggregate(
        all=Count("pk"), timely=Count("pk", filter=Q(Exists(plans)) & ~Q(Exists(late)))
    )
    return share(found["timely"], found["all"], nothing=NONE_IN_USE)


def worst_by_tier(scope: Scope) -> dict[tuple[int, str], int]:
    """How many models in use there are of each tier and worst current verdict; those without a finished run lack."""
    if "worst by tier" not in scope.known:
        scope.known["worst by tier"] = _counted_by_tier(scope)
    return dict(scope.known["worst by tier"])


def _counted_by_tier(scope: Scope) -> dict[tuple[int, str], int]:
    runs = Run.objects.filter(
        version__stage=Stage.PRODUCTION, version__model__in=scope.visible.filter(status__in=IN_USE).values("pk")
    )
    latest = runs.latest_per_plan().values("pk")
    worst = Run.objects.filter(pk__in=latest).order_by().values("version__model", "version__model__tier")
    sql, given = worst.annotate(worst=Min(_RANK)).query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT tier, worst, count(*) FROM ({sql}) AS found (model, tier, worst) GROUP BY 1, 2", given)  # noqa: S608 - our own words
        return {(tier, str(SEVERITY[rank])): models for tier, rank, models in cursor.fetchall()}


_RANK = Case(
    *(When(verdict=verdict.value, then=Value(rank)) for rank, verdict in enumerate(SEVERITY)),
    When(state=RunState.INSUFFICIENT_DATA, then=Value(SEVERITY.index(Verdict.INSUFFICIENT))),
    default=Value(SEVERITY.index(Verdict.UNKNOWN)),
    output_field=IntegerField(),
)


def red_share(scope: Scope) -> Found:
    return _share_of(scope, Verdict.RED)


def amber_share(scope: Scope) -> Found:
    return _share_of(scope, Verdict.AMBER)


def unmeasured_share(scope: Scope) -> Found:
    """Of the models in use, those whose current verdict says nothing: never run, unknown or insufficient."""
    judged = (Verdict.RED, Verdict.AMBER, Verdict.WITHIN)
    told = sum(models for (_, verdict), models in worst_by_tier(scope).items() if verdict in judged)
    every = scope.visible.filter(status__in=IN_USE).count()
    return share(every - told, every, nothing=NONE_IN_USE)


def residual_high_share(scope: Scope) -> Found:
    """By the policy's table of tier and verdict; a model in use that was never measured counts as not measured."""
    document, found = Policy.objects.in_force().document, worst_by_tier(scope)
    by_tier = dict(scope.visible.filter(status__in=IN_USE).values_list("tier").annotate(models=Count("pk")))
    for tier, models in by_tier.items():
        found[tier, ""] = models - sum(some for (of, _), some in found.items() if of == tier)
    high = sum(
        models for (tier, verdict), models in found.items() if policies.residual_rating(document, tier, verdict) in HIGH
    )
    return share(high, sum(by_tier.values()), nothing=NONE_IN_USE)


def fairness_breaches(scope: Scope) -> Found:
    breaches = Breach.objects.filter(version__model__in=scope.visible.values("pk"), opened_at__lte=scope.moment)
    open_then = breaches.filter(Q(closed_at__isnull=True) | Q(closed_at__gt=scope.moment))
    return count(open_then.filter(measure__in=OF_GROUPS).count())


def breach_to_decision(scope: Scope) -> Found:
    """Mean days from the opening of a breach to the first decision about a change it gave rise to, over a year."""
    breaches = Breach.objects.filter(version__model__in=scope.visible.values("pk"))
    decided = breaches.annotate(decided=Min("changes__decided_at"))
    decided = decided.filter(decided__gt=scope.since, decided__lte=scope.moment)
    found = decided.aggregate(breaches=Count("pk"), mean=Avg(F("decided") - F("opened_at")))
    if not found["breaches"]:
        return Found(reason="Within the last year nothing was decided that a breach gave rise to.")
    return Found(found["mean"] / timedelta(days=1), found["breaches"])


def _share_of(scope: Scope, verdict: Verdict) -> Found:
    found = worst_by_tier(scope)
    part = sum(models for (_, worst), models in found.items() if worst == verdict)
    return share(part, sum(found.values()), nothing=NOT_MEASURED)
