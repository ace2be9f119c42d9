"""SHAP values of a function that is only known by its answers."""

import numpy as np
import pytest
import shap

from audits.scoring import sampled_shap


def function(matrix):
    return matrix[:, 0] * matrix[:, 1] + np.sin(matrix[:, 2]) * (matrix[:, 3] > 0) + 2 * matrix[:, 0]


@pytest.fixture
def rows():
    return np.random.default_rng(1).normal(size=(6, 4))


@pytest.fixture
def background():
    return np.random.default_rng(2).normal(size=(25, 4))


def test_two_features_worked_by_hand():
    # f = x*y at (3, 5) against (1, 2): worths are 2 alone, 6 with x, 5 with y, 15 with both.
    explained = sampled_shap.explain(
        lambda matrix: matrix[:, 0] * matrix[:, 1],
        np.array([[3.0, 5.0]]),
        np.array([[1.0, 2.0]]),
        seed=0,
        output_space="value",
    )
    np.testing.assert_allclose(explained.values, [[((6 - 2) + (15 - 5)) / 2, ((5 - 2) + (15 - 6)) / 2]])
    assert explained.base[0] == 2


def test_few_features_agree_with_shap(rows, background):
    explained = sampled_shap.explain(function, rows, background, seed=0, output_space="value")
    expected = shap.KernelExplainer(function, background).shap_values(rows, silent=True)
    assert explained.method["algorithm"] == "exact Shapley values"
    np.testing.assert_allclose(explained.values, expected, atol=1e-6)


def test_many_features_come_near_the_exact_values_and_add_up(rows, background):
    padding = np.random.default_rng(3).normal(size=(31, 6))
    wide_rows, wide_background = np.hstack([rows, padding[:6]]), np.hstack([background, padding[6:]])
    explained = sampled_shap.explain(function, wide_rows, wide_background, seed=0, output_space="value")
    exact = sampled_shap.explain(function, rows, background, seed=0, output_space="value")
    assert explained.method["algorithm"] == "permutation sampling"
    assert explained.method["seed"] == 0
    np.testing.assert_allclose(explained.values[:, :4], exact.values, atol=0.2)
    np.testing.assert_allclose(explained.values[:, 4:], 0, atol=1e-12)
    np.testing.assert_allclose(explained.base + explained.values.sum(axis=1), function(wide_rows), atol=1e-12)


def test_the_same_seed_gives_the_same_values(rows, background):
    wide_rows, wide_background = np.tile(rows, 3), np.tile(background, 3)
    first, again, other = (
        sampled_shap.explain(function, wide_rows, wide_background, seed=seed, output_space="value").values
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
