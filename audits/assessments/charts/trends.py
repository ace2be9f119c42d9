"""Values over time, judged or not."""

from collections.abc import Sequence
from dataclasses import asdict

import altair as alt

from audits.assessments.charts.encodings import data, room, spec_of, verdict_colours, verdict_shapes
from audits.assessments.charts.looks import BAND_OPACITY, CURRENT, LOOKS, REFERENCE, WORDS
from audits.assessments.charts.values import TrendPoint
from audits.statistics.limits import Direction, Verdict


def trend_chart(
    points: Sequence[TrendPoint],
    *,
    amber: float | None = None,
    red: float | None = None,
    direction: Direction = Direction.UPPER,
) -> dict:
    """A value over the periods with its interval, the limits as bands, and each verdict by colour and shape."""
    numbers = [number for one in points for number in (one.value, one.low, one.high) if number is not None]
    bottom, top = room([*numbers, *(limit for limit in (amber, red) if limit is not None)])
    order = [one.period for one in points]
    x = alt.X("period:N", sort=order, title=None, axis=alt.Axis(labelAngle=0, labelOverlap="greedy", labelSeparation=8))
    scale = alt.Scale(domain=[bottom, top], nice=False, zero=False)
    y = alt.Y("value:Q", title=None, scale=scale, axis=alt.Axis(tickCount=5))
    measured = [asdict(one) for one in points if one.value is not None]
    missing = [asdict(one) | {"value": bottom} for one in points if one.value is None]
    layers = [*_limit_layers(amber, red, direction, bottom, top)]
    base = alt.Chart(data([asdict(one) for one in points])).encode(x=x)  # A period without a value breaks the line.
    layers += [
        base.mark_rule(strokeWidth=1.5, color=REFERENCE).encode(y=alt.Y("low:Q", title=None, scale=scale), y2="high:Q"),
        base.mark_line(strokeWidth=1.5, color=REFERENCE).encode(y=y),
        alt.Chart(data(measured + missing))
        .mark_point(filled=True, size=70, opacity=1)
        .encode(
            x=x,
            y=y,
            color=alt.Color("verdict:N", scale=verdict_colours(), legend=None),
            shape=alt.Shape("verdict:N", scale=verdict_shapes(), legend=None),
            tooltip=["period:N", "value:Q", "low:Q", "high:Q", "verdict:N"],
        ),
    ]
    limits = [f"{name} limit {limit:g}" for name, limit in (("amber", amber), ("red", red)) if limit is not None]
    last = points[-1]
    said = f"{last.value:.4g}" if last.value is not None else "no value"
    return spec_of(
        alt.layer(*layers, height=150, width="container"),
        f"Trend over {len(points)} periods from {order[0]} to {order[-1]}, where it stands at {said} "
        f"({WORDS[last.verdict]}){'; ' + ', '.join(limits) if limits else ''}.",
    )


def series_chart(points: Sequence[tuple[str, float]], *, unit: str) -> dict:
    """What somebody else measured, over time; nothing of it is judged, so it has no verdict."""
    numbers = [value for _, value in points]
    bottom, top = room(numbers)
    base = alt.Chart(data([{"at": at, "value": value} for at, value in points]), height=150, width="container").encode(
        x=alt.X("at:T", title=None, axis=alt.Axis(labelAngle=0, labelOverlap="greedy", tickCount=6)),
        y=alt.Y("value:Q", title=unit, scale=alt.Scale(domain=[bottom, top], nice=False), axis=alt.Axis(tickCount=5)),
        tooltip=[alt.Tooltip("at:T", format="%d %b %Y %H:%M"), alt.Tooltip("value:Q", title=unit)],
    )
    marks = base.mark_point(filled=True, size=18, opacity=1, color=CURRENT)
    return spec_of(
        alt.layer(base.mark_line(strokeWidth=1.5, color=CURRENT), marks),
        f"{len(points)} points from {points[0][0][:10]} to {points[-1][0][:10]}, between {min(numbers):.4g} and "
        f"{max(numbers):.4g} {unit}; it stands at {numbers[-1]:.4g} {unit}.",
    )


def _limit_layers(amber, red, direction: Direction, bottom: float, top: float) -> list[alt.Chart]:
    """A tinted band for what lies beyond each limit, and a dashed line where it begins."""
    upper = direction == Direction.UPPER
    edge = top if upper else bottom
    bands = [(Verdict.AMBER, amber, edge if red is None else red), (Verdict.RED, red, edge)]
    layers = []
    for verdict, start, end in bands:
        if start is None:
            continue
        colour = LOOKS[verdict][0]
        band = data([{"start": start, "end": end, "name": f"{verdict} limit {start:g}"}])
        # At opposite ends, so that names of limits close to each other never lie on one another.
        align, side = ("left", 0) if verdict == Verdict.AMBER else ("right", "width")
        layers += [
            alt.Chart(band)
            .mark_rect(color=colour, opacity=BAND_OPACITY)
            .encode(y=alt.Y("start:Q", title=None), y2="end:Q"),
            alt.Chart(band).mark_rule(color=colour, strokeDash=[4, 3], strokeWidth=1).encode(y="start:Q"),
            alt.Chart(band)
            .mark_text(
                align=align,
                baseline="bottom" if upper else "top",
                dx=3 if align == "left" else -3,
                dy=-2 if upper else 2,
                fontSize=9,
            )
            .encode(y="start:Q", x=alt.value(side), text="name:N", color=alt.value(colour)),
        ]
    return layers
