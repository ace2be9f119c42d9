"""scikit-learn estimators and pipelines saved with skops."""

import json
import warnings
import zipfile
from collections.abc import Callable
from typing import Any

import joblib
import numpy as np
import sklearn
import skops.io
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted
from skops.io.exceptions import UnsupportedTypeException, UntrustedTypesFoundException

from audits.scoring import additive_shap, sampled_shap, skops_types
from audits.scoring.errors import ArtifactRefused, ScoringFailed
from audits.scoring.features import FeatureTable
from audits.scoring.models import Explained, Refitted

# What building objects out of a malformed description can raise.
MALFORMED = (
    AttributeError, ImportError, IndexError, KeyError, OSError, RecursionError, TypeError, ValueError,
    zipfile.BadZipFile, UnsupportedTypeException, UntrustedTypesFoundException,
)  # fmt: skip
LINEAR_MODULES = ("sklearn.linear_model", "sklearn.discriminant_analysis")
LOG_LINK = {"PoissonRegressor", "GammaRegressor"}
TREES = {
    "DecisionTreeClassifier", "DecisionTreeRegressor", "ExtraTreesClassifier", "ExtraTreesRegressor",
    "GradientBoostingClassifier", "GradientBoostingRegressor", "HistGradientBoostingClassifier",
    "HistGradientBoostingRegressor", "RandomForestClassifier", "RandomForestRegressor",
}  # fmt: skip


def load(content: bytes) -> "SkopsModel":
    return SkopsModel(content)


class SkopsModel:
    """A fitted classifier of two classes that gives probabilities, or a regressor of one value."""

    def __init__(self, content: bytes):
        self.estimator = _open(content)
        self.is_classifier = is_classifier(self.estimator)
        name = type(self.estimator).__name__
        if not self.is_classifier and not is_regressor(self.estimator):
            raise ScoringFailed(f"The file holds a {name}, which is neither a classifier nor a regressor.")
        try:
            check_is_fitted(self.estimator)
        except NotFittedError as error:
            raise ScoringFailed(f"The {name} in the file has not been fitted.") from error
        if self.is_classifier and len(self.estimator.classes_) != 2:
            count = len(self.estimator.classes_)
            raise ScoringFailed(f"The model has {count} classes; only one score per row can be monitored.")
        if self.is_classifier and not hasattr(self.estimator, "predict_proba"):
            raise ScoringFailed(
                f"{_family(self.estimator)} gives no probabilities; wrap it in CalibratedClassifierCV and upload that."
            )

    def facts(self) -> dict[str, Any]:
        names = getattr(self.estimator, "feature_names_in_", None)
        count = getattr(self.estimator, "n_features_in_", None)
        return {
            "feature_names": None if names is None else [str(name) for name in names],
            "n_features": None if count is None else int(count),
            "hyper_parameters": self._hyper_parameters(),
            "family": _family(self.estimator),
            "is_classifier": self.is_classifier,
        }

    def features(self, table: FeatureTable) -> FeatureTable:
        facts = self.facts()
        return table.pick(facts["feature_names"], facts["n_features"])

    def scores(self, features: FeatureTable) -> np.ndarray:
        if self.is_classifier:
            return self._ask(self.estimator.predict_proba, features)[:, 1]
        return self._ask(self.estimator.predict, features).reshape(features.rows).astype(float)

    def explain(self, features: FeatureTable, background: FeatureTable, *, seed: int) -> Explained:
        last = _last_step(self.estimator)
        if type(last).__module__.startswith(LINEAR_MODULES):
            function, space = self._linear_function(last)
            explained = additive_shap.explain(function, features, background, output_space=space)
            if explained is not None:
                return explained
        if self._is_bare_tree() and not features.holds_text:
            # Imported here because shap takes seconds, which other models and plain scoring need not wait for.
            from audits.scoring import tree_shap

            return tree_shap.explain(self.estimator, features)

        def score(numbers: np.ndarray) -> np.ndarray:
            return self.scores(features.with_numbers(numbers))

        space = "probability" if self.is_classifier else "value"
        return sampled_shap.explain(score, features.numbers, background.numbers, seed=seed, output_space=space)

    def refit(self, features: FeatureTable, label: np.ndarray, *, hyper_parameters: dict, seed: int) -> Refitted:
        if self.is_classifier and (
            unknown := sorted(set(label.tolist()) ^ set(self.estimator.classes_.tolist()), key=str)
        ):
            raise ScoringFailed(f"The label must hold the two classes of the model, which does not fit {unknown[0]!r}.")
        # Estimators without a random_state of their own draw from NumPy's global generator; this process has no other
        # use for it.
        np.random.seed(seed)
        try:
            estimator = clone(self.estimator).set_params(**hyper_parameters)
        except (ValueError, TypeError) as error:
            raise ScoringFailed(f"The hyper-parameters do not fit {_family(self.estimator)}: {error}.") from error
        with warnings.catch_warnings(record=True) as raised, joblib.parallel_config(backend="sequential"):
            warnings.simplefilter("always")
            self._ask(lambda data: estimator.fit(data, label), features)
        notes = sorted({" ".join(str(warning.message).split()) for warning in raised})
        used = self._hyper_parameters() | hyper_parameters
        return Refitted(skops.io.dumps(estimator, compression=zipfile.ZIP_DEFLATED), used, notes)

    def _ask(self, function: Callable[[Any], Any], features: FeatureTable) -> Any:
        named = hasattr(self.estimator, "feature_names_in_")
        try:
            return function(features.frame() if named else features.matrix())
        except (ValueError, TypeError, KeyError) as error:
            raise ScoringFailed(f"{_family(self.estimator)} could not use the rows: {_first_line(error)}.") from error

    def _linear_function(self, last: Any) -> tuple[Callable[[FeatureTable], np.ndarray], str]:
        """The output in which a linear model is a sum, and what that is called."""
        if self.is_classifier:
            logistic = type(last).__name__.startswith("LogisticRegression") or getattr(last, "loss", "") == "log_loss"
            space = "log-odds" if logistic else "decision function"
            return lambda features: self._ask(self.estimator.decision_function, features), space
        if type(last).__name__ in LOG_LINK:
            return lambda features: np.log(self.scores(features)), "logarithm of the value"
        return self.scores, "value"

    def _is_bare_tree(self) -> bool:
        categorical = getattr(self.estimator, "is_categorical_", None)
        return type(self.estimator).__name__ in TREES and (categorical is None or not np.any(categorical))

    def _hyper_parameters(self) -> dict[str, Any]:
        return {name: _as_json(value) for name, value in self.estimator.get_params(deep=True).items()}


def _open(content: bytes) -> Any:
    try:
        untrusted = skops.io.get_untrusted_types(data=content)
        if refused := skops_types.refused(untrusted):
            raise ArtifactRefused(f"The skops file holds a {refused[0]}, a type that is not allowed here.")
        return skops.io.loads(content, trusted=untrusted)
    except MALFORMED as error:
        raise ArtifactRefused(
            f"skops cannot read the model: {_first_line(error)}. scikit-learn {sklearn.__version__} is installed here."
        ) from error


def _last_step(estimator: Any) -> Any:
    return estimator.steps[-1][1] if hasattr(estimator, "steps") else estimator


def _family(estimator: Any) -> str:
    if hasattr(estimator, "steps"):
        return f"sklearn Pipeline({', '.join(type(step).__name__ for _, step in estimator.steps)})"
    return f"sklearn {type(estimator).__name__}"


def _as_json(value: Any) -> Any:
    try:
        return json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError):
        return " ".join(repr(value).split())[:200]


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__
