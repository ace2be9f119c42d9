"""Documented simulators for what no package ships: time-ordered business with known causes.

Each draws customers from a population, the outcome from a logistic (or linear) law that is written out below, and moves
both over time by a stated amount. The same seed gives the same rows. Every function returns a polars frame in time
order with the columns named in its docstring and a column `id` and `time`; outcomes are in the column `label`.
"""

from datetime import datetime, timedelta

import numpy as np
import polars as pl

ABOUT = ["app", "login", "card", "transfer", "balance", "screen", "update", "branch", "account", "statement", "fees"]
PRAISE = ["fast", "easy", "helpful", "great", "love", "clear", "reliable", "thanks"]
BLAME = ["slow", "crashes", "confusing", "bad", "hate", "broken", "worse", "annoying"]
OUTAGE = ["outage", "sca", "token", "timeout", "passkey", "biometric", "migration", "maintenance"]


def credit_applications(
    rows: int, *, start: datetime, end: datetime, seed: int, squeeze: float = 0.0, prefix: str = "A"
) -> pl.DataFrame:
    """Consumer credit: income (EUR 1000 a year), utilisation (share of limits), inquiries, tenure (months).

    Log-odds of default = -3.4 + 3.0 utilisation + 0.30 inquiries - 0.018 income - 0.006 tenure. `squeeze` is a
    recession that grows linearly over the period to its full size: at 1, incomes are 22 % lower, utilisation 0.22
    higher and inquiries 1.2 more at the end. The law itself does not change: this is covariate drift.
    """
    rng, moments, progress = _period(rows, start, end, seed)
    squeezed = squeeze * progress
    income = rng.lognormal(3.6, 0.45, rows) * (1 - 0.22 * squeezed)
    utilisation = np.clip(rng.beta(2.0, 3.5, rows) + 0.22 * squeezed, 0, 1)
    inquiries = rng.poisson(1.1 + 1.2 * squeezed)
    tenure = rng.gamma(2.0, 30.0, rows)
    logit = -3.4 + 3.0 * utilisation + 0.30 * inquiries - 0.018 * income - 0.006 * tenure
    return _frame(
        rng,
        moments,
        prefix,
        {
            "income": income.round(2),
            "utilisation": utilisation.round(4),
            "inquiries": inquiries.astype(float),
            "tenure": tenure.round(1),
            "employment": _pick(rng, rows, {"employed": 0.72, "self-employed": 0.16, "not working": 0.12}),
            "age_band": _pick(rng, rows, {"18 to 29": 0.22, "30 to 44": 0.33, "45 to 61": 0.30, "62 and over": 0.15}),
            "sex": _pick(rng, rows, {"female": 0.48, "male": 0.52}),
        },
        label=_happens(rng, logit),
        missing={"income": 0.01 + 0.01 * squeezed},
    )


def telecom_customers(
    rows: int, *, start: datetime, end: datetime, seed: int, turn: float = 0.0, prefix: str = "C"
) -> pl.DataFrame:
    """Churn: monthly charge (EUR), support calls, months under contract, data use (GB), plan.

    Log-odds of leaving = -2.2 + 0.035 (charge - 45) + 0.45 calls - 0.03 months, and at `turn` = 1 a competitor's flat
    rate turns the law round at once from the middle of the period: heavy data users, loyal before, now leave
    (+0.10 per GB above 12), and calls weigh a third. Same customers, another law: this is concept drift.
    """
    rng, moments, progress = _period(rows, start, end, seed)
    turned = turn * (progress >= 0.5)
    charge, calls = rng.normal(45, 12, rows), rng.poisson(1.4, rows)
    months, data = rng.gamma(2.0, 12.0, rows), rng.gamma(3.0, 4.0, rows)
    logit = -2.2 + 0.035 * (charge - 45) + 0.45 * calls * (1 - turned * 2 / 3) - 0.03 * months
    logit += turned * (0.10 * (data - 12) + 0.9)
    return _frame(
        rng,
        moments,
        prefix,
        {
            "charge": charge.round(2),
            "support_calls": calls.astype(float),
            "months": months.round(1),
            "data_gb": data.round(2),
            "plan": _pick(rng, rows, {"basic": 0.5, "plus": 0.35, "family": 0.15}),
            "age_band": _pick(rng, rows, {"under 30": 0.3, "30 to 59": 0.5, "60 and over": 0.2}),
        },
        label=_happens(rng, logit),
    )


def card_payments(rows: int, *, start: datetime, end: datetime, seed: int, prefix: str = "P") -> pl.DataFrame:
    """Card fraud: amount (EUR), hour of day, distance from home (km), payments in the last day, card present.

    Log-odds of fraud = -4.2 + 0.004 amount + 0.010 distance + 0.35 payments + 0.9 at night - 1.2 when the card was
    present, and + 1.6 for amounts above 300 without the card, which no additive law finds. Nothing changes over time.
    """
    rng, moments, _ = _period(rows, start, end, seed)
    amount, distance = rng.lognormal(3.4, 1.0, rows), rng.exponential(40, rows)
    velocity, hour = rng.poisson(1.5, rows), rng.integers(0, 24, rows)
    present = rng.random(rows) < 0.6
    night = (hour < 6).astype(float)
    logit = -4.2 + 0.004 * np.minimum(amount, 800) + 0.010 * np.minimum(distance, 250) + 0.35 * velocity + 0.9 * night
    logit += -1.2 * present + 1.6 * ((amount > 300) & ~present)
    return _frame(
        rng,
        moments,
        prefix,
        {
            "amount": amount.round(2),
            "distance_km": distance.round(1),
            "payments_last_day": velocity.astype(float),
            "hour": hour.astype(float),
            "card_present": present.astype(float),
        },
        label=_happens(rng, logit),
    )


