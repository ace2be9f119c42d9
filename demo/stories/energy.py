"""Energy demand: a regression that has been healthy all year."""

from demo.building import Calendar, add_version, assess, log, promote, register, scored
from demo.cast import Cast
from demo.schemas import described_regression
from demo.simulators import energy_demand
from demo.training import train_regressor

FEATURES = ["temperature_deviation", "hour", "working_day", "wind"]


def tell(cast: Cast, calendar: Calendar) -> None:
    model = register(
        cast,
        "energy-demand",
        name="District energy demand",
        purpose="Hourly demand of the next day, used to buy electricity for the bank's own buildings.",
        business_unit="Procurement",
        methodology="Gradient-boosted trees",
        exposure="low",
        purpose_level="low",
        complexity="medium",
        reliance="medium",
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
