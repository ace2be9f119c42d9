"""How good decisions among several classes are.

`label` and `prediction` hold class names or numbers, shape (n,), none missing (ValueError). `weights` says how many
rows each entry stands for. Intervals need `rng` (percentile bootstrap of the confusion cells) unless stated otherwise.
"""

import numpy as np
from numpy.typing import ArrayLike

from audits.statistics.arrays import category_vector, finite_matrix, frequency_vector
from audits.statistics.estimates import Estimate, could_not_compute
from audits.statistics.performance.discrimination import auc
from audits.statistics.shares import percentile_interval, share_estimate


def multiclass_confusion(
    label: ArrayLike, prediction: ArrayLike, *, weights: ArrayLike | None = None
) -> tuple[list[str], np.ndarray]:
    """Names of the classes, sorted, and the table of rows, shape (k, k): outcome down, decision across."""
    label = category_vector(label, "label").astype(str)
    prediction = category_vector(prediction, "prediction", length=len(label)).astype(str)
    weights = frequency_vector(weights, length=len(label))
    names, place = np.unique(np.concatenate((label, prediction)), return_inverse=True)
    cell = place[: len(label)] * len(names) + place[len(label) :]
    table = np.bincount(cell, weights, len(names) ** 2).reshape(len(names), len(names))
    occurring = (table.sum(0) + table.sum(1)) > 0
    return [str(name) for name in names[occurring]], table[np.ix_(occurring, occurring)]


def multiclass_accuracy(
    label: ArrayLike, prediction: ArrayLike, *, weights: ArrayLike | None = None, level: float = 0.95
) -> Estimate:
    """Share of decisions that name the right class, with a Wilson interval."""
    _, table = multiclass_confusion(label, prediction, weights=weights)
    return share_estimate(
        np.trace(table), table.sum(), method="multiclass accuracy", empty="accuracy: there are no rows", level=level
    )


def macro_f1(
    label: ArrayLike,
    prediction: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    rng: np.random.Generator | None = None,
    replicates: int = 1000,
    level: float = 0.95,
) -> Estimate:
    """Unweighted mean of the classes' F1; `detail["by_class"]` holds each.

    A class that occurs on neither side is left out.
    """
    names, table = multiclass_confusion(label, prediction, weights=weights)
    if table.sum() <= 0:
        return could_not_compute("macro F1: there are no rows", method="macro F1", sizes={"rows": 0})
    detail = {"by_class": dict(zip(names, f1_by_class(table).tolist(), strict=True))}
    return _from_table(table, lambda tables: f1_by_class(tables).mean(-1), "macro F1", rng, replicates, level, detail)


def multiclass_matthews_correlation(
    label: ArrayLike,
    prediction: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    rng: np.random.Generator | None = None,
    replicates: int = 1000,
    level: float = 0.95,
) -> Estimate:
    """Correlation of outcome and decision over k classes. Source: Gorodkin 2004."""
    method = "multiclass Matthews correlation"
    _, table = multiclass_confusion(label, prediction, weights=weights)
    if (table.sum(0) > 0).sum() < 2 or (table.sum(1) > 0).sum() < 2:
        reason = f"{method}: outcome and decision must each show at least two classes"
        return could_not_compute(reason, method=method, sizes={"rows": round(table.sum())})
    return _from_table(table, matthews_of_tables, method, rng, replicates, level, {})


