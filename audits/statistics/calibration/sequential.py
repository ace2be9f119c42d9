"""Is a model still calibrated? Answered after every outcome, with one false-alarm rate for all time (Ville 1939).

Each monitor is a mixture e-process: for every possible start k of the miscalibration a gambler enters the game with the
share 1/(k(k + 1)) of a unit of money and stakes it from then on; what they hold together is a martingale while the
model is calibrated, so that it reaches 1/α with probability at most α, ever.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from audits.statistics.arrays import binary_vector, open_share, probability_vector
from audits.statistics.control import EProcess

MEMORIES = (100.0, 1000.0, math.inf)
TILTS = (-1.0, -0.5, -0.25, 0.25, 0.5, 1.0)
UNIFORM, UNCHANGED = "uniform", "unchanged"
LARGEST_LOG = math.log(np.finfo(float).max)


def pit_e_process(
    pit: Sequence[float],
    *,
    against: str = UNIFORM,
    rng: np.random.Generator | None = None,
    cells: int = 10,
    memories: Sequence[float] = MEMORIES,
    significance: float = 0.05,
) -> EProcess:
    """Anytime-valid test of probability integral transforms: PIT = F(outcome) of the predicted distribution F.

    pit: values in [0, 1] in order of time, shape (n,). With `against="uniform"` the null is calibration: independent
    uniform values. With "unchanged" it is that their distribution stays what it was, calibrated or not: each is
    replaced by its rank among those before, ties broken by `rng` (needed then). The bets are histogram densities over
    `cells` cells of the past values, learned over each of `memories` (values; older ones fade) and averaged. Raises
    ValueError for values outside [0, 1], another null, fewer than 2 cells, a memory below 1, no `rng` where it is
    needed, or a significance outside (0, 1).
    Source: Farran 2026 (arXiv 2603.13156); conformal ranks Vovk, Gammerman & Shafer 2005; Dawid 1984 for the PIT.
    """
    values = probability_vector(pit, "pit")
    if against not in (UNIFORM, UNCHANGED):
        raise ValueError(f'against must be "{UNIFORM}" or "{UNCHANGED}", not {against!r}')
    if cells < 2 or not memories or min(memories) < 1.0:
        raise ValueError("cells is at least 2, and every memory at least 1 value.")
    if against == UNCHANGED:
        if rng is None:
            raise ValueError("rng is needed to rank values against those before them")
        values = _conformal_ranks(values, rng)
    place = np.minimum((values * cells).astype(np.int64), cells - 1)
    factors = np.column_stack([_predicted_density(place, cells, memory) for memory in memories])
    null = "uniform PIT values" if against == UNIFORM else "PIT values whose distribution does not change"
    return _mixture(np.log(factors), significance, f"mixture e-process against {null}, {cells} cells")


def calibration_e_process(
    label: ArrayLike, probability: ArrayLike, *, tilts: Sequence[float] = TILTS, significance: float = 0.05
) -> EProcess:
    """Anytime-valid test that outcomes occur with their predicted probabilities, by likelihood ratios.

    label: 0 and 1, in order of time, shape (n,); probability: predicted chance of a 1, shape (n,). Each gambler bets on
    probabilities whose logit lies higher by one of `tilts`; more powerful for default models than the PIT of an outcome
    with two values. An outcome that was given probability 0 is infinite evidence, kept as the largest number. Raises
    ValueError on NaN, values out of range, lengths that differ, a tilt that is 0 or not finite, or a significance
    outside (0, 1). Source: Henzi & Ziegel 2022; Arnold, Henzi & Ziegel 2023; start mixture as Farran 2026.
    """
    probability = probability_vector(probability, "probability")
    label = binary_vector(label, "label", length=len(probability))
    if not len(tilts) or not all(math.isfinite(tilt) and tilt != 0.0 for tilt in tilts):
        raise ValueError("Every tilt is a finite number of logits other than 0.")
    inside = (probability > 0) & (probability < 1)
    logit = special.logit(np.where(inside, probability, 0.5))
    sign = np.where(label, 1.0, -1.0)
    logs = (
        special.log_expit(sign[:, None] * (logit[:, None] + np.asarray(tilts)))
        - special.log_expit(sign * logit)[:, None]
    )
    logs[~inside] = np.where(label == (probability == 1), 0.0, LARGEST_LOG)[~inside, None]
    method = "mixture e-process against outcomes that occur with their predicted probabilities, "
    return _mixture(logs, significance, f"{method}logits tilted by {', '.join(f'{tilt:g}' for tilt in tilts)}")


def binary_pit(label: ArrayLike, probability: ArrayLike, *, rng: np.random.Generator) -> np.ndarray:
    """Randomised PIT of outcomes with two values: uniform on [0, 1 - p] for a 0 and on [1 - p, 1] for a 1, shape (n,).

    label: 0 and 1, probability: predicted chance of a 1, both shape (n,). Uniform when the model is calibrated. Raises
    ValueError on NaN, values out of range or lengths that differ. Source: Czado, Gneiting & Held 2009.
    """
    probability = probability_vector(probability, "probability")
    label = binary_vector(label, "label", length=len(probability))
    drawn = rng.random(len(probability))
    return np.where(label, 1 - probability + drawn * probability, drawn * (1 - probability))


def _conformal_ranks(values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Rank of each value among itself and those before, as a share, ties broken at random: uniform if exchangeable."""
    distinct, place = np.unique(values, return_inverse=True)
    below = np.zeros(len(distinct) + 1, dtype=np.int64)  # a Fenwick tree of the values seen so far
    seen = np.zeros(len(distinct), dtype=np.int64)
    ranks = np.empty(len(values))
    for time, at in enumerate(place.tolist()):
        smaller, node = 0, at
        while node > 0:
            smaller += below[node]
            node -= node & -node
        ranks[time] = (smaller + rng.random() * (seen[at] + 1)) / (time + 1)
        seen[at] += 1
        node = at + 1
        while node <= len(distinct):
            below[node] += 1
            node += node & -node
    return np.minimum(ranks, 1.0)


