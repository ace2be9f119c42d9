"""How good ranked lists are, one list per query.

`relevance` (0 and up) and `score` have shape (n,), `query` says which list a row belongs to, shape (n,). Ties in the
score keep the rows' order. All functions raise ValueError on NaN, infinity or lengths that differ. The answer is the
mean over queries that have something relevant, with a t interval; the other queries are counted in `detail`.
"""

import math
from collections.abc import Callable

import numpy as np
import scipy
from numpy.typing import ArrayLike

from audits.statistics.arrays import category_vector, finite_vector, open_share
from audits.statistics.estimates import Estimate, could_not_compute


def ndcg(
    relevance: ArrayLike, score: ArrayLike, query: ArrayLike, *, top: int | None = None, level: float = 0.95
) -> Estimate:
    """Discounted gain of the ranking over that of the ideal one, gains as given, discount log2(place + 1).

    Unit: 0 to 1. `top` looks only at the first places. Source: Järvelin & Kekäläinen 2002.
    """

    def gain(ranked: np.ndarray) -> float:
        return discounted_gain(ranked, top) / discounted_gain(np.sort(ranked)[::-1], top)

    return _mean_over_queries(relevance, score, query, gain, "nDCG" if top is None else f"nDCG at {top}", level)


def mean_reciprocal_rank(relevance: ArrayLike, score: ArrayLike, query: ArrayLike, *, level: float = 0.95) -> Estimate:
    """Mean of one over the place of the first relevant row. Unit: 0 to 1. Source: Voorhees 1999."""
    return _mean_over_queries(
        relevance, score, query, lambda ranked: 1 / (1 + int(np.argmax(ranked > 0))), "mean reciprocal rank", level
    )


def mean_average_precision(
    relevance: ArrayLike, score: ArrayLike, query: ArrayLike, *, level: float = 0.95
) -> Estimate:
    """Mean over queries of the mean precision at the places of the relevant rows. Unit: 0 to 1."""

    def average(ranked: np.ndarray) -> float:
        places = np.flatnonzero(ranked > 0) + 1
        return float((np.arange(1, len(places) + 1) / places).mean())

    return _mean_over_queries(relevance, score, query, average, "mean average precision", level)


def precision_at(
    relevance: ArrayLike, score: ArrayLike, query: ArrayLike, *, top: int, level: float = 0.95
) -> Estimate:
    """Share of the first `top` places that are relevant; places a short list leaves empty count as not relevant."""
    if top < 1:
        raise ValueError(f"top must be at least 1, not {top}")
    return _mean_over_queries(
        relevance, score, query, lambda ranked: float((ranked[:top] > 0).sum() / top), f"precision at {top}", level
    )


def discounted_gain(ranked: np.ndarray, top: int | None = None) -> float:
    """Sum of gain / log2(place + 1) over a ranked list of gains (Järvelin & Kekäläinen 2002)."""
    ranked = ranked[:top]
    return float((ranked / np.log2(np.arange(2, len(ranked) + 2))).sum())


def _mean_over_queries(
    relevance: ArrayLike,
    score: ArrayLike,
    query: ArrayLike,
    measure: Callable[[np.ndarray], float],
    name: str,
    level: float,
) -> Estimate:
    relevance = finite_vector(relevance, "relevance")
    if len(relevance) and relevance.min() < 0:
        raise ValueError("relevance must not be negative")
    score = finite_vector(score, "score", length=len(relevance))
    _, place = np.unique(category_vector(query, "query", length=len(relevance)), return_inverse=True)
    order = np.lexsort((-score, place))
    lists = np.split(relevance[order], np.flatnonzero(np.diff(place[order])) + 1) if len(order) else []
    values = np.array([measure(ranked) for ranked in lists if (ranked > 0).any()])
    sizes, detail = {"queries": len(values)}, {"queries_without_relevant_rows": len(lists) - len(values)}
    if not len(values):
        return could_not_compute(f"{name}: no query has a relevant row", method=name, sizes=sizes, **detail)
    value = float(values.mean())
    if len(values) == 1:
        return Estimate(value=value, level=level, sizes=sizes, method=name, detail=detail)
    half = float(scipy.stats.t.ppf(0.5 + open_share(level, "level") / 2, len(values) - 1))
    half *= float(values.std(ddof=1)) / math.sqrt(len(values))
    return Estimate(
        value=value,
        low=max(0.0, value - half),
        high=min(1.0, value + half),
        level=level,
        sizes=sizes,
        method=f"mean {name} over queries, t interval",
        detail=detail,
    )
