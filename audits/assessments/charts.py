"""Charts as Vega-Lite specifications: drawn by vega-embed on a page and as SVG in a report, from the same numbers.

Every chart states itself in words (`description`), and no verdict is told by colour alone: each has its own shape.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import asdict, dataclass
from html import escape
from typing import TYPE_CHECKING

import vl_convert

from audits.statistics.limits import Direction, Verdict

if TYPE_CHECKING:
    import altair as alt

# Each colour keeps a contrast of at least 3:1 on white and on the dark page, so both themes share them.
CURRENT, REFERENCE = "#2f7fd6", "#8a929c"
LOOKS = {
    Verdict.WITHIN: ("#1f9470", "circle"),
    Verdict.AMBER: ("#c47f00", "triangle-up"),
    Verdict.RED: ("#d63a4f", "square"),
    Verdict.INSUFFICIENT: ("#6487ad", "diamond"),
    Verdict.UNKNOWN: ("#85898f", "cross"),
}
WORDS = {
    Verdict.WITHIN: "within limits",
    Verdict.AMBER: "amber",
    Verdict.RED: "red",
    Verdict.INSUFFICIENT: "insufficient data",
    Verdict.UNKNOWN: "unknown",
}
PRINT_WIDTH = 650
BAND_OPACITY = 0.10


@dataclass(frozen=True)
class Bin:
    """One cell of a distribution: its label and the share of rows on each side."""

    label: str
    reference: float
    current: float


@dataclass(frozen=True)
class TrendPoint:
    """One period's value with its interval and verdict; a value of None is shown as a gap with its verdict."""

    period: str
    value: float | None
    verdict: Verdict
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Importance:
    """How much one feature weighs, then and now."""

    feature: str
    reference: float
    current: float


@dataclass(frozen=True)
class Cell:
    """One verdict in a grid of runs and measures."""

    row: str
    column: str
    verdict: Verdict


@dataclass(frozen=True)
class CalibrationBin:
    """Mean prediction against observed rate of one group of rows, with the rate's interval."""

    predicted: float
    observed: float
    low: float
    high: float
    rows: int


@dataclass(frozen=True)
class GroupRate:
    """One group's rate with its interval; `verdict` is that of its comparison with the reference group."""

    group: str
    rate: float
    low: float
    high: float
    rows: int
    verdict: Verdict


def distribution_chart(bins: Sequence[Bin]) -> dict:
    """Twin bars per cell: the reference in grey, the current data coloured."""
    import altair as alt

    sides = {"reference": REFERENCE, "current": CURRENT}
    rows = [{"label": one.label, "side": side, "share": getattr(one, side)} for one in bins for side in sides]
    furthest = max(bins, key=lambda one: abs(one.current - one.reference))
    chart = (
        alt.Chart(_data(rows), height=150, width="container")
        .mark_bar(cornerRadiusEnd=1)
        .encode(
            x=alt.X("label:N", sort=None, title=None, axis=alt.Axis(labelAngle=0, labelOverlap="greedy")),
            xOffset=alt.XOffset("side:N", sort=list(sides)),
            y=alt.Y("share:Q", title="Share of rows", axis=alt.Axis(format="%", tickCount=4)),
            color=alt.Color("side:N", scale=_colours(sides), legend=_legend()),
            tooltip=["label:N", "side:N", alt.Tooltip("share:Q", format=".1%")],
        )
    )
    return _spec(
        chart,
        f"Share of rows in {len(bins)} cells, reference and current. The largest change is in {furthest.label}: "
        f"from {furthest.reference:.1%} to {furthest.current:.1%}.",
    )