def quadratic_weighted_kappa(
    label: ArrayLike,
    prediction: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    rng: np.random.Generator | None = None,
    replicates: int = 1000,
    level: float = 0.95,
) -> Estimate:
    """Agreement of ordered grades beyond chance, disagreements weighted by squared distance. Source: Cohen 1968.

    The classes must be numbers (ValueError); neighbours are one step apart whatever their difference.
    """
    method = "quadratic weighted kappa"
    label, prediction = np.asarray(label, dtype=np.float64), np.asarray(prediction, dtype=np.float64)
    grades = np.unique(np.concatenate((label, prediction)))
    if not np.isfinite(grades).all():
        raise ValueError("label and prediction must hold finite grades")
    # Names of equal width sort as the grades do.
    names = np.array([f"{place:06d}" for place in range(len(grades))], dtype=np.str_)
    occurring, table = multiclass_confusion(
        names[np.searchsorted(grades, label)], names[np.searchsorted(grades, prediction)], weights=weights
    )
    sizes = {"rows": round(table.sum())}
    if len(occurring) < 2:
        return could_not_compute(f"{method}: only one grade occurs", method=method, sizes=sizes)
    place = np.arange(len(occurring))
    distance = (place[:, None] - place) ** 2

    def kappa(tables: np.ndarray) -> np.ndarray:
        total = tables.sum((-2, -1))
        expected = tables.sum(-1)[..., :, None] * tables.sum(-2)[..., None, :] / total[..., None, None]
        chance = (expected * distance).sum((-2, -1))
        observed = (tables * distance).sum((-2, -1))
        return 1 - np.divide(observed, chance, out=np.ones_like(chance), where=chance > 0)

    return _from_table(table, kappa, method, rng, replicates, level, {})


def multiclass_auc(
    label: ArrayLike, probability: ArrayLike, classes: list, *, weights: ArrayLike | None = None
) -> Estimate:
    """Mean over classes of the AUC of that class against the rest; `detail["by_class"]` holds each.

    `probability` has shape (n, k), its columns in the order of `classes`. A class that never or always occurs
    makes the mean impossible: the reason names it. Raises ValueError when shapes differ or a label is not in `classes`.
    Source: Provost & Domingos 2003 (unweighted).
    """
    method = "mean AUC of each class against the rest"
    probability = finite_matrix(probability, "probability", columns=len(classes))
    label = category_vector(label, "label", length=len(probability)).astype(str)
    names = [str(name) for name in classes]
    strangers = sorted(set(label.tolist()) - set(names))
    if strangers:
        raise ValueError(f"label holds {', '.join(strangers)}, which is not among classes")
    areas = {name: auc(label == name, probability[:, place], weights=weights) for place, name in enumerate(names)}
    sizes = {"rows": round(frequency_vector(weights, length=len(label)).sum())}
    for name, area in areas.items():
        if area.value is None:
            return could_not_compute(f"multiclass AUC: class {name}: {area.reason}", method=method, sizes=sizes)
    by_class = {name: area.value for name, area in areas.items()}
    value = float(np.mean(list(by_class.values())))
    return Estimate(value=value, sizes=sizes, method=method, detail={"by_class": by_class})


def _from_table(table, statistic, method, rng, replicates, level, detail) -> Estimate:
    """The statistic of a confusion table; with `rng`, its percentile interval over resampled tables."""
    rows, value, low, high = table.sum(), float(statistic(table)), None, None
    if rng is not None:
        drawn = rng.multinomial(max(1, round(rows)), table.ravel() / rows, size=replicates).reshape(-1, *table.shape)
        low, high = percentile_interval(statistic(drawn.astype(float)), value, level=level)
        method += f", percentile bootstrap of the confusion cells, {replicates} replicates"
    return Estimate(
        value=value,
        low=low,
        high=high,
        level=level,
        sizes={"rows": round(rows)},
        method=method,
        detail=detail,
    )


def f1_by_class(tables: np.ndarray) -> np.ndarray:
    """F1 per class of tables in the last two axes; 0 for a class that a resampled table happens to miss."""
    right = np.diagonal(tables, axis1=-2, axis2=-1)
    seen = tables.sum(-1) + tables.sum(-2)
    return np.divide(2 * right, seen, out=np.zeros(right.shape), where=seen > 0)


def matthews_of_tables(tables: np.ndarray) -> np.ndarray:
    occurred, decided, rows = tables.sum(-1), tables.sum(-2), tables.sum((-2, -1))
    covariance = np.diagonal(tables, axis1=-2, axis2=-1).sum(-1) * rows - (occurred * decided).sum(-1)
    product = (rows**2 - (occurred**2).sum(-1)) * (rows**2 - (decided**2).sum(-1))
    return covariance / np.sqrt(np.where(product > 0, product, 1)) * (product > 0)
