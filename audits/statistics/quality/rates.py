"""The rate of a fault, and how it differs from the reference's."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy import special

from audits.statistics.estimates import Estimate, could_not_compute
from audits.statistics.shares import newcombe_difference, two_share_test, wilson


@dataclass(frozen=True, kw_only=True)
class Tally:
    """How many of `rows` show the fault: at least `events`, and at most `possible` where counts leave it open."""

    events: int
    rows: int
    possible: int | None = None

    @property
    def most(self) -> int:
        return self.events if self.possible is None else self.possible


def rate_estimate(
    reference: Tally | None,
    current: Tally,
    *,
    what: str,
    increase: bool,
    tolerances: Sequence[float],
    level: float,
    **detail,
) -> Estimate:
    """The current rate with its Wilson interval, or with `increase` its difference from the reference's rate.

    With a reference, `p_value` is that of equal rates and `detail` carries the reference's rate and the difference with
    its Newcombe interval. `detail["tolerance"]` is the exact binomial p-value of "the true rate is at most t", for an
    increase the normal one of "the true increase is at most t".
    """
    sizes = {"current": current.rows} if reference is None else {"reference": reference.rows, "current": current.rows}
    if increase and reference is None:
        raise ValueError("An increase needs a reference to increase from.")
    for side, rows in sizes.items():
        if rows == 0:
            return could_not_compute(
                f"The {side} side has no rows to take a rate of.", method=what, sizes=sizes, **detail
            )
    low, high = _wilson(current, level)
    rate = current.events / current.rows
    facts = {**detail, "events": current.events, "rate": {"value": rate, "low": low, "high": high}}
    method = f"{what}, Wilson interval"
    if current.most > current.events:
        facts["possible_events"] = current.most
        method += f"; the grid proves {current.events} and allows up to {current.most}, which the interval includes"
    statistic = p_value = None
    if reference is not None:
        reference_low, reference_high = _wilson(reference, level)
        facts["reference_rate"] = {
            "value": reference.events / reference.rows, "low": reference_low, "high": reference_high,
        }  # fmt: skip
        pairs = (current.events, current.rows, reference.events, reference.rows)
        difference_low, difference_high = newcombe_difference(*pairs, level=level)
        difference = rate - reference.events / reference.rows
        facts["difference"] = {"value": difference, "low": difference_low, "high": difference_high}
        statistic, p_value, test = two_share_test(*pairs)
        method += f"; against the reference by Newcombe's interval and the {test}"
    value = rate
    if increase:
        value, low, high = difference, difference_low, difference_high
        facts["tolerance"] = {f"{t:g}": _increase_tail(current, reference, t) for t in tolerances}
    else:
        facts["tolerance"] = {f"{t:g}": _binomial_tail(current, t) for t in tolerances}
    return Estimate(
        value=value,
        low=low,
        high=high,
        level=level,
        statistic=statistic,
        p_value=p_value,
        sizes=sizes,
        method=method,
        detail=facts,
    )


def _wilson(tally: Tally, level: float) -> tuple[float, float]:
    return wilson(tally.events, tally.rows, level=level)[0], wilson(tally.most, tally.rows, level=level)[1]


def _binomial_tail(tally: Tally, tolerance: float) -> float:
    """P(at least as many events) when each row shows the fault with probability `tolerance`."""
    if not 0.0 <= tolerance <= 1.0:
        raise ValueError(f"A tolerated rate lies between 0 and 1, not at {tolerance}.")
    if tally.events == 0:
        return 1.0
    return float(special.betainc(tally.events, tally.rows - tally.events + 1, tolerance))


def _increase_tail(current: Tally, reference: Tally, tolerance: float) -> float:
    """One-sided normal p-value with one success and one failure added to each side (Agresti & Caffo 2000)."""
    rates = [(tally.events + 1) / (tally.rows + 2) for tally in (current, reference)]
    error = math.sqrt(
        sum(rate * (1 - rate) / (tally.rows + 2) for rate, tally in zip(rates, (current, reference), strict=True))
    )
    return float(special.ndtr(-(rates[0] - rates[1] - tolerance) / error))