def trend_chart(
    points: Sequence[TrendPoint],
    *,
    amber: float | None = None,
    red: float | None = None,
    direction: Direction = Direction.UPPER,
) -> dict:
    """A value over the periods with its interval, the limits as bands, and each verdict by colour and shape."""
    import altair as alt

    numbers = [number for one in points for number in (one.value, one.low, one.high) if number is not None]
    bottom, top = _room([*numbers, *(limit for limit in (amber, red) if limit is not None)])
    order = [one.period for one in points]
    x = alt.X("period:N", sort=order, title=None, axis=alt.Axis(labelAngle=0, labelOverlap="greedy"))
    scale = alt.Scale(domain=[bottom, top], nice=False, zero=False)
    y = alt.Y("value:Q", title=None, scale=scale, axis=alt.Axis(tickCount=5))
    measured = [asdict(one) for one in points if one.value is not None]
    missing = [asdict(one) | {"value": bottom} for one in points if one.value is None]
    layers = [*_limit_layers(amber, red, direction, bottom, top)]
    base = alt.Chart(_data([asdict(one) for one in points])).encode(x=x)  # A period without a value breaks the line.
    layers += [
        base.mark_rule(strokeWidth=1.5, color=REFERENCE).encode(y=alt.Y("low:Q", title=None, scale=scale), y2="high:Q"),
        base.mark_line(strokeWidth=1.5, color=REFERENCE).encode(y=y),
        alt.Chart(_data(measured + missing))
        .mark_point(filled=True, size=70, opacity=1)
        .encode(
            x=x,
            y=y,
            color=alt.Color("verdict:N", scale=_verdict_colours(), legend=None),
            shape=alt.Shape("verdict:N", scale=_verdict_shapes(), legend=None),
            tooltip=["period:N", "value:Q", "low:Q", "high:Q", "verdict:N"],
        ),
    ]
    limits = [f"{name} limit {limit:g}" for name, limit in (("amber", amber), ("red", red)) if limit is not None]
    last = points[-1]
    said = f"{last.value:.4g}" if last.value is not None else "no value"
    return _spec(
        alt.layer(*layers, height=150, width="container"),
        f"Trend over {len(points)} periods from {order[0]} to {order[-1]}, where it stands at {said} "
        f"({WORDS[last.verdict]}){'; ' + ', '.join(limits) if limits else ''}.",
    )


def series_chart(points: Sequence[tuple[str, float]], *, unit: str) -> dict:
    """What somebody else measured, over time; nothing of it is judged, so it has no verdict."""
    import altair as alt

    numbers = [value for _, value in points]
    bottom, top = _room(numbers)
    base = alt.Chart(_data([{"at": at, "value": value} for at, value in points]), height=150, width="container").encode(
        x=alt.X("at:T", title=None, axis=alt.Axis(labelAngle=0, labelOverlap="greedy", tickCount=6)),
        y=alt.Y("value:Q", title=unit, scale=alt.Scale(domain=[bottom, top], nice=False), axis=alt.Axis(tickCount=5)),
        tooltip=[alt.Tooltip("at:T", format="%d %b %Y %H:%M"), alt.Tooltip("value:Q", title=unit)],
    )
    marks = base.mark_point(filled=True, size=18, opacity=1, color=CURRENT)
    return _spec(
        alt.layer(base.mark_line(strokeWidth=1.5, color=CURRENT), marks),
        f"{len(points)} points from {points[0][0][:10]} to {points[-1][0][:10]}, between {min(numbers):.4g} and "
        f"{max(numbers):.4g} {unit}; it stands at {numbers[-1]:.4g} {unit}.",
    )


def importance_chart(features: Sequence[Importance]) -> dict:
    """How much each feature weighs: the reference as a grey dot, the current data as a coloured one."""
    import altair as alt

    sides = {"reference": REFERENCE, "current": CURRENT}
    ordered = sorted(features, key=lambda one: one.current, reverse=True)
    order = [one.feature for one in ordered]
    rows = [{"feature": one.feature, "side": side, "weight": getattr(one, side)} for one in ordered for side in sides]
    y = alt.Y("feature:N", sort=order, title=None, axis=alt.Axis(ticks=False, domain=False, labelLimit=180))
    lines = (
        alt.Chart(_data([asdict(one) for one in ordered]))
        .mark_rule(strokeWidth=2, color=REFERENCE, opacity=0.5)
        .encode(y=y, x=alt.X("reference:Q", title="Share of total attribution"), x2="current:Q")
    )
    dots = (
        alt.Chart(_data(rows))
        .mark_point(filled=True, size=70, opacity=1)
        .encode(
            y=y,
            x=alt.X("weight:Q", axis=alt.Axis(format="%", tickCount=5)),
            color=alt.Color("side:N", scale=_colours(sides), legend=_legend()),
            shape=alt.Shape(
                "side:N", scale=alt.Scale(domain=list(sides), range=["diamond", "circle"]), legend=_legend()
            ),
            tooltip=["feature:N", "side:N", alt.Tooltip("weight:Q", format=".1%")],
        )
    )
    first = ordered[0]
    return _spec(
        alt.layer(lines, dots, height=alt.Step(20), width="container"),
        f"Weight of {len(features)} features, reference and current. The heaviest is {first.feature} with "
        f"{first.current:.1%}, before {first.reference:.1%}.",
    )


