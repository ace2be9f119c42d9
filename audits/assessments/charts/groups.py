"""Groups of rows with their intervals."""

from collections.abc import Sequence
from dataclasses import asdict

import altair as alt

from audits.assessments.charts.encodings import data, room, spec_of, verdict_colours, verdict_shapes
from audits.assessments.charts.looks import CURRENT, LOOKS, REFERENCE
from audits.assessments.charts.values import CalibrationBin, GroupRate
from audits.statistics.limits import Verdict
from mrm.pages.wording import percent


def calibration_chart(bins: Sequence[CalibrationBin]) -> dict:
    """Observed rate against mean prediction with intervals; on the diagonal, predictions come true."""
    _, top = room([number for one in bins for number in (one.predicted, one.high)])
    scale = alt.Scale(domain=[0, min(1.0, top)], nice=False)
    x = alt.X("predicted:Q", title="Mean prediction", scale=scale, axis=alt.Axis(format="%", tickCount=5))
    y = alt.Y("observed:Q", title="Observed rate", scale=scale, axis=alt.Axis(format="%", tickCount=5))
    base = alt.Chart(data([asdict(one) for one in bins])).encode(x=x)
    ends = [{"predicted": end, "observed": end} for end in (0, min(1.0, top))]
    diagonal = alt.Chart(data(ends)).mark_line(strokeDash=[4, 3], strokeWidth=1, color=REFERENCE).encode(x=x, y=y)
    whiskers = base.mark_rule(strokeWidth=1.5, color=CURRENT).encode(
        y=alt.Y("low:Q", title="Observed rate"), y2="high:Q"
    )
    dots = base.mark_point(filled=True, size=60, opacity=1, color=CURRENT).encode(
        y=y, tooltip=[alt.Tooltip("predicted:Q", format=".2%"), alt.Tooltip("observed:Q", format=".2%"), "rows:Q"]
    )
    furthest = max(bins, key=lambda one: abs(one.observed - one.predicted))
    return spec_of(
        alt.layer(diagonal, whiskers, dots, height=180, width=300),
        f"Calibration in {len(bins)} groups. Furthest from the diagonal: mean prediction "
        f"{percent(furthest.predicted)}, observed {percent(furthest.observed)}.",
    )


def group_rates_chart(groups: Sequence[GroupRate], *, limit: float | None = None, limit_name: str = "") -> dict:
    """Each group's rate with its interval; an optional line says where the limit lies."""
    order = [one.group for one in groups]
    y = alt.Y("group:N", sort=order, title=None, axis=alt.Axis(ticks=False, labelLimit=200))
    base = alt.Chart(data([asdict(one) for one in groups])).encode(y=y)
    layers = []
    if limit is not None:
        layers.append(
            alt.Chart(data([{"limit": limit}]))
            .mark_rule(strokeDash=[4, 3], strokeWidth=1.5, color=LOOKS[Verdict.RED][0])
            .encode(x="limit:Q")
        )
    layers += [
        base.mark_rule(strokeWidth=2, color=REFERENCE).encode(x=alt.X("low:Q"), x2="high:Q"),
        base.mark_point(filled=True, size=80, opacity=1).encode(
            x=alt.X(
                "rate:Q", title="Rate", scale=alt.Scale(zero=False, padding=12), axis=alt.Axis(format="%", tickCount=5)
            ),
            color=alt.Color("verdict:N", scale=verdict_colours(), legend=None),
            shape=alt.Shape("verdict:N", scale=verdict_shapes(), legend=None),
            tooltip=["group:N", alt.Tooltip("rate:Q", format=".2%"), "rows:Q", "verdict:N"],
        ),
    ]
    said = ", ".join(f"{one.group} {percent(one.rate)}" for one in groups)
    line = f" {limit_name} at {percent(limit)}." if limit is not None else ""
    return spec_of(alt.layer(*layers, height=alt.Step(26), width="container"), f"Rates by group: {said}.{line}")
