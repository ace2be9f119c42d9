"""Are explanations true to the model? Reasons that, put right, help; surrogates that say what the model says."""

import math
from collections.abc import Collection

import numpy as np
from numpy.typing import ArrayLike

from audits.statistics.arrays import finite_vector
from audits.statistics.estimates import Estimate, could_not_compute
from audits.statistics.explanation.reasons import NO_REASON, ReasonCodes
from audits.statistics.performance import r_squared
from audits.statistics.predictors import Predict, predicted, table
from audits.statistics.shares import normal_estimate, share_estimate


def reason_code_fidelity(
    predict: Predict,
    rows: ArrayLike,
    codes: ReasonCodes,
    reference: ArrayLike,
    *,
    adverse: int = 1,
    tolerance: float = 0.0,
    immutable: Collection[str] = (),
    level: float = 0.95,
) -> dict[str, Estimate]:
    """Does moving a stated factor to its reference value move the output away from the adverse outcome?

    `predict` takes rows (n, k) and returns (n,); `codes` are the reasons stated for these rows, `reference` one value
    per column, shape (k,), such as that of a typical accepted applicant; `adverse` as in `reason_codes`. A reason is
    faithful when the output moves the favourable way by more than `tolerance`. "reasons" is the share of faithful
    reasons (interval over rows, whose reasons belong together) with the share per feature in `detail`; "first_reason"
    and "every_reason" are shares of rows whose first, and all of whose, reasons are faithful; "together" the share of
    rows that are helped by moving all of them at once; "actionable" the share of reasons not among the features named
    `immutable`. Raises ValueError on shapes that do not fit, outputs that are not finite, an immutable feature that is
    no column, or `adverse` other than 1 and -1.
    Source: Ustun, Spangher & Liu 2019; Wachter, Mittelstadt & Russell 2018.
    """
    rows, target = table(rows), np.asarray(reference)
    names = codes.feature_names
    if len(codes.features) != len(rows) or rows.shape[1] != len(names) or target.shape != (len(names),):
        raise ValueError("rows, codes and reference must speak of the same rows and columns")
    if adverse not in (1, -1) or not tolerance >= 0:
        raise ValueError("adverse must be 1 or -1 and tolerance not negative")
    if strangers := sorted(set(immutable) - set(names)):
        raise ValueError(f"immutable names {', '.join(strangers)}, which is no feature")
    stated = codes.features != NO_REASON
    before = predicted(predict, rows)
    gains = np.zeros(stated.shape)
    for place in range(stated.shape[1]):
        chosen = np.flatnonzero(stated[:, place])
        if len(chosen):
            gains[chosen, place] = _gain(predict, rows, target, codes.features[:, place : place + 1], chosen, before)
    explained = np.flatnonzero(stated.any(axis=1))
    helped = np.zeros(0)
    if len(explained):
        helped = _gain(predict, rows, target, codes.features, explained, before)
    faithful = stated & (-adverse * gains > tolerance)
    return _fidelity(codes, stated, faithful, -adverse * helped > tolerance, set(immutable), level)


def surrogate_fidelity(
    model_output: ArrayLike, surrogate_output: ArrayLike, *, threshold: float | None = None, level: float = 0.95
) -> dict[str, Estimate]:
    """How well a simpler model says what the model says: "r_squared" of its outputs, "agreement" of the decisions.

    Both hold outputs on the same rows, shape (n,), in one unit. R² is the share of the model's variance that the
    surrogate explains, 1 when it is the model. With `threshold`, the share of rows that both put on the same side of
    it, with a Wilson interval. Raises ValueError on NaN, infinity or lengths that differ.
    Source: Craven & Shavlik 1996.
    """
    model = finite_vector(model_output, "model_output")
    surrogate = finite_vector(surrogate_output, "surrogate_output", length=len(model))
    answers = {"r_squared": r_squared(model, surrogate, level=level)}
    if threshold is not None:
        same = (model >= threshold) == (surrogate >= threshold)
        answers["agreement"] = share_estimate(
            int(same.sum()),
            len(same),
            method=f"share of rows that model and surrogate put on the same side of {threshold:g}",
            empty="surrogate agreement: there are no rows",
            level=level,
        )
    return answers


def _gain(predict, rows, target, features: np.ndarray, chosen: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Change of the output of the chosen rows with the features named, shape (n, count), at their reference values."""
    moved = rows[chosen]
    for column in features[chosen].T:
        named = np.flatnonzero(column != NO_REASON)
        moved[named, column[named]] = target[column[named]]
    return predicted(predict, moved) - before[chosen]


def _fidelity(codes, stated, faithful, helped, immutable: set[str], level: float) -> dict[str, Estimate]:
    explained = stated.any(axis=1)
    empty = "reason-code fidelity: no row has a reason"
    rows = int(explained.sum())

    def of_rows(true: np.ndarray, method: str) -> Estimate:
        return share_estimate(
            int(true.sum()), rows, method=method, empty=empty, size_name="rows with reasons", level=level
        )

    changeable = np.array([name not in immutable for name in codes.feature_names], dtype=bool)
    actionable = stated & changeable[np.where(stated, codes.features, 0)]
    by_feature = {
        name: {
            "stated": int((named := stated & (codes.features == at)).sum()),
            "faithful": float(faithful[named].mean()),
            "actionable": bool(changeable[at]),
        }
        for at, name in enumerate(codes.feature_names)
        if (stated & (codes.features == at)).any()
    }
    return {
        "reasons": _of_reasons(faithful, stated, "share of reasons that help when put right", level, by_feature),
        "first_reason": of_rows(faithful[explained, 0], "share of rows whose first reason helps when put right"),
        "every_reason": of_rows(
            (faithful | ~stated)[explained].all(axis=1), "share of rows whose every reason helps when put right"
        ),
        "together": of_rows(helped, "share of rows helped by putting all their reasons right"),
        "actionable": _of_reasons(actionable, stated, "share of reasons that a person can act on", level, by_feature),
    }


def _of_reasons(true: np.ndarray, stated: np.ndarray, method: str, level: float, by_feature: dict) -> Estimate:
    """A share of reasons; its interval treats rows, not reasons, as independent (ratio estimate, delta method)."""
    total, sizes = int(stated.sum()), {"reasons": int(stated.sum())}
    if not total:
        return could_not_compute("reason-code fidelity: no row has a reason", method=method, sizes=sizes)
    value = float(true.sum() / total)
    detail = {"by_feature": by_feature}
    of_row, counted = true.sum(axis=1), stated.sum(axis=1)
    rows = int((counted > 0).sum())
    residual = (of_row - value * counted)[counted > 0]
    spread = math.sqrt(float(residual @ residual) * rows / max(rows - 1, 1)) / total
    if spread == 0:
        return share_estimate(
            int(true.sum()), total, method=method, empty="", size_name="reasons", level=level, **detail
        )
    method = f"{method}, normal interval over rows"
    return normal_estimate(value, spread, method=method, sizes=sizes, level=level, bounds=(0.0, 1.0), detail=detail)
