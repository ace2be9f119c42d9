"""Several columns at once: hand-worked values, agreement with scikit-learn, and shifts single columns cannot show."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.spatial import distance
from sklearn.decomposition import PCA
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.naive_bayes import GaussianNB

from audits.statistics import drift, multivariate
from audits.statistics.multivariate import (
    SecondOrderDiscriminant,
    domain_classifier_auc,
    text_domain_classifier_auc,
)


def normal(rng, rows, correlation=0.0, shift=0.0, columns=3):
    covariance = np.full((columns, columns), correlation) + (1 - correlation) * np.eye(columns)
    return rng.multivariate_normal(np.full(columns, shift), covariance, size=rows)


def run(measure, reference, current, seed=5):
    if measure in (multivariate.pca_reconstruction_shift, multivariate.missingness_pattern_shift):
        return measure(reference, current)
    if measure is multivariate.domain_classifier_auc:
        return measure(reference, current, rng=np.random.default_rng(seed), classifier=GaussianNB(), permutations=19)
    return measure(reference, current, rng=np.random.default_rng(seed))


MEASURES = [
    multivariate.pca_reconstruction_shift,
    multivariate.correlation_shift,
    multivariate.domain_classifier_auc,
    multivariate.maximum_mean_discrepancy,
]


def test_the_reconstruction_error_is_that_of_scikit_learns_pca():
    rng = np.random.default_rng(1)
    reference, current = normal(rng, 600, 0.6), normal(rng, 200, 0.0)
    estimate = multivariate.pca_reconstruction_shift(reference, current)
    learn, score = reference[::2], reference[1::2]
    mean, deviation = learn.mean(axis=0), learn.std(axis=0)
    pca = PCA(n_components=0.65, svd_solver="full").fit((learn - mean) / deviation)
    assert pca.n_components_ == estimate.detail["components"]
    for side, key in ((score, "reference_error"), (current, "current_error")):
        standardised = (side - mean) / deviation
        errors = np.linalg.norm(standardised - pca.inverse_transform(pca.transform(standardised)), axis=1)
        assert estimate.detail[key] == pytest.approx(errors.mean(), abs=1e-9)
    assert estimate.detail["current_error"] > estimate.detail["limits"]["high"]
    assert estimate.value > 3
    assert estimate.p_value < 1e-6


def test_broken_correlation_is_seen_although_every_column_looks_the_same():
    rng = np.random.default_rng(2)
    reference, current = normal(rng, 800, 0.8), normal(rng, 800, 0.0)
    assert all(drift.kolmogorov_smirnov(reference[:, j], current[:, j]).p_value > 0.01 for j in range(3))
    assert multivariate.correlation_shift(reference, current, rng=rng).p_value == 1 / 200
    assert multivariate.maximum_mean_discrepancy(reference, current, rng=rng, most_rows=300).p_value == 1 / 200
    assert (
        multivariate.domain_classifier_auc(reference, current, rng=rng, permutations=19, most_rows=400).p_value
        == 1 / 20
    )


@pytest.mark.parametrize("ranks", [False, True])
def test_the_correlation_shift_worked_by_hand(ranks):
    # Correlations 1 and -1 on the one pair of columns: a change of 2.
    rising, falling = [[1, 1], [2, 2], [3, 3]], [[1, 3], [2, 2], [3, 1]]
    estimate = multivariate.correlation_shift(rising, falling, rng=np.random.default_rng(1), ranks=ranks)
    assert estimate.value == pytest.approx(2.0)
    assert estimate.detail["largest"] == {"columns": [0, 1], "change": pytest.approx(-2.0)}


def test_correlations_agree_with_numpy_and_ignore_mean_and_spread():
    rng = np.random.default_rng(3)
    reference, current = normal(rng, 200, 0.5), normal(rng, 100, 0.2)
    upper = np.triu_indices(3, 1)
    expected = np.linalg.norm((np.corrcoef(reference.T) - np.corrcoef(current.T))[upper])
    for other in (current, 10 + 7 * current):
        estimate = multivariate.correlation_shift(reference, other, rng=np.random.default_rng(1))
        assert estimate.value == pytest.approx(expected, abs=1e-9)


def test_the_mean_discrepancy_agrees_with_its_definition():
    rng = np.random.default_rng(4)
    reference, current = normal(rng, 40), normal(rng, 30, shift=0.5)
    estimate = multivariate.maximum_mean_discrepancy(reference, current, rng=rng)
    x, y = ((side - reference.mean(axis=0)) / reference.std(axis=0) for side in (reference, current))
    bandwidth = np.median(distance.pdist(np.vstack((x, y))))
    assert estimate.detail["bandwidth"] == pytest.approx(bandwidth)
    gamma = 1 / (2 * bandwidth**2)
    xx, yy, xy = rbf_kernel(x, x, gamma), rbf_kernel(y, y, gamma), rbf_kernel(x, y, gamma)
    expected = (xx.sum() - 40) / (40 * 39) + (yy.sum() - 30) / (30 * 29) - 2 * xy.mean()
    assert estimate.value == pytest.approx(expected, abs=1e-9)


def test_a_classifier_tells_disjoint_sides_apart_perfectly():
    rng = np.random.default_rng(5)
    estimate = multivariate.domain_classifier_auc(
        normal(rng, 60), normal(rng, 60, shift=20), rng=rng, permutations=9, folds=5
    )
    assert estimate.value == 1.0
    assert estimate.p_value == 0.1
    assert estimate.detail["fold_aucs"] == [1.0] * 5


def test_a_clear_absence_of_shift_stops_the_exchanges_early():
    rng = np.random.default_rng(15)
    rows = normal(rng, 100)
    estimate = multivariate.domain_classifier_auc(rows, rows, rng=rng, classifier=GaussianNB(), permutations=999)
    assert estimate.detail["exchanges"] < 999
    assert estimate.p_value == 10 / estimate.detail["exchanges"]


@pytest.mark.parametrize(
    ("measure", "runs", "options"),
    [
        (multivariate.pca_reconstruction_shift, 300, {}),
        (multivariate.correlation_shift, 100, {"permutations": 39}),
        (multivariate.maximum_mean_discrepancy, 100, {"permutations": 39}),
        (multivariate.domain_classifier_auc, 10, {"permutations": 19, "classifier": GaussianNB(), "folds": 2}),
    ],
)
def test_without_a_shift_the_test_keeps_its_size(measure, runs, options):
    # The rejections are binomial with 5 %; more than the bound happens once in a thousand such tests.
    rng = np.random.default_rng(6)
    if options:
        options = {**options, "rng": rng}
    p_values = [measure(normal(rng, 80, 0.3), normal(rng, 60, 0.3), **options).p_value for _ in range(runs)]
    assert np.sum(np.array(p_values) <= 0.05) <= stats.binom.isf(0.001, runs, 0.05)


def test_the_same_generator_gives_the_same_answer():
    rng = np.random.default_rng(7)
    reference, current = normal(rng, 100), normal(rng, 80)
    for measure in MEASURES:
        assert run(measure, reference, current, seed=1) == run(measure, reference, current, seed=1)


def test_missing_entries_are_replaced_and_constant_columns_left_out_and_both_are_said():
    rng = np.random.default_rng(8)
    reference, current = normal(rng, 100, columns=4), normal(rng, 80, columns=4)
    reference[:, 3] = 7.0
    reference[0, 0], current[0, 1], current[1, 1] = math.nan, math.inf, math.nan
    for measure in MEASURES:
        estimate = run(measure, reference, current)
        assert estimate.value is not None
        assert estimate.detail["replaced"] == {"reference": 1, "current": 2}
        assert estimate.detail["constant_columns"] == [3]
        assert "replaced by the reference's mean" in estimate.method


@pytest.mark.parametrize("measure", MEASURES)
def test_what_cannot_be_compared_is_a_reason(measure):
    rng = np.random.default_rng(9)
    assert "rows" in run(measure, normal(rng, 100), normal(rng, 1)).reason
    assert "vary" in run(measure, np.ones((50, 3)), normal(rng, 50)).reason
    assert "vary" in run(measure, np.full((50, 3), math.nan), normal(rng, 50)).reason


def test_further_reasons():
    rng = np.random.default_rng(10)
    reference = normal(rng, 100)
    assert "do not vary on the current side" in run(multivariate.correlation_shift, reference, np.ones((50, 3))).reason
    assert "chunks" in multivariate.pca_reconstruction_shift(reference[:10], reference).reason
    line = np.column_stack((reference[:, 0], 2 * reference[:, 0]))
    assert "completely" in multivariate.pca_reconstruction_shift(line, line).reason
    assert "folds" in run(multivariate.domain_classifier_auc, reference[:5], reference).reason


@pytest.mark.parametrize("measure", [*MEASURES, multivariate.missingness_pattern_shift])
def test_tables_of_other_shapes_are_refused(measure):
    with pytest.raises(ValueError, match="dimensions"):
        run(measure, [1.0, 2.0], [[1.0], [2.0]])
    with pytest.raises(ValueError, match="columns"):
        run(measure, [[1.0, 2.0]] * 3, [[1.0], [2.0]])


def test_patterns_of_missing_values_worked_by_hand():
    # Both columns miss half of their rows on both sides, but together on the one and never together on the other.
    together = [[None, None]] * 20 + [[1, 2]] * 20
    apart = [[None, 2]] * 20 + [[1, None]] * 20
    estimate = multivariate.missingness_pattern_shift(together, apart, names=["income", "age"])
    assert estimate.value == pytest.approx(1.0)
    assert estimate.statistic == pytest.approx(80.0)
    shown = {cell["label"]: (cell["reference"], cell["current"]) for cell in estimate.detail["bins"]}
    assert shown["income + age"] == (0.5, 0.0)
    assert shown["age"] == (0.0, 0.5)
    masks = [[[item is None for item in row] for row in side] for side in (together, apart)]
    assert multivariate.missingness_pattern_shift(*masks).value == estimate.value


def test_no_missing_values_at_all_is_no_shift_and_no_rows_is_a_reason():
    full = np.ones((5, 2))
    assert multivariate.missingness_pattern_shift(full, full).value == 0.0
    assert multivariate.missingness_pattern_shift(np.ones((5, 2), dtype=int), full).p_value == 1.0
    assert "no rows" in multivariate.missingness_pattern_shift(full, np.ones((0, 2))).reason


entries = st.floats(width=32) | st.sampled_from([0.0, 1.0, 2.0])
table = st.integers(0, 25).flatmap(
    lambda rows: st.lists(st.lists(entries, min_size=3, max_size=3), min_size=rows, max_size=rows)
)


@settings(deadline=None, max_examples=25)
@given(table, table)
def test_no_table_gives_a_bare_nan_or_an_accident(reference, current):
    sides = [np.array(side, dtype=float).reshape(-1, 3) for side in (reference, current)]
    for measure in (
        multivariate.pca_reconstruction_shift, multivariate.correlation_shift, multivariate.maximum_mean_discrepancy,
        multivariate.missingness_pattern_shift,
    ):  # fmt: skip
        estimate = run(measure, *sides)
        assert estimate.value is not None or estimate.reason
        json.dumps(dict(estimate.detail))


@pytest.fixture
def rng():
    return np.random.default_rng(11)


def texts(rng, words: list[str], rows: int) -> list[str]:
    return [" ".join(rng.choice(words, 5)) for _ in range(rows)]


def test_texts_of_one_subject_are_not_told_apart_and_those_of_two_are(rng):
    home, away = ["card", "login", "app", "fees", "branch"], ["outage", "token", "timeout", "login", "app"]
    same = text_domain_classifier_auc(texts(rng, home, 150), texts(rng, home, 150), rng=rng, permutations=19)
    other = text_domain_classifier_auc(texts(rng, home, 150), texts(rng, away, 150), rng=rng, permutations=19)
    assert same.value == pytest.approx(0.5, abs=0.1) and same.p_value > 0.05
    assert other.value > 0.95 and other.p_value == 0.05
    assert {entry["word"] for entry in other.detail["words"][:6]} == {"card", "fees", "branch", "outage", "token",
                                                                     "timeout"}  # fmt: skip


def test_texts_without_a_word_cannot_be_told_apart_and_missing_ones_are_empty(rng):
    answer = text_domain_classifier_auc([None, "", "!!"] * 20, ["word"] * 60, rng=rng)
    assert answer.value is None and "no text with a word" in answer.reason
    some = text_domain_classifier_auc([None, "one word"] * 40, ["one word", None] * 40, rng=rng, permutations=19)
    assert some.value == pytest.approx(0.5, abs=0.15)
    with pytest.raises(ValueError, match="component"):
        text_domain_classifier_auc(["a"], ["b"], rng=rng, components=0)


@pytest.mark.parametrize("shift", ["mean", "spread", "correlation"])
def test_the_second_order_discriminant_tells_apart_what_differs_in_mean_spread_or_correlation(rng, shift):
    here, there = rng.normal(size=(400, 4)), rng.normal(size=(400, 4))
    if shift == "mean":
        there[:, 0] += 0.8
    elif shift == "spread":
        there[:, 0] *= 2
    else:
        there[:, 1] = 0.8 * there[:, 0] + 0.6 * there[:, 1]
    answer = domain_classifier_auc(here, there, rng=rng, classifier=SecondOrderDiscriminant(), permutations=19)
    assert answer.value > 0.62 and answer.p_value == 0.05
    same = domain_classifier_auc(here, rng.normal(size=(400, 4)), rng=rng, classifier=SecondOrderDiscriminant())
    assert same.value == pytest.approx(0.5, abs=0.06) and same.p_value > 0.05


def test_a_classifier_that_is_an_ensemble_may_be_passed_in(rng):
    answer = domain_classifier_auc(
        rng.normal(size=(60, 2)), rng.normal(size=(60, 2)), rng=rng, classifier=ExtraTreesClassifier(3), permutations=1
    )
    assert answer.value is not None
