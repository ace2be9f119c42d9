"""Which features drive a model, from SHAP values computed elsewhere: importance, additivity, drift of the ranking.

SHAP values have shape (rows, features), in the unit of the model output they explain (log-odds, probability, money).
All functions raise ValueError on NaN, infinity or shapes that do not fit.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import scipy
from numpy.typing import ArrayLike
from scipy import special

from audits.statistics.arrays import finite_matrix, finite_vector
from audits.statistics.estimates import Estimate, could_not_compute
from audits.statistics.performance.ranking import discounted_gain
from audits.statistics.shares import normal_quantile


def global_importance(
    shap_values: ArrayLike, feature_names: Sequence[str], *, level: float = 0.95
) -> dict[str, Estimate]:
    """Mean |SHAP| of every feature with a normal interval, the most important first.

    `detail` holds the rank, the share of the total with its own standard error and interval (delta method, rows being a
    sample), the mean signed SHAP value, and the p-value that this feature and the next in rank are equally important
    (paired over rows), which tells whether the sample was large enough to rank them.
    Source: Lundberg et al. 2020; Covert & Lee 2021 for the sampling error.
    """
    method = "mean |SHAP|, normal interval over rows"
    values = finite_matrix(shap_values, "shap_values", columns=len(feature_names))
    names = _distinct(feature_names)
    rows, sizes = len(values), {"rows": len(values)}
    if rows < 2:
        reason = "global importance: needs SHAP values of at least two rows"
        return {name: could_not_compute(reason, method=method, sizes=sizes) for name in names}
    size = np.abs(values)
    mean, spread = size.mean(0), size.std(0, ddof=1) / math.sqrt(rows)
    total = size.sum(1)
    whole = float(mean.sum())
    share = mean / whole if whole > 0 else np.zeros(len(names))
    centred = size - share * total[:, None]
    share_spread = centred.std(0, ddof=1) / math.sqrt(rows) / whole if whole > 0 else np.zeros(len(names))
    half = normal_quantile(level)
    order = sorted(range(len(names)), key=lambda at: (-mean[at], names[at]))
    answers = {}
    for rank, at in enumerate(order, start=1):
        detail = {"rank": rank, "mean_signed": float(values[:, at].mean()), "standard_error": float(spread[at])}
        if whole > 0:
            detail |= {
                "share": float(share[at]),
                "share_standard_error": float(share_spread[at]),
                "share_low": float(max(0.0, share[at] - half * share_spread[at])),
                "share_high": float(min(1.0, share[at] + half * share_spread[at])),
            }
        if rank < len(order):
            detail["p_value_against_next"] = _paired_p_value(size[:, at] - size[:, order[rank]])
        answers[names[at]] = Estimate(
            value=float(mean[at]),
            low=float(max(0.0, mean[at] - half * spread[at])),
            high=float(mean[at] + half * spread[at]),
            level=level,
            sizes=sizes,
            method=method,
            detail=detail,
        )
    return answers


def additivity_gap(shap_values: ArrayLike, base_value: float | ArrayLike, output: ArrayLike) -> Estimate:
    """Largest |base value + sum of SHAP values - model output| over rows: 0 when the explanation adds up.

    `base_value` is one number or one per row, `output` has shape (rows,), both in the unit of the SHAP values. `detail`
    holds the mean gap, the worst row and the gap as a share of the outputs' range. Source: Lundberg & Lee 2017.
    """
    method = "largest |base value + sum of SHAP values - output|"
    values = finite_matrix(shap_values, "shap_values")
    output = finite_vector(output, "output", length=len(values))
    base = np.asarray(base_value, dtype=np.float64)
    base = finite_vector(np.full(len(values), base) if base.ndim == 0 else base, "base_value", length=len(values))
    sizes = {"rows": len(values)}
    if not len(values):
        return could_not_compute("additivity gap: there are no rows", method=method, sizes=sizes)
    gap = np.abs(base + values.sum(1) - output)
    detail = {"mean": float(gap.mean()), "worst_row": int(gap.argmax())}
    spread = float(np.ptp(output))
    if spread > 0:
        detail["share_of_output_range"] = float(gap.max() / spread)
    return Estimate(value=float(gap.max()), sizes=sizes, method=method, detail=detail)


def attribution_drift(reference_importance: Mapping[str, float], current_importance: Mapping[str, float]) -> Estimate:
    """nDCG of the current ranking of features, gains being the reference importances; 1 when nothing changed place.

    Both map a feature to its importance (mean |SHAP|, at least 0, ValueError otherwise). A feature on one side only has
    importance 0 on the other and is listed in `detail`, as are the Jensen-Shannon distance (base 2) of the two sets of
    shares and the features that moved most. Source: Amazon SageMaker Clarify; Järvelin & Kekäläinen 2002; Lin 1991.
    """
    method = "nDCG of the current feature ranking with reference importances as gains"
    names, reference, current = aligned(reference_importance, current_importance)
    sizes = {"features": len(names)}
    if reference.sum() <= 0 or current.sum() <= 0:
        side = "reference" if reference.sum() <= 0 else "current"
        reason = f"attribution drift: every {side} importance is 0, so there is no ranking"
        return could_not_compute(reason, method=method, sizes=sizes)
    before, after = ranked(names, reference), ranked(names, current)
    value = discounted_gain(reference[after]) / discounted_gain(reference[before])
    shares, current_shares = reference / reference.sum(), current / current.sum()
    moved = sorted(range(len(names)), key=lambda at: (-abs(current_shares[at] - shares[at]), names[at]))[:5]
    detail = {
        "jensen_shannon_distance": _jensen_shannon(shares, current_shares),
        "moved_most": [
            {"feature": names[at], "reference_share": float(shares[at]), "current_share": float(current_shares[at])}
            for at in moved
        ],
        "vanished": sorted(set(reference_importance) - set(current_importance)),
        "appeared": sorted(set(current_importance) - set(reference_importance)),
    }
    return Estimate(value=min(1.0, value), sizes=sizes, method=method, detail=detail)


def aligned(
    reference_importance: Mapping[str, float], current_importance: Mapping[str, float]
) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Names on either side, sorted, with both importances, 0 where one is absent. Raises ValueError when negative."""
    names = sorted(set(reference_importance) | set(current_importance))
    sides = []
    for name, importance in (
        ("reference_importance", reference_importance),
        ("current_importance", current_importance),
    ):
        side = finite_vector([importance.get(feature, 0.0) for feature in names], name)
        if len(side) and side.min() < 0:
            raise ValueError(f"{name} must not be negative: take the mean of absolute SHAP values")
        sides.append(side)
    return names, sides[0], sides[1]


def ranked(names: Sequence[str], importance: np.ndarray) -> np.ndarray:
    """Places of the features, the most important first; equal importances in the order of names."""
    return np.array(sorted(range(len(names)), key=lambda at: (-importance[at], names[at])), dtype=np.int64)


def _distinct(feature_names: Sequence[str]) -> list[str]:
    names = [str(name) for name in feature_names]
    if len(set(names)) < len(names):
        raise ValueError("feature_names must be distinct")
    return names


def _paired_p_value(difference: np.ndarray) -> float:
    spread = float(difference.std(ddof=1)) / math.sqrt(len(difference))
    mean = float(difference.mean())
    if spread <= 0:
        return 1.0 if mean == 0 else 0.0
    return float(2 * scipy.stats.t.sf(abs(mean) / spread, len(difference) - 1))


def _jensen_shannon(first: np.ndarray, second: np.ndarray) -> float:
    middle = (first + second) / 2
    divergence = (special.rel_entr(first, middle).sum() + special.rel_entr(second, middle).sum()) / 2
    return math.sqrt(max(0.0, float(divergence)) / math.log(2))