def heat_strip(cells: Sequence[Cell]) -> dict:
    """A grid of verdicts, one row per measure and one column per run; worst cases stand out by colour and shape."""
    import altair as alt

    rows, columns = (list(dict.fromkeys(getattr(one, side) for one in cells)) for side in ("row", "column"))
    base = alt.Chart(_data([asdict(one) for one in cells])).encode(
        x=alt.X("column:N", sort=columns, title=None, axis=alt.Axis(labelAngle=0, labelOverlap="greedy", orient="top")),
        y=alt.Y("row:N", sort=rows, title=None, axis=alt.Axis(labelLimit=220)),
        tooltip=["row:N", "column:N", "verdict:N"],
    )
    tiles = base.mark_rect(cornerRadius=2, strokeWidth=3, opacity=0.22).encode(
        color=alt.Color("verdict:N", scale=_verdict_colours(), legend=None)
    )
    marks = base.mark_point(filled=True, size=55, opacity=1).encode(
        color=alt.Color("verdict:N", scale=_verdict_colours(), legend=None),
        shape=alt.Shape("verdict:N", scale=_verdict_shapes(), legend=None),
    )
    counts = {verdict: sum(one.verdict == verdict for one in cells) for verdict in Verdict}
    said = ", ".join(f"{count} {WORDS[verdict]}" for verdict, count in counts.items() if count)
    return _spec(
        alt.layer(tiles, marks, height=alt.Step(22), width="container"),
        f"Verdicts of {len(rows)} measures in {len(columns)} runs: {said}.",
    )


def calibration_chart(bins: Sequence[CalibrationBin]) -> dict:
    """Observed rate against mean prediction with intervals; on the diagonal, predictions come true."""
    import altair as alt

    _, top = _room([number for one in bins for number in (one.predicted, one.high)])
    scale = alt.Scale(domain=[0, min(1.0, top)], nice=False)
    x = alt.X("predicted:Q", title="Mean prediction", scale=scale, axis=alt.Axis(format="%", tickCount=5))
    y = alt.Y("observed:Q", title="Observed rate", scale=scale, axis=alt.Axis(format="%", tickCount=5))
    base = alt.Chart(_data([asdict(one) for one in bins])).encode(x=x)
    ends = [{"predicted": end, "observed": end} for end in (0, min(1.0, top))]
    diagonal = alt.Chart(_data(ends)).mark_line(strokeDash=[4, 3], strokeWidth=1, color=REFERENCE).encode(x=x, y=y)
    whiskers = base.mark_rule(strokeWidth=1.5, color=CURRENT).encode(
        y=alt.Y("low:Q", title="Observed rate"), y2="high:Q"
    )
    dots = base.mark_point(filled=True, size=60, opacity=1, color=CURRENT).encode(
        y=y, tooltip=[alt.Tooltip("predicted:Q", format=".2%"), alt.Tooltip("observed:Q", format=".2%"), "rows:Q"]
    )
    furthest = max(bins, key=lambda one: abs(one.observed - one.predicted))
    return _spec(
        alt.layer(diagonal, whiskers, dots, height=180, width=300),
        f"Calibration in {len(bins)} groups. Furthest from the diagonal: mean prediction {furthest.predicted:.1%}, "
        f"observed {furthest.observed:.1%}.",
    )


def group_rates_chart(groups: Sequence[GroupRate], *, limit: float | None = None, limit_name: str = "") -> dict:
    """Each group's rate with its interval; an optional line says where the limit lies."""
    import altair as alt

    order = [one.group for one in groups]
    y = alt.Y("group:N", sort=order, title=None, axis=alt.Axis(ticks=False, labelLimit=200))
    base = alt.Chart(_data([asdict(one) for one in groups])).encode(y=y)
    layers = []
    if limit is not None:
        layers.append(
            alt.Chart(_data([{"limit": limit}]))
            .mark_rule(strokeDash=[4, 3], strokeWidth=1.5, color=LOOKS[Verdict.RED][0])
            .encode(x="limit:Q")
        )
    layers += [
        base.mark_rule(strokeWidth=2, color=REFERENCE).encode(x=alt.X("low:Q"), x2="high:Q"),
        base.mark_point(filled=True, size=80, opacity=1).encode(
            x=alt.X(
                "rate:Q", title="Rate", scale=alt.Scale(zero=False, padding=12), axis=alt.Axis(format="%", tickCount=5)
            ),
            color=alt.Color("verdict:N", scale=_verdict_colours(), legend=None),
            shape=alt.Shape("verdict:N", scale=_verdict_shapes(), legend=None),
            tooltip=["group:N", alt.Tooltip("rate:Q", format=".2%"), "rows:Q", "verdict:N"],
        ),
    ]
    said = ", ".join(f"{one.group} {one.rate:.1%}" for one in groups)
    line = f" {limit_name} at {limit:.1%}." if limit is not None else ""
    return _spec(alt.layer(*layers, height=alt.Step(26), width="container"), f"Rates by group: {said}.{line}")


