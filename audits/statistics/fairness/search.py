"""The search for a less discriminatory alternative: which candidates serve nearly as well and select more evenly?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from audits.statistics.arrays import binary_vector, finite_vector
from audits.statistics.estimates import Estimate
from audits.statistics.fairness.cells import group_codes, too_small
from audits.statistics.fairness.gaps import MINIMUM_SIZE
from audits.statistics.performance import auc


@dataclass(frozen=True, kw_only=True)
class Alternative:
    """One candidate at one share selected: how useful, how even, and whether anything tried beats it on both."""

    candidate: str
    selected_share: float
    threshold: float
    utility: float
    smallest_ratio: float
    rates: dict[str, float]
    on_front: bool


@dataclass(frozen=True, kw_only=True)
class AlternativeSearch:
    """Everything tried, in order (the search log), the front of what nothing else beats, and the groups left out.

    chosen  the most even alternative whose utility is at least the baseline's less `tolerance`; None when the baseline
    is
            already that
    """

    tried: tuple[Alternative, ...]
    baseline: Alternative
    chosen: Alternative | None
    discrimination: dict[str, Estimate]
    excluded: dict[str, str]

    @property
    def front(self) -> tuple[Alternative, ...]:
        return tuple(alternative for alternative in self.tried if alternative.on_front)


def less_discriminatory_search(
    label: ArrayLike,
    group: ArrayLike,
    candidates: Mapping[str, ArrayLike],
    *,
    baseline: str,
    selected_share: float,
    shares: Sequence[float] = (),
    favourable: int = 1,
    tolerance: float = 0.01,
    minimum_size: int = MINIMUM_SIZE,
) -> AlternativeSearch:
    """Compare candidate scores (other seeds, features, constraints) at given shares selected.

    `label` holds 0 and 1, shape (n,), `group` each row's group, `candidates` maps a name to scores, shape (n,), that
    rise with the chance of the `favourable` outcome; `baseline` names the model in use, which selects `selected_share`
    of the rows; `shares` are further shares to try. Utility is the share of decisions that come out right, evenness
    the smallest over the largest selection rate of the groups. A row on the threshold is selected. Raises ValueError
    on NaN, lengths that differ, an unknown baseline, a share outside (0, 1), or fewer than two groups of
    `minimum_size`. Source: Black et al. 2024; Gillis, Meursault & Ustun 2024.
    """
    outcome = binary_vector(label, "label") == favourable
    names, place = group_codes({"group": np.asarray(group)}, "group")
    if len(place) != len(outcome):
        raise ValueError(f"group has {len(place)} entries; {len(outcome)} were expected, as in label")
    if baseline not in candidates:
        raise ValueError(f"the baseline {baseline!r} is not among the candidates {', '.join(candidates)}")
    if not all(0 < share < 1 for share in (selected_share, *shares)):
        raise ValueError("selected_share and shares must lie strictly between 0 and 1")
    rows = np.bincount(place, minlength=len(names))
    excluded = too_small(names, rows, minimum_size)
    kept = [at for at, name in enumerate(names) if name not in excluded]
    if len(kept) < 2:
        raise ValueError(f"fewer than two groups have at least {minimum_size} rows, so there is nothing to compare")
    scores = {name: finite_vector(score, name, length=len(outcome)) for name, score in candidates.items()}
    measured = []
    for name, score in scores.items():
        for share in dict.fromkeys((selected_share, *shares)):
            threshold = float(np.quantile(score, 1 - share, method="higher"))
            decision = score >= threshold
            rates = np.bincount(place, decision, len(names))[kept] / rows[kept]
            measured.append((name, share, threshold, float((decision == outcome).mean()), rates))
    points = np.array([[utility, _evenness(rates)] for *_, utility, rates in measured])
    beaten = ((points[None] >= points[:, None]).all(2) & (points[None] > points[:, None]).any(2)).any(1)
    tried = tuple(
        Alternative(
            candidate=name,
            selected_share=float(share),
            threshold=threshold,
            utility=utility,
            smallest_ratio=_evenness(rates),
            rates={names[at]: float(rate) for at, rate in zip(kept, rates, strict=True)},
            on_front=not bool(lost),
        )
        for (name, share, threshold, utility, rates), lost in zip(measured, beaten, strict=True)
    )
    in_use = next(one for one in tried if one.candidate == baseline and one.selected_share == selected_share)
    able = [one for one in tried if one.utility >= in_use.utility - tolerance]
    best = max(able, key=lambda one: (one.smallest_ratio, one.utility))
    return AlternativeSearch(
        tried=tried,
        baseline=in_use,
        chosen=best if best.smallest_ratio > in_use.smallest_ratio else None,
        discrimination={name: auc(outcome, score) for name, score in scores.items()},
        excluded=excluded,
    )


def _evenness(rates: np.ndarray) -> float:
    """Smallest over largest selection rate; 0 where nobody is selected."""
    return float(rates.min() / rates.max()) if rates.max() > 0 else 0.0
