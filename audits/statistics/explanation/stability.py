"""Do two versions of a model rank features alike?"""

from collections.abc import Mapping, Sequence

import numpy as np
import scipy
from numpy.typing import ArrayLike

from audits.statistics.arrays import finite_matrix, open_share
from audits.statistics.estimates import Estimate, could_not_compute
from audits.statistics.explanation.importance import aligned, ranked
from audits.statistics.shares import percentile_interval


def ranking_stability(
    reference_importance: Mapping[str, float],
    current_importance: Mapping[str, float],
    *,
    top: int = 10,
    persistence: float = 0.9,
) -> dict[str, Estimate]:
    """Agreement of two rankings: "kendall" (tau-b), "rank_biased_overlap" and "top_jaccard"; 1 when they are the same.

    Both map a feature to its importance, at least 0. `persistence` is the chance that a reader of the overlap goes on
    to the next place; `top` the places whose sets Jaccard compares. Raises ValueError on NaN, infinity, a negative
    importance, `top` below 1 or `persistence` outside (0, 1).
    Source: Kendall 1938; Webber, Moffat & Zobel 2010 (extrapolated form); Jaccard 1912.
    """
    if top < 1:
        raise ValueError(f"top must be at least 1, not {top}")
    open_share(persistence, "persistence")
    names, reference, current = aligned(reference_importance, current_importance)
    sizes = {"features": len(names)}
    if not names:
        answer = could_not_compute("ranking stability: there are no features", sizes=sizes)
        return {"kendall": answer, "rank_biased_overlap": answer, "top_jaccard": answer}
    before, after = ranked(names, reference), ranked(names, current)
    return {
        "kendall": _kendall(reference, current, sizes),
        "rank_biased_overlap": Estimate(
            value=rank_biased_overlap(before, after, persistence=persistence),
            sizes=sizes,
            method=f"rank-biased overlap, extrapolated, persistence {persistence:g}",
        ),
        "top_jaccard": Estimate(
            value=_jaccard(before[:top], after[:top]), sizes=sizes, method=f"Jaccard index of the top {top} features"
        ),
    }


def bootstrap_ranking_stability(
    reference_shap_values: ArrayLike,
    current_shap_values: ArrayLike,
    feature_names: Sequence[str],
    *,
    rng: np.random.Generator,
    replicates: int = 200,
    top: int = 10,
    persistence: float = 0.9,
    level: float = 0.95,
) -> dict[str, Estimate]:
    """`ranking_stability` from SHAP values, shape (rows, features) each, with percentile intervals over resampled rows.

    Also raises ValueError on shapes that do not fit. Source: as `ranking_stability`; Efron 1979 (bootstrap).
    """
    sides = [
        np.abs(finite_matrix(values, name, columns=len(feature_names)))
        for name, values in (
            ("reference_shap_values", reference_shap_values),
            ("current_shap_values", current_shap_values),
        )
    ]
    names = [str(name) for name in feature_names]
    options = {"top": top, "persistence": persistence}
    if min(len(side) for side in sides) < 2:
        answer = could_not_compute("ranking stability: needs SHAP values of at least two rows on each side")
        return {"kendall": answer, "rank_biased_overlap": answer, "top_jaccard": answer}
    observed = ranking_stability(*(dict(zip(names, side.mean(0), strict=True)) for side in sides), **options)
    drawn: dict[str, list[float]] = {name: [] for name in observed}
    for _ in range(replicates):
        means = [rng.multinomial(len(side), np.full(len(side), 1 / len(side))) @ side / len(side) for side in sides]
        again = ranking_stability(*(dict(zip(names, mean, strict=True)) for mean in means), **options)
        for name, estimate in again.items():
            if estimate.value is not None:
                drawn[name].append(estimate.value)
    sizes = {"reference": len(sides[0]), "current": len(sides[1])}
    answers = {}
    for name, estimate in observed.items():
        if estimate.value is None:
            answers[name] = estimate
            continue
        low, high = percentile_interval(np.array(drawn[name] or [estimate.value]), estimate.value, level=level)
        answers[name] = Estimate(
            value=estimate.value,
            low=low,
            high=high,
            level=level,
            p_value=estimate.p_value,
            sizes=sizes,
            method=f"{estimate.method}, percentile bootstrap over rows, {replicates} replicates",
        )
    return answers


def rank_biased_overlap(first: Sequence, second: Sequence, *, persistence: float = 0.9) -> float:
    """Overlap of two rankings of equal length, early places counting more, extrapolated beyond their end.

    Raises ValueError when the lengths differ, nothing is ranked or something is ranked twice.
    Source: Webber, Moffat & Zobel 2010, equation 32 for lists of equal length.
    """
    first, second = list(first), list(second)
    if len(first) != len(second) or not first:
        raise ValueError("the two rankings must be of one length, and not empty")
    if len(set(first)) < len(first) or len(set(second)) < len(second):
        raise ValueError("a ranking must not name anything twice")
    seen_first, seen_second, overlap, total = set(), set(), 0, 0.0
    for depth, (left, right) in enumerate(zip(first, second, strict=True), start=1):
        overlap += left == right
        overlap += (left in seen_second) + (right in seen_first) if left != right else 0
        seen_first.add(left)
        seen_second.add(right)
        total += overlap / depth * persistence**depth
    share = overlap / len(first)
    return float(min(1.0, share * persistence ** len(first) + (1 - persistence) / persistence * total))


def _kendall(reference: np.ndarray, current: np.ndarray, sizes: dict[str, int]) -> Estimate:
    method = "Kendall's tau-b of the importances"
    if len(reference) < 2 or np.ptp(reference) == 0 or np.ptp(current) == 0:
        reason = "Kendall's tau: needs at least two features that differ in importance on each side"
        return could_not_compute(reason, method=method, sizes=sizes)
    result = scipy.stats.kendalltau(reference, current)
    return Estimate(value=float(result.statistic), p_value=float(result.pvalue), sizes=sizes, method=method)


def _jaccard(first: np.ndarray, second: np.ndarray) -> float:
    first, second = set(first.tolist()), set(second.tolist())
    return len(first & second) / len(first | second)
