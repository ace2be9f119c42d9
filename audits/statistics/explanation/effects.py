"""What one feature does to the output: ICE curves, accumulated local effects, permutation importance, monotonicity.

`predict` takes rows of shape (n, k) and returns one finite number per row, shape (n,); anything else is a ValueError.
Features are named by their column number, `feature`, which must exist (ValueError).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import ArrayLike

from audits.statistics.arrays import finite_vector, open_share
from audits.statistics.estimates import Estimate, could_not_compute
from audits.statistics.predictors import (
    Predict,
    checked_feature,
    checked_names,
    numeric_column,
    predicted,
    table,
    with_column,
)
from audits.statistics.shares import share_estimate


@dataclass(frozen=True, kw_only=True, eq=False)
class ConditionalExpectation:
    """grid: shape (g,); curves: the output of each row with the feature at each grid value, shape (n, g)."""

    grid: np.ndarray
    curves: np.ndarray

    @property
    def mean(self) -> np.ndarray:
        """The partial dependence, shape (g,) (Friedman 2001)."""
        return self.curves.mean(axis=0)


@dataclass(frozen=True, kw_only=True, eq=False)
class AccumulatedLocalEffects:
    """The effect of one feature along its values, in the unit of the output.

    edges, effects  shape (k + 1,): values of the feature and the effect there, 0 on average over the rows
    rows            rows between two edges, shape (k,)
    span            largest less smallest effect
    """

    edges: np.ndarray
    effects: np.ndarray
    rows: np.ndarray
    span: Estimate


def individual_conditional_expectation(
    predict: Predict, rows: ArrayLike, feature: int, *, grid: ArrayLike | None = None, points: int = 20
) -> ConditionalExpectation:
    """The output of every row as one feature runs over a grid, all others staying as they are.

    `grid` holds values for the feature, shape (g,); by default its values at `points` quantiles. Raises ValueError for
    an empty grid, or without grid for no rows, a column that is not numeric or fewer than 2 points.
    Source: Goldstein et al. 2015.
    """
    rows = table(rows)
    checked_feature(rows, feature)
    values = _quantiles(numeric_column(rows, feature), points) if grid is None else np.asarray(grid)
    if values.ndim != 1 or not len(values):
        raise ValueError("grid must hold at least one value")
    curves = [predicted(predict, with_column(rows, feature, value)) for value in values]
    return ConditionalExpectation(grid=values, curves=np.column_stack(curves))


def accumulated_local_effects(
    predict: Predict, rows: ArrayLike, feature: int, *, cells: int = 20
) -> AccumulatedLocalEffects:
    """Mean change of the output across each of `cells` quantile cells of a feature, summed up and centred at 0.

    Each row is moved only between the edges of its own cell, so that correlated features are not torn apart as they are
    in a partial dependence. Raises ValueError for no rows or a column that is not numeric and finite.
    Source: Apley & Zhu 2020.
    """
    rows = table(rows)
    values = numeric_column(rows, feature)
    method = f"largest less smallest accumulated local effect over at most {cells} quantile cells"
    edges = _quantiles(values, cells + 1)
    if len(edges) < 2:
        reason = "accumulated local effects: the feature never varies"
        span = could_not_compute(reason, method=method, sizes={"rows": len(rows)})
        return AccumulatedLocalEffects(edges=edges, effects=np.zeros(len(edges)), rows=np.zeros(0, int), span=span)
    cell = np.maximum(np.searchsorted(edges, values, side="left") - 1, 0)
    change = predicted(predict, with_column(rows, feature, edges[cell + 1]))
    change = change - predicted(predict, with_column(rows, feature, edges[cell]))
    count = np.bincount(cell, minlength=len(edges) - 1)
    effects = np.concatenate(([0.0], np.cumsum(np.bincount(cell, change, len(count)) / np.maximum(count, 1))))
    effects -= count @ (effects[:-1] + effects[1:]) / 2 / count.sum()
    span = Estimate(value=float(np.ptp(effects)), sizes={"rows": len(rows)}, method=method)
    return AccumulatedLocalEffects(edges=edges, effects=effects, rows=count, span=span)


def permutation_importance(
    predict: Predict,
    rows: ArrayLike,
    label: ArrayLike,
    measure: Callable[[np.ndarray, np.ndarray], float | Estimate],
    *,
    rng: np.random.Generator,
    feature_names: Sequence[str] | None = None,
    repeats: int = 10,
    level: float = 0.95,
) -> dict[str, Estimate]:
    """How much worse the model does when one column is shuffled: `measure` as it is less its mean over shuffles.

    `measure(label, output)` rises with quality and returns a number or an Estimate; label has shape (n,). The most
    important comes first. The interval is Student's over the `repeats` shuffles: it tells how exactly the mean over
    shuffles of these rows is known, not how it would differ on other rows. Raises ValueError for fewer than 2 repeats
    or rows. Source: Breiman 2001; Fisher, Rudin & Dominici 2019.
    """
    rows, label = table(rows), np.asarray(label)
    names = checked_names(feature_names, rows.shape[1])
    if repeats < 2 or len(rows) < 2 or len(label) != len(rows):
        raise ValueError("At least 2 repeats and 2 rows are needed, and one label per row.")
    whole = _number(measure(label, predicted(predict, rows)))
    method, sizes = f"fall of the measure when the column is shuffled, mean of {repeats} shuffles", {"rows": len(rows)}
    if whole is None:
        reason = "permutation importance: the measure could not be computed on the rows as they are"
        return {name: could_not_compute(reason, method=method, sizes=sizes) for name in names}
    answers = {}
    for feature, name in enumerate(names):
        shuffled = [
            _number(measure(label, predicted(predict, with_column(rows, feature, rng.permutation(rows[:, feature])))))
            for _ in range(repeats)
        ]
        known = np.array([value for value in shuffled if value is not None])
        answers[name] = _fall(whole - known, repeats, method, sizes, level)
    known = [name for name, answer in answers.items() if answer.value is not None]
    order = sorted(known, key=lambda name: -answers[name].value) + [name for name in names if name not in known]
    return {name: answers[name] for name in order}


def monotonicity_violations(
    predict: Predict,
    rows: ArrayLike,
    feature: int,
    *,
    direction: int = 1,
    grid: ArrayLike | None = None,
    points: int = 20,
    tolerance: float = 0.0,
    level: float = 0.95,
) -> Estimate:
    """Share of rows whose output moves the wrong way somewhere as the feature rises, everything else unchanged.

    `direction` is 1 when the output must not fall and -1 when it must not rise; a step against it counts when it is
    above `tolerance` (unit of the output). `detail` holds the largest wrong step, its row and between which values it
    lies. Only the grid is looked at (rising values, by default `points` quantiles). Raises ValueError for another
    direction, a negative tolerance, a grid that does not rise, and as `individual_conditional_expectation`.
    Source: Goldstein et al. 2015 (ICE); Daniels & Velikova 2010 for partial monotonicity; Wilson 1927.
    """
    if direction not in (1, -1) or not tolerance >= 0:
        raise ValueError("direction is 1 or -1 and tolerance is not negative")
    found = individual_conditional_expectation(predict, rows, feature, grid=grid, points=points)
    steps = finite_vector(found.grid, "grid")
    method = f"share of rows with a step against the direction over {len(steps)} values of the feature"
    if len(steps) < 2:
        reason = "monotonicity: the feature takes only one value, so the output has no step to take"
        return could_not_compute(reason, method=method, sizes={"rows": len(found.curves)})
    if not (np.diff(steps) > 0).all():
        raise ValueError("grid must hold rising values")
    wrong = -direction * np.diff(found.curves, axis=1)
    broken = (wrong > tolerance).any(axis=1)
    detail: dict[str, object] = {"violations": int(broken.sum())}
    if broken.any():
        row, step = np.unravel_index(int(wrong.argmax()), wrong.shape)
        detail |= {"largest": float(wrong[row, step]), "row": int(row)}
        detail |= {"from": float(steps[step]), "to": float(steps[step + 1])}
    return share_estimate(
        detail["violations"], len(broken), method=method, empty="monotonicity: there are no rows", level=level, **detail
    )


def _quantiles(values: np.ndarray, points: int) -> np.ndarray:
    """Distinct observed values at evenly spaced shares from the smallest to the largest."""
    if points < 2:
        raise ValueError(f"at least 2 points are needed, not {points}")
    if not len(values):
        raise ValueError("rows must hold at least one row")
    return np.unique(np.quantile(values, np.linspace(0, 1, points), method="inverted_cdf"))


def _number(measured: float | Estimate) -> float | None:
    value = measured.value if isinstance(measured, Estimate) else measured
    return None if value is None or not math.isfinite(value) else float(value)


def _fall(falls: np.ndarray, repeats: int, method: str, sizes: dict[str, int], level: float) -> Estimate:
    if len(falls) < 2:
        reason = f"permutation importance: the measure could be computed after {len(falls)} of {repeats} shuffles only"
        return could_not_compute(reason, method=method, sizes=sizes)
    mean, error = float(falls.mean()), float(falls.std(ddof=1) / math.sqrt(len(falls)))
    half = float(scipy.stats.t.ppf(0.5 + open_share(level, "level") / 2, len(falls) - 1)) * error
    return Estimate(
        value=mean, low=mean - half, high=mean + half, level=level, sizes=sizes, method=f"{method}, Student interval"
    )
