"""Figures: every number a report prints, with a name and a source, so that pages and evidence can be held together."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from audits.assessments import charts
from reports.verification.evidence import PREFIX

IDENTIFIER = re.compile(r"[a-z0-9][a-z0-9._-]{0,120}")


@dataclass(frozen=True)
class Figure:
    """A number as printed.

    id      lower-case letters, digits, dot, dash, underscore; unique in the report: "psi.income.value"
    text    exactly what stands on the page; short, in one piece: "0.213", "0.18 to 0.25", "12,481"
    source  the key of the `Source` it comes from
    """

    id: str
    text: str
    source: str

    def __post_init__(self):
        if not IDENTIFIER.fullmatch(self.id):
            raise ValueError(f"{self.id!r} is no identifier of a figure")
        if not self.text or self.text != " ".join(self.text.split()):
            raise ValueError(f"The text of figure {self.id} is empty or has superfluous spaces: {self.text!r}")

    @property
    def printed(self) -> SafeString:
        """The figure on the page: a link to the annex row that says where it comes from."""
        return format_html('<a class="figure" href="#{}{}">{}</a>', PREFIX, self.id, self.text)


@dataclass(frozen=True)
class Source:
    """Where figures come from: one run, with all that is needed to repeat it.

    facts   name and text, in the order of printing: run, computed on, window, digests, code version, seed
    """

    key: str
    title: str
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Chart:
    """A Vega-Lite specification of `audits.assessments.charts` with its caption."""

    title: str
    spec: dict
    width: int = charts.PRINT_WIDTH

    @property
    def svg(self) -> SafeString:
        # Drawn by our own code; Vega escapes every text that it puts into the SVG.
        return mark_safe(charts.as_svg(self.spec, theme="print", width=self.width))  # noqa: S308


def find_figures(part) -> Iterator[Figure]:
    """Every figure in a tree of dataclasses and tuples, in reading order."""
    if isinstance(part, Figure):
        yield part
    elif isinstance(part, tuple):
        for item in part:
            yield from find_figures(item)
    elif is_dataclass(part):
        for field in fields(part):
            yield from find_figures(getattr(part, field.name))


def figures_by_id(part) -> dict[str, Figure]:
    """The figures of a report by identifier; one identifier never stands for two texts."""
    found: dict[str, Figure] = {}
    for figure in find_figures(part):
        if found.setdefault(figure.id, figure) != figure:
            raise ValueError(f"Figure {figure.id} would be printed as {found[figure.id].text!r} and {figure.text!r}")
    return found
