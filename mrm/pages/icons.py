"""The icons of the pages, drawn on a grid of 24 with strokes only."""

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

SHAPES = {
    "alert": "M12 4 2.8 20h18.4zM12 10v4.5M12 17.2v.1",
    "arrow": "M5 12h14M13 6l6 6-6 6",
    "bars": "M4 20h16M6 16v-4M11 16V6M16 16v-7",
    "check": "M5 12.5 10 17.5 19.5 7",
    "circle-check": "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM8 12.3l2.8 2.8 5.2-5.6",
    "circle-cross": "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM9 9l6 6M15 9l-6 6",
    "clock": "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 7v5l3.2 2",
    "contrast": "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 3v18M12 8l6.5-2M12 12.5l8.8-2.7M12 17l8-2.4",
    "cross": "M6 6l12 12M18 6 6 18",
    "document": "M6 3h8l4 4v14H6zM14 3v4h4M9 12h6M9 16h6",
    "download": "M12 4v11M7 10.5l5 5 5-5M5 20h14",
    "exchange": "M4 8h14M14 4l4 4-4 4M20 16H6M10 12l-4 4 4 4",
    "few": "M5 18h2M11 18h2M17 18h2M6 14v.1M12 14v.1",
    "flag": "M6 21V4h12l-3 4.5 3 4.5H6",
    "grid": "M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h6v6h-6z",
    "house": "M4 11 12 4l8 7M6 10v10h12V10M10 20v-6h4v6",
    "key": "M8 11a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM11.2 12.3 20 3.5M16 7.5l3 3",
    "link": "M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.6-5.6l-1 1M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 5.6 5.6l1-1",
    "list": "M9 6h11M9 12h11M9 18h11M4.5 6v.1M4.5 12v.1M4.5 18v.1",
    "minus": "M6 12h12",
    "people": "M9 4a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM3 20c0-3.5 2.7-5.5 6-5.5s6 2 6 5.5"
    "M16 4.5a3.5 3.5 0 0 1 0 6M18 14.8c1.9.8 3 2.5 3 5.2",
    "play": "M7 4.5v15l12-7.5z",
    "plus": "M12 5v14M5 12h14",
    "question": "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM9.5 9.5a2.5 2.5 0 1 1 3.6 2.3c-.8.4-1.1.9-1.1 1.7M12 16.6v.1",
    "repeat": "M19.5 12a7.5 7.5 0 1 1-2.3-5.4M17.5 3v4h-4",
    "scale": "M12 4v16M8 20h8M5 7h14M5 7l-2.5 6a2.6 2.6 0 0 0 5 0zM19 7l-2.5 6a2.6 2.6 0 0 0 5 0z",
    "search": "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM15.5 15.5 20 20",
    "shield": "M12 3l8 3v6c0 4.6-3.3 7.7-8 9-4.7-1.3-8-4.4-8-9V6zM8.5 12l2.5 2.5 4.5-5",
    "upload": "M12 20V9M7 13.5l5-5 5 5M5 4h14",
}


def icon(name: str, label: str = "") -> SafeString:
    """The icon as SVG. Without a label it is decoration, and screen readers pass over it."""
    path = mark_safe(SHAPES[name])  # noqa: S308 - our own constant
    told = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html(
        '<svg class="icon" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" '
        'stroke-linecap="round" stroke-linejoin="round" focusable="false" {}><path d="{}"/></svg>',
        told,
        path,
    )
