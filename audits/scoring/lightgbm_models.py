"""LightGBM models saved as text."""

import re
from typing import Any

import lightgbm
import numpy as np

from audits.scoring.errors import ArtifactRefused, ScoringFailed
from audits.scoring.features import FeatureTable
from audits.scoring.models import Explained, Refitted

PROBABILITIES = {"binary", "cross_entropy", "xentropy", "cross_entropy_lambda"}
# Where the training ran and what it read or printed, which is not part of the model.
NOT_HYPER_PARAMETERS = {
    "data", "valid", "machines", "machine_list_filename", "num_machines", "local_listen_port", "time_out", "top_k",
    "gpu_platform_id", "gpu_device_id", "gpu_device_id_list", "gpu_use_dp", "num_gpu", "tree_learner", "pre_partition",
    "num_threads", "verbosity", "metric", "header", "two_round", "label_column", "weight_column", "group_column",
    "ignore_column", "forcedsplits_filename", "forcedbins_filename", "parser_config_file", "precise_float_parser",
    "num_iterations", "early_stopping_round", "saved_feature_importance_type", "histogram_pool_size", "device_type",
    "early_stopping_min_delta", "first_metric_only", "force_col_wise", "force_row_wise", "deterministic", "eval_at",
}  # fmt: skip
REPEATABLE = {"num_threads": 1, "deterministic": True, "force_row_wise": True, "verbosity": -1}
DAMAGED = "The LightGBM model is damaged: some of its trees cannot be read."


def load(content: bytes) -> "LightGBMModel":
    return LightGBMModel(content)


class LightGBMModel:
    """A booster with one output per row."""

    def __init__(self, content: bytes):
        # The library reads up to the first zero byte, or as many trees as it can, and says nothing about the rest.
        if b"\0" in content:
            raise ArtifactRefused(DAMAGED)
        try:
            text = content.decode()
            self.booster = lightgbm.Booster(model_str=text)
        except (lightgbm.basic.LightGBMError, ValueError) as error:
            raise ArtifactRefused(f"LightGBM cannot read the model: {error}.") from error
        if self.booster.num_trees() != len(re.findall(r"^Tree=\d+$", text, re.MULTILINE)):
            raise ArtifactRefused(DAMAGED)
        if self.booster.num_model_per_iteration() > 1:
            raise ScoringFailed("The model has more than two classes; only one score per row can be monitored.")
        # A numeric feature shows its range in brackets; a category its values, or "none" when no split could use it.
        ranges = re.search(r"^feature_infos=(.*)$", text, re.MULTILINE)
        listed = ranges[1].split() if ranges and self.booster.pandas_categorical else []
        self.categorical = [not entry.startswith("[") for entry in listed] or [False] * self.booster.num_feature()
        found = re.search(r"^objective=(\S+)", text, re.MULTILINE)
        self.objective = found[1] if found else "unknown"

    def facts(self) -> dict[str, Any]:
        recorded = self._hyper_parameters()
        return {
            "feature_names": self._feature_names(),
            "n_features": self.booster.num_feature(),
            "hyper_parameters": recorded | {"num_iterations": self.booster.current_iteration()},
            "family": f"lightgbm.{recorded.get('boosting', 'gbdt')} {self.objective}",
            "is_classifier": self.objective in PROBABILITIES,
        }

    def features(self, table: FeatureTable) -> FeatureTable:
        names = self._feature_names()
        if names is not None:
            # LightGBM writes blanks in names as underscores.
            columns = [column | {"name": re.sub(r"\s", "_", column["name"])} for column in table.columns]
            renamed = FeatureTable(table.numbers, columns)
            original = {re.sub(r"\s", "_", name): name for name in table.names}
            picked = renamed.pick(names, None)
            return FeatureTable(picked.numbers, [c | {"name": original[c["name"]]} for c in picked.columns])
        return table.pick(None, self.booster.num_feature())

    def scores(self, features: FeatureTable) -> np.ndarray:
        return self.booster.predict(self._data(features))

    def explain(self, features: FeatureTable, background: FeatureTable, *, seed: int) -> Explained:
        data = self._data(features)
        contributions = self.booster.predict(data, pred_contrib=True)
        method = {
            "algorithm": "TreeSHAP",
            "perturbation": "tree path dependent",
            "output_space": "log-odds" if self.objective == "binary" else "raw score",
            "library": f"lightgbm {lightgbm.__version__}",
        }
        raw = self.booster.predict(data, raw_score=True)
        return Explained(contributions[:, :-1], contributions[:, -1], raw, method)

    def refit(self, features: FeatureTable, label: np.ndarray, *, hyper_parameters: dict, seed: int) -> Refitted:
        if label.dtype == object:
            raise ScoringFailed("The label holds text, but LightGBM learns numbers; use 0 and 1.")
        parameters = self._hyper_parameters() | hyper_parameters
        if "learning_rate" not in parameters:
            raise ScoringFailed(
                "The LightGBM file records no training parameters; give hyper_parameters for the refit."
            )
        rounds = int(parameters.pop("num_iterations", self.booster.current_iteration()))
        names = self._feature_names() or "auto"
        data = lightgbm.Dataset(self._data(features), label=label.astype(float), feature_name=names)
        booster = lightgbm.train(parameters | {"seed": seed} | REPEATABLE, data, num_boost_round=rounds)
        return Refitted(booster.model_to_string().encode(), parameters | {"num_iterations": rounds}, [])

    def _data(self, features: FeatureTable) -> Any:
        features.refuse_text_unless(self.categorical)
        # Given as a data frame, texts are matched with the categories the model file lists.
        return features.frame(categorical=True) if features.holds_text else features.numbers

    def _feature_names(self) -> list[str] | None:
        names = self.booster.feature_name()
        return None if names == [f"Column_{i}" for i in range(len(names))] else names

    def _hyper_parameters(self) -> dict[str, Any]:
        return {name: value for name, value in self.booster.params.items() if name not in NOT_HYPER_PARAMETERS}
