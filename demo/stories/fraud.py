"""Card fraud: a champion decides, a challenger scores the same payments and waits to prove itself."""

from demo.building import Calendar, add_version, assess, log, promote, register, scored
from demo.cast import Cast
from demo.governance import suspend_and_lift
from demo.schemas import described
from demo.series import measure
from demo.simulators import card_payments
from demo.training import train_lightgbm, train_xgboost
from inventory.services import start_challenge
from inventory.states import Stage

FEATURES = ["amount", "distance_km", "payments_last_day", "hour", "card_present"]
SCHEMA = described(numbers=FEATURES)
THRESHOLD = 0.15


def tell(cast: Cast, calendar: Calendar) -> None:
    model = register(
        cast,
        "card-fraud",
        name="Card fraud detection",
        purpose="Probability that a payment is fraudulent; payments above the threshold are held for a call-back.",
        business_unit="Payments",
        methodology="Gradient-boosted trees",
    )
    history = card_payments(11_000, start=calendar.before, end=calendar.start, seed=31, prefix="T")
    holdout = card_payments(5000, start=calendar.before, end=calendar.start, seed=32, prefix="V")
    year = card_payments(18_000, start=calendar.start, end=calendar.end, seed=33)
    champion = _version(cast, model, "1", train_xgboost(history[:5000], FEATURES, rounds=40, depth=2), history, holdout)
    promote(cast, champion[0], reason="First version of the fraud score.")
    log(cast, champion[0], scored(champion[1], year), label="label")
    assess(champion[0])
    challenger = _version(cast, model, "2", train_lightgbm(history[:5000], FEATURES, rounds=80), history, holdout)
    challenger[0].refresh_from_db()
    if challenger[0].stage == Stage.CANDIDATE:
        start_challenge(challenger[0], actor=cast.engineer)
    recent = year.filter(year["time"] >= calendar.back(180))
    log(cast, challenger[0], scored(challenger[1], recent), label="label")
    assess(challenger[0])
    _measured_elsewhere(cast, calendar, model)
    suspend_and_lift(
        cast,
        model,
        because="The card-present flag came as empty for an hour; every payment looked like an online one.",
        remedy="The terminal interface was rolled back; the hour was scored again and 41 holds were released.",
    )


def _measured_elsewhere(cast: Cast, calendar: Calendar, model) -> None:
    """The scores hold while customers answer fewer call-backs: what the model measures does not show it."""
    measure(
        cast, calendar, model, name="latency_p95", unit="ms", pillar="operational", seed=34,
        at=lambda gone, rng: 38 + 6 * gone + rng.normal(0, 1.5),
    )  # fmt: skip
    measure(
        cast, calendar, model, name="scoring_errors", unit="per 10,000", pillar="operational", seed=35,
        at=lambda gone, rng: rng.poisson(3),
    )  # fmt: skip
    measure(
        cast, calendar, model, name="call_backs_answered", unit="%", pillar="business", seed=36,
        at=lambda gone, rng: 71 - 14 * max(0.0, gone - 0.6) / 0.4 + rng.normal(0, 1.2),
    )  # fmt: skip


def _version(cast: Cast, model, name: str, trained, history, holdout):
    version = add_version(
        cast,
        model,
        name,
        schema=SCHEMA,
        trained=trained,
        reference=scored(trained, history[5000:]).drop("time", "id"),
        threshold=THRESHOLD,
    )
    log(cast, version, scored(trained, holdout), label="label")
    assess(version)
    return version, trained
