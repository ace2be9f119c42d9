"""Energy demand: a regression that has been healthy all year."""

from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import duckdb
from django.conf import settings

from demo.building import Calendar, Trained, add_version, assess, log, promote, register, scored
from demo.cast import Cast
from demo.governance import ask_and_decide, in_days
from demo.schemas import described_regression
from demo.simulators import energy_demand
from demo.training import train_regressor
from inventory.models import ModelVersion
from inventory.services import read_source, register_source

FEATURES = ["temperature_deviation", "hour", "working_day", "wind"]


def tell(cast: Cast, calendar: Calendar) -> None:
    model = register(
        cast,
        "energy-demand",
        name="District energy demand",
        purpose="Hourly demand of the next day, used to buy electricity for the bank's own buildings.",
        business_unit="Procurement",
        methodology="Gradient-boosted trees",
    )
    history = energy_demand(3000, start=calendar.before, end=calendar.start, seed=41, prefix="T")
    trained = train_regressor(history[:1800], FEATURES)
    version = add_version(
        cast,
        model,
        "1",
        schema=described_regression(numbers=FEATURES),
        trained=trained,
        reference=scored(trained, history[1800:], column="prediction").drop("time", "id"),
    )
    holdout = energy_demand(1200, start=calendar.before, end=calendar.start, seed=42, prefix="V")
    log(cast, version, scored(trained, holdout, column="prediction"), label="label")
    assess(version)
    promote(cast, version, reason="First version; buys a day ahead.")
    year = energy_demand(6000, start=calendar.start, end=calendar.end, seed=43)
    log(cast, version, scored(trained, year, column="prediction"), label="label")
    assess(version)
    _read_where_it_lies(cast, version, trained, calendar)
    ask_and_decide(
        cast,
        "overlay",
        model,
        reason="Thirty charging stations went into service in autumn; no year of the history has them.",
        terms={
            "limitation": "New charging stations are not in the history",
            "method": "Add the metered load of the stations to each hour of the forecast.",
            "direction": "increases",
            "size_percent": 3.2,
            "size_money": "EUR 4,100 a month",
            "computed": "Monthly, as metered load of the stations over forecast load.",
            "told": ["Energy procurement"],
            "ends_on": in_days(120),
        },
    )
    ask_and_decide(
        cast,
        "exception",
        model,
        reason="The description of the weather feed changes with its new supplier in spring.",
        terms={
            "clause": "documentation",
            "risk": "A reader of the documentation finds the old supplier.",
            "compensating_control": "The procurement desk compares the feed with the public forecast every day.",
            "ends_on": in_days(21),
        },
    )


def _read_where_it_lies(cast: Cast, version: ModelVersion, trained: Trained, calendar: Calendar) -> None:
    """What is forecast for today and tomorrow lies in a file of the procurement desk, and is counted there."""
    if not settings.SOURCE_FOLDER or version.sources.open().exists():
        return
    file = Path(settings.SOURCE_FOLDER).resolve() / "procurement.duckdb"
    file.parent.mkdir(parents=True, exist_ok=True)
    ahead = energy_demand(48, start=calendar.end, end=calendar.end + timedelta(days=2), seed=44, prefix="D")
    rows = scored(trained, ahead, column="prediction").drop("label").to_arrow()
    with duckdb.connect(str(file)) as warehouse:
        warehouse.register("rows", rows)
        warehouse.execute("CREATE OR REPLACE TABLE day_ahead AS SELECT * FROM rows")
    read_source(register_source(version, url=f"duckdb://{quote(str(file))}", table="day_ahead", actor=cast.engineer))
