"""What the demo's engineers train with: XGBoost, LightGBM and scikit-learn, each in a format that needs no pickle."""

from collections.abc import Callable
from pathlib import Path

import lightgbm
import numpy as np
import polars as pl
import skops.io
import xgboost
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from demo.building import Trained

SEED = 7


def train_xgboost(rows: pl.DataFrame, features: list[str], *, rounds: int = 60, depth: int = 3) -> Trained:
    params = {"objective": "binary:logistic", "max_depth": depth, "eta": 0.1, "seed": SEED, "nthread": 1}
    data = xgboost.DMatrix(matrix(rows, features), label=rows["label"].to_numpy(), feature_names=features)
    booster = xgboost.train(params, data, num_boost_round=rounds)

    def score(new: pl.DataFrame) -> np.ndarray:
        return booster.predict(xgboost.DMatrix(matrix(new, features), feature_names=features))

    def save(path: Path) -> None:
        path.write_bytes(bytes(booster.save_raw("json")))

    return Trained("xgboost", save, score, params | {"rounds": rounds})


def train_lightgbm(rows: pl.DataFrame, features: list[str], *, rounds: int = 60, leaves: int = 8) -> Trained:
    params = {
        "objective": "binary",
        "num_leaves": leaves,
        "learning_rate": 0.1,
        "min_data_in_leaf": 40,
        "seed": SEED,
        "deterministic": True,
        "num_threads": 1,
        "verbosity": -1,
    }
    data = lightgbm.Dataset(matrix(rows, features), label=rows["label"].to_numpy(), feature_name=features)
    booster = lightgbm.train(params, data, num_boost_round=rounds)
    return Trained(
        "lightgbm",
        lambda path: path.write_text(booster.model_to_string()),
        lambda new: booster.predict(matrix(new, features)),
        params | {"rounds": rounds},
    )


def train_logistic(rows: pl.DataFrame, features: list[str]) -> Trained:
    pipeline = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    pipeline.fit(frame(rows, features), rows["label"].to_numpy().astype(int))
    return Trained(
        "skops",
        _dump(pipeline),
        lambda new: pipeline.predict_proba(frame(new, features))[:, 1],
        {"C": 1.0, "scaled": True},
    )


def train_regressor(rows: pl.DataFrame, features: list[str]) -> Trained:
    model = HistGradientBoostingRegressor(max_iter=80, max_leaf_nodes=15, random_state=SEED)
    model.fit(frame(rows, features), rows["label"].to_numpy())
    return Trained(
        "skops",
        _dump(model),
        lambda new: model.predict(frame(new, features)),
        {"max_iter": 80, "max_leaf_nodes": 15},
    )


def matrix(rows: pl.DataFrame, features: list[str]) -> np.ndarray:
    return rows.select(pl.col(features).cast(pl.Float64)).to_numpy()


def frame(rows: pl.DataFrame, features: list[str]):
    return rows.select(features).to_pandas()


def _dump(estimator) -> Callable[[Path], None]:
    return lambda path: skops.io.dump(estimator, path)
