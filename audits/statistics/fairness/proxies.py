"""Does a feature, or the score, stand in for a protected attribute?

`group` holds each row's group, shape (n,), features are columns of length n by name (the score may be one of them):
numbers and times are cut into `bins` quantile groups, categories taken as they are, missing values are a level of their
own.
"""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from audits.statistics.control import holm
from audits.statistics.drift.divergences import noncentrality_interval
from audits.statistics.estimates import Estimate, could_not_compute
from audits.statistics.fairness.cells import group_codes, too_small
from audits.statistics.fairness.gaps import MINIMUM_SIZE
from audits.statistics.levels import Levels, levels
from audits.statistics.performance.discrimination import auc_with_variance, count_scores, newcombe_auc_interval
from audits.statistics.shares import normal_quantile


def proxy_detection(
    group: ArrayLike,
    features: Mapping[str, Any],
    *,
    rng: np.random.Generator,
    bins: int = 10,
    minimum_size: int = MINIMUM_SIZE,
    level: float = 0.95,
) -> dict[str, Estimate]:
    """How well each feature alone tells the groups apart: out-of-fold AUC, 0.5 when it tells nothing, 1 when all.

    The chance of each group is learned per level of the feature on one random half of the rows and ranks the other,
    both ways; the two AUCs are averaged, over more than two groups also those of each group against the rest (each in
    `detail["by_group"]`). Interval and one-sided p-value are normal, by DeLong's variances; `detail` holds Holm's
    adjustment over the features. The strongest proxy comes first. Groups below `minimum_size` take no part
    (`detail["excluded"]`). Raises ValueError for lengths that differ or fewer than 2 bins.
    Source: proxy language of Regulation B (12 CFR 1002, 2026); DeLong et al. 1988; Holm 1979.
    """
    names, place = group_codes({"group": np.asarray(group)}, "group")
    excluded = too_small(names, np.bincount(place, minlength=len(names)), max(4, minimum_size))
    kept = [at for at, name in enumerate(names) if name not in excluded]
    chosen = np.flatnonzero(np.isin(place, kept))
    codes = np.searchsorted(kept, place[chosen])
    method = "AUC of the group predicted from the feature alone, out of fold"
    sizes = {names[at]: int((place == at).sum()) for at in kept}
    first_half = _halves(codes, rng)
    answers = {}
    for name, column in features.items():
        found = _aligned(name, column, len(place), bins)
        if len(kept) < 2:
            reason = f"proxy {name}: fewer than two groups have at least {minimum_size} rows"
            answers[name] = could_not_compute(reason, method=method, sizes=sizes, excluded=excluded)
            continue
        areas = [
            _out_of_fold(codes == at, found.places[chosen], len(found.names), first_half) for at in range(len(kept))
        ]
        # Of two groups, the second's AUC is the first's over again; errors of several are at worst all of one sign.
        areas = areas[:1] if len(kept) == 2 else areas
        value, error = (float(np.mean([area[part] for area in areas])) for part in (0, 1))
        p_value = float(special.ndtr((0.5 - value) / error)) if error > 0 else float(value <= 0.5)
        by_group = {names[at]: area for at, (area, _) in zip(kept, areas, strict=False)}
        bounds = [value + side * normal_quantile(level) * error for side in (-1, 1)]
        if not error:  # DeLong knows no error where the groups are told apart perfectly, or not at all
            fewest = min(sizes.values())
            bounds = newcombe_auc_interval(value, fewest, len(chosen) - fewest, level=level)
        answers[name] = Estimate(
            value=value,
            low=max(0.0, bounds[0]),
            high=min(1.0, bounds[1]),
            level=level,
            p_value=p_value,
            sizes=sizes,
            method=f"{method}, {len(found.names)} levels, {'DeLong' if error else 'Newcombe 2006'} interval",
            detail={"by_group": by_group, "excluded": excluded},
        )
    adjusted = holm([answer.p_value for answer in answers.values()]).adjusted
    told = {
        name: answer if p_value is None else replace(answer, detail=dict(answer.detail) | {"adjusted_p_value": p_value})
        for (name, answer), p_value in zip(answers.items(), adjusted, strict=True)
    }
    return dict(sorted(told.items(), key=lambda item: -(item[1].value or 0.0)))


