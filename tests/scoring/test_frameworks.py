"""What each framework's module makes of a model. These run in the test's own process: the bytes are ours."""

import json
import zipfile
from io import BytesIO

import lightgbm
import numpy as np
import pandas
import polars
import pytest
import shap
import skops.io
import xgboost
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.cluster import KMeans
from sklearn.compose import make_column_transformer
from sklearn.ensemble import (
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, PoissonRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, PolynomialFeatures, StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from audits.scoring import lightgbm_models, onnx_models, skops_models, xgboost_models
from audits.scoring.errors import ArtifactRefused, ScoringFailed
from audits.scoring.features import FeatureTable
from audits.scoring.tables import encode
from tests.scoring import artifacts
from tests.scoring.artifacts import FEATURES, data

REGIONS = ["north", "south", "west"]


def travelled(rows) -> FeatureTable:
    encoded = encode(rows)
    return FeatureTable(encoded.numbers, encoded.columns)


@pytest.fixture(scope="module")
def rows() -> polars.DataFrame:
    """Numbers, a text column that matters, and something missing in both."""
    given = data()
    region = [REGIONS[i % 3] if i % 7 else None for i in range(len(given.label))]
    table = given.table.select(FEATURES).with_columns(region=polars.Series(region))
    return table.with_columns(debt=polars.when(polars.col("debt") > 1.5).then(None).otherwise(polars.col("debt")))


@pytest.fixture(scope="module")
def label(rows) -> np.ndarray:
    return data().label ^ (rows["region"] == "north").fill_null(False).to_numpy()


def preprocessing():
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    return make_column_transformer((numbers, FEATURES), (OneHotEncoder(handle_unknown="ignore"), ["region"]))


def reloaded(estimator) -> skops_models.SkopsModel:
    return skops_models.load(skops.io.dumps(estimator))


def additivity_gap(explained) -> float:
    return float(np.abs(explained.base + explained.values.sum(axis=1) - explained.outputs).max())


def test_a_pipeline_takes_texts_and_missing_values_by_column_name(rows, label):
    pipeline = make_pipeline(preprocessing(), LogisticRegression()).fit(rows.to_pandas(), label)
    model = reloaded(pipeline)
    table = travelled(rows.select(reversed(rows.columns)))
    scores = model.scores(model.features(table))
    np.testing.assert_allclose(scores, pipeline.predict_proba(rows.to_pandas())[:, 1], atol=1e-9)


def test_a_linear_pipeline_is_explained_exactly_feature_by_feature(rows, label):
    model = reloaded(make_pipeline(preprocessing(), LogisticRegression()).fit(rows.to_pandas(), label))
    features = model.features(travelled(rows))
    explained = model.explain(features.slice(0, 50), features.slice(50, 150), seed=0)
    assert explained.method["algorithm"] == "exact, additive model"
    assert explained.method["output_space"] == "log-odds"
    assert additivity_gap(explained) < 1e-9
    assert explained.values.shape == (50, 5)
    assert np.ptp(explained.values[:, 4]) > 0.2


def test_a_linear_model_is_explained_as_shap_does_it():
    given = data()
    explained = reloaded(artifacts.logistic_model()).explain(
        FeatureTable(given.matrix[:20], [{"name": name, "kind": "number"} for name in FEATURES]),
        FeatureTable(given.matrix[20:120], [{"name": name, "kind": "number"} for name in FEATURES]),
        seed=0,
    )
    masker = shap.maskers.Independent(given.matrix[20:120], max_samples=100)
    expected = shap.LinearExplainer(artifacts.logistic_model(), masker)(given.matrix[:20])
    np.testing.assert_allclose(explained.values, expected.values, atol=1e-9)
    np.testing.assert_allclose(explained.base, expected.base_values, atol=1e-9)


def test_a_linear_pipeline_with_interactions_is_not_taken_for_a_sum():
    given = data()
    pipeline = make_pipeline(PolynomialFeatures(2), LogisticRegression()).fit(given.matrix, given.label)
    features = FeatureTable(given.matrix, [{"name": name, "kind": "number"} for name in FEATURES])
    explained = reloaded(pipeline).explain(features.slice(0, 2), features.slice(2, 12), seed=0)
    assert explained.method["algorithm"] == "exact Shapley values"
    assert explained.method["output_space"] == "probability"
    assert additivity_gap(explained) < 1e-9


def test_a_poisson_model_is_explained_on_the_logarithm():
    given = data()
    model = reloaded(PoissonRegressor().fit(given.matrix, given.label * 3.0))
    features = FeatureTable(given.matrix, [{"name": name, "kind": "number"} for name in FEATURES])
    explained = model.explain(features.slice(0, 9), features.slice(9, 60), seed=0)
    assert explained.method["output_space"] == "logarithm of the value"
    np.testing.assert_allclose(np.exp(explained.base + explained.values.sum(axis=1)), model.scores(features)[:9])


@pytest.mark.parametrize(
    ("estimator", "space"),
    [
        (RandomForestClassifier(10, max_depth=4, random_state=0), "probability"),
        (DecisionTreeClassifier(max_depth=3), "probability"),
        (HistGradientBoostingClassifier(max_iter=10), "log-odds"),
        (GradientBoostingRegressor(n_estimators=10), "value"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseEstimator) else value,
)
def test_a_bare_tree_ensemble_is_explained_by_tree_shap(estimator, space):
    given = data()
    model = reloaded(estimator.fit(given.matrix, given.label))
    features = FeatureTable(given.matrix, [{"name": name, "kind": "number"} for name in FEATURES])
    explained = model.explain(features.slice(0, 30), features.slice(30, 60), seed=0)
    assert explained.method["algorithm"] == "TreeSHAP"
    assert explained.method["output_space"] == space
    assert additivity_gap(explained) < 1e-6


def test_a_pipeline_of_trees_is_explained_over_its_own_columns(rows, label):
    trees = make_pipeline(preprocessing(), HistGradientBoostingClassifier(max_iter=5))
    trees.set_params(columntransformer__sparse_threshold=0)
    model = reloaded(trees.fit(rows.to_pandas(), label))
    features = model.features(travelled(rows))
    explained = model.explain(features.slice(0, 5), features.slice(5, 25), seed=7)
    assert explained.method["algorithm"] == "exact Shapley values"
    assert explained.values.shape == (5, 5)
    assert additivity_gap(explained) < 1e-9


class HomeMade(ClassifierMixin, BaseEstimator):
    """A type nobody allowed."""


def test_a_skops_file_with_a_type_not_allowed_is_refused_by_its_name():
    with pytest.raises(ArtifactRefused, match=r"holds a tests\.scoring\.test_frameworks\.HomeMade, a type that is not"):
        skops_models.load(skops.io.dumps(make_pipeline(StandardScaler(), HomeMade())))


def crafted(node: dict) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("schema.json", json.dumps(node | {"protocol": 2, "_skops_version": "0.12"}))
    return buffer.getvalue()


@pytest.mark.parametrize(
    "node",
    [
        {"__class__": "system", "__module__": "os", "__loader__": "FunctionNode"},
        {"__class__": "Popen", "__module__": "subprocess", "__loader__": "TypeNode"},
        {"__class__": "Popen", "__module__": "subprocess", "__loader__": "ObjectNode", "content": None},
        {"__class__": "eval", "__module__": "builtins", "__loader__": "FunctionNode"},
    ],
)
def test_a_crafted_skops_file_builds_nothing(node):
    with pytest.raises(ArtifactRefused, match=rf"holds a {node['__module__']}\.{node['__class__']}"):
        skops_models.load(crafted(node))


@pytest.mark.parametrize(
    "content",
    [
        crafted({}),
        crafted({"__class__": 3, "__module__": [], "__loader__": "ObjectNode"}),
        crafted({"__loader__": "?"}),
    ],
)
def test_a_malformed_skops_file_is_refused(content):
    with pytest.raises(ArtifactRefused, match="skops cannot read the model"):
        skops_models.load(content)


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
def test_a_damaged_skops_file_is_refused(part):
    content = bytearray(artifacts.skops_bytes())
    begin = int(len(content) * part)
    content[begin : begin + 60] = bytes(60)
    with pytest.raises((ArtifactRefused, ScoringFailed)):
        skops_models.load(bytes(content))


@pytest.mark.parametrize(
    ("estimator", "sentence"),
    [
        (LogisticRegression(), "has not been fitted"),
        (KMeans(2, n_init=1).fit(data().matrix), "neither a classifier nor a regressor"),
        (LinearSVC().fit(data().matrix, data().label), "gives no probabilities; wrap it in CalibratedClassifierCV"),
        (LogisticRegression().fit(data().matrix, np.arange(400) % 3), "has 3 classes"),
    ],
)
def test_an_estimator_without_one_score_per_row_is_refused(estimator, sentence):
    with pytest.raises(ScoringFailed, match=sentence):
        reloaded(estimator)


def test_a_refit_keeps_a_pipeline_and_its_settings(rows, label):
    pipeline = make_pipeline(preprocessing(), LogisticRegression(C=0.3)).fit(rows.to_pandas(), label)
    model = reloaded(pipeline)
    features = model.features(travelled(rows))
    refitted = model.refit(features, 1 - label, hyper_parameters={}, seed=0)
    again = skops_models.load(refitted.artifact)
    assert again.facts()["hyper_parameters"] == model.facts()["hyper_parameters"]
    assert again.facts()["hyper_parameters"]["logisticregression__C"] == 0.3
    np.testing.assert_allclose(again.scores(features), 1 - model.scores(features), atol=1e-3)


def test_a_refit_refuses_a_label_of_other_classes():
    model = reloaded(artifacts.logistic_model())
    features = FeatureTable(data().matrix, [{"name": name, "kind": "number"} for name in FEATURES])
    with pytest.raises(ScoringFailed, match="must hold the two classes of the model"):
        model.refit(features, data().label + 1, hyper_parameters={}, seed=0)
    with pytest.raises(ScoringFailed, match="The hyper-parameters do not fit sklearn LogisticRegression"):
        model.refit(features, data().label, hyper_parameters={"depth": 3}, seed=0)


def test_a_regression_is_scored_by_its_value():
    given = data()
    regression = LinearRegression().fit(given.matrix, given.matrix @ [1, 2, 3, 4])
    features = FeatureTable(given.matrix, [{"name": name, "kind": "number"} for name in FEATURES])
    np.testing.assert_allclose(reloaded(regression).scores(features), given.matrix @ [1, 2, 3, 4], atol=1e-9)


def categorical(rows) -> pandas.DataFrame:
    return rows.to_pandas().assign(region=lambda frame: frame["region"].astype("category"))


def test_lightgbm_matches_texts_with_the_categories_it_was_trained_on(rows, label):
    options = {"objective": "binary", "verbosity": -1, "min_data_per_group": 5, "cat_smooth": 1}
    booster = lightgbm.train(options, lightgbm.Dataset(categorical(rows), label), 10)
    model = lightgbm_models.load(booster.model_to_string().encode())
    features = model.features(travelled(rows.sort("income")))
    expected = booster.predict(categorical(rows.sort("income")))
    np.testing.assert_allclose(model.scores(features), expected, atol=1e-9)
    assert np.abs(model.explain(features, features, seed=0).values[:, 4]).max() > 0.01


def test_xgboost_matches_texts_with_the_categories_it_was_trained_on(rows, label):
    matrix = xgboost.DMatrix(categorical(rows), label, enable_categorical=True)
    booster = xgboost.train({"objective": "binary:logistic", "max_depth": 3}, matrix, 10)
    model = xgboost_models.load(bytes(booster.save_raw("ubj")))
    # Sorted so that texts first appear in another order than in the training.
    features = model.features(travelled(rows.sort("income")))
    expected = booster.predict(xgboost.DMatrix(categorical(rows.sort("income")), enable_categorical=True))
    np.testing.assert_allclose(model.scores(features), expected, atol=1e-6)


def test_text_for_a_number_is_refused_by_the_column_in_every_framework(rows):
    texts = travelled(rows.select(FEATURES).with_columns(age=polars.lit("old")))
    for load, content in [
        (onnx_models.load, artifacts.onnx_bytes()),
        (xgboost_models.load, artifacts.xgboost_bytes()),
        (lightgbm_models.load, artifacts.lightgbm_bytes()),
        (skops_models.load, artifacts.skops_bytes()),
    ]:
        model = load(content)
        with pytest.raises(ScoringFailed, match="Column “age” holds text"):
            model.scores(model.features(texts))


def test_xgboost_scores_up_to_its_best_round():
    given = data()
    model = xgboost.XGBClassifier(n_estimators=40, max_depth=3, early_stopping_rounds=3, n_jobs=1)
    model.fit(given.matrix, given.label, eval_set=[(data(seed=9).matrix, data(seed=9).label)], verbose=False)
    assert model.best_iteration + 1 < model.get_booster().num_boosted_rounds()
    loaded = xgboost_models.load(bytes(model.get_booster().save_raw("ubj")))
    features = FeatureTable(given.matrix, [{"name": name, "kind": "number"} for name in FEATURES])
    np.testing.assert_allclose(loaded.scores(features), model.predict_proba(given.matrix)[:, 1], atol=1e-6)
    assert loaded.facts()["hyper_parameters"]["num_boost_round"] == model.best_iteration + 1


@pytest.mark.parametrize("rate", [0.03, 0.3, 1.0])
@pytest.mark.parametrize("penalty", [0.0, 1.0, 8.0])
def test_learning_rate_and_lambda_are_told_from_xgboosts_trees(rate, penalty):
    given = data()
    parameters = {"objective": "binary:logistic", "eta": rate, "lambda": penalty, "max_depth": 4, "subsample": 0.7}
    booster = xgboost.train(parameters, xgboost.DMatrix(given.matrix, given.label), 10)
    known = xgboost_models.load(bytes(booster.save_raw("ubj"))).facts()["hyper_parameters"]
    assert known["learning_rate"] == pytest.approx(rate, rel=1e-2)
    assert known["reg_lambda"] == pytest.approx(penalty, abs=0.05)
    assert known["max_depth"] <= 4


def test_a_refit_of_xgboost_needs_a_learning_rate_that_nobody_had_to_guess():
    given = data()
    parameters = {"objective": "binary:logistic", "eta": 0.1, "alpha": 5.0, "max_depth": 3}
    booster = xgboost.train(parameters, xgboost.DMatrix(given.matrix, given.label), 5)
    model = xgboost_models.load(bytes(booster.save_raw("ubj")))
    features = FeatureTable(given.matrix, [{"name": name, "kind": "number"} for name in FEATURES])
    with pytest.raises(ScoringFailed, match="records no learning rate.*booster attribute “hyper_parameters”"):
        model.refit(features, given.label, hyper_parameters={}, seed=0)
    booster.set_attr(hyper_parameters=json.dumps({"learning_rate": 0.1, "reg_alpha": 5.0, "max_depth": 3}))
    kept = xgboost_models.load(bytes(booster.save_raw("ubj"))).refit(features, given.label, hyper_parameters={}, seed=0)
    assert kept.hyper_parameters["reg_alpha"] == 5.0
    assert kept.notes == []


@pytest.mark.parametrize("load", [xgboost_models.load, lightgbm_models.load], ids=["xgboost", "lightgbm"])
def test_a_booster_of_several_classes_is_refused(load):
    given, classes = data().matrix, np.arange(400) % 3
    if load is xgboost_models.load:
        options = {"objective": "multi:softprob", "num_class": 3}
        content = bytes(xgboost.train(options, xgboost.DMatrix(given, classes), 2).save_raw("ubj"))
    else:
        options = {"objective": "multiclass", "num_class": 3, "verbosity": -1}
        content = lightgbm.train(options, lightgbm.Dataset(given, classes), 2).model_to_string().encode()
    with pytest.raises(ScoringFailed, match="only one score per row can be monitored"):
        load(content)


def test_a_lightgbm_file_of_which_only_a_part_would_be_read_is_refused():
    with pytest.raises(ArtifactRefused, match="some of its trees cannot be read"):
        lightgbm_models.load(artifacts.lightgbm_bytes().replace(b"\n\nTree=9", b"\0\n\nTree=9"))


def test_an_onnx_model_tells_its_width_and_cannot_be_trained_again():
    model = onnx_models.load(artifacts.onnx_bytes())
    assert model.facts()["n_features"] == 4
    features = FeatureTable(data().matrix, [{"name": name, "kind": "number"} for name in FEATURES])
    with pytest.raises(ScoringFailed, match="cannot be trained again.*outside training pipeline"):
        model.refit(features, data().label, hyper_parameters={}, seed=0)


def test_a_model_that_knows_no_names_needs_the_right_number_of_columns():
    with pytest.raises(ScoringFailed, match="takes 4 features and does not know their names.*6 columns"):
        onnx_models.load(artifacts.onnx_bytes()).features(travelled(data().table))
