"""Verdicts of many runs at once."""

from collections.abc import Sequence
from dataclasses import asdict

import altair as alt

from audits.assessments.charts.encodings import data, spec_of, verdict_colours, verdict_shapes
from audits.assessments.charts.looks import WORDS
from audits.assessments.charts.values import Cell
from audits.statistics.limits import Verdict


def heat_strip(cells: Sequence[Cell]) -> dict:
    """A grid of verdicts, one row per measure and one column per run; worst cases stand out by colour and shape."""
    rows, columns = (list(dict.fromkeys(getattr(one, side) for one in cells)) for side in ("row", "column"))
    base = alt.Chart(data([asdict(one) for one in cells])).encode(
        x=alt.X("column:N", sort=columns, title=None, axis=alt.Axis(labelAngle=0, labelOverlap="greedy", orient="top")),
        y=alt.Y("row:N", sort=rows, title=None, axis=alt.Axis(labelLimit=220)),
        tooltip=["row:N", "column:N", "verdict:N"],
    )
    tiles = base.mark_rect(cornerRadius=2, strokeWidth=3, opacity=0.22).encode(
        color=alt.Color("verdict:N", scale=verdict_colours(), legend=None)
    )
    marks = base.mark_point(filled=True, size=55, opacity=1).encode(
        color=alt.Color("verdict:N", scale=verdict_colours(), legend=None),
        shape=alt.Shape("verdict:N", scale=verdict_shapes(), legend=None),
    )
    counts = {verdict: sum(one.verdict == verdict for one in cells) for verdict in Verdict}
    said = ", ".join(f"{count} {WORDS[verdict]}" for verdict, count in counts.items() if count)
    return spec_of(
        alt.layer(tiles, marks, height=alt.Step(22), width="container"),
        f"Verdicts of {len(rows)} measures in {len(columns)} runs: {said}.",
    )