def energy_demand(rows: int, *, start: datetime, end: datetime, seed: int, prefix: str = "H") -> pl.DataFrame:
    """Hourly demand of a district (MW): deviation of temperature from the season's norm (K), hour, working day, wind.

    Demand = 52 + 9 sin(2 pi (hour - 8) / 24) + 7 on working days - 0.9 deviation + 0.02 deviation^2 + noise of 2.5 MW.
    The inputs are deviations from the season, so a year without events shows no drift.
    """
    rng, moments, _ = _period(rows, start, end, seed)
    hour, working = rng.integers(0, 24, rows), rng.random(rows) < 5 / 7
    deviation, wind = rng.normal(0, 3.5, rows), rng.weibull(2.0, rows) * 6
    demand = 52 + 9 * np.sin(2 * np.pi * (hour - 8) / 24) + 7 * working - 0.9 * deviation + 0.02 * deviation**2
    return _frame(
        rng,
        moments,
        prefix,
        {
            "temperature_deviation": deviation.round(2),
            "hour": hour.astype(float),
            "working_day": working.astype(float),
            "wind": wind.round(2),
        },
        label=(demand + rng.normal(0, 2.5, rows)).round(3),
    )


def app_reviews(
    rows: int, *, start: datetime, end: datetime, seed: int, outage: float = 0.0, prefix: str = "R"
) -> pl.DataFrame:
    """Short reviews of a banking app in columns review and channel, with the score a language model gives them.

    Reviews are positive with a chance of 0.6; each joins four to nine words, two of three about the app in general and
    the others of its mood. `outage` = 1 turns four of ten reviews of the last third of the period to a new subject,
    in words and with error codes that were not there before. Scores stay right: the texts drift, not the law.
    """
    rng, moments, progress = _period(rows, start, end, seed)
    label = (rng.random(rows) < 0.6).astype(float)
    turned = rng.random(rows) < 0.4 * outage * (progress >= 2 / 3)
    texts = [_review(rng, bool(good), bool(off)) for good, off in zip(label, turned, strict=True)]
    mood = np.where(label == 1, rng.beta(4, 2, rows), rng.beta(2, 4, rows))
    odds = 1.5 * (mood / (1 - mood)) ** 2  # Bayes' rule for these two densities, so that scores are right.
    score = np.clip(odds / (1 + odds), 0.001, 0.999)
    features = {
        "review": texts,
        "channel": _pick(rng, rows, {"phone": 0.7, "web": 0.3}),
        "score": score.round(4),
    }
    return _frame(rng, moments, prefix, features, label=label)


def _review(rng: np.random.Generator, is_good: bool, is_turned: bool) -> str:
    subject = OUTAGE if is_turned else ABOUT
    words = [
        str(rng.choice(subject if rng.random() < 2 / 3 else (PRAISE if is_good else BLAME)))
        for _ in range(int(rng.integers(4, 10)))
    ]
    return " ".join(words) + (f" E{rng.integers(1000, 9999)}!" if is_turned else "")


def _period(
    rows: int, start: datetime, end: datetime, seed: int
) -> tuple[np.random.Generator, list[datetime], np.ndarray]:
    """A generator, moments in order over the period, and how far through the period each lies, 0 to 1."""
    rng = np.random.default_rng(seed)
    progress = np.sort(rng.random(rows))
    length = (end - start).total_seconds()
    return rng, [start + timedelta(seconds=round(length * share)) for share in progress], progress


def _pick(rng: np.random.Generator, rows: int, shares: dict[str, float]) -> np.ndarray:
    return rng.choice(list(shares), size=rows, p=list(shares.values()))


def _happens(rng: np.random.Generator, logit: np.ndarray) -> np.ndarray:
    return (rng.random(len(logit)) < 1 / (1 + np.exp(-logit))).astype(float)


def _frame(
    rng, moments, prefix: str, features: dict, *, label: np.ndarray, missing: dict | None = None
) -> pl.DataFrame:
    rows = len(moments)
    frame = pl.DataFrame(
        {
            "id": [f"{prefix}{place:07d}" for place in range(rows)],
            "time": pl.Series(moments, dtype=pl.Datetime("us", "UTC")),
            **features,
            "label": label,
        }
    )
    for name, rate in (missing or {}).items():
        gone = pl.Series(rng.random(rows) < rate)
        frame = frame.with_columns(pl.when(gone).then(None).otherwise(pl.col(name)).alias(name))
    return frame
