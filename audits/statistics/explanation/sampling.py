"""When have enough rows been explained?"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from audits.statistics.arrays import finite_matrix, open_share
from audits.statistics.control import holm
from audits.statistics.explanation.importance import global_importance

MINIMUM_ROWS = 30  # below which a standard error is itself too uncertain to stop on


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """Whether the rows explained so far are enough, and if not, about how many would be.

    enough          precise or separated
    precise         every top share is known to the precision asked for
    separated       the top features' order is beyond doubt, and so is which they are
    relative_error  the largest standard error of a top share, as a part of that share; None where nothing can be told
    rows_needed     rows at which it would fall to the precision asked for; None where that cannot be told
    reason          why, in words
    """

    enough: bool
    precise: bool
    separated: bool
    relative_error: float | None
    rows: int
    rows_needed: int | None
    reason: str


def enough_rows(
    shap_values: ArrayLike,
    *,
    top: int = 20,
    precision: float = 0.05,
    significance: float = 0.05,
    look: int = 1,
    minimum_rows: int = MINIMUM_ROWS,
) -> Sampling:
    """Stop once the standard error of every top share of mean |SHAP| is at most `precision` of it or the order is sure.

    SHAP values have shape (rows, features), of rows drawn at random; `top` features are looked at, or all if there are
    fewer. The order is sure when every top feature differs from the next in rank (paired t-tests, Holm's adjustment) at
    `significance`/(`look`·(`look` + 1)): the sum over looks 1, 2, 3, ... stays below `significance`, so that looking
    again after every batch does not make chance an order. Raises ValueError on NaN, infinity, another shape, or
    arguments out of range. Source: Covert & Lee 2021 (sampling error of SHAP); Holm 1979.
    """
    values = finite_matrix(shap_values, "shap_values")
    open_share(precision, "precision")
    open_share(significance, "significance")
    if top < 1 or look < 1 or minimum_rows < 2:
        raise ValueError("top and look are at least 1 and minimum_rows at least 2.")
    rows = len(values)
    if rows < minimum_rows:
        return _undecided(rows, f"{rows} rows are explained, fewer than the minimum of {minimum_rows}")
    ranked = list(global_importance(values, [str(place) for place in range(values.shape[1])]).values())[:top]
    if not ranked or "share" not in ranked[0].detail:
        reason = "no feature contributes anything in any row, so there are no shares to be precise about"
        return _undecided(rows, reason)
    shares = np.array([one.detail["share"] for one in ranked])
    errors = np.array([one.detail["share_standard_error"] for one in ranked])
    relative = float(np.max(np.divide(errors, shares, out=np.zeros_like(errors), where=shares > 0)))
    # The last feature of all has no next in rank; with more features than `top` the last of the top has.
    doubts = [one.detail["p_value_against_next"] for one in ranked if "p_value_against_next" in one.detail]
    separated = all(holm(doubts, significance=significance / (look * (look + 1))).rejected)
    precise = relative <= precision
    needed = rows if precise else math.ceil(rows * (relative / precision) ** 2)
    asked = f"the largest standard error of a share is {100 * relative:.3g} % of it"
    asked += f", against {100 * precision:.3g} % asked for"
    order = "the order of the top features is sure" if separated else "their order is not sure"
    return Sampling(
        enough=precise or separated, precise=precise, separated=separated, relative_error=relative, rows=rows,
        rows_needed=needed, reason=f"with {rows} rows {asked}; {order}",
    )  # fmt: skip


def _undecided(rows: int, reason: str) -> Sampling:
    return Sampling(
        enough=False, precise=False, separated=False, relative_error=None, rows=rows, rows_needed=None, reason=reason
    )