def conditional_mutual_information(
    group: ArrayLike, feature: Any, given: Any | None = None, *, bins: int = 10, level: float = 0.95
) -> Estimate:
    """What the feature says about the group beyond what `given` says: Σ p(x,g,z) log₂ p(x,g|z)/(p(x|z)p(g|z)), in bits.

    `given` is one column, such as the outcome or a legitimate factor; without it, the plain mutual information. The
    value is less what independence alone gives on average (degrees of freedom / 2n ln 2, never below 0);
    `detail["plain"]` is before that, `detail["share"]` the value as a part of the group's own entropy given `given`.
    The p-value is the G test of conditional independence; the interval inverts its noncentral chi-square. Raises
    ValueError for lengths that differ or fewer than 2 bins.
    Source: Cover & Thomas 2006; Miller 1955 (bias); Wilks 1938 (G).
    """
    names, place = group_codes({"group": np.asarray(group)}, "group")
    sides = [_aligned("the feature", feature, len(place), bins)]
    sides += [] if given is None else [_aligned("given", given, len(place), bins)]
    condition = sides[1] if given is not None else Levels(("all",), np.zeros(len(place), dtype=np.int64))
    shape = (len(condition.names), len(sides[0].names), len(names))
    method = "mutual information of group and feature in bits" + (
        ", given the other column" if given is not None else ""
    )
    method += ", less its expectation under independence"
    sizes = {"rows": len(place)}
    if not len(place):
        return could_not_compute("mutual information: there are no rows", method=method, sizes=sizes)
    cells = np.ravel_multi_index((condition.places, sides[0].places, place), shape)
    table = np.bincount(cells, minlength=math.prod(shape)).reshape(shape).astype(float)
    of_feature, of_group, of_stratum = table.sum(2), table.sum(1), table.sum((1, 2))
    expected = of_feature[:, :, None] * of_group[:, None, :] / np.maximum(of_stratum, 1)[:, None, None]
    statistic = max(0.0, float(2 * special.rel_entr(table, expected).sum()))
    freedom = int((((of_feature > 0).sum(1) - 1).clip(0) * ((of_group > 0).sum(1) - 1).clip(0)).sum())
    if not freedom:
        reason = "mutual information: group or feature never varies (within the levels of the other column)"
        return could_not_compute(reason, method=method, sizes=sizes)
    unit = 2 * len(place) * math.log(2)
    low, high = noncentrality_interval(statistic, freedom, level)
    entropy = float(-special.xlogy(of_group, of_group / np.maximum(of_stratum, 1)[:, None]).sum() * 2 / unit)
    value = max(0.0, (statistic - freedom) / unit)
    return Estimate(
        value=value,
        low=min(value, low / unit),
        high=max(value, high / unit),
        level=level,
        statistic=statistic,
        p_value=float(special.chdtrc(freedom, statistic)),
        sizes=sizes,
        method=f"{method}; G test with {freedom} degrees of freedom",
        detail={"plain": statistic / unit, "share": value / entropy, "degrees_of_freedom": freedom},
    )


def _aligned(name: str, column, length: int, bins: int) -> Levels:
    found = levels(column, bins=bins)
    if len(found.places) != length:
        raise ValueError(f"{name} has {len(found.places)} rows; {length} were expected, as in group")
    return found


def _halves(codes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Which rows are in the first of two random halves, of every group about as many in both."""
    shuffled = rng.permutation(len(codes))
    ordered = shuffled[np.argsort(codes[shuffled], kind="stable")]
    half = np.zeros(len(codes), dtype=bool)
    half[ordered[::2]] = True
    return half


def _out_of_fold(member: np.ndarray, place: np.ndarray, count: int, first_half: np.ndarray) -> tuple[float, float]:
    """AUC of membership by its rate per level in the other half of the rows, and its standard error."""
    found = []
    for scored in (first_half, ~first_half):
        learned = ~scored
        base = member[learned].mean()
        rows = np.bincount(place[learned], minlength=count)
        rate = (np.bincount(place[learned], member[learned], count) + base) / (rows + 1)
        found.append(auc_with_variance(count_scores(member[scored], rate[place[scored]])))
    variance = sum(variance or 0.0 for _, variance in found) / 4
    return float(np.mean([area for area, _ in found])), math.sqrt(variance)