def themed(spec: dict, theme: str) -> dict:
    """The specification with the type and line colours of a theme: light, dark or print."""
    return spec | {"config": _THEMES[theme]}


def as_svg(spec: dict, *, theme: str = "print", width: int = PRINT_WIDTH) -> str:
    """The chart as one SVG element that says in words what it shows. Nothing is fetched from anywhere."""
    fixed = deepcopy(spec)
    if fixed.get("width") == "container":
        fixed["width"] = width
        fixed["autosize"] = {"type": "fit-x", "contains": "padding"}
    svg = vl_convert.vegalite_to_svg(themed(fixed, theme), allowed_base_urls=[])
    opening, _, rest = svg.partition(">")
    return f"{opening}><title>{escape(spec['description'])}</title>{rest}"


def _limit_layers(amber, red, direction: Direction, bottom: float, top: float) -> list[alt.Chart]:
    """A tinted band for what lies beyond each limit, and a dashed line where it begins."""
    import altair as alt

    upper = direction == Direction.UPPER
    edge = top if upper else bottom
    bands = [(Verdict.AMBER, amber, edge if red is None else red), (Verdict.RED, red, edge)]
    layers = []
    for verdict, start, end in bands:
        if start is None:
            continue
        colour = LOOKS[verdict][0]
        data = _data([{"start": start, "end": end, "name": f"{verdict} limit {start:g}"}])
        layers += [
            alt.Chart(data)
            .mark_rect(color=colour, opacity=BAND_OPACITY)
            .encode(y=alt.Y("start:Q", title=None), y2="end:Q"),
            alt.Chart(data).mark_rule(color=colour, strokeDash=[4, 3], strokeWidth=1).encode(y="start:Q"),
            alt.Chart(data)
            .mark_text(align="left", baseline="bottom" if upper else "top", dx=3, dy=-2 if upper else 2, fontSize=9)
            .encode(y="start:Q", x=alt.value(0), text="name:N", color=alt.value(colour)),
        ]
    return layers


def _room(numbers: Sequence[float]) -> tuple[float, float]:
    """An axis with some air around the numbers; from zero where none is negative and zero is not far away."""
    low, high = min(numbers), max(numbers)
    air = (high - low or abs(high) or 1.0) * 0.12
    bottom = 0.0 if 0 <= low < (high - low) else low - air
    return bottom, high + air


def _data(rows: list[dict]) -> alt.Data:
    import altair as alt

    return alt.Data(values=rows)


def _colours(sides: dict[str, str]) -> alt.Scale:
    import altair as alt

    return alt.Scale(domain=list(sides), range=list(sides.values()))


def _verdict_colours() -> alt.Scale:
    import altair as alt

    return alt.Scale(domain=[str(verdict) for verdict in LOOKS], range=[colour for colour, _ in LOOKS.values()])


def _verdict_shapes() -> alt.Scale:
    import altair as alt

    return alt.Scale(domain=[str(verdict) for verdict in LOOKS], range=[shape for _, shape in LOOKS.values()])


def _legend() -> alt.Legend:
    import altair as alt

    return alt.Legend(title=None, orient="top", direction="horizontal", offset=4)


def _spec(chart, description: str) -> dict:
    return chart.to_dict() | {"description": description, "config": {}}


def _theme(font: str, text: str, quiet: str, line: str) -> dict:
    return {
        "background": None,
        "font": font,
        "view": {"stroke": None},
        "axis": {
            "labelColor": quiet, "titleColor": quiet, "titleFontWeight": "normal", "labelFontSize": 10,
            "titleFontSize": 10, "gridColor": line, "domainColor": line, "tickColor": line,
        },
        "axisX": {"grid": False},
        "legend": {"labelColor": text, "labelFontSize": 10, "symbolSize": 60},
        "title": {"color": text, "fontSize": 12, "anchor": "start"},
    }  # fmt: skip


_THEMES = {
    "light": _theme("Inter Variable, Inter, sans-serif", "#182433", "#4b5a6b", "#dce1e7"),
    "dark": _theme("Inter Variable, Inter, sans-serif", "#dce1e7", "#a7b2bf", "#2c3a4b"),
    "print": _theme("Report, Inter, sans-serif", "#1c2733", "#4b5a6b", "#dfe4ea"),
}
