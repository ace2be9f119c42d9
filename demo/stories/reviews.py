"""Sentiment of app reviews, scored by a service elsewhere: no artifact here, and texts that turn to another subject."""

from demo.building import Calendar, add_version, assess, log, promote, register
from demo.cast import Cast
from demo.simulators import app_reviews

SCHEMA = [
    {"name": "id", "kind": "text", "role": "id"},
    {"name": "time", "kind": "datetime", "role": "time"},
    {"name": "review", "kind": "text", "role": "feature"},
    {"name": "channel", "kind": "categorical", "role": "segment", "categories": ["phone", "web"]},
    {"name": "score", "kind": "numeric", "role": "score", "minimum": 0, "maximum": 1},
    {"name": "label", "kind": "numeric", "role": "label", "minimum": 0, "maximum": 1},
]


def tell(cast: Cast, calendar: Calendar) -> None:
    model = register(
        cast,
        "review-sentiment",
        name="Review sentiment",
        purpose="Probability that an app review is positive; a dashboard of the product teams.",
        business_unit="Digital channels",
        methodology="Language model behind an API",
        exposure="low",
        purpose_level="low",
        complexity="low",
        reliance="low",
    )
    before = app_reviews(900, start=calendar.before, end=calendar.start, seed=51, prefix="T")
    version = add_version(
        cast, model, "1", schema=SCHEMA, trained=None, reference=before[:600].drop("id", "time"), threshold=0.5
    )
    log(cast, version, before[600:], label="label")
    assess(version)
    promote(cast, version, reason="First version; texts are scored by the provider's service.")
    year = app_reviews(1600, start=calendar.start, end=calendar.end, seed=53, outage=1.0)
    log(cast, version, year, label="label")
    assess(version)
