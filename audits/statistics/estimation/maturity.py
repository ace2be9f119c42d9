"""Are outcomes ripe to be judged? And was the estimator right once they were?"""

import datetime as dt
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from audits.statistics.arrays import binary_vector
from audits.statistics.estimates import Estimate, could_not_compute
from audits.statistics.shares import normal_estimate, share_estimate


def outcome_maturity(
    decided_at: ArrayLike,
    *,
    as_of: dt.datetime,
    window: dt.timedelta,
    outcome_known: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """Share of rows whose outcome window has passed, so that their outcome may be judged; 1 when all are ripe.

    `decided_at` holds the moments of the decisions (datetime64 or datetimes, one time zone with `as_of`), shape (n,);
    `window` is how long an outcome takes. With `outcome_known`, 0 and 1, shape (n,), `detail` counts ripe rows whose
    outcome is still missing and unripe rows that carry one already: a cohort of early outcomes only is biased towards
    bad ones. Raises ValueError on a missing moment, a window below zero or lengths that differ.
    Source: our own definition; Wilson 1927.
    """
    ripe = mature_rows(decided_at, as_of=as_of, window=window)
    method = f"share of rows decided at least {window} before {as_of.isoformat()}"
    detail = {"mature": int(ripe.sum()), "immature": int((~ripe).sum())}
    if outcome_known is not None:
        known = binary_vector(outcome_known, "outcome_known", length=len(ripe))
        detail |= {
            "mature_without_outcome": int((ripe & ~known).sum()),
            "immature_with_outcome": int((~ripe & known).sum()),
        }
    return share_estimate(
        detail["mature"], len(ripe), method=method, empty="outcome maturity: there are no rows", level=level, **detail
    )


def mature_rows(decided_at: ArrayLike, *, as_of: dt.datetime, window: dt.timedelta) -> np.ndarray:
    """Which rows' outcome window has passed, bool, shape (n,).

    Raises ValueError on a missing moment or negative window. Source: our own definition.
    """
    if window < dt.timedelta(0):
        raise ValueError("window must not be negative")
    moments = np.asarray(without_zone(decided_at), dtype="datetime64[us]")
    if moments.ndim != 1:
        raise ValueError(f"decided_at must be one-dimensional; its shape is {moments.shape}")
    if np.isnat(moments).any():
        raise ValueError(f"decided_at holds {int(np.isnat(moments).sum())} missing moments; such rows cannot be judged")
    return moments <= np.datetime64(naive(as_of), "us") - np.timedelta64(window)


def reconcile_estimates(
    estimated: Sequence[Estimate], realised: Sequence[Estimate], *, level: float = 0.95
) -> Estimate:
    """How far estimates without outcomes were from what came true: mean of estimated minus realised over batches.

    Pairs in which either could not be computed are counted in `detail`, as are the mean absolute error and the share of
    estimates whose interval held the realised value. Raises ValueError when the two differ in number.
    Source: our own definition.
    """
    if len(estimated) != len(realised):
        raise ValueError(f"realised has {len(realised)} entries; {len(estimated)} were expected, as in estimated")
    method = "mean of estimated minus realised performance over batches, normal interval"
    pairs = [
        (guess, truth.value)
        for guess, truth in zip(estimated, realised, strict=True)
        if guess.value is not None and truth.value is not None
    ]
    sizes, detail = {"batches": len(pairs)}, {"not_comparable": len(estimated) - len(pairs)}
    if not pairs:
        reason = "reconciliation: no batch has both an estimate and a realised value"
        return could_not_compute(reason, method=method, sizes=sizes, **detail)
    gaps = np.array([guess.value - truth for guess, truth in pairs])
    detail |= {"mean_absolute_error": float(np.abs(gaps).mean()), "worst": float(gaps[np.abs(gaps).argmax()])}
    bounded = [(guess, truth) for guess, truth in pairs if guess.low is not None and guess.high is not None]
    if bounded:
        detail["covered"] = float(np.mean([guess.low <= truth <= guess.high for guess, truth in bounded]))
    if len(gaps) == 1:
        return Estimate(value=float(gaps[0]), level=level, sizes=sizes, method=method, detail=detail)
    spread = float(gaps.std(ddof=1) / np.sqrt(len(gaps)))
    return normal_estimate(float(gaps.mean()), spread, method=method, sizes=sizes, level=level, detail=detail)


def naive(moment: dt.datetime) -> dt.datetime:
    return moment if moment.tzinfo is None else moment.astimezone(dt.UTC).replace(tzinfo=None)


def without_zone(moments: ArrayLike) -> ArrayLike:
    """NumPy keeps no time zones: moments that carry one are told in UTC."""
    if isinstance(moments, list | tuple):
        return [naive(moment) if isinstance(moment, dt.datetime) else moment for moment in moments]
    return moments
