"""How far the output moves when inputs are a little wrong or missing.

`predict` takes rows of shape (n, k), numbers with NaN for a missing one, and returns one number per row, shape (n,).
"""

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from audits.statistics.arrays import finite_vector
from audits.statistics.estimates import Estimate, could_not_compute
from audits.statistics.predictors import Predict, checked_names, predicted, table, with_column
from audits.statistics.shares import normal_estimate

ALL = "(all features)"


def perturbation_stress(
    predict: Predict,
    rows: ArrayLike,
    *,
    rng: np.random.Generator,
    size: float = 0.1,
    repeats: int = 5,
    feature_names: Sequence[str] | None = None,
    threshold: float | None = None,
    level: float = 0.95,
) -> dict[str, Estimate]:
    """Mean |change of the output| when normal noise of `size` standard deviations is added to a feature, and to all.

    rows: shape (n, k), numbers; missing ones (NaN) stay missing. The change of a row is averaged over `repeats` draws;
    the normal interval is over rows. `detail` holds the largest change and, with `threshold`, the share of decisions
    turned. The entry "(all features)" perturbs every feature at once. Raises ValueError for rows that are no numbers, a
    size not above 0, fewer than 1 repeat, or outputs that are not finite. Source: Hendrycks & Dietterich 2019; SR 11-7
    (2011), sensitivity analysis.
    """
    rows = _numbers(rows)
    names = checked_names(feature_names, rows.shape[1])
    if not size > 0 or not math.isfinite(size) or repeats < 1:
        raise ValueError("size is above 0 and repeats at least 1")
    present = [column[np.isfinite(column)] for column in rows.T]
    scale = size * np.array([values.std() if len(values) else 0.0 for values in present])
    before = predicted(predict, rows)
    method = f"mean |change of the output| under normal noise of {size:g} standard deviations, {repeats} draws"
    answers = {}
    for name, columns in _each_and_all(names):
        moved = [
            predicted(predict, _noisy(rows, columns, scale, rng)) - before for _ in range(repeats if len(rows) else 0)
        ]
        answers[name] = _change(np.array(moved), before, method, threshold, level)
    return answers


def missing_value_stress(
    predict: Predict,
    rows: ArrayLike,
    *,
    replacement: float | Mapping[str, float] = math.nan,
    feature_names: Sequence[str] | None = None,
    threshold: float | None = None,
    level: float = 0.95,
) -> dict[str, Estimate]:
    """Mean |change of the output| when a feature is missing in every row, one at a time, and when all are.

    rows: shape (n, k), numbers. A missing value arrives as NaN, or as what the production system puts in its place:
    `replacement`, one number or one per feature name. A model that refuses such rows, or gives no finite output, is
    answered with that as the reason. `detail` as `perturbation_stress`. Raises ValueError for rows that are no numbers,
    a name that is no feature, or a model that fails on the rows as they are. Source: Saar-Tsechansky & Provost 2007;
    SR 11-7 (2011), stress testing of inputs.
    """
    rows = _numbers(rows)
    names = checked_names(feature_names, rows.shape[1])
    given = replacement if isinstance(replacement, Mapping) else dict.fromkeys(names, replacement)
    if strangers := sorted(set(given) - set(names)):
        raise ValueError(f"replacement names {', '.join(strangers)}, which is no feature")
    values = np.array([given.get(name, math.nan) for name in names], dtype=float)
    before = predicted(predict, rows)
    method = "mean |change of the output| with the feature missing in every row"
    answers = {}
    for name, columns in _each_and_all(names):
        changed = rows.copy()
        changed[:, columns] = values[columns]
        answers[name] = _asked(
            predict,
            changed,
            name,
            method,
            lambda after: _change((after - before)[None], before, method, threshold, level),
        )
    return answers


def _each_and_all(names: list[str]) -> list[tuple[str, np.ndarray]]:
    return [(name, np.array([at])) for at, name in enumerate(names)] + [(ALL, np.arange(len(names)))]


def _noisy(rows: np.ndarray, columns: np.ndarray, scale: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return with_column(rows, columns, rows[:, columns] + rng.normal(size=(len(rows), len(columns))) * scale[columns])


def _asked(predict, rows, name: str, method: str, answer: Callable[[np.ndarray], Estimate]) -> Estimate:
    """The answer made of the outputs, or the model's refusal as the reason."""
    sizes = {"rows": len(rows)}
    try:
        outputs = np.asarray(predict(rows), dtype=float)
    except ValueError as error:
        reason = f"the model refuses rows with {name} missing: {error}"
        return could_not_compute(reason, method=method, sizes=sizes)
    if outputs.shape == (len(rows),) and not np.isfinite(outputs).all():
        count = int((~np.isfinite(outputs)).sum())
        reason = f"the model gives no finite output for {count} of {len(rows)} rows with {name} missing"
        return could_not_compute(reason, method=method, sizes=sizes, without_output=count)
    return answer(finite_vector(outputs, "what predict returns", length=len(rows)))


def _change(moved: np.ndarray, before: np.ndarray, method: str, threshold: float | None, level: float) -> Estimate:
    """From the changes of the output, shape (draws, rows)."""
    sizes = {"rows": len(before)}
    if not len(before):
        return could_not_compute("stress: there are no rows", method=method, sizes=sizes)
    of_row = np.abs(moved).mean(axis=0)
    detail = {"largest": float(np.abs(moved).max()), "mean_signed": float(moved.mean())}
    if threshold is not None:
        turned = (before + moved >= threshold) != (before >= threshold)
        detail["decisions_turned"] = float(turned.mean())
    spread = float(of_row.std(ddof=1) / math.sqrt(len(of_row))) if len(of_row) > 1 else 0.0
    return normal_estimate(
        float(of_row.mean()), spread, method=f"{method}, normal interval over rows", sizes=sizes, level=level,
        bounds=(0.0, math.inf), detail=detail,
    )  # fmt: skip


def _numbers(rows: ArrayLike) -> np.ndarray:
    try:
        return table(np.asarray(rows, dtype=float))
    except TypeError as error:
        raise ValueError("rows must hold numbers, NaN where one is missing") from error
