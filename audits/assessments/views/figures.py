"""From results to charts: which numbers of a run are drawn, and how."""

from collections.abc import Iterable
from dataclasses import dataclass

from audits.assessments import charts
from audits.assessments.models import Kind, Result, Run
from audits.statistics.limits import SEVERITY, Direction, Verdict

MOST_DISTRIBUTIONS, MOST_FEATURES = 4, 15
THEMES = {theme: charts.themed({}, theme)["config"] for theme in ("light", "dark")}


@dataclass(frozen=True)
class Figure:
    """One chart on a page."""

    id: str
    title: str
    spec: dict

    @property
    def label(self) -> str:
        return self.spec["description"]


def figures_of(run: Run, results: list[Result]) -> list[Figure]:
    """The charts that explain a run of this kind; none where nothing can be drawn."""
    drawn = {
        Kind.DRIFT: _distributions,
        Kind.BIAS: _group_rates,
        Kind.EXPLAINABILITY: _importances,
        Kind.PERFORMANCE: _calibration,
    }[Kind(run.plan.kind)](results)
    return [Figure(f"chart-{number}", title, spec) for number, (title, spec) in enumerate(drawn, start=1)]


def distribution(result: Result) -> dict | None:
    """Reference and current of one column, from the cells a drift measure was computed on."""
    bins = result.detail.get("bins")
    return charts.distribution_chart([charts.Bin(**one) for one in bins]) if bins else None


def trend(results: Iterable[Result]) -> dict | None:
    """One measure over the windows, oldest first, within the limits that judged the newest."""
    results = list(results)
    if len(results) < 2 or all(result.value is None for result in results):
        return None
    limit = results[-1].limit or {}
    points = [
        charts.TrendPoint(
            period=f"{result.run.window_end:%d %b %Y}",
            value=result.value,
            low=result.low,
            high=result.high,
            verdict=Verdict(result.verdict) if result.verdict else Verdict.UNKNOWN,
        )
        for result in results
    ]
    direction = Direction(limit.get("direction", Direction.UPPER))
    return charts.trend_chart(points, amber=limit.get("amber"), red=limit.get("red"), direction=direction)


def by_severity(result: Result) -> tuple:
    """Worst verdict first, then what lies furthest towards the limit."""
    verdict = SEVERITY.index(result.verdict) if result.verdict else len(SEVERITY)
    value = result.value if result.value is not None else 0.0
    below_is_bad = (result.limit or {}).get("direction") == Direction.LOWER
    return verdict, value if below_is_bad else -value


def _distributions(results: list[Result]) -> list[tuple[str, dict]]:
    shown = [result for result in results if result.measure == "psi" and result.detail.get("bins")]
    worst = sorted(shown, key=by_severity)[:MOST_DISTRIBUTIONS]
    return [(f"{result.column}, reference and current", distribution(result)) for result in worst]


def _group_rates(results: list[Result]) -> list[tuple[str, dict]]:
    groups: dict[str, list[Result]] = {}
    for result in results:
        if result.measure == "impact_ratio" and result.value is not None:
            groups.setdefault(result.column, []).append(result)
    return [(f"Impact ratio by {column}", _group_chart(of_column)) for column, of_column in groups.items()]


def _group_chart(results: list[Result]) -> dict:
    rates = [
        charts.GroupRate(
            group=result.segment,
            rate=result.value,
            low=result.value if result.low is None else result.low,
            high=result.value if result.high is None else result.high,
            rows=sum(result.sizes.values()),
            verdict=Verdict(result.verdict) if result.verdict else Verdict.UNKNOWN,
        )
        for result in results
    ]
    limit = (results[0].limit or {}).get("red")
    return charts.group_rates_chart(rates, limit=limit, limit_name="red limit")


def _importances(results: list[Result]) -> list[tuple[str, dict]]:
    weights = [
        charts.Importance(result.column, result.detail["reference"], result.value)
        for result in results
        if result.measure == "importance" and result.value is not None and "reference" in result.detail
    ]
    heaviest = sorted(weights, key=lambda one: max(one.current, one.reference), reverse=True)[:MOST_FEATURES]
    return [("What drives the model, on the reference and now", charts.importance_chart(heaviest))] if heaviest else []


def _calibration(results: list[Result]) -> list[tuple[str, dict]]:
    curve = next((result.detail["curve"] for result in results if result.detail.get("curve")), [])
    bins = [charts.CalibrationBin(**point) for point in curve if None not in point.values()]
    return [("Predicted against observed", charts.calibration_chart(bins))] if bins else []
