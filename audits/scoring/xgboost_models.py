"""XGBoost models saved as JSON or UBJ."""

import json
from typing import Any

import numpy as np
import xgboost

from audits.scoring import xgboost_training
from audits.scoring.errors import ArtifactRefused, ScoringFailed
from audits.scoring.features import FeatureTable
from audits.scoring.models import Explained, Refitted

PROBABILITIES = {"binary:logistic", "binary:logitraw", "reg:logistic"}


def load(content: bytes) -> "XGBoostModel":
    return XGBoostModel(content)


class XGBoostModel:
    """A booster with one output per row, scored up to its best round where early stopping recorded one."""

    def __init__(self, content: bytes):
        try:
            self.booster = xgboost.Booster()
            self.booster.load_model(bytearray(content))
            self.config = json.loads(self.booster.save_config())["learner"]
            self.booster.set_param({"nthread": 1, "device": "cpu"})
        except (xgboost.core.XGBoostError, ValueError, KeyError) as error:
            reason = str(error).strip().splitlines()[0]
            raise ArtifactRefused(f"XGBoost cannot read the model: {reason}.") from error
        learner = self.config["learner_model_param"]
        if int(learner["num_class"]) > 1 or int(learner["num_target"]) > 1:
            raise ScoringFailed("The model has more than one output; only one score per row can be monitored.")
        self.objective = self.config["objective"]["name"]
        best = self.booster.attr("best_iteration")
        self.rounds = int(best) + 1 if best and best.isdigit() else self.booster.num_boosted_rounds()

    def facts(self) -> dict[str, Any]:
        known = xgboost_training.read_hyper_parameters(self.booster, self.config)
        return {
            "feature_names": self.booster.feature_names,
            "n_features": self.booster.num_features(),
            "hyper_parameters": known | {"num_boost_round": self.rounds},
            "family": f"xgboost.{self.config['gradient_booster']['name']} {self.objective}",
            "is_classifier": self.objective in PROBABILITIES,
        }

    def features(self, table: FeatureTable) -> FeatureTable:
        return table.pick(self.booster.feature_names, self.booster.num_features())

    def scores(self, features: FeatureTable) -> np.ndarray:
        scores = self._predict(features)
        if self.objective == "binary:logitraw":
            scores = 1 / (1 + np.exp(-scores))
        return scores.astype(float)

    def explain(self, features: FeatureTable, background: FeatureTable, *, seed: int) -> Explained:
        contributions = self._predict(features, pred_contribs=True).astype(float)
        linear = self.config["gradient_booster"]["name"] == "gblinear"
        method = {
            "algorithm": "linear terms" if linear else "TreeSHAP",
            "perturbation": "none (the base is the intercept)" if linear else "tree path dependent",
            "output_space": "log-odds" if self.objective in PROBABILITIES else "raw score",
            "library": f"xgboost {xgboost.__version__}",
        }
        margins = self._predict(features, output_margin=True).astype(float)
        return Explained(contributions[:, :-1], contributions[:, -1], margins, method)

    def refit(self, features: FeatureTable, label: np.ndarray, *, hyper_parameters: dict, seed: int) -> Refitted:
        if label.dtype == object:
            raise ScoringFailed("The label holds text, but XGBoost learns numbers; use 0 and 1.")
        known = xgboost_training.read_hyper_parameters(self.booster, self.config)
        parameters = known | hyper_parameters
        notes = xgboost_training.what_is_not_known(self.booster, parameters, self.config)
        rounds = int(parameters.pop("num_boost_round", self.rounds))
        training = parameters | {"seed": seed, "nthread": 1, "device": "cpu", "verbosity": 0}
        booster = xgboost.train(training, self._data(features, label), num_boost_round=rounds)
        used = parameters | {"num_boost_round": rounds}
        # The file format has no place for these, so the next refit would have to work them out of the trees again.
        booster.set_attr(**{xgboost_training.ATTRIBUTE: json.dumps(used)})
        return Refitted(bytes(booster.save_raw("ubj")), used, notes)

    def _predict(self, features: FeatureTable, **options) -> np.ndarray:
        try:
            return self.booster.predict(self._data(features), iteration_range=(0, self.rounds), **options)
        except (xgboost.core.XGBoostError, ValueError) as error:
            reason = next((line for line in str(error).splitlines() if line.strip()), "no reason given")
            raise ScoringFailed(f"XGBoost could not score the rows: {reason}.") from error

    def _data(self, features: FeatureTable, label: np.ndarray | None = None) -> xgboost.DMatrix:
        options = {"label": label, "feature_names": self.booster.feature_names, "nthread": 1}
        types = self.booster.feature_types
        features.refuse_text_unless([kind == "c" for kind in types or ["float"] * len(features.columns)])
        if features.holds_text:
            # As categories, which XGBoost matches with those it stored.
            data = features.frame(categorical=True)
            return xgboost.DMatrix(data, enable_categorical=True, **options)
        return xgboost.DMatrix(features.numbers, feature_types=types, enable_categorical=bool(types), **options)
