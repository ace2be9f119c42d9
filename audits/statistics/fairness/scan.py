"""The intersectional scan: every combination of attributes, without being fooled by the worst of many small groups."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from audits.statistics.estimates import Estimate, could_not_compute
from audits.statistics.fairness.cells import count_groups, too_small
from audits.statistics.fairness.gaps import MINIMUM_SIZE
from audits.statistics.shares import wilson

NEGLIGIBLE_SHARE = (
    0.02  # Uniform Guidelines 4(D), question 16: groups below 2 % of the rows need no ratio of their own.
)


@dataclass(frozen=True, kw_only=True)
class IntersectionalScan:
    """What the scan found.

    groups         selection rate of each group with a Wilson interval; the reason instead for one that is too small.
                   `detail` holds its share of the rows, whether that is below 2 %, and its rate shrunk towards all
                   groups
    largest_gap    largest minus smallest rate; the p-value is the chance of so large a gap if decisions ignored the
    groups smallest_ratio smallest over largest rate, with the p-value and the ratio that chance alone gives on average
    """

    groups: dict[str, Estimate]
    largest_gap: Estimate
    smallest_ratio: Estimate


def intersectional_scan(
    cells: Any,
    attributes: str | Sequence[str],
    *,
    rng: np.random.Generator,
    favourable: int = 1,
    minimum_size: int = MINIMUM_SIZE,
    negligible_share: float = NEGLIGIBLE_SHARE,
    permutations: int = 1000,
    level: float = 0.95,
) -> IntersectionalScan:
    """Selection rates of all intersections of `attributes`, and their extremes against a permutation null.

    The worst of many groups looks bad by chance: among ten equal groups of 200 at a rate of 30 % the smallest ratio is
    0.72 on average. So the extremes are compared with those of decisions dealt out at random (a multivariate
    hypergeometric draw, which is the permutation of rows), and each rate is also given shrunk by empirical Bayes
    (beta-binomial, method of moments). Groups below `minimum_size` are named with the reason; groups below
    `negligible_share` of the rows are flagged and left out of the smallest ratio. Raises ValueError as `count_groups`.
    Source: Kearns et al. 2018; Foulds et al. 2020; Uniform Guidelines 1978; Morris 1983 (shrinkage).
    """
    counts = count_groups(cells, attributes, favourable=favourable)
    selected, rows = counts.selected
    reasons = too_small(counts.names, rows, max(1, minimum_size))
    kept = np.array([name not in reasons for name in counts.names], dtype=bool)
    counted = rows >= negligible_share * rows.sum()
    shrunk, prior = shrink_rates(selected[kept], rows[kept])
    place = np.cumsum(kept) - 1
    groups = {}
    for at, name in enumerate(counts.names):
        detail = {"share": float(rows[at] / rows.sum()), "negligible": not bool(counted[at])}
        method, sizes = "selection rate, Wilson interval", {name: round(rows[at])}
        if name in reasons:
            reason = f"selection rate of {name}: {reasons[name]}"
            groups[name] = could_not_compute(reason, method=method, sizes=sizes, **detail)
            continue
        low, high = wilson(selected[at], rows[at], level=level)
        detail |= {"shrunk": float(shrunk[place[at]]), "prior_rows": prior}
        groups[name] = Estimate(
            value=float(selected[at] / rows[at]),
            low=low,
            high=high,
            level=level,
            sizes=sizes,
            method=method,
            detail=detail,
        )
    drawn = permuted_rates(selected[kept], rows[kept], rng, permutations)
    names = [name for name in counts.names if name not in reasons]
    gap = _extreme("largest gap of selection rates", names, selected[kept], rows[kept], drawn, reasons, _gap)
    counting = counted[kept]
    ratio = _extreme(
        "smallest ratio of selection rates",
        [name for name, counts_too in zip(names, counting, strict=True) if counts_too],
        selected[kept][counting],
        rows[kept][counting],
        drawn[:, counting],
        reasons,
        _ratio,
    )
    return IntersectionalScan(groups=groups, largest_gap=gap, smallest_ratio=ratio)


def permuted_rates(selected: np.ndarray, rows: np.ndarray, rng: np.random.Generator, permutations: int) -> np.ndarray:
    """Rates when as many decisions are dealt out among the rows at random, shape (permutations, groups)."""
    if not len(rows):
        return np.zeros((permutations, 0))
    sizes = np.rint(rows).astype(np.int64)
    dealt = min(round(selected.sum()), int(sizes.sum()))
    return rng.multivariate_hypergeometric(sizes, dealt, size=permutations, method="marginals") / sizes


def shrink_rates(selected: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, float | None]:
    """Rates drawn towards the overall one by as much as their spread is chance, and the prior's weight in rows.

    The weight is None where the rates differ no more than chance makes them; all are then the overall rate.
    """
    if not len(rows):
        return np.zeros(0), None
    overall, rates = selected.sum() / rows.sum(), selected / rows
    chance = overall * (1 - overall)
    spread = float((rows * (rates - overall) ** 2).sum())
    spare = rows.sum() - (rows**2).sum() / rows.sum()
    between = (spread - (len(rows) - 1) * chance) / spare if spare > 0 else 0.0
    if between <= 0:
        return np.full(len(rows), overall), None
    prior = max(0.0, chance / between - 1)
    return (selected + prior * overall) / (rows + prior), float(prior)


def _gap(rates: np.ndarray) -> np.ndarray:
    return np.ptp(rates, axis=-1)


def _ratio(rates: np.ndarray) -> np.ndarray:
    """Smallest over largest rate; 1 where nobody is selected at all."""
    largest = rates.max(-1)
    return np.where(largest > 0, rates.min(-1) / np.where(largest > 0, largest, 1), 1.0)


def _extreme(method, names, selected, rows, drawn, reasons, measure) -> Estimate:
    """An extreme over groups with its permutation p-value: how often chance is as extreme (Phipson & Smyth 2010)."""
    sizes = {name: round(size) for name, size in zip(names, rows, strict=True)}
    detail = {"excluded": dict(reasons)}
    if len(names) < 2:
        reason = f"{method}: fewer than two groups are large enough to compare"
        return could_not_compute(reason, method=method, sizes=sizes, **detail)
    rates = selected / rows
    if selected.sum() <= 0:
        reason = f"{method}: nobody was selected"
        return could_not_compute(reason, method=method, sizes=sizes, **detail)
    value, chance = float(measure(rates)), measure(drawn)
    slack = 1e-12
    extreme = chance >= value - slack if measure is _gap else chance <= value + slack
    detail |= {
        "lowest": names[int(rates.argmin())],
        "highest": names[int(rates.argmax())],
        "expected_by_chance": float(chance.mean()),
        "groups": len(names),
    }
    return Estimate(
        value=value,
        p_value=float((extreme.sum() + 1) / (len(chance) + 1)),
        sizes=sizes,
        method=f"{method} among {len(names)} groups, {len(chance)} permutations of the decisions",
        detail=detail,
    )
