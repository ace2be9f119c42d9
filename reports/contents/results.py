"""Results as a report prints them: figures with sources, sections that answer one question each, trends, charts."""

from collections.abc import Sequence

from audits.assessments import catalogue, charts
from audits.assessments.models import Kind, Run
from audits.assessments.models import Result as Row
from audits.statistics.limits import Direction, Verdict
from mrm.pages import wording
from mrm.pages.wording import counted
from reports.contents.figures import Chart, Figure, Source
from reports.contents.monitoring import Result, Section, Trend, TrendPeriod

SECTIONS = {
    Kind.DRIFT: ("Stability", "Are inputs and output still those the version was built on?"),
    Kind.PERFORMANCE: ("Performance and calibration", "Does it predict what happened as well as before?"),
    Kind.BIAS: ("Fairness", "Who is favoured, and who bears the errors?"),
    Kind.EXPLAINABILITY: ("Explanations", "Does it still decide for the same reasons?"),
}
FEWEST_PERIODS = 4
MOST_TRENDS = 4
MOST_CHARTS = 4


def source_key(run: Run) -> str:
    return f"run-{str(run.pk)[:8]}"


def source_of(run: Run) -> Source:
    """Everything needed to repeat the run."""
    inputs, made = run.inputs, run.environment
    facts = [
        ("Run", str(run.pk)),
        ("Window", period_of(run)),
        ("Finished", f"{run.finished_at:%d %B %Y %H:%M} UTC"),
        ("Policy", f"version {run.policy.number}"),
        ("Reference", inputs.get("reference", {}).get("sha256", "none")),
        ("Batches", ", ".join(batch["sha256"][:16] for batch in inputs.get("batches", [])) or "none"),
        ("Seed", str(made.get("seed", "none"))),
        ("Libraries", ", ".join(f"{name} {number}" for name, number in made.get("libraries", {}).items())),
    ]
    return Source(source_key(run), str(run), tuple(facts))


def period_of(run: Run) -> str:
    return f"{run.window_start:%d %b %Y} to {run.window_end:%d %b %Y}"


def examined_in(runs: Sequence[Run]) -> tuple[str, ...]:
    """Per kind of assessment, how many windows were measured and which."""
    per_kind = {kind: [period_of(run) for run in runs if run.plan.kind == kind] for kind in Kind}
    return tuple(
        f"{kind.label}, {counted(len(windows), 'window')}: {'; '.join(windows)}."
        for kind, windows in per_kind.items()
        if windows
    )


def section_of(kind: Kind, run: Run, rows: Sequence[Row]) -> Section:
    """The judged results first, worst first; what is only shown comes after."""
    severity = {verdict: place for place, verdict in enumerate(Verdict(v) for v in ("red", "amber"))}
    ordered = sorted(rows, key=lambda row: (not row.verdict, severity.get(row.verdict, 2), row.position))
    title, question = SECTIONS[kind]
    printed = tuple(result_of(run, row) for row in ordered if row.verdict)
    return Section(title, question, printed, tuple(charts_of(kind, rows)[:MOST_CHARTS]))


def result_of(run: Run, row: Row) -> Result:
    figures = _Figures(run, row)
    return Result(
        measure=wording.sentence(row.measure),
        subject=" ".join(part for part in (row.column, f"({row.segment})" if row.segment else "") if part) or "model",
        verdict=Verdict(row.verdict),
        limit=limit_in_short(row),
        method=row.method,
        value=figures.one("value", catalogue.written(row.measure, row.value)) if row.value is not None else None,
        interval=figures.one("interval", _interval(row)) if row.low is not None and row.high is not None else None,
        sizes=figures.one("sizes", _sizes(row)) if row.sizes else None,
        note=row.reason or ("The sample does not allow a decision." if row.verdict == Verdict.INSUFFICIENT else ""),
    )


def limit_in_short(row: Row) -> str:
    """Where amber and red begin: "> 0.1, 0.25"."""
    if not row.limit:
        return "none"
    side = ">" if row.limit["direction"] == Direction.UPPER else "<"
    ends = [f"{row.limit[colour]:g}" for colour in ("amber", "red") if row.limit[colour] is not None]
    return f"{side} {', '.join(ends)}"


def trends_of(runs: Sequence[Run]) -> tuple[Trend, ...]:
    """The judged model-level results that were measured in at least four windows."""
    series: dict[tuple[str, str], list[tuple[Run, Row]]] = {}
    for run in sorted(runs, key=lambda run: run.window_end):
        for row in run.results.all():
            if row.limit and not row.segment and _is_headline(run, row):
                series.setdefault((row.measure, row.column), []).append((run, row))
    long_enough = [points for points in series.values() if len(points) >= FEWEST_PERIODS]
    return tuple(_trend(points) for points in long_enough[:MOST_TRENDS])


