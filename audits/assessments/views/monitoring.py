"""Monitoring of a model: what moved, since when, does it matter?"""

from collections import defaultdict

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audits.assessments import charts, services, tasks
from audits.assessments.models import Kind, Plan, Result, Run
from audits.assessments.states import RunState
from audits.assessments.views import figures
from audits.assessments.views.scope import plan_for
from audits.statistics.limits import SEVERITY, Verdict, worst
from audits.trail.models import Action, Entry
from inventory.models import Model, Series
from inventory.views.scope import model_for, model_page
from mrm.accounts.policies import Permission
from mrm.accounts.views.signing import act_page, reason_page
from mrm.pages import wording
from mrm.pages.answers import answer, go_to
from mrm.queue import nudge

MOST_POINTS = 400  # More are not told apart on a chart of this width.
MOST_RUNS = 26  # Two years of monthly runs fit on a screen.
DISTANCES = ("kolmogorov_smirnov", "chi_square", "jensen_shannon", "wasserstein")
BEYOND_COLUMNS = (
    "estimated_auc_change",
    "new_segment",
    "domain_classifier",
    "maximum_mean_discrepancy",
    "reconstruction_error",
    "text_domain_classifier",
    "volume_change",
    "freshness",
    "duplicate_rate",
)
TRENDS = (
    "auc_change",
    "estimated_auc_change",
    "realised_against_estimated",
    "rmse_ratio",
    "calibration_in_the_large",
    "impact_ratio",
    "equalized_odds",
    "attribution_drift",
)


@require_safe
def monitoring(request, slug):
    model = model_for(request, slug)
    version = _version_of(request, model)
    runs = _newest_per_window(version) if version else []
    latest = {run.plan.kind: run for run in runs}  # Oldest first, so the newest of each kind stays.
    drift = latest.get(Kind.DRIFT)
    context = model_page(
        request,
        model,
        "monitoring",
        version=version,
        versions=model.versions.all(),
        plans=_plans(version, latest) if version else [],
        grids=_grids(runs),
        drift=drift,
        features=_features(drift) if drift else [],
        beyond=_beyond_columns(drift) if drift else [],
        trends=_trends(version) if version else [],
        series=_series(model),
        themes=figures.THEMES,
        counts=_counts(latest),
    )
    if version and Permission.DECIDE_PLAN in context["may"]:
        context["why_not_off"] = services.why_not_switch_off(version, request.user)
    return render(request, "assessments/monitoring.html", context)


@require_safe
def feature(request, slug):
    """One column in detail: both distributions, and its drift over time within the limits."""
    model = model_for(request, slug)
    version, column = _version_of(request, model), request.GET.get("column", "")
    if version is None:
        raise Http404("There is no version to look at.")
    results = list(
        Result.objects.filter(run__in=_newest_per_window(version), column=column, run__plan__kind=Kind.DRIFT)
        .select_related("run")
        .order_by("run__window_end")
    )
    over_time = [result for result in results if result.measure == "psi"]
    if not over_time:
        raise Http404(f"No drift of a column {column!r} was measured.")
    newest = over_time[-1]
    context = model_page(
        request,
        model,
        "monitoring",
        version=version,
        column=column,
        newest=newest,
        distribution=figures.distribution(newest),
        trend=figures.trend(over_time),
        results=[result for result in results if result.run_id == newest.run_id],
        themes=figures.THEMES,
    )
    return answer(request, "assessments/feature.html", context, part="assessments/feature_part.html")


@require_http_methods(["GET", "POST"])
def switch_plan_off(request, plan_id):
    plan = plan_for(request, plan_id)
    page = {
        "heading": f"Switch off {plan.get_kind_display().lower()} of {plan.version}",
        "lead": "Nothing of this kind is measured until it is switched on again.",
        "back": _monitoring_of(plan),
    }
    return reason_page(request, services.PLAN_SWITCH_OFF, plan, to="sign-plan-off", args=[plan.pk], **page)


@require_http_methods(["GET", "POST"])
def sign_plan_off(request, plan_id, statement_id):
    plan = plan_for(request, plan_id)

    def then(plan):
        messages.success(request, f"{plan.get_kind_display()} is switched off, with your reason in the trail.")
        return _monitoring_of(plan)

    page = {"heading": "Sign that it is switched off", "back": _monitoring_of(plan), "then": then}
    return act_page(request, services.PLAN_SWITCH_OFF, plan, statement_id, **page)


@require_POST
def switch_plan_on(request, plan_id):
    plan = plan_for(request, plan_id)
    services.switch_on(plan, actor=request.user)
    return redirect(_monitoring_of(plan))


@require_POST
def run_now(request, plan_id):
    run = services.request_run(plan_for(request, plan_id), actor=request.user)
    nudge(tasks.run_plan, str(run.pk))
    return go_to(request, reverse("run", args=[run.pk]))


def _monitoring_of(plan: Plan) -> str:
    return f"{reverse('model-monitoring', args=[plan.version.model.slug])}?version={plan.version.number}"


def _version_of(request, model):
    """The version the address names, else the one in use, else the newest."""
    named = request.GET.get("version", "")
    if named:
        return get_object_or_404(model.versions, number=named if named.isdecimal() and len(named) < 10 else -1)
    return model.production_version() or model.versions.first()


