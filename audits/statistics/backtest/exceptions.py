"""Value at risk against what happened: is the rate of exceptions right, and do they come one by one?"""

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from audits.statistics.arrays import binary_vector, open_share
from audits.statistics.estimates import Estimate, could_not_compute
from audits.statistics.shares import wilson


def kupiec_pof(exceptions: int, observations: int, *, coverage: float = 0.99, level: float = 0.95) -> Estimate:
    """Share of periods whose loss exceeded the value at risk, with the likelihood-ratio test that it is 1 - coverage.

    `exceptions` and `observations` are counts. The statistic is chi-square with 1 degree of freedom; the interval is
    Wilson's. Raises ValueError when counts are negative or not whole, exceptions exceed observations, or `coverage` is
    outside (0, 1). Source: Kupiec 1995 (proportion of failures).
    """
    expected = 1 - open_share(coverage, "coverage")
    _require_whole(exceptions, "exceptions")
    _require_whole(observations, "observations")
    if exceptions > observations:
        raise ValueError(f"exceptions ({exceptions}) exceed observations ({observations})")
    method = f"exception rate against {expected:.4g}, Kupiec's likelihood ratio"
    sizes = {"observations": int(observations)}
    if not observations:
        return could_not_compute("Kupiec test: there are no observations", method=method, sizes=sizes)
    share = exceptions / observations
    statistic = 2 * (_log_chance(exceptions, observations, share) - _log_chance(exceptions, observations, expected))
    statistic = max(0.0, statistic)
    low, high = wilson(exceptions, observations, level=level)
    return Estimate(
        value=share,
        low=low,
        high=high,
        level=level,
        statistic=statistic,
        p_value=float(special.chdtrc(1, statistic)),
        sizes=sizes,
        method=method,
        detail={"exceptions": int(exceptions), "expected_rate": expected},
    )


def christoffersen(exceeded: ArrayLike, *, coverage: float = 0.99, level: float = 0.95) -> dict[str, Estimate]:
    """Three tests of a series of exceptions: "unconditional" rate, "independence", and both together as "conditional".

    `exceeded` holds 1 for each period whose loss exceeded the value at risk, in time order, shape (n,). The value of
    independence is the chance of an exception after an exception less that after none; with no exception in the
    periods that have a successor it cannot be computed. Statistics are chi-square with 1, 1 and 2 degrees of freedom.
    Raises ValueError on anything but 0 and 1, and as `kupiec_pof`. Source: Christoffersen 1998.
    """
    series = binary_vector(exceeded, "exceeded")
    sizes = {"observations": len(series)}
    unconditional = kupiec_pof(int(series.sum()), len(series), coverage=coverage, level=level)
    method = "exception rate after an exception less that after none, Christoffersen's likelihood ratio"
    joint_method = f"exception rate against {1 - coverage:.4g} and independence, Christoffersen's likelihood ratio"
    if len(series) < 2 or not series[:-1].any() or series[:-1].all():
        what = "fewer than two periods" if len(series) < 2 else "no exception, or nothing but exceptions, to follow on"
        reason = f"Christoffersen test: there is {what}"
        answer = could_not_compute(reason, method=method, sizes=sizes)
        joint = could_not_compute(reason, method=joint_method, sizes=sizes)
        return {"unconditional": unconditional, "independence": answer, "conditional": joint}
    before, after = series[:-1], series[1:]
    followed, others = int(before.sum()), int((~before).sum())
    twice, single = int((before & after).sum()), int((~before & after).sum())
    pooled = (twice + single) / len(after)
    alternative = _log_chance(twice, followed, twice / followed) + _log_chance(single, others, single / others)
    statistic = max(0.0, 2 * (alternative - _log_chance(twice + single, len(after), pooled)))
    joint_statistic = unconditional.statistic + statistic
    detail = {"after_exception": twice / followed, "after_none": single / others, "clustered": twice}
    return {
        "unconditional": unconditional,
        "independence": Estimate(
            value=twice / followed - single / others,
            statistic=statistic,
            p_value=float(special.chdtrc(1, statistic)),
            sizes=sizes,
            method=method,
            detail=detail,
        ),
        "conditional": Estimate(
            value=unconditional.value,
            low=unconditional.low,
            high=unconditional.high,
            level=level,
            statistic=joint_statistic,
            p_value=float(special.chdtrc(2, joint_statistic)),
            sizes=sizes,
            method=joint_method,
            detail=detail,
        ),
    }


def _log_chance(events: float, trials: float, chance: float) -> float:
    """Log-likelihood of a share, 0 ln 0 being 0."""
    return float(special.xlogy(events, chance) + special.xlog1py(trials - events, -chance))


def _require_whole(count: float, name: str) -> None:
    if not math.isfinite(count) or count < 0 or count != np.floor(count):
        raise ValueError(f"{name} must be a whole count of at least 0, not {count}")
