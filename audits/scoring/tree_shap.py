"""TreeSHAP of scikit-learn's own trees, by shap."""

from typing import Any

import numpy as np
import shap
from sklearn.base import is_classifier

from audits.scoring.features import FeatureTable
from audits.scoring.models import Explained


def explain(estimator: Any, features: FeatureTable) -> Explained:
    """Exact path-dependent SHAP values: of the log-odds where trees are boosted, else of the probability or value."""
    matrix = features.matrix()
    explanation = shap.TreeExplainer(estimator, feature_perturbation="tree_path_dependent")(
        matrix, check_additivity=False
    )
    values, base = explanation.values, np.asarray(explanation.base_values, dtype=float)
    if values.ndim == 3:
        # One set for each class; a binary classifier's second mirrors the first.
        values, base = values[:, :, 1], base[..., 1]
    outputs, space = _outputs(estimator, features)
    method = {
        "algorithm": "TreeSHAP",
        "perturbation": "tree path dependent",
        "output_space": space,
        "library": f"shap {shap.__version__}",
    }
    return Explained(values, np.broadcast_to(base.reshape(-1), len(matrix)), outputs, method)


def _outputs(estimator: Any, features: FeatureTable) -> tuple[np.ndarray, str]:
    data = features.frame() if hasattr(estimator, "feature_names_in_") else features.matrix()
    if not is_classifier(estimator):
        values = estimator.predict(data)
        logarithm = getattr(estimator, "loss", "") in ("poisson", "gamma") and hasattr(estimator, "max_iter")
        return (np.log(values), "logarithm of the value") if logarithm else (values, "value")
    if hasattr(estimator, "decision_function"):
        return estimator.decision_function(data), "log-odds"
    return estimator.predict_proba(data)[:, 1], "probability"
