"""One run: can I trust this number?"""

from collections import Counter, defaultdict

from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from audits.assessments import services, tasks
from audits.assessments.models import Run
from audits.assessments.views import figures
from audits.assessments.views.scope import run_for
from audits.statistics.limits import SEVERITY
from inventory.views.scope import model_page
from mrm.pages.answers import answer
from mrm.queue import nudge


@require_safe
def run(request, run_id):
    """The whole page; while the run works, htmx asks for its body again and again."""
    run = run_for(request, run_id)
    results = list(run.results.all()) if run.is_finished else []
    context = model_page(
        request,
        run.version.model,
        "monitoring",
        run=run,
        version=run.version,
        counts=_counts(results),
        groups=_groups(results),
        figures=figures.figures_of(run, results),
        themes=figures.THEMES,
        comparison=_comparison(run, results),
        reruns=run.reruns.all(),
        seconds=(run.finished_at - run.started_at).total_seconds() if run.finished_at and run.started_at else None,
    )
    return answer(request, "assessments/run.html", context, part="assessments/run_body.html")


@require_POST
def rerun(request, run_id):
    again = services.rerun(run_for(request, run_id), actor=request.user)
    nudge(tasks.run_plan, str(again.pk))
    return redirect(reverse("run", args=[again.pk]))


def _counts(results) -> list[tuple[str, int]]:
    counts = Counter(result.verdict for result in results if result.verdict)
    return [(verdict, counts[verdict]) for verdict in SEVERITY if counts[verdict]]


def _groups(results) -> list[dict]:
    """Results by measure in the order they were measured, the worst first within each."""
    by_measure = defaultdict(list)
    for result in results:
        by_measure[result.measure].append(result)
    return [
        {
            "measure": measure,
            "results": sorted(of_measure, key=figures.by_severity),
            "limit": next((result.limit for result in of_measure if result.limit), None),
            "method": of_measure[0].method,
        }
        for measure, of_measure in by_measure.items()
    ]


def _comparison(run: Run, results) -> dict | None:
    """For a re-run: how many numbers are the same as in the run it repeats, and which are not."""
    if run.rerun_of is None or not results:
        return None
    before = {(r.measure, r.column, r.segment): r.value for r in run.rerun_of.results.all()}
    now = {(r.measure, r.column, r.segment): r.value for r in results}
    different = [
        {"name": " ".join(part for part in key if part), "before": before.get(key), "now": now.get(key)}
        for key in {**before, **now}
        if before.get(key) != now.get(key)
    ]
    return {"same": len(now) - sum(row["now"] is not None for row in different), "different": different}
