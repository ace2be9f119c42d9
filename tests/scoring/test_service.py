"""Whole runs, each in a real confined process: one file per framework goes in, numbers come out."""

import hashlib

import lightgbm
import numpy as np
import pytest
import skops.io
import xgboost
from sklearn.linear_model import LogisticRegression

from audits.scoring import service
from audits.scoring.errors import ArtifactRefused, ScoringFailed
from audits.scoring.formats import Framework
from tests.scoring import artifacts
from tests.scoring.artifacts import FEATURES, data


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """The path of each artifact."""
    folder = tmp_path_factory.mktemp("artifacts")
    contents = {
        "xgboost": artifacts.xgboost_bytes(),
        "lightgbm": artifacts.lightgbm_bytes(),
        "onnx": artifacts.onnx_bytes(),
        "skops": artifacts.skops_bytes(),
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return folder


def own_scores(framework, matrix=None):
    matrix = data().matrix if matrix is None else matrix
    if framework == "xgboost":
        return artifacts.xgboost_model().predict_proba(matrix)[:, 1]
    if framework == "lightgbm":
        return artifacts.lightgbm_model().predict(matrix)
    return artifacts.logistic_model().predict_proba(matrix)[:, 1]


@pytest.mark.parametrize("framework", Framework)
def test_scores_are_those_of_the_library_itself(stored, framework):
    scores = service.predict(stored / framework, data().table, feature_names=FEATURES)
    np.testing.assert_allclose(scores.values, own_scores(framework), atol=1e-6, rtol=0)
    assert {"rlimits", "seccomp"} <= set(scores.confinement)


def test_a_description_tells_family_features_and_hyper_parameters(stored):
    facts = service.describe(stored / "xgboost")
    assert facts.framework is Framework.XGBOOST
    assert facts.digest == hashlib.sha256((stored / "xgboost").read_bytes()).hexdigest()
    assert facts.size == (stored / "xgboost").stat().st_size
    assert facts.feature_names == FEATURES
    assert facts.n_features == 4
    assert facts.family == "xgboost.gbtree binary:logistic"
    assert facts.is_classifier
    assert facts.hyper_parameters == {
        "objective": "binary:logistic",
        "booster": "gbtree",
        "scale_pos_weight": 1.5,
        "max_depth": 3,
        "learning_rate": 0.07,
        "reg_lambda": 2.5,
        "num_boost_round": 15,
    }


@pytest.mark.parametrize("framework", ["xgboost", "lightgbm"])
def test_a_booster_is_explained_by_its_own_exact_tree_shap(stored, framework):
    explanation = service.explain(stored / framework, data().table, background=data().table, max_rows=100, seed=3)
    assert explanation.shap_values.shape == (100, 4)
    assert explanation.method["algorithm"] == "TreeSHAP"
    assert explanation.method["perturbation"] == "tree path dependent"
    assert explanation.method["output_space"] == "log-odds"
    assert explanation.additivity_gap < 1e-5
    scores = own_scores(framework)[explanation.row_positions]
    np.testing.assert_allclose(explanation.outputs, np.log(scores / (1 - scores)), atol=1e-5)
    assert explanation.feature_names == FEATURES
    assert np.abs(explanation.shap_values).mean(axis=0).argmax() == FEATURES.index("income")


def test_an_onnx_model_is_explained_against_a_sample_of_the_background(stored):
    rows = data().table.select(FEATURES)
    explanation = service.explain(stored / "onnx", rows, background=rows, max_rows=3, background_rows=20, seed=5)
    assert explanation.method["algorithm"] == "exact Shapley values"
    assert explanation.method["perturbation"] == "interventional"
    assert explanation.method["background_rows"] == 20
    assert explanation.method["row_seed"] == 5
    assert explanation.additivity_gap < 1e-6
    assert list(explanation.row_positions) == sorted(set(explanation.row_positions))


def log_loss(scores, label):
    return -np.mean(np.where(label == 1, np.log(scores), np.log1p(-scores)))


@pytest.mark.parametrize("framework", ["xgboost", "lightgbm", "skops"])
def test_a_refit_keeps_the_hyper_parameters_and_learns_what_has_shifted(stored, framework):
    shifted, unseen = data(seed=1, shift=1.5), data(seed=2, shift=1.5)
    refit = service.refit(stored / framework, shifted.table, "defaulted", feature_names=FEATURES)
    assert refit.metrics["after"] < refit.metrics["before"]
    assert refit.metrics["training_rows"] == 400
    assert refit.digest == hashlib.sha256(refit.artifact).hexdigest()

    if framework == "xgboost":
        assert refit.hyper_parameters["learning_rate"] == 0.07
        assert refit.notes
        assert refit.notes[0].startswith("XGBoost files do not record the training parameters.")
        booster = xgboost.Booster(model_file=bytearray(refit.artifact))
        after = booster.predict(xgboost.DMatrix(unseen.matrix, feature_names=FEATURES))
        assert booster.num_boosted_rounds() == 15
    elif framework == "lightgbm":
        booster = lightgbm.Booster(model_str=refit.artifact.decode())
        after = booster.predict(unseen.matrix)
        kept = {"learning_rate": 0.05, "num_leaves": 7, "objective": "binary"}
        assert {name: booster.params[name] for name in kept} == kept
        assert booster.num_trees() == 15
    else:
        model = skops.io.loads(refit.artifact)
        after = model.predict_proba(unseen.matrix)[:, 1]
        assert model.get_params() == artifacts.logistic_model().get_params()
        expected = LogisticRegression().fit(shifted.matrix, shifted.label)
        np.testing.assert_allclose(model.coef_, expected.coef_, rtol=1e-6)
    before = own_scores(framework, unseen.matrix)
    assert log_loss(after, unseen.label) < log_loss(before, unseen.label) - 0.05


def test_a_refit_is_the_same_to_the_last_byte(stored):
    first, second = (service.refit(stored / "xgboost", data().table, "defaulted", seed=1) for _ in range(2))
    assert first.digest == second.digest


def test_hyper_parameters_given_go_on_top_of_those_of_the_file(stored):
    refit = service.refit(
        stored / "xgboost",
        data().table,
        "defaulted",
        hyper_parameters={"max_depth": 2, "subsample": 0.8, "num_boost_round": 4},
    )
    assert refit.hyper_parameters["subsample"] == 0.8
    assert refit.hyper_parameters["reg_lambda"] == 2.5
    tree = xgboost.Booster(model_file=bytearray(refit.artifact)).get_dump()
    assert len(tree) == 4
    assert "\t\t\t" not in tree[0]


def test_a_column_the_model_needs_must_be_there(stored):
    with pytest.raises(ScoringFailed, match="lack the column “debt”, which the model was trained on"):
        service.predict(stored / "xgboost", data().table.drop("debt"))


def test_columns_are_found_by_name_in_any_order(stored):
    turned = data().table.select(["id", *reversed(FEATURES), "defaulted"])
    scores = service.predict(stored / "xgboost", turned)
    np.testing.assert_allclose(scores.values, own_scores("xgboost"), atol=1e-6, rtol=0)


@pytest.mark.parametrize("framework", ["xgboost", "lightgbm", "onnx"])
def test_a_damaged_inside_is_a_sentence_and_not_a_crash(stored, tmp_path, framework):
    content = bytearray((stored / framework).read_bytes())
    middle = len(content) // 3
    content[middle : middle + 200] = bytes(200)
    damaged = tmp_path / "damaged"
    damaged.write_bytes(content)
    with pytest.raises((ArtifactRefused, ScoringFailed)) as refusal:
        service.predict(damaged, data().table, feature_names=FEATURES)
    assert str(refusal.value).endswith(".")


@pytest.mark.parametrize("name", ["model.onnx", "model.json", "model.skops"])
def test_a_disguised_pickle_never_runs(tmp_path, name):
    canary = tmp_path / "canary"
    for content in artifacts.pickles(str(canary)).values():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ArtifactRefused, match="pickle"):
            service.describe(tmp_path / name)
    assert not canary.exists()
