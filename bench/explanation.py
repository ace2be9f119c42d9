"""Global SHAP to a stated precision: rows are explained until enough are, beside TreeExplainer on ten thousand rows."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import xgboost

from audits.statistics.explanation import Sampling, enough_rows
from bench.measure import Row, cost_of, printed
from bench.tables import FOLDER

COLUMNS, TREES, DEPTH = 50, 500, 6
TRAINING_ROWS, POPULATION, CHOSEN_ROWS, BACKGROUND = 20_000, 100_000, 10_000, 100
TOP = 20
FIRST_ROWS = 128
MARGIN = 1.1  # more rows than the last look asked for, so that the next look seldom needs a few more

Explain = Callable[[np.ndarray], np.ndarray]


@cache
def population(rows: int) -> np.ndarray:
    """Rows in random order, so that the first ones are a random sample; columns correlate in groups of five."""
    rng = np.random.default_rng(11)
    shared = np.repeat(rng.normal(size=(rows, COLUMNS // 5)), 5, axis=1)
    return (0.5 * shared + rng.normal(size=(rows, COLUMNS))).astype(np.float32)


def trained(folder: Path = FOLDER, *, trees: int = TREES) -> Path:
    """A model whose columns matter less and less, some of them by interactions; trained once."""
    path = folder / f"xgboost-{trees}-{DEPTH}.ubj"
    if path.exists():
        return path
    rows = population(TRAINING_ROWS)
    weights = 0.9 ** np.arange(COLUMNS)
    logit = rows @ weights + weights[0] * rows[:, 0] * rows[:, 1] + np.abs(rows[:, 2]) - 1
    label = np.random.default_rng(12).random(len(rows)) < 1 / (1 + np.exp(-logit))
    parameters = {"objective": "binary:logistic", "max_depth": DEPTH, "eta": 0.05, "seed": 0}
    folder.mkdir(parents=True, exist_ok=True)
    xgboost.train(parameters, xgboost.DMatrix(rows, label), num_boost_round=trees).save_model(path)
    return path


@cache
def booster(path: Path) -> xgboost.Booster:
    return xgboost.Booster(model_file=path)


def path_dependent(path: Path) -> Explain:
    """XGBoost's own TreeSHAP, which is what a run uses (`audits.scoring.xgboost_models`)."""
    return lambda rows: booster(path).predict(xgboost.DMatrix(rows), pred_contribs=True)[:, :-1]


def interventional(path: Path) -> Explain:
    """shap's TreeExplainer against a background of a hundred rows."""
    import shap

    # The last rows of the population, which are explained last, if ever.
    background = population(POPULATION)[-BACKGROUND:]
    explainer = shap.TreeExplainer(booster(path), background, feature_perturbation="interventional")
    return lambda rows: explainer.shap_values(rows, check_additivity=False)


def until_enough(path: Path, method: Callable[[Path], Explain], most: int = POPULATION) -> tuple[np.ndarray, Sampling]:
    """Explain more and more rows of the population until `enough_rows` says so, or all of them."""
    explain, rows = method(path), population(most)
    values, look = explain(rows[:FIRST_ROWS]), 1
    while not (sampling := enough_rows(values, look=look)).enough and len(values) < most:
        wanted = 2 * len(values) if sampling.rows_needed is None else int(MARGIN * sampling.rows_needed)
        values = np.concatenate([values, explain(rows[len(values) : wanted])])
        look += 1
    return values, sampling


def tree_explainer(path: Path, rows: int = CHOSEN_ROWS) -> None:
    """As one would write it: shap's own path-dependent TreeExplainer, on as many rows as one happens to choose."""
    import shap

    explainer = shap.TreeExplainer(booster(path), feature_perturbation="tree_path_dependent")
    values = explainer.shap_values(population(POPULATION)[:rows], check_additivity=False)
    np.save(path.with_suffix(".npy"), values)


def shares(values: np.ndarray) -> np.ndarray:
    """Each column's share of all mean |SHAP|."""
    sizes = np.abs(values).mean(0)
    return sizes / sizes.sum()


def furthest_off(values: np.ndarray, from_many: np.ndarray) -> float:
    """Of the top shares known from many rows, the one that `values` misses by the largest part of itself."""
    few, many = shares(values), shares(from_many)
    top = np.argsort(-many)[:TOP]
    return float(np.max(np.abs(few[top] / many[top] - 1)))


def run(*, folder: Path = FOLDER, times: int = 3) -> str:
    path = trained(folder)
    adaptive, sampling = until_enough(path, path_dependent)
    _, against_background = until_enough(path, interventional)
    ours = cost_of(until_enough, path, path_dependent, times=times)
    slower = cost_of(until_enough, path, interventional, times=1)
    theirs = cost_of(tree_explainer, path, times=1)
    off = furthest_off(adaptive, np.load(path.with_suffix(".npy")))
    table = [
        Row(
            "path dependent, until enough rows are explained", ours, "≤ 3 s",
            f"{sampling.rows} rows: standard errors ≤ {sampling.relative_error:.1%} of every top-{TOP} share; "
            f"shares off those of {CHOSEN_ROWS:,} rows by at most {off:.0%}",
        ),
        Row(
            f"interventional on {BACKGROUND} background rows, until enough", slower, "≤ 15 s",
            f"{against_background.rows} rows: standard errors ≤ {against_background.relative_error:.1%}",
        ),
        Row(
            f"shap's TreeExplainer, path dependent, {CHOSEN_ROWS:,} rows", theirs, "",
            f"{theirs.seconds / ours.seconds:.0f} × ours",
        ),
    ]  # fmt: skip
    return printed(f"Global SHAP of XGBoost, {TREES} trees of depth {DEPTH}, {COLUMNS} columns", table)
