"""What became of a number between two independent samples, from the two estimates and their intervals alone.

The interval of a sum of two parameters is recovered from the intervals of each ("MOVER"; Zou & Donner 2008, after
Newcombe 1998), which keeps the asymmetry of intervals that are not normal.
"""

import math

from audits.statistics.estimates import Estimate, could_not_compute


def difference(reference: Estimate, current: Estimate) -> Estimate:
    """current - reference, in the unit of both; negative when the number fell. Interval by MOVER."""
    method = f"difference of two independent estimates ({current.method}), MOVER interval"
    sizes = _sizes(reference, current)
    if reason := _missing(reference, current):
        return could_not_compute(reason, method=method, sizes=sizes)
    change = current.value - reference.value
    low, high = _mover(reference, current) if _have_intervals(reference, current) else (None, None)
    detail = {"reference": reference.value, "current": current.value}
    return Estimate(value=change, low=low, high=high, level=current.level, sizes=sizes, method=method, detail=detail)


def ratio(reference: Estimate, current: Estimate) -> Estimate:
    """current / reference of two positive numbers; above 1 when the number rose. Interval by MOVER on logarithms."""
    method = f"ratio of two independent estimates ({current.method}), MOVER interval on the log scale"
    sizes = _sizes(reference, current)
    if reason := _missing(reference, current):
        return could_not_compute(reason, method=method, sizes=sizes)
    if reference.value <= 0 or current.value <= 0:
        return could_not_compute("a ratio needs two numbers above 0", method=method, sizes=sizes)
    detail = {"reference": reference.value, "current": current.value}
    low = high = None
    if _have_intervals(reference, current) and reference.low > 0 and current.low > 0:
        low, high = (math.exp(end) for end in _mover(_logged(reference), _logged(current)))
    value = current.value / reference.value
    return Estimate(value=value, low=low, high=high, level=current.level, sizes=sizes, method=method, detail=detail)


def distance_from(estimate: Estimate, ideal: float) -> Estimate:
    """|value - ideal|, for numbers that are bad on either side of their ideal; the interval folded at the ideal."""
    method = f"distance from {ideal:g} of: {estimate.method}"
    if estimate.value is None:
        return could_not_compute(estimate.reason, method=method, sizes=estimate.sizes)
    low = high = None
    if estimate.low is not None and estimate.high is not None:
        ends = (abs(estimate.low - ideal), abs(estimate.high - ideal))
        low = 0.0 if estimate.low <= ideal <= estimate.high else min(ends)
        high = max(ends)
    return Estimate(
        value=abs(estimate.value - ideal),
        low=low,
        high=high,
        level=estimate.level,
        p_value=estimate.p_value,
        sizes=estimate.sizes,
        method=method,
        detail={"signed": estimate.value - ideal},
    )


def _mover(reference: Estimate, current: Estimate) -> tuple[float, float]:
    change = current.value - reference.value
    below = math.hypot(current.value - current.low, reference.high - reference.value)
    above = math.hypot(current.high - current.value, reference.value - reference.low)
    return change - below, change + above


def _logged(estimate: Estimate) -> Estimate:
    return Estimate(value=math.log(estimate.value), low=math.log(estimate.low), high=math.log(estimate.high))


def _have_intervals(*estimates: Estimate) -> bool:
    return all(estimate.low is not None and estimate.high is not None for estimate in estimates)


def _missing(reference: Estimate, current: Estimate) -> str:
    for side, estimate in (("the reference", reference), ("the window", current)):
        if estimate.value is None:
            return f"on {side}: {estimate.reason}"
    return ""


def _sizes(reference: Estimate, current: Estimate) -> dict[str, int]:
    sides = (("reference", reference), ("current", current))
    return {f"{side} {name}": size for side, estimate in sides for name, size in estimate.sizes.items()}