def _predicted_density(place: np.ndarray, cells: int, memory: float) -> np.ndarray:
    """Density that the histogram of the values before gives to the cell each value falls in, shape (n,)."""
    kept = 1.0 if math.isinf(memory) else 1.0 - 1.0 / memory
    faded, lost = [0.0] * cells, 0.0
    densities = np.empty(len(place))
    weight = 1.0  # of the newest value; scaling it up instead of all others down keeps a step constant in cost
    for time, at in enumerate(place.tolist()):
        densities[time] = cells * (1.0 + faded[at] / weight) / (cells + lost / weight)
        weight /= kept
        faded[at] += weight
        lost += weight
        if weight > 1e200:
            faded, lost, weight = [count / weight for count in faded], lost / weight, 1.0
    return densities


def _mixture(logs: np.ndarray, significance: float, method: str) -> EProcess:
    """Wealth of all gamblers after each observation from the logarithms of their factors, shape (n, gamblers)."""
    open_share(significance, "significance")
    times = np.arange(1, len(logs) + 1)[:, None]
    sums = np.cumsum(logs, axis=0)
    before = np.vstack((np.zeros((1, logs.shape[1])), sums[:-1])) if len(logs) else sums
    # The gambler who starts at k holds exp(sum of the logs from k on) of what he brought.
    held = sums + np.logaddexp.accumulate(-np.log(times * (times + 1.0)) - before, axis=0)
    # Those whose time has not come hold 1/(time + 1) together.
    together = np.logaddexp.reduce(held, axis=1) - math.log(logs.shape[1])
    wealth = np.minimum(np.logaddexp(together, -np.log(times[:, 0] + 1.0)), LARGEST_LOG)
    reached = np.flatnonzero(wealth >= -math.log(significance))
    return EProcess(
        wealth=tuple(np.exp(wealth).tolist()),
        alarm_at=int(reached[0]) + 1 if len(reached) else None,
        p_value=math.exp(-max(0.0, float(wealth.max()))) if len(wealth) else 1.0,
        significance=significance,
        method=method,
    )
