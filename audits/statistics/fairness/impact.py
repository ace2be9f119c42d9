"""Impact ratio: each group's selection rate over that of a reference group."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from audits.statistics.arrays import open_share
from audits.statistics.estimates import Estimate, could_not_compute
from audits.statistics.fairness.cells import GroupCounts, count_groups, too_small
from audits.statistics.fairness.gaps import MINIMUM_SIZE
from audits.statistics.shares import katz_ratio, newcombe_difference, newcombe_ratio, two_share_test

LARGEST, BEST = "largest", "best"
FOUR_FIFTHS = 0.8


def impact_ratio(
    cells: Any,
    attributes: str | Sequence[str],
    *,
    reference: str = LARGEST,
    favourable: int = 1,
    interval: str = "katz",
    practical: float = FOUR_FIFTHS,
    significance: float = 0.05,
    minimum_size: int = MINIMUM_SIZE,
    level: float = 0.95,
) -> dict[str, Estimate]:
    """Selection rate of every group over that of the reference group; 1 is parity, four-fifths the customary floor.

    `reference` is "largest" (most rows), "best" (highest selection rate) or a group's name. `interval` is "katz" (log)
    or "newcombe" (Wilson limits joined, also used by itself where nobody was selected or everyone was). The p-value is
    Fisher's exact where an expected cell is below 5, a pooled z-test otherwise. `detail["finding"]` tells "practical
    and statistical" (below `practical` and p below `significance`) from "practical only", "statistical only" and
    "none". `detail` also holds both rates, their difference with Newcombe's interval and the z in standard deviations.
    A group below `minimum_size` has the reason instead of a value. Raises ValueError for another interval or an unknown
    reference group, and as `count_groups`.
    Source: Uniform Guidelines 1978 (29 CFR 1607.4 D); Katz et al. 1978; Newcombe 1998; Donner & Zou 2012; Fisher 1922.
    """
    if interval not in ("katz", "newcombe"):
        raise ValueError(f'interval must be "katz" or "newcombe", not {interval!r}')
    open_share(significance, "significance")
    counts = count_groups(cells, attributes, favourable=favourable)
    names, (selected, rows) = counts.names, counts.selected
    reasons = too_small(names, rows, minimum_size)
    chosen = choose_reference(counts, reference, reasons)
    answers = {}
    for name, successes, total in zip(names, selected, rows, strict=True):
        method = f"selection rate over that of {'the reference group' if chosen is None else names[chosen]}"
        sizes = {name: round(total)}
        if name in reasons:
            answers[name] = could_not_compute(f"impact ratio of {name}: {reasons[name]}", method=method, sizes=sizes)
        elif len(names) - len(reasons) < 2 or chosen is None:
            reason = f"impact ratio of {name}: no other group is large enough to compare with"
            reason += "".join(f"; {other}: {why}" for other, why in reasons.items())
            answers[name] = could_not_compute(reason, method=method, sizes=sizes)
        elif name == names[chosen]:
            detail = {"reference": True, "rate": float(successes / total)}
            answers[name] = _of_the_reference(name, successes, sizes, method, level, detail)
        else:
            sizes[names[chosen]] = round(rows[chosen])
            numbers = (successes, total, selected[chosen], rows[chosen])
            answers[name] = _ratio(name, numbers, interval, practical, significance, method, sizes, level)
    return answers


def choose_reference(counts: GroupCounts, reference: str, reasons: dict[str, str]) -> int | None:
    """Place of the reference group among those large enough; None where there is none.

    Raises ValueError when `reference` names a group that does not occur.
    """
    able = [place for place, name in enumerate(counts.names) if name not in reasons]
    if reference == LARGEST:
        return max(able, key=lambda place: counts.rows[place], default=None)
    if reference == BEST:
        selected, rows = counts.selected
        return max(able, key=lambda place: selected[place] / rows[place], default=None)
    if reference not in counts.names:
        raise ValueError(f"the reference group {reference!r} does not occur; there are {', '.join(counts.names)}")
    place = counts.names.index(reference)
    return place if place in able else None


def _of_the_reference(name: str, successes: float, sizes, method, level, detail) -> Estimate:
    if successes <= 0:
        reason = f"impact ratio of {name}: nobody in the reference group was selected"
        return could_not_compute(reason, method=method, sizes=sizes, **detail)
    return Estimate(value=1.0, level=level, sizes=sizes, method=method, detail=detail)


def _ratio(name, numbers, interval, practical, significance, method, sizes, level) -> Estimate:
    successes, total, reference_successes, reference_total = (float(number) for number in numbers)
    rate, reference_rate = successes / total, reference_successes / reference_total
    statistic, p_value, test = two_share_test(successes, total, reference_successes, reference_total)
    difference_low, difference_high = newcombe_difference(*numbers, level=level)
    detail = {
        "rate": rate,
        "reference_rate": reference_rate,
        "difference": rate - reference_rate,
        "difference_low": float(difference_low),
        "difference_high": float(difference_high),
        "standard_deviations": _standard_deviations(successes, total, reference_successes, reference_total),
        "test": test,
    }
    if reference_successes <= 0:
        reason = f"impact ratio of {name}: nobody in the reference group was selected, so there is no rate to divide by"
        return could_not_compute(reason, method=method, sizes=sizes, p_value=p_value, **detail)
    certain = successes <= 0 or (successes >= total and reference_successes >= reference_total)
    if interval == "newcombe" or certain:
        low, high = newcombe_ratio(successes, total, reference_successes, reference_total, level=level)
        method += ", Newcombe hybrid score interval (MOVER)"
    else:
        low, high = katz_ratio(successes, total, reference_successes, reference_total, level=level)
        method += ", Katz log interval"
    ratio = rate / reference_rate
    detail["finding"] = _finding(ratio < practical, p_value < significance)
    return Estimate(
        value=ratio,
        low=low,
        high=high,
        level=level,
        statistic=statistic,
        p_value=p_value,
        sizes=sizes,
        method=f"{method}; {test}",
        detail=detail,
    )


def _finding(practical: bool, statistical: bool) -> str:
    if practical and statistical:
        return "practical and statistical"
    return "practical only" if practical else "statistical only" if statistical else "none"


def _standard_deviations(successes: float, total: float, reference_successes: float, reference_total: float) -> float:
    """Difference of the rates in pooled standard deviations (Hazelwood v. United States 1977); 0 where none vary."""
    pooled = (successes + reference_successes) / (total + reference_total)
    spread = np.sqrt(pooled * (1 - pooled) * (1 / total + 1 / reference_total))
    return float((successes / total - reference_successes / reference_total) / spread) if spread > 0 else 0.0
