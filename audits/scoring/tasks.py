"""The four things the confined process can be asked to do with an artifact."""

import importlib
import sys

import numpy as np

from audits.scoring.child import contents
from audits.scoring.errors import ScoringFailed
from audits.scoring.features import FeatureTable, values_of
from audits.scoring.models import Model

Result = tuple[dict, dict[str, np.ndarray | bytes]]

MODULES = {
    "onnx": "audits.scoring.onnx_models",
    "xgboost": "audits.scoring.xgboost_models",
    "lightgbm": "audits.scoring.lightgbm_models",
    "skops": "audits.scoring.skops_models",
}
# Imported by the boosters, where installed, for wrappers that are not used here; without them a booster is ready in a
# quarter of the time.
NOT_NEEDED = {"xgboost": ["sklearn"], "lightgbm": ["sklearn", "pandas"]}


def perform(task: dict, inputs: dict[str, int]) -> Result:
    """Load the artifact and do what the task asks."""
    columns = task.get("table", {}).get("columns", [])
    holds_text = any(column["kind"] == "text" for column in columns)
    for name in NOT_NEEDED.get(task["framework"], []):
        # Texts travel to a booster as categories of a data frame.
        if name != "pandas" or not holds_text:
            sys.modules[name] = None
    module = importlib.import_module(MODULES[task["framework"]])
    model = module.load(contents(inputs["artifact"]))
    return ACTIONS[task["action"]](model, task, inputs)


def describe(model: Model, task: dict, inputs: dict[str, int]) -> Result:
    return model.facts(), {}


def predict(model: Model, task: dict, inputs: dict[str, int]) -> Result:
    return {}, {"scores": _finite(model.scores(model.features(_table(task, inputs))))}


def explain(model: Model, task: dict, inputs: dict[str, int]) -> Result:
    features = model.features(_table(task, inputs))
    rows, background = features.slice(0, task["explained"]), features.slice(task["explained"], features.rows)
    explained = model.explain(rows, background, seed=task["seed"])
    blobs = {"values": explained.values, "base": explained.base, "outputs": explained.outputs}
    blobs["scores"] = model.scores(rows)
    return {"method": explained.method, "feature_names": rows.names}, {
        name: _finite(np.asarray(blob, dtype=float)) for name, blob in blobs.items()
    }


def refit(model: Model, task: dict, inputs: dict[str, int]) -> Result:
    table = _table(task, inputs)
    position = table.names.index(task["label"])
    label = _label(table.columns[position], table.numbers[:, position])
    others = [name for name in table.names if name != task["label"]]
    features = model.features(table.pick(others, None))
    refitted = model.refit(features, label, hyper_parameters=task["hyper_parameters"], seed=task["seed"])
    again = type(model)(refitted.artifact)
    classifier = bool(again.facts()["is_classifier"])
    facts = {
        "hyper_parameters": refitted.hyper_parameters,
        "notes": refitted.notes,
        "metrics": {
            "training_rows": features.rows,
            "metric": "log loss" if classifier else "root mean squared error",
            "before": _loss(model, features, label, classifier),
            "after": _loss(again, features, label, classifier),
        },
    }
    return facts, {"artifact": refitted.artifact}


ACTIONS = {"describe": describe, "predict": predict, "explain": explain, "refit": refit}


def _table(task: dict, inputs: dict[str, int]) -> FeatureTable:
    with open(inputs["rows"], "rb", closefd=False) as file:
        numbers = np.fromfile(file, dtype="<f8")
    return FeatureTable(numbers.reshape(task["table"]["rows"], -1), task["table"]["columns"])


def _label(column: dict, numbers: np.ndarray) -> np.ndarray:
    if column["kind"] == "unusable":
        raise ScoringFailed(f"The label “{column['name']}” holds {column['type']}, which cannot be learned.")
    missing = np.isnan(numbers)
    if missing.any():
        raise ScoringFailed(f"The label “{column['name']}” is missing in row {int(missing.argmax()) + 1}.")
    values = values_of(column, numbers)
    if column["kind"] == "number" and (values == np.round(values)).all():
        return values.astype(np.int64)
    return values


def _loss(model: Model, features: FeatureTable, label: np.ndarray, classifier: bool) -> float:
    scores = model.scores(features)
    if not classifier:
        return float(np.sqrt(np.mean((scores - label) ** 2)))
    # As everywhere in scikit-learn, the positive class is the one that sorts last.
    positive = label == np.unique(label)[-1]
    certain = np.clip(scores, 1e-15, 1 - 1e-15)
    return float(-np.mean(np.where(positive, np.log(certain), np.log1p(-certain))))


def _finite(numbers: np.ndarray) -> np.ndarray:
    wrong = ~np.isfinite(numbers)
    if wrong.any():
        row = int(np.argwhere(wrong)[0][0]) + 1
        raise ScoringFailed(f"The model's answer for row {row} is not a finite number.")
    return numbers
