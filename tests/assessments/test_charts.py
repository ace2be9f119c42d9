"""Charts: the numbers they were given, in words too, legible in either theme and without telling colours apart."""

import json
import re
from xml.etree import ElementTree

import pytest

from audits.assessments import charts
from audits.assessments.charts import Bin, CalibrationBin, Cell, GroupRate, Importance, TrendPoint
from audits.statistics.limits import Direction, Verdict

PAPER, DARK_PAGE = "#ffffff", "#182433"
WITHIN, AMBER, RED, INSUFFICIENT = Verdict.WITHIN, Verdict.AMBER, Verdict.RED, Verdict.INSUFFICIENT
TREND = [
    TrendPoint("Q1", 0.04, WITHIN, 0.03, 0.05),
    TrendPoint("Q2", None, INSUFFICIENT),
    TrendPoint("Q3", 0.12, AMBER, 0.10, 0.14),
    TrendPoint("Q4", 0.31, RED, 0.28, 0.34),
]
SPECS = {
    "series": charts.series_chart(
        [("2026-01-01T08:00:00+00:00", 81.5), ("2026-01-02T08:00:00+00:00", 79.0)], unit="ms"
    ),
    "distribution": charts.distribution_chart([Bin("low", 0.5, 0.3), Bin("high", 0.5, 0.7)]),
    "trend": charts.trend_chart(TREND, amber=0.1, red=0.25),
    "trend below": charts.trend_chart(TREND, amber=0.05, red=0.02, direction=Direction.LOWER),
    "trend without limits": charts.trend_chart(TREND),
    "importance": charts.importance_chart([Importance("income", 0.6, 0.4), Importance("age", 0.4, 0.6)]),
    "heat": charts.heat_strip([Cell("PSI", "Q1", WITHIN), Cell("PSI", "Q2", RED), Cell("AUC", "Q2", INSUFFICIENT)]),
    "calibration": charts.calibration_chart(
        [CalibrationBin(0.1, 0.12, 0.1, 0.14, 300), CalibrationBin(0.4, 0.3, 0.2, 0.4, 90)]
    ),
    "groups": charts.group_rates_chart(
        [GroupRate("a", 0.8, 0.78, 0.82, 900, WITHIN), GroupRate("b", 0.5, 0.4, 0.6, 80, RED)],
        limit=0.64,
        limit_name="Four fifths",
    ),
}


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    lighter, darker = sorted((luminance(first), luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("colour", [look[0] for look in charts.LOOKS.values()] + [charts.CURRENT, charts.REFERENCE])
@pytest.mark.parametrize("ground", [PAPER, DARK_PAGE], ids=["paper", "dark page"])
def test_every_colour_stands_out_on_paper_and_on_a_dark_page(colour, ground):
    assert contrast(colour, ground) >= 3


def test_no_two_verdicts_share_a_colour_or_a_shape():
    assert set(charts.LOOKS) == set(Verdict)
    assert all(len(set(side)) == len(Verdict) for side in zip(*charts.LOOKS.values(), strict=True))


@pytest.mark.parametrize("name", SPECS)
@pytest.mark.parametrize("theme", ["light", "dark", "print"])
def test_every_chart_is_drawn_in_every_theme_and_says_what_it_shows(name, theme):
    svg = ElementTree.fromstring(charts.as_svg(SPECS[name], theme=theme))
    title = svg.find("{http://www.w3.org/2000/svg}title")
    assert title.text == SPECS[name]["description"]
    assert len(list(svg.iter("{http://www.w3.org/2000/svg}path"))) >= 2


@pytest.mark.parametrize("name", SPECS)
def test_a_chart_is_plain_json_that_fetches_nothing(name):
    text = json.dumps(SPECS[name], allow_nan=False)
    assert re.findall(r'"url"|"href"', text) == []


def test_a_distribution_names_its_largest_change():
    assert "largest change is in low: from 50 % to 30 %" in SPECS["distribution"]["description"]


def test_a_trend_tells_its_limits_and_where_it_stands():
    assert SPECS["trend"]["description"] == (
        "Trend over 4 periods from Q1 to Q4, where it stands at 0.31 (red); amber limit 0.1, red limit 0.25."
    )


def test_a_trend_that_ends_without_a_value_says_so():
    spec = charts.trend_chart(TREND[:2], amber=0.1)
    assert "stands at no value (insufficient)" in spec["description"]


def test_limits_are_inside_the_picture_even_when_no_value_comes_near_them():
    spec = charts.trend_chart([TrendPoint("Q1", 0.5, WITHIN), TrendPoint("Q2", 0.51, WITHIN)], amber=0.9, red=0.95)
    scales = re.findall(r'"domain": \[([\d.]+), ([\d.]+)\]', json.dumps(spec))
    assert scales
    assert all(float(low) < 0.5 and float(high) > 0.95 for low, high in scales)


def test_a_series_of_equal_values_can_be_drawn():
    assert charts.as_svg(charts.trend_chart([TrendPoint("Q1", 0.0, WITHIN), TrendPoint("Q2", 0.0, WITHIN)]))


def test_the_heaviest_feature_comes_first():
    order = re.search(r'"sort": (\["[^]]*\])', json.dumps(SPECS["importance"]))[1]
    assert json.loads(order) == ["age", "income"]


def test_markup_in_a_name_stays_text_in_the_drawing():
    hostile = "<script>alert(1)</script>"
    svg = charts.as_svg(charts.importance_chart([Importance(hostile, 1.0, 1.0)]))
    assert "<script" not in svg
    assert svg.count("&lt;script&gt;") >= 2


def test_a_column_name_with_dots_and_brackets_is_only_a_label():
    svg = charts.as_svg(charts.heat_strip([Cell("a.b[0] 'x'", "Q1", WITHIN)]))
    assert "a.b[0]" in svg
