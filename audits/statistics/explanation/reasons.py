"""Reason codes: the features that did most to turn a person down, and whether a new version would name the same.

SHAP values have shape (rows, features). `adverse` is 1 when a positive SHAP value pushes towards the adverse outcome,
as in a default score, and -1 when a negative one does, as in an approval score.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from audits.statistics.arrays import binary_vector, finite_matrix
from audits.statistics.estimates import Estimate, could_not_compute
from audits.statistics.shares import normal_estimate, share_estimate

NO_REASON = -1


@dataclass(frozen=True, eq=False)
class ReasonCodes:
    """The adverse features of each row, the strongest first.

    feature_names  in column order
    features       int64, shape (rows, count): column numbers, -1 where fewer features pushed the adverse way
    contributions  float64, shape (rows, count): how far each pushed, in the unit of the SHAP values; 0 where none
    """

    feature_names: tuple[str, ...]
    features: np.ndarray
    contributions: np.ndarray

    def named(self, row: int) -> tuple[str, ...]:
        """The reasons of one row in words."""
        return tuple(self.feature_names[at] for at in self.features[row] if at != NO_REASON)


def reason_codes(
    shap_values: ArrayLike, feature_names: Sequence[str], *, count: int = 4, adverse: int = 1
) -> ReasonCodes:
    """The `count` features that pushed each row furthest towards the adverse outcome; ties in column order.

    Raises ValueError on NaN, infinity, shapes that do not fit, `count` below 1 or `adverse` other than 1 and -1.
    Source: Regulation B, 12 CFR 1002.9(b)(2) and its commentary (no more than four reasons).
    """
    if count < 1:
        raise ValueError(f"count must be at least 1, not {count}")
    if adverse not in (1, -1):
        raise ValueError(f"adverse must be 1 or -1, not {adverse!r}")
    push = adverse * finite_matrix(shap_values, "shap_values", columns=len(feature_names))
    order = np.argsort(-push, axis=1, kind="stable")[:, :count]
    contributions = np.take_along_axis(push, order, axis=1)
    counted = contributions > 0
    return ReasonCodes(
        feature_names=tuple(str(name) for name in feature_names),
        features=np.where(counted, order, NO_REASON),
        contributions=np.where(counted, contributions, 0.0),
    )


def reason_code_stability(
    reference_shap_values: ArrayLike,
    current_shap_values: ArrayLike,
    feature_names: Sequence[str],
    *,
    count: int = 4,
    adverse: int = 1,
    near_boundary: ArrayLike | None = None,
    level: float = 0.95,
) -> dict[str, Estimate]:
    """Would the same people be told the same reasons by another version (or another background sample)?

    Both arrays explain the same rows in the same order. "identical_set" is the share of rows with the same set of
    `count` reasons, "top_reason_changed" the share whose first reason differs, both with Wilson intervals;
    "mean_jaccard" the mean overlap of the sets. With `near_boundary`, shape (rows,), of 0 and 1, the same three again
    over those rows, prefixed "near_boundary_". Raises as `reason_codes`, and ValueError when the rows differ in number.
    Source: our own definition, for want of an established one; Jaccard 1912; Wilson 1927.
    """
    reference = reason_codes(reference_shap_values, feature_names, count=count, adverse=adverse).features
    current = reason_codes(current_shap_values, feature_names, count=count, adverse=adverse).features
    if len(reference) != len(current):
        raise ValueError(
            f"current_shap_values has {len(current)} rows; {len(reference)} were expected: the same people"
        )
    answers = _stability(reference, current, len(feature_names), count, level)
    if near_boundary is not None:
        near = binary_vector(near_boundary, "near_boundary", length=len(reference))
        chosen = _stability(reference[near], current[near], len(feature_names), count, level)
        answers |= {f"near_boundary_{name}": estimate for name, estimate in chosen.items()}
    return answers


def _stability(
    reference: np.ndarray, current: np.ndarray, features: int, count: int, level: float
) -> dict[str, Estimate]:
    rows, sizes = len(reference), {"rows": len(reference)}
    empty = "reason-code stability: there are no rows"
    before, after = (_membership(side, features) for side in (reference, current))
    either = (before | after).sum(1)
    overlap = np.divide((before & after).sum(1), either, out=np.ones(rows), where=either > 0)
    changed = float((reference[:, 0] != current[:, 0]).sum()) if features else 0.0
    method = f"mean Jaccard index of the {count} reasons"
    return {
        "identical_set": share_estimate(
            float((before == after).all(1).sum()),
            rows,
            method=f"share with the same {count} reasons",
            empty=empty,
            level=level,
        ),
        "top_reason_changed": share_estimate(
            changed, rows, method="share whose first reason differs", empty=empty, level=level
        ),
        "mean_jaccard": could_not_compute(empty, method=method, sizes=sizes)
        if not rows
        else normal_estimate(
            float(overlap.mean()),
            float(overlap.std(ddof=1) / np.sqrt(rows)) if rows > 1 else 0.0,
            method=f"{method}, normal interval",
            sizes=sizes,
            level=level,
            bounds=(0.0, 1.0),
        ),
    }


def _membership(reasons: np.ndarray, features: int) -> np.ndarray:
    """Which features each row names, shape (rows, features); the spare last column takes the places without a
    reason."""
    named = np.zeros((len(reasons), features + 1), dtype=bool)
    np.put_along_axis(named, reasons, True, axis=1)
    return named[:, :features]
