"""Reference against current: of the cells of one column, and of the weights of all."""

from collections.abc import Sequence
from dataclasses import asdict

import altair as alt

from audits.assessments.charts.encodings import colours, data, legend, spec_of
from audits.assessments.charts.looks import CURRENT, REFERENCE
from audits.assessments.charts.values import Bin, Importance
from mrm.pages.wording import percent


def distribution_chart(bins: Sequence[Bin]) -> dict:
    """Twin bars per cell: the reference in grey, the current data coloured."""
    sides = {"reference": REFERENCE, "current": CURRENT}
    rows = [{"label": one.label, "side": side, "share": getattr(one, side)} for one in bins for side in sides]
    furthest = max(bins, key=lambda one: abs(one.current - one.reference))
    chart = (
        alt.Chart(data(rows), height=150, width="container")
        .mark_bar(cornerRadiusEnd=1)
        .encode(
            x=alt.X("label:N", sort=None, title=None, axis=alt.Axis(labelAngle=0, labelOverlap="greedy")),
            xOffset=alt.XOffset("side:N", sort=list(sides)),
            y=alt.Y("share:Q", title="Share of rows", axis=alt.Axis(format="%", tickCount=4)),
            color=alt.Color("side:N", scale=colours(sides), legend=legend()),
            tooltip=["label:N", "side:N", alt.Tooltip("share:Q", format=".1%")],
        )
    )
    return spec_of(
        chart,
        f"Share of rows in {len(bins)} cells, reference and current. The largest change is in {furthest.label}: "
        f"from {percent(furthest.reference)} to {percent(furthest.current)}.",
    )


def importance_chart(features: Sequence[Importance]) -> dict:
    """How much each feature weighs: the reference as a grey dot, the current data as a coloured one."""
    sides = {"reference": REFERENCE, "current": CURRENT}
    ordered = sorted(features, key=lambda one: one.current, reverse=True)
    order = [one.feature for one in ordered]
    rows = [{"feature": one.feature, "side": side, "weight": getattr(one, side)} for one in ordered for side in sides]
    y = alt.Y("feature:N", sort=order, title=None, axis=alt.Axis(ticks=False, domain=False, labelLimit=180))
    lines = (
        alt.Chart(data([asdict(one) for one in ordered]))
        .mark_rule(strokeWidth=2, color=REFERENCE, opacity=0.5)
        .encode(y=y, x=alt.X("reference:Q", title="Share of total attribution"), x2="current:Q")
    )
    dots = (
        alt.Chart(data(rows))
        .mark_point(filled=True, size=70, opacity=1)
        .encode(
            y=y,
            x=alt.X("weight:Q", axis=alt.Axis(format="%", tickCount=5)),
            color=alt.Color("side:N", scale=colours(sides), legend=legend()),
            shape=alt.Shape(
                "side:N", scale=alt.Scale(domain=list(sides), range=["diamond", "circle"]), legend=legend()
            ),
            tooltip=["feature:N", "side:N", alt.Tooltip("weight:Q", format=".1%")],
        )
    )
    first = ordered[0]
    return spec_of(
        alt.layer(lines, dots, height=alt.Step(20), width="container"),
        f"Weight of {len(features)} features, reference and current. The heaviest is {first.feature} with "
        f"{percent(first.current)}, before {percent(first.reference)}.",
    )
