"""Whether data arrive: how old the newest row is, and whether as many came as before."""

import datetime as dt
import math
from collections.abc import Sequence

import numpy as np
from scipy import special

from audits.statistics.estimates import Estimate, could_not_compute


def freshness(newest, now: dt.datetime) -> Estimate:
    """now − the newest row's time, in hours.

    newest: a datetime, or a sequence of them (or datetime64 array) of which the latest counts; None and NaT are
    missing. All with a time zone, or all without one. Raises ValueError when some have a zone and some have not.
    Source: our own definition.
    """
    method = "age of the newest row, in hours"
    if isinstance(newest, np.ndarray):
        newest = newest.astype("datetime64[us]").tolist()
    moments = [newest] if isinstance(newest, dt.datetime) else [moment for moment in newest if moment is not None]
    sizes = {"current": len(moments)}
    if not moments:
        return could_not_compute("No row carries a time, so none is the newest.", method=method, sizes=sizes)
    if len({moment.tzinfo is None for moment in (*moments, now)}) > 1:
        raise ValueError("Give every time with its time zone, or none of them.")
    latest = max(moments)
    age = (now - latest) / dt.timedelta(hours=1)
    if age < 0:
        reason = f"The newest row is dated {latest.isoformat()}, which lies {-age:.3g} hours in the future."
        return could_not_compute(reason, method=method, sizes=sizes, newest=latest.isoformat())
    return Estimate(value=age, sizes=sizes, method=method, detail={"newest": latest.isoformat()})


def volume_change(reference: float | Sequence[float], current: float, *, level: float = 0.95) -> Estimate:
    """current rows / mean reference rows − 1: −0.5 when half as many came as usual.

    reference: the rows of one earlier period, or of several; current: the rows of this period; each a count ≥ 0.
    With one period the interval and p-value are exact for two Poisson counts; with several, the t distribution tells
    whether this period belongs to them, with their spread taken as at least that of Poisson counts.
    Raises ValueError for a negative or non-finite count. Source: Przyborowski & Wilenski 1940; Hahn & Meeker 1991.
    """
    earlier = np.atleast_1d(np.asarray(reference, dtype=float))
    if earlier.ndim != 1 or not np.all(np.isfinite(earlier)) or not math.isfinite(current):
        raise ValueError("Volumes are counts of rows: one number, or one per earlier period.")
    if current < 0 or np.any(earlier < 0):
        raise ValueError("A number of rows is not negative.")
    if not 0.0 < level < 1.0:
        raise ValueError(f"A confidence level lies between 0 and 1, not at {level}.")
    method = "change of the number of rows, relative to the mean of the reference"
    sizes = {"reference": int(earlier.sum()), "current": int(current)}
    if len(earlier) == 0 or earlier.sum() == 0:
        return could_not_compute("The reference has no rows, so there is no change relative to it.", method=method,
                                 sizes=sizes)  # fmt: skip
    usual = float(earlier.mean())
    value = current / usual - 1.0
    detail = {"periods": len(earlier), "usual": usual}
    if len(earlier) == 1:
        low, high, p_value = _poisson_ratio(current, usual, level)
        return Estimate(
            value=value, low=low - 1.0, high=None if high is None else high - 1.0, level=level, p_value=p_value,
            sizes=sizes, method=f"{method}, exact for two Poisson counts", detail=detail,
        )  # fmt: skip
    freedom = len(earlier) - 1
    spread = max(float(earlier.std(ddof=1)), math.sqrt(usual)) * math.sqrt(1.0 + 1.0 / len(earlier))
    reach = float(special.stdtrit(freedom, 0.5 + level / 2.0)) * spread / usual
    statistic = (current - usual) / spread
    return Estimate(
        value=value,
        low=value - reach,
        high=value + reach,
        level=level,
        statistic=statistic,
        p_value=2.0 * float(special.stdtr(freedom, -abs(statistic))),
        sizes=sizes,
        method=f"{method}, prediction by the t distribution, degrees of freedom {freedom}, from {len(earlier)} periods",
        detail=detail,
    )


def _poisson_ratio(current: float, usual: float, level: float) -> tuple[float, float | None, float]:
    """(low, high, two-sided p) of the ratio of two Poisson means, from the share of `current` in their sum."""
    tail = (1.0 - level) / 2.0
    low = float(special.betaincinv(current, usual + 1.0, tail)) if current > 0 else 0.0
    high = float(special.betaincinv(current + 1.0, usual, 1.0 - tail))
    p_value = 2.0 * min(_half_tail(current, usual), _half_tail(usual, current))
    return low / (1.0 - low), high / (1.0 - high) if high < 1.0 else None, min(1.0, p_value)


def _half_tail(more: float, less: float) -> float:
    """P(at least `more` of more + less fair coins)."""
    return float(special.betainc(more, less + 1.0, 0.5)) if more > 0 else 1.0