def _newest_per_window(version) -> list[Run]:
    """Finished runs, oldest first; of a window that was measured again only the newest measurement."""
    runs = (
        Run.objects.finished()
        .filter(version=version)
        .order_by("plan_id", "window_start", "window_end", "-queued_at")
        .distinct("plan_id", "window_start", "window_end")
        .select_related("plan")
    )
    return sorted(runs, key=lambda run: run.window_end)


def _plans(version, latest: dict) -> list[tuple[Plan, Run | None, Entry | None]]:
    """Each with its newest run and, where it is switched off, the entry that says why."""
    plans = version.plans.select_related("version__model")
    return [(plan, latest.get(plan.kind), None if plan.enabled else _switching(plan)) for plan in plans]


def _switching(plan: Plan) -> Entry | None:
    return Entry.objects.about(plan).filter(action__in=(Action.PLAN_CHANGED, Action.PLAN_SWITCHED_OFF)).first()


def _counts(latest: dict) -> list[tuple[str, int]]:
    """How many judged results of the newest runs have which verdict, worst first."""
    judged = Result.objects.filter(run__in=latest.values()).exclude(verdict="").values_list("verdict", flat=True)
    counts = defaultdict(int)
    for verdict in judged:
        counts[verdict] += 1
    return [(verdict, counts[verdict]) for verdict in SEVERITY if counts[verdict]]


def _grids(runs: list[Run]) -> list[dict]:
    """Per kind of assessment: a row per measure, a column per run, each cell the worst verdict."""
    cells = defaultdict(list)
    shown = {kind: [run for run in runs if run.plan.kind == kind][-MOST_RUNS:] for kind in Kind.values}
    wanted = [run.pk for of_kind in shown.values() for run in of_kind]
    judged = Result.objects.filter(run__in=wanted).exclude(verdict="").order_by()
    for run, measure, verdict in judged.values_list("run", "measure", "verdict").distinct():
        cells[run, measure].append(verdict)
    grids = []
    for kind, of_kind in shown.items():
        ids = {run.pk for run in of_kind}
        measures = sorted({measure for run, measure in cells if run in ids})
        rows = [("All", [(run, _of_run(run)) for run in of_kind])]
        rows += [
            (measure, [(run, worst(cells[run.pk, measure]) if (run.pk, measure) in cells else "") for run in of_kind])
            for measure in measures
        ]
        if of_kind:
            grids.append({"kind": Kind(kind).label, "runs": of_kind, "rows": rows})
    return grids


def _of_run(run: Run) -> str:
    if run.verdict:
        return run.verdict
    return Verdict.INSUFFICIENT if run.state == RunState.INSUFFICIENT_DATA else Verdict.UNKNOWN


def _features(run: Run) -> list[dict]:
    """The columns of the newest drift run with the measures that describe them, worst first."""
    by_column = defaultdict(dict)
    for result in run.results.exclude(column=""):
        by_column[result.column][result.measure] = result
    rows = [
        {"column": column, "measures": measures, **_headline(measures)}
        for column, measures in by_column.items()
        if "psi" in measures
    ]
    return sorted(rows, key=lambda row: figures.by_severity(row["headline"]))


def _headline(measures: dict) -> dict:
    """PSI leads; the row carries the worst verdict of all its measures."""
    headline = measures["psi"]
    verdicts = [result.verdict for result in measures.values() if result.verdict]
    return {
        "headline": headline,
        "verdict": worst(verdicts) if verdicts else "",
        "bins": headline.detail.get("bins", []),
        "distances": [measures[name] for name in DISTANCES if name in measures],
        "missing": measures.get("missing_rate"),
    }


def _beyond_columns(run: Run) -> list[Result]:
    """What a drift run measured of no single column: features together, words, segments, arrival, promises."""
    rows = run.results.filter(measure__in=BEYOND_COLUMNS)
    return sorted(rows, key=lambda result: (BEYOND_COLUMNS.index(result.measure), result.position))


def _trends(version) -> list[figures.Figure]:
    """How the measures that decide over the model moved: one chart each, worst group only where there are groups."""
    results = (
        Result.objects.filter(run__in=_newest_per_window(version), measure__in=TRENDS)
        .select_related("run")
        .order_by("run__window_end", "position")
    )
    series = defaultdict(dict)
    for result in results:
        before = series[result.measure].get(result.run_id)
        if before is None or figures.by_severity(result) < figures.by_severity(before):
            series[result.measure][result.run_id] = result
    drawn = [(measure, figures.trend(series[measure].values())) for measure in TRENDS if measure in series]
    return [figures.Figure(f"trend-{measure}", wording.sentence(measure), spec) for measure, spec in drawn if spec]


def _series(model: Model) -> list[tuple[Series, figures.Figure, int]]:
    """How the model runs and what it brings, as others measured it: each with its chart and its points."""
    drawn = []
    for one in model.series.with_ends().order_by("-pillar", "name"):
        points = list(one.points.standing().values_list("at", "value")[:MOST_POINTS])[::-1]
        spec = charts.series_chart([(at.isoformat(), value) for at, value in points], unit=one.unit)
        drawn.append((one, figures.Figure(f"series-{one.name}", one.name, spec), len(points)))
    return drawn
