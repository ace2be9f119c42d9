"""The shape of every answer a statistic gives."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A measured number with its uncertainty, or the reason why there is none.

    value      the effect size; None when it could not be computed, and then `reason` says why
    low, high  the interval at confidence `level`; None where the method has none
    statistic  the test statistic behind `p_value`, where there is one
    sizes      rows or events on each side, by name: {"reference": 1000, "current": 300}
    method     what exactly was computed, with its parameters, in words a reader can re-perform
    detail     small extra facts (tables, counts, warnings), JSON-serialisable
    """

    value: float | None = None
    low: float | None = None
    high: float | None = None
    level: float = 0.95
    statistic: float | None = None
    p_value: float | None = None
    sizes: Mapping[str, int] = field(default_factory=lambda: NOTHING)
    method: str = ""
    reason: str = ""
    detail: Mapping[str, Any] = field(default_factory=lambda: NOTHING)

    def __post_init__(self):
        for name in ("value", "low", "high", "statistic", "p_value"):
            number = getattr(self, name)
            if number is not None and not math.isfinite(number):
                raise ValueError(f"Estimate.{name} is {number}; say with `reason` what could not be computed instead")
        if self.value is None and not self.reason:
            raise ValueError("An Estimate without a value needs a reason")


def could_not_compute(reason: str, *, method: str = "", sizes: Mapping[str, int] = NOTHING, **detail) -> Estimate:
    """The answer when there is no number: why, and what was there to compute from."""
    return Estimate(reason=reason, method=method, sizes=sizes, detail=detail)