def verdict_grid(runs: Sequence[Run]) -> Chart | None:
    """The model's history at a glance: one row per kind of assessment, one column per month a window ended in."""
    cells = {}
    for run in sorted(runs, key=lambda run: run.window_end):
        cell = charts.Cell(run.plan.get_kind_display(), f"{run.window_end:%b %y}", Verdict(run.verdict))
        cells[cell.row, cell.column] = cell
    return Chart("Verdict of each assessment", charts.heat_strip(list(cells.values()))) if cells else None


def charts_of(kind: Kind, rows: Sequence[Row]) -> list[Chart]:
    match kind:
        case Kind.DRIFT:
            return _distributions(rows)
        case Kind.PERFORMANCE:
            return _calibration(rows)
        case Kind.BIAS:
            return _groups(rows)
        case Kind.EXPLAINABILITY:
            return _importance(rows)


def _distributions(rows: Sequence[Row]) -> list[Chart]:
    moved = sorted((row for row in rows if row.measure == "psi" and row.value is not None), key=lambda row: -row.value)
    return [
        Chart(f"{row.column}: reference and period", charts.distribution_chart(bins))
        for row in moved
        if row.verdict in (Verdict.AMBER, Verdict.RED) and (bins := bins_of(row))
    ]


def bins_of(row: Row) -> list[charts.Bin]:
    return [charts.Bin(one["label"], one["reference"], one["current"]) for one in row.detail.get("bins", [])]


def _calibration(rows: Sequence[Row]) -> list[Chart]:
    curve = next((row.detail["curve"] for row in rows if row.detail.get("curve")), None)
    if not curve:
        return []
    return [
        Chart("Predicted and observed rate", charts.calibration_chart([charts.CalibrationBin(**one) for one in curve]))
    ]


def _groups(rows: Sequence[Row]) -> list[Chart]:
    found: dict[str, list[charts.GroupRate]] = {}
    limits: dict[str, float] = {}
    for row in rows:
        if row.measure != "impact_ratio" or None in (row.value, row.low, row.high):
            continue
        size = row.sizes.get(row.segment) or min(row.sizes.values())
        rate = charts.GroupRate(row.segment, row.value, row.low, row.high, size, Verdict(row.verdict))
        found.setdefault(row.column, []).append(rate)
        limits[row.column] = row.limit["red"]
    return [
        Chart(
            f"Impact ratio by {column}",
            charts.group_rates_chart(groups, limit=limits[column], limit_name=f"red below {limits[column]:g}"),
        )
        for column, groups in found.items()
    ]


def _importance(rows: Sequence[Row]) -> list[Chart]:
    features = [
        charts.Importance(row.column, row.detail["reference"], row.value)
        for row in rows
        if row.measure == "importance" and row.value is not None and "reference" in row.detail
    ]
    return [Chart("Share of attribution per feature", charts.importance_chart(features[:12]))] if features else []


def _trend(points: list[tuple[Run, Row]]) -> Trend:
    limit, direction = points[-1][1].limit, Direction(points[-1][1].limit["direction"])
    row = points[-1][1]
    title = wording.sentence(wording.case(row.measure, row.column))
    drawn = [
        charts.TrendPoint(f"{run.window_end:%b %y}", one.value, Verdict(one.verdict), one.low, one.high)
        for run, one in points
    ]
    periods = tuple(
        TrendPeriod(
            f"{run.window_end:%b %y}",
            Verdict(one.verdict),
            _Figures(run, one).one("value", catalogue.written(one.measure, one.value))
            if one.value is not None
            else None,
        )
        for run, one in points[-6:]
    )
    chart = charts.trend_chart(drawn, amber=limit["amber"], red=limit["red"], direction=direction)
    return Trend(title, periods, Chart(title, chart))


def _is_headline(run: Run, row: Row) -> bool:
    if run.plan.kind != Kind.DRIFT:
        return True
    columns = {column.name: column for column in run.version.columns()}
    column = columns.get(row.column)
    return row.measure == "psi" and column is not None and set(column.roles) & {"score", "prediction"}


class _Figures:
    """Names the figures of one row of one run."""

    def __init__(self, run: Run, row: Row):
        self.beginning, self.source = f"{source_key(run)}.{row.position}", source_key(run)

    def one(self, name: str, text: str) -> Figure:
        return Figure(f"{self.beginning}.{name}", text, self.source)


def _interval(row: Row) -> str:
    return f"{catalogue.written(row.measure, row.low)} to {catalogue.written(row.measure, row.high)}"


def _sizes(row: Row) -> str:
    """The rows of each side, the reference first, or of all groups together where there are many."""
    if len(row.sizes) > 2:
        return f"{sum(row.sizes.values()):,} in {len(row.sizes)}"
    ordered = sorted(row.sizes, key=lambda name: (name != "reference", name))  # PostgreSQL keeps an order of its own.
    return " / ".join(f"{row.sizes[name]:,}" for name in ordered)
