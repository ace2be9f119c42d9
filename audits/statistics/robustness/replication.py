"""Does the model, run again, give what production gave?"""

import numpy as np
from numpy.typing import ArrayLike

from audits.statistics.estimates import Estimate, could_not_compute
from audits.statistics.shares import wilson

TOLERANCE = 1e-6


def replication_gap(
    logged: ArrayLike, rebuilt: ArrayLike, *, tolerance: float = TOLERANCE, level: float = 0.95
) -> Estimate:
    """Largest |logged score - score rebuilt from the same inputs|, in the unit of the score; 0 when all replicate.

    Both have shape (n,), NaN where there is no score. `detail` counts the rows off by more than `tolerance`, with the
    share of rows that replicate and its Wilson interval; a row with a score on one side only is off, a row without any
    is not compared. Raises ValueError for other shapes, text, or a negative tolerance. Source: SR 11-7 (2011),
    replication; Wilson 1927.
    """
    sides = [_scores(logged, "logged"), _scores(rebuilt, "rebuilt")]
    if len(sides[0]) != len(sides[1]):
        raise ValueError(f"rebuilt has {len(sides[1])} entries; {len(sides[0])} were expected, as in logged")
    if not tolerance >= 0:
        raise ValueError(f"tolerance must not be negative, and is {tolerance}")
    method = "largest |logged score - rebuilt score|"
    present = [np.isfinite(side) for side in sides]
    compared = present[0] | present[1]
    both = present[0] & present[1]
    gaps = np.abs(sides[0][both] - sides[1][both])
    off = int((gaps > tolerance).sum()) + int(compared.sum() - both.sum())
    rows = int(compared.sum())
    sizes = {"rows": rows}
    detail = {
        "tolerance": tolerance,
        "rows_off": off,
        "only_logged": int((present[0] & ~present[1]).sum()),
        "only_rebuilt": int((present[1] & ~present[0]).sum()),
        "not_compared": int((~compared).sum()),
    }
    if rows:
        low, high = wilson(rows - off, rows, level=level)
        detail["replicated"] = {"share": (rows - off) / rows, "low": low, "high": high}
    if not len(gaps):
        reason = "replication: no row has both a logged and a rebuilt score"
        return could_not_compute(reason, method=method, sizes=sizes, **detail)
    worst = int(np.flatnonzero(both)[gaps.argmax()])
    detail |= {"worst_row": worst, "mean": float(gaps.mean())}
    return Estimate(value=float(gaps.max()), level=level, sizes=sizes, method=method, detail=detail)


def _scores(values: ArrayLike, name: str) -> np.ndarray:
    try:
        scores = np.asarray(values, dtype=float)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must hold numbers, NaN where there is no score") from error
    if scores.ndim != 1:
        raise ValueError(f"{name} must be one-dimensional; its shape is {scores.shape}")
    return scores
