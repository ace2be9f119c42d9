"""Where group membership is not known: probabilities of it from surname and place (BISG), and what they allow to say.

No tables are shipped: the shares of groups per surname and per place come from the census of the caller's country.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from audits.statistics.arrays import binary_vector, finite_matrix, finite_vector
from audits.statistics.estimates import Estimate, could_not_compute
from audits.statistics.fairness.gaps import MINIMUM_SIZE
from audits.statistics.shares import percentile_interval

ASSUMPTION = (
    "decisions are assumed to depend on group membership only through what the probabilities rest on; where they do "
    "not, the gap between groups is biased, mostly towards none"
)


def surname_geocoding(
    surname_probability: ArrayLike, geography_probability: ArrayLike, group_share: ArrayLike
) -> np.ndarray:
    """Chance of each group given surname and place, ∝ P(group | surname)·P(group | place)/P(group), shape (n, k).

    The two tables have shape (n, k), one row per person: shares of the k groups among people of that surname and of
    that place; `group_share` are those of the whole population, shape (k,). Surname and place are assumed independent
    within each group. Raises ValueError on NaN, shapes that do not fit, negative shares, rows that do not sum to 1
    (within 0.001), a group without share in the population, or a person for whom no group is possible.
    Source: Elliott et al. 2009 (Bayesian Improved Surname Geocoding).
    """
    share = finite_vector(group_share, "group_share")
    tables = [
        finite_matrix(side, name, columns=len(share))
        for side, name in (
            (surname_probability, "surname_probability"),
            (geography_probability, "geography_probability"),
        )
    ]
    if len(tables[0]) != len(tables[1]):
        raise ValueError("surname_probability and geography_probability must hold the same people")
    if not len(share) or share.min() <= 0:
        raise ValueError("group_share must be above 0 for every group")
    _require_shares(tables[0], "surname_probability")
    _require_shares(tables[1], "geography_probability")
    _require_shares(share[None], "group_share")
    chance = tables[0] * tables[1] / share
    total = chance.sum(axis=1, keepdims=True)
    if (total <= 0).any():
        count = int((total <= 0).sum())
        raise ValueError(
            f"{count} people have a surname and a place that no group shares; use a broader table for them"
        )
    return chance / total


def proxy_impact_ratio(
    decision: ArrayLike,
    membership: ArrayLike,
    names: Sequence[str],
    *,
    rng: np.random.Generator,
    reference: str | None = None,
    favourable: int = 1,
    minimum_size: int = MINIMUM_SIZE,
    replicates: int = 500,
    level: float = 0.95,
) -> dict[str, dict[str, Estimate]]:
    """Selection "rate" of every group, and its "ratio" to the reference group's, with memberships known only by chance.

    `decision` holds 0 and 1, shape (n,), `membership` each person's chances, shape (n, k), rows summing to 1, `names`
    the k groups; `reference` one of them, by default the largest. A rate weighs every decision with the chance of
    membership. Intervals are percentiles over `replicates` in each of which the people are resampled and every
    membership is drawn anew, so that both uncertainties are carried through. `detail` holds the expected members, the
    `purity` (their mean chance of being members; 1 when known), and what is assumed. Groups with fewer expected members
    than `minimum_size` have the reason instead. Raises ValueError on shapes that do not fit, other values, or a
    reference that is no group.
    Source: Elliott et al. 2009; Chen et al. 2019 (the bias); Rubin 1987 (drawing memberships).
    """
    names = [str(name) for name in names]
    if favourable not in (0, 1) or replicates < 1:
        raise ValueError("favourable must be 0 or 1, and replicates at least 1")
    selected = binary_vector(decision, "decision") == favourable
    chance = finite_matrix(membership, "membership", columns=len(names))
    if len(chance) != len(selected):
        raise ValueError(f"membership has {len(chance)} rows; {len(selected)} were expected, as in decision")
    if reference is not None and reference not in names:
        raise ValueError(f"the reference group {reference!r} does not occur; there are {', '.join(names)}")
    _require_shares(chance, "membership")
    members = chance.sum(axis=0)
    rates = np.divide(selected @ chance, members, out=np.zeros(len(names)), where=members > 0)
    purity = np.divide((chance**2).sum(axis=0), members, out=np.zeros(len(names)), where=members > 0)
    base = int(members.argmax()) if reference is None else names.index(reference)
    drawn = _drawn_rates(selected, chance, rng, replicates)
    answers = {}
    for at, name in enumerate(names):
        detail = {"expected_members": float(members[at]), "purity": float(purity[at]), "assumes": ASSUMPTION}
        small = [names[one] for one in dict.fromkeys((at, base)) if members[one] < max(1, minimum_size)]
        sizes = {name: round(members[at])}
        rate = _estimate(
            rates[at], drawn[:, at], "selection rate weighted by chance of membership", sizes, level, detail
        )
        ratio_method = f"selection rate over that of {names[base]}, weighted by chance of membership"
        if small:
            reason = f"{name}: {', '.join(small)} has fewer than {minimum_size} expected members"
            if at != base and members[at] >= minimum_size:
                answers[name] = {"rate": rate}
            else:
                answers[name] = {"rate": could_not_compute(reason, method=rate.method, sizes=sizes, **detail)}
            answers[name]["ratio"] = could_not_compute(reason, method=ratio_method, sizes=sizes, **detail)
        elif rates[base] <= 0:
            reason = f"{name}: nobody in the reference group was selected, so there is no rate to divide by"
            answers[name] = {
                "rate": rate,
                "ratio": could_not_compute(reason, method=ratio_method, sizes=sizes, **detail),
            }
        else:
            others = np.divide(drawn[:, at], drawn[:, base], out=np.full(replicates, np.nan), where=drawn[:, base] > 0)
            pair = sizes | {names[base]: round(members[base])}
            ratio = _estimate(
                rates[at] / rates[base], others, ratio_method, pair, level, detail | {"reference": at == base}
            )
            answers[name] = {"rate": rate, "ratio": ratio}
    return answers


def _drawn_rates(selected: np.ndarray, chance: np.ndarray, rng: np.random.Generator, replicates: int) -> np.ndarray:
    """Rates of every group in each replicate, shape (replicates, k); NaN where a group drew no member."""
    people, groups = chance.shape
    rates = np.full((replicates, groups), np.nan)
    cumulative = np.cumsum(chance, axis=1)
    for at in range(replicates if people else 0):
        rows = rng.integers(0, people, people)
        above = rng.random(people)[:, None] > cumulative[rows]
        group = np.minimum(above.sum(axis=1), groups - 1)
        members = np.bincount(group, minlength=groups)
        np.divide(np.bincount(group, selected[rows], groups), members, out=rates[at], where=members > 0)
    return rates


def _estimate(value, drawn, method, sizes, level, detail) -> Estimate:
    usable = drawn[np.isfinite(drawn)]
    low = high = None
    if len(usable):
        low, high = percentile_interval(usable, float(value), level=level)
        method += f", percentiles of {len(usable)} draws of people and memberships"
    return Estimate(value=float(value), low=low, high=high, level=level, sizes=sizes, method=method, detail=detail)


def _require_shares(rows: np.ndarray, name: str) -> None:
    if rows.size and (rows.min() < 0 or np.abs(rows.sum(axis=1) - 1).max() > 1e-3):
        raise ValueError(f"{name} must hold shares of groups that are not negative and sum to 1")
