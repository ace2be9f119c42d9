"""Can rows of the two sides be told apart: by a classifier, by a kernel."""

import math

import numpy as np
import scipy
from threadpoolctl import threadpool_limits

from audits.statistics.estimates import Estimate, could_not_compute
from audits.statistics.multivariate.tables import paired_tables, thinned

ENOUGH_REACHED = 10  # exchanges as extreme as the data, after which more would only refine a large p-value


def domain_classifier_auc(
    reference,
    current,
    *,
    rng: np.random.Generator,
    classifier=None,
    folds: int = 3,
    permutations: int = 99,
    most_rows: int = 2000,
) -> Estimate:
    """Mean out-of-fold AUC of a classifier that tells current from reference rows: 0.5 without shift, 1 when disjoint.

    reference, current: tables of numbers, shape (rows, columns); of more than `most_rows` rows a side, evenly spaced
    ones are taken. classifier: any scikit-learn classifier with probabilities, else 20 extremely randomised trees. AUC
    is averaged over folds, so that scores of different models are never compared; `detail["fold_aucs"]` holds each.
    The one-sided p-value exchanges labels and fits again every time, for out-of-fold scores depend on all labels; it
    stops early once 10 exchanges reached the AUC (`detail["exchanges"]`).
    Raises ValueError for tables of other dimensions, fewer than 2 folds or 1 permutation.
    Source: Lopez-Paz & Oquab 2017; Rabanser et al. 2019; early stop Besag & Clifford 1991.
    """
    from sklearn.ensemble import ExtraTreesClassifier
    from sklearn.model_selection import StratifiedKFold

    if folds < 2 or permutations < 1:
        raise ValueError("At least 2 folds and 1 permutation are needed.")
    tables = paired_tables(reference, current)
    method = tables.method(f"domain classifier, {folds} folds")
    first, second = thinned(tables.reference, most_rows), thinned(tables.current, most_rows)
    reason = tables.reason
    if not reason and min(len(first), len(second)) < 2 * folds:
        reason = f"Each side needs at least {2 * folds} rows for {folds} folds."
    if reason:
        return could_not_compute(reason, method=method, sizes=tables.sizes, **tables.facts)
    rows = np.vstack((first, second))
    is_current = np.repeat([False, True], [len(first), len(second)])
    seed = int(rng.integers(2**31))
    # By identity: an ensemble that is not fitted yet has no length, and so no truth.
    model = ExtraTreesClassifier(20, min_samples_leaf=10, random_state=seed) if classifier is None else classifier
    split = StratifiedKFold(folds, shuffle=True, random_state=seed)
    # Fits this small only wait for one another on several cores.
    with threadpool_limits(limits=1):
        aucs = _fold_aucs(model, split, rows, is_current)
        value = float(np.mean(aucs))
        reached = exchanges = 0
        while exchanges < permutations and reached < ENOUGH_REACHED:
            exchanges += 1
            reached += np.mean(_fold_aucs(model, split, rows, rng.permutation(is_current))) >= value - 1e-12
    stopped = reached == ENOUGH_REACHED
    return Estimate(
        value=value,
        statistic=value,
        p_value=float(reached / exchanges if stopped else (1 + reached) / (exchanges + 1)),
        sizes=tables.sizes,
        method=(
            f"{method}, {type(model).__name__} on {len(first)} and {len(second)} rows, "
            f"p-value from {exchanges} exchanges of labels"
        ),
        detail={**tables.facts, "fold_aucs": aucs, "exchanges": exchanges},
    )


def maximum_mean_discrepancy(
    reference, current, *, rng: np.random.Generator, permutations: int = 199, most_rows: int = 1000
) -> Estimate:
    """Unbiased MMD² with a Gaussian kernel: E k(x,x′) + E k(y,y′) − 2 E k(x,y); 0 in expectation without shift.

    reference, current: tables of numbers, shape (rows, columns); of more than `most_rows` rows a side, evenly spaced
    ones are taken. k(x, y) = exp(−‖x − y‖²/2h²) with h the median distance of all pairs. The one-sided p-value
    exchanges rows between the sides. Raises ValueError for tables of other dimensions or fewer than 1 permutation.
    Source: Gretton et al. 2012.
    """
    if permutations < 1:
        raise ValueError("At least 1 permutation is needed.")
    tables = paired_tables(reference, current)
    method = tables.method("unbiased squared maximum mean discrepancy, Gaussian kernel")
    if tables.reason:
        return could_not_compute(tables.reason, method=method, sizes=tables.sizes, **tables.facts)
    first, second = thinned(tables.reference, most_rows), thinned(tables.current, most_rows)
    squares = scipy.spatial.distance.pdist(np.vstack((first, second)), "sqeuclidean")
    bandwidth = math.sqrt(float(np.median(squares)))
    if bandwidth == 0.0:
        bandwidth = math.sqrt(float(np.mean(squares)))  # more than half of all pairs are equal
    similar = np.exp(-squares / (2.0 * bandwidth**2))
    kernel = scipy.spatial.distance.squareform(similar)  # zeros on the diagonal, as unbiased asks
    n, m = len(first), len(second)
    is_first = np.zeros((n + m, permutations + 1))
    is_first[:n] = 1.0
    is_first[:, 1:] = rng.permuted(is_first[:, 1:], axis=0)
    towards_first = kernel @ is_first
    within_first = np.sum(is_first * towards_first, axis=0)
    across = np.sum((1.0 - is_first) * towards_first, axis=0)
    within_second = kernel.sum() - within_first - 2.0 * across
    values = within_first / (n * (n - 1)) + within_second / (m * (m - 1)) - 2.0 * across / (n * m)
    reached = int(np.count_nonzero(values[1:] >= values[0] - 1e-12))
    return Estimate(
        value=float(values[0]),
        statistic=float(values[0]),
        p_value=(1 + reached) / (permutations + 1),
        sizes=tables.sizes,
        method=(
            f"{method} of bandwidth {bandwidth:.4g} (median distance) on {n} and {m} rows, "
            f"p-value from {permutations} exchanges of rows"
        ),
        detail={**tables.facts, "bandwidth": bandwidth},
    )


def _fold_aucs(model, split, rows: np.ndarray, is_current: np.ndarray) -> list[float]:
    from sklearn.base import clone

    aucs = []
    for learn, score in split.split(rows, is_current):
        fitted = clone(model).fit(rows[learn], is_current[learn])
        aucs.append(_auc(is_current[score], fitted.predict_proba(rows[score])[:, 1]))
    return aucs


def _auc(is_current: np.ndarray, score: np.ndarray) -> float:
    """By ranks (Mann-Whitney): scikit-learn's takes ten times as long, most of it to look at its arguments."""
    ranks, ones = scipy.stats.rankdata(score), int(is_current.sum())
    return float((ranks[is_current].sum() - ones * (ones + 1) / 2) / (ones * (len(score) - ones)))
