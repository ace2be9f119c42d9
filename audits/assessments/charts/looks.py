"""How the charts look, in either theme and in print."""

from audits.statistics.limits import Verdict

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
    Verdict.WITHIN: "within",
    Verdict.AMBER: "amber",
    Verdict.RED: "red",
    Verdict.INSUFFICIENT: "insufficient",
    Verdict.UNKNOWN: "unknown",
}
BAND_OPACITY = 0.10
# As every page writes them: 12,345.6 and 33.3 %.
NUMBERS = {"decimal": ".", "thousands": ",", "grouping": [3], "currency": ["", ""], "percent": "\u00a0%"}


def theme_of(font: str, text: str, quiet: str, line: str) -> dict:
    """What Vega-Lite is told of type and lines, once for all charts of a theme."""
    return {
        "background": None,
        "locale": {"number": NUMBERS},
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


THEMES = {
    "light": theme_of("Inter Variable, Inter, sans-serif", "#182433", "#4b5a6b", "#dce1e7"),
    "dark": theme_of("Inter Variable, Inter, sans-serif", "#dce1e7", "#a7b2bf", "#2c3a4b"),
    "print": theme_of("Report, Inter, sans-serif", "#1c2733", "#4b5a6b", "#dfe4ea"),
}
