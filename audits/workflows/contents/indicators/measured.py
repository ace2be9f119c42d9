"""Indicators of monitoring: what was assessed, what it found, and how long it took to decide about it."""

from collections import Counter
from datetime import timedelta

from django.db import connection
from django.db.models import Avg, Case, Count, Exists, F, IntegerField, Min, OuterRef, Q, Value, When

from audits.assessments.catalogue import MEASURES
from audits.assessments.models import Breach, Kind, Plan, Run
from audits.assessments.states import RunState
from audits.statistics.limits import SEVERITY, Verdict
from audits.workflows.contents.indicators.scope import IN_USE, Found, Scope, count, share
from audits.workflows.contents.residual import with_what_was_found
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


def worst_found(scope: Scope) -> Counter[tuple[int, str, str, str]]:
    """How many models in use there are of each tier, worst current verdict, opinion that holds and worst open finding;
    without a finished run the verdict is empty."""
    if "worst found" not in scope.known:
        scope.known["worst found"] = _counted(scope)
    return scope.known["worst found"]


def worst_verdicts(scope: Scope) -> Counter[str]:
    """How many models in use there are of each worst current verdict; those without a finished run lack."""
    verdicts = Counter()
    for (_, verdict, _, _), models in worst_found(scope).items():
        verdicts[verdict] += models
    del verdicts[""]
    return verdicts


def _counted(scope: Scope) -> Counter[tuple[int, str, str, str]]:
    in_use = scope.visible.filter(status__in=IN_USE)
    models = with_what_was_found(in_use, scope.now.date()).values_list("pk", "tier", "opinion", "finding")
    runs = Run.objects.filter(version__stage=Stage.PRODUCTION, version__model__in=in_use.values("pk"))
    latest = Run.objects.filter(pk__in=runs.latest_per_plan().values("pk")).order_by()
    worst = latest.values_list("version__model").annotate(worst=Min(_RANK))
    (of_models, of_them), (of_runs, of_those) = models.query.sql_with_params(), worst.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tier, worst, opinion, finding, count(*)"  # noqa: S608 - our own words
            f" FROM ({of_models}) AS found (model, tier, opinion, finding)"
            f" LEFT JOIN ({of_runs}) AS measured (model, worst) USING (model) GROUP BY 1, 2, 3, 4",
            (*of_them, *of_those),
        )
        return Counter(
            {
                (tier, "" if rank is None else str(SEVERITY[rank]), opinion, finding): models
                for tier, rank, opinion, finding, models in cursor.fetchall()
            }
        )


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
    verdicts, every = worst_verdicts(scope), worst_found(scope).total()
    return share(every - sum(verdicts[one] for one in judged), every, nothing=NONE_IN_USE)


def residual_high_share(scope: Scope) -> Found:
    """By the policy's tables; a model in use that was never measured or validated counts as not measured."""
    document, found = Policy.objects.in_force().document, worst_found(scope)
    high = sum(
        models
        for (tier, verdict, opinion, finding), models in found.items()
        if policies.residual_rating(document, tier, verdict=verdict, opinion=opinion, finding=finding) in HIGH
    )
    return share(high, found.total(), nothing=NONE_IN_USE)


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
    verdicts = worst_verdicts(scope)
    return share(verdicts[verdict], verdicts.total(), nothing=NOT_MEASURED)
