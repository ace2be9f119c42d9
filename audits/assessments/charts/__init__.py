"""Charts as Vega-Lite specifications: drawn by vega-embed on a page and as SVG in a report, from the same numbers.

Every chart states itself in words (`description`), and no verdict is told by colour alone: each has its own shape.
The library that writes the specifications is slow to load, so what needs it is loaded with the first chart.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from audits.assessments.charts.drawing import PRINT_WIDTH, as_svg, themed
from audits.assessments.charts.looks import CURRENT, LOOKS, REFERENCE, WORDS
from audits.assessments.charts.values import Bin, CalibrationBin, Cell, GroupRate, Importance, TrendPoint

if TYPE_CHECKING:
    from audits.assessments.charts.distributions import distribution_chart, importance_chart
    from audits.assessments.charts.grids import heat_strip
    from audits.assessments.charts.groups import calibration_chart, group_rates_chart
    from audits.assessments.charts.trends import series_chart, trend_chart

__all__ = [
    "CURRENT",
    "LOOKS",
    "PRINT_WIDTH",
    "REFERENCE",
    "WORDS",
    "Bin",
    "CalibrationBin",
    "Cell",
    "GroupRate",
    "Importance",
    "TrendPoint",
    "as_svg",
    "calibration_chart",
    "distribution_chart",
    "group_rates_chart",
    "heat_strip",
    "importance_chart",
    "series_chart",
    "themed",
    "trend_chart",
]
DRAWN_IN = {
    "calibration_chart": "groups",
    "distribution_chart": "distributions",
    "group_rates_chart": "groups",
    "heat_strip": "grids",
    "importance_chart": "distributions",
    "series_chart": "trends",
    "trend_chart": "trends",
}


def __getattr__(name: str):
    """The chart of this name, from its module, which the first one loads."""
    if name not in DRAWN_IN:
        raise AttributeError(f"There is no {name} in {__name__}.")
    return getattr(import_module(f"{__name__}.{DRAWN_IN[name]}"), name)
