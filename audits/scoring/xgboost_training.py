"""How an XGBoost model was trained, as far as its file tells.

The file holds the objective, the booster and every tree, but not the training parameters. Some can be told from the
trees: their depth, and, because a leaf's weight is shrunk by the learning rate while the weights above it are not,
the learning rate and lambda. Whoever wants all of them kept stores them as JSON in the booster attribute named here,
or gives them at the refit.
"""

import json
from typing import Any

import numpy as np
import xgboost

from audits.scoring.errors import ScoringFailed

ATTRIBUTE = "hyper_parameters"
# Relative disagreement between the trees and the formula that rounding to 32 bits can explain.
TOLERANCE = 1e-3


def read_hyper_parameters(booster: xgboost.Booster, config: dict) -> dict[str, Any]:
    """The objective and its parameters, the booster, what the trees give away, and what the training recorded."""
    known = {"objective": config["objective"]["name"], "booster": config["gradient_booster"]["name"]}
    for settings in config["objective"].values():
        if isinstance(settings, dict):
            known |= {name: _number(value) for name, value in settings.items()}
    if known["booster"] == "gbtree":
        trees = _trees(booster)
        known |= {"max_depth": max(_depth(tree) for tree in trees)} if trees else {}
        known |= _shrinkage(trees)
        parallel = int(config["gradient_booster"]["gbtree_model_param"]["num_parallel_tree"])
        known |= {"num_parallel_tree": parallel} if parallel > 1 else {}
    return known | _recorded(booster)


def what_is_not_known(booster: xgboost.Booster, parameters: dict[str, Any], config: dict) -> list[str]:
    """Sentences for the record about parameters the refit had to leave at XGBoost's defaults."""
    recorded = _recorded(booster)
    if parameters["booster"] != "gblinear" and not {"learning_rate", "eta"} & parameters.keys():
        raise ScoringFailed(
            "The XGBoost file records no learning rate and its trees do not give it away; give hyper_parameters for "
            f"the refit, or store them as JSON in the booster attribute “{ATTRIBUTE}”."
        )
    if recorded:
        return []
    return [
        "XGBoost files do not record the training parameters. The learning rate, lambda and depth were worked out from "
        "the trees unless they were given; row and column sampling, minimum child weight and gamma are XGBoost's "
        f"defaults unless they were given. Store them as JSON in the booster attribute “{ATTRIBUTE}” to keep them."
    ]


def _recorded(booster: xgboost.Booster) -> dict[str, Any]:
    text = booster.attr(ATTRIBUTE)
    if not text:
        return {}
    try:
        recorded = json.loads(text)
    except ValueError:
        return {}
    return recorded if isinstance(recorded, dict) else {}


def _trees(booster: xgboost.Booster) -> list[dict[str, np.ndarray]]:
    model = json.loads(booster.save_raw("json"))["learner"]["gradient_booster"]["model"]
    names = ("base_weights", "sum_hessian", "left_children", "right_children", "split_conditions")
    return [{name: np.asarray(tree[name]) for name in names} for tree in model["trees"]]


def _depth(tree: dict[str, np.ndarray]) -> int:
    level, depth = [0], 0
    while children := [
        int(child)
        for node in level
        for child in (tree["left_children"][node], tree["right_children"][node])
        if child >= 0
    ]:
        level, depth = children, depth + 1
    return depth


def _shrinkage(trees: list[dict[str, np.ndarray]]) -> dict[str, float]:
    """Learning rate and lambda from the trees' own weights; nothing when they do not fit the formula.

    A node's weight is -G / (H + lambda), times the learning rate in a leaf, and the gradients G of two children add
    up to their parent's. That is linear in lambda, in 1 / rate and in lambda / rate.
    """
    coefficients, targets = [], []
    for tree in trees:
        weight, hessian = tree["base_weights"], tree["sum_hessian"]
        is_leaf = tree["left_children"] < 0
        value = np.where(is_leaf, tree["split_conditions"], weight)
        parents = np.flatnonzero(~is_leaf)
        children = np.stack([tree["left_children"][parents], tree["right_children"][parents]])
        leaf, child_value, child_hessian = is_leaf[children], value[children], hessian[children]
        inner_gradient = np.where(leaf, 0, child_value * child_hessian).sum(axis=0)
        inner_value = np.where(leaf, 0, child_value).sum(axis=0)
        leaf_gradient = np.where(leaf, child_value * child_hessian, 0).sum(axis=0)
        leaf_value = np.where(leaf, child_value, 0).sum(axis=0)
        coefficients.append(np.column_stack([inner_value - weight[parents], leaf_gradient, leaf_value]))
        targets.append(weight[parents] * hessian[parents] - inner_gradient)
    if not targets or sum(map(len, targets)) < 3:
        return {}
    matrix, target = np.concatenate(coefficients), np.concatenate(targets)
    (penalty, inverse_rate, product), _, rank, _ = np.linalg.lstsq(matrix, target, rcond=None)
    misfit = np.linalg.norm(matrix @ [penalty, inverse_rate, product] - target)
    if rank < 3 or inverse_rate <= 0 or misfit > TOLERANCE * np.linalg.norm(target):
        return {}
    if abs(product - penalty * inverse_rate) > 0.01 * max(1.0, abs(product)):
        return {}
    return {"learning_rate": round(1 / float(inverse_rate), 4), "reg_lambda": round(float(penalty), 2)}


def _number(text: Any) -> Any:
    try:
        return float(text)
    except (TypeError, ValueError):
        return text
