"""What the charts have in common: their data, their colours and shapes, the room on an axis."""

from collections.abc import Sequence

import altair as alt

from audits.assessments.charts.looks import LOOKS


def data(rows: list[dict]) -> alt.Data:
    return alt.Data(values=rows)


def colours(sides: dict[str, str]) -> alt.Scale:
    return alt.Scale(domain=list(sides), range=list(sides.values()))


def verdict_colours() -> alt.Scale:
    return alt.Scale(domain=[str(verdict) for verdict in LOOKS], range=[colour for colour, _ in LOOKS.values()])


def verdict_shapes() -> alt.Scale:
    return alt.Scale(domain=[str(verdict) for verdict in LOOKS], range=[shape for _, shape in LOOKS.values()])


def legend() -> alt.Legend:
    return alt.Legend(title=None, orient="top", direction="horizontal", offset=4)


def room(numbers: Sequence[float]) -> tuple[float, float]:
    """An axis with some air around the numbers; from zero where none is negative and zero is not far away."""
    low, high = min(numbers), max(numbers)
    air = (high - low or abs(high) or 1.0) * 0.12
    bottom = 0.0 if 0 <= low < (high - low) else low - air
    return bottom, high + air


def spec_of(chart, description: str) -> dict:
    return chart.to_dict() | {"description": description, "config": {}}
