"""What every framework's module gives: a model that describes, scores, explains and refits itself inside the child."""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from audits.scoring.features import FeatureTable


@dataclass(frozen=True)
class Explained:
    """SHAP values of some rows: ``base + values.sum(axis=1)`` should equal ``outputs``, which the model itself gave."""

    values: np.ndarray
    base: np.ndarray
    outputs: np.ndarray
    # algorithm, perturbation, output_space, library, and whatever else a reader needs to repeat it.
    method: dict[str, Any]


@dataclass(frozen=True)
class Refitted:
    """A new artifact of the same family, the hyper-parameters used, and what the old artifact did not tell."""

    artifact: bytes
    hyper_parameters: dict[str, Any]
    notes: list[str]


class Model(Protocol):
    """One loaded artifact."""

    def facts(self) -> dict[str, Any]:
        """feature_names, n_features, hyper_parameters, family, is_classifier."""

    def features(self, table: FeatureTable) -> FeatureTable:
        """The columns this model takes, in its order."""

    def scores(self, features: FeatureTable) -> np.ndarray:
        """The probability of the positive class, or the value of a regression."""

    def explain(self, features: FeatureTable, background: FeatureTable, *, seed: int) -> Explained:
        """SHAP values by the best algorithm there is for this model."""

    def refit(self, features: FeatureTable, label: np.ndarray, *, hyper_parameters: dict, seed: int) -> Refitted:
        """Train the same family with the same hyper-parameters (and the given ones on top) on other rows."""
