"""A specification with its theme, and as a picture."""

from copy import deepcopy
from html import escape

import vl_convert

from audits.assessments.charts.looks import THEMES

PRINT_WIDTH = 650


def themed(spec: dict, theme: str) -> dict:
    """The specification with the type and line colours of a theme: light, dark or print."""
    return spec | {"config": THEMES[theme]}


def as_svg(spec: dict, *, theme: str = "print", width: int = PRINT_WIDTH) -> str:
    """The chart as one SVG element that says in words what it shows. Nothing is fetched from anywhere."""
    fixed = deepcopy(spec)
    if fixed.get("width") == "container":
        fixed["width"] = width
        fixed["autosize"] = {"type": "fit-x", "contains": "padding"}
    svg = vl_convert.vegalite_to_svg(themed(fixed, theme), allowed_base_urls=[])
    opening, _, rest = svg.partition(">")
    return f"{opening}><title>{escape(spec['description'])}</title>{rest}"
