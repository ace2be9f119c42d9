"""A pilot on scikit-learn's breast cancer data (Wolberg et al. 1995): too few cases yet for a verdict on anything."""

import polars as pl
from sklearn.datasets import load_breast_cancer

from demo.building import Calendar, add_version, assess, log, register, scored
from demo.cast import Cast
from demo.schemas import described
from demo.stories.mortgage import spread
from demo.training import train_logistic
from inventory.services import start_challenge
from inventory.states import Stage

FEATURES = ["mean_radius", "mean_texture", "mean_smoothness", "mean_compactness", "mean_symmetry"]
CASES = 60


def tell(cast: Cast, calendar: Calendar) -> None:
    model = register(
        cast,
        "imaging-triage",
        confirmed=False,
        name="Imaging triage pilot",
        purpose="Probability that a tissue sample is benign, tried out beside the present triage of health claims.",
        business_unit="Health insurance",
        methodology="Logistic regression",
        affects_natural_persons=True,
    )
    rows = samples()
    trained = train_logistic(rows[:250], FEATURES)
    version = add_version(
        cast,
        model,
        "1",
        schema=described(numbers=FEATURES),
        trained=trained,
        reference=scored(trained, rows[250:450]).drop("id"),
        threshold=0.5,
    )
    log(cast, version, scored(trained, spread(rows[450 : 450 + CASES], calendar.back(40), calendar.end)), label="label")
    version.refresh_from_db()
    assess(version)
    if version.stage == Stage.CANDIDATE:
        start_challenge(version, actor=cast.engineer)


def samples() -> pl.DataFrame:
    data = load_breast_cancer()
    names = [name.replace(" ", "_") for name in data.feature_names]
    rows = pl.DataFrame(data.data, schema=names).select(FEATURES)
    return rows.with_columns(
        pl.Series("id", [f"S{place:04d}" for place in range(rows.height)]),
        pl.Series("label", data.target.astype(float)),
    )
