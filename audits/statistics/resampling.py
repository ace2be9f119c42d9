"""Bootstrap intervals from a passed-in generator; of cells rather than rows wherever cells decide the statistic."""

import math
from collections.abc import Callable, Sequence

import numpy as np
from scipy import special

from audits.statistics.estimates import Estimate, could_not_compute

RESAMPLES = 999


def resample_cells(cells, *, rng: np.random.Generator, resamples: int = RESAMPLES) -> np.ndarray:
    """Multinomial draws of as many rows as `cells` holds, with the cells' shares.

    The same distribution as drawing the rows with replacement and counting them, at a cost that does not depend on the
    number of rows. cells: non-negative whole counts of any shape. Returns int64, shape (resamples, *shape of cells).
    Raises ValueError for other counts, for no rows, or for fewer than 1 resample. Source: Efron 1979.
    """
    counts = np.asarray(cells)
    if counts.size == 0 or np.any(counts < 0) or np.any(counts != np.floor(counts)) or counts.sum() <= 0:
        raise ValueError("Cells are non-negative whole counts with at least one row among them.")
    if resamples < 1:
        raise ValueError(f"At least 1 resample is needed, not {resamples}.")
    rows = int(counts.sum())
    flat = counts.reshape(-1)
    filled = flat > 0
    draws = np.zeros((resamples, counts.size), dtype=np.int64)
    draws[:, filled] = rng.multinomial(rows, flat[filled] / rows, size=resamples)
    return draws.reshape(resamples, *counts.shape)


def bootstrap_cells(
    statistic: Callable[..., np.ndarray],
    *tables,
    rng: np.random.Generator,
    resamples: int = RESAMPLES,
    level: float = 0.95,
    corrected: bool = True,
) -> Estimate:
    """A statistic of cell counts with its bootstrap interval, each table resampled by itself.

    statistic takes one array per table, with a leading axis of resamples, and returns one number per resample, shape
    (resamples,). With `corrected` the interval is bias-corrected and accelerated (BCa), the acceleration coming from
    leaving out one row of every filled cell; otherwise it is the percentile interval. Replicates that are not finite
    are counted in `detail["undefined"]` and take no part. Raises as `resample_cells`; ValueError for a level outside
    (0, 1). Source: Efron 1987; jackknife of grouped rows Efron & Tibshirani 1993.
    """
    counts = [np.asarray(table) for table in tables]
    sizes = {f"table {place}": int(table.sum()) for place, table in enumerate(counts, start=1)}
    value = float(np.asarray(statistic(*(table[None] for table in counts)))[0])
    replicates = np.asarray(statistic(*(resample_cells(table, rng=rng, resamples=resamples) for table in counts)))
    weights, left_out = _jackknife_cells(statistic, counts) if corrected else (None, None)
    return _interval(
        value, replicates, weights, left_out, sizes=sizes, what="multinomial bootstrap of cells", level=level
    )


def bootstrap_rows(
    statistic: Callable[..., float],
    *samples,
    rng: np.random.Generator,
    resamples: int = RESAMPLES,
    level: float = 0.95,
    corrected: bool = True,
    paired: bool = False,
) -> Estimate:
    """A statistic of rows with its bootstrap interval.

    statistic takes one array per sample and returns a number. samples: arrays of rows along the first axis, resampled
    independently, or with `paired` (equal lengths) together. Interval, undefined replicates and sources as
    `bootstrap_cells`; the jackknife leaves out one row at a time. Raises ValueError for an empty sample, unequal paired
    lengths, fewer than 1 resample or a level outside (0, 1).
    """
    arrays = [np.asarray(sample) for sample in samples]
    lengths = [len(array) for array in arrays]
    if not arrays or min(lengths) == 0 or resamples < 1:
        raise ValueError("A bootstrap needs at least one row in every sample and at least one resample.")
    if paired and len(set(lengths)) > 1:
        raise ValueError(f"Paired samples have equal lengths, not {lengths}.")
    replicates = np.empty(resamples)
    for place in range(resamples):
        if paired:
            chosen = [rng.integers(0, lengths[0], lengths[0])] * len(arrays)
        else:
            chosen = [rng.integers(0, length, length) for length in lengths]
        replicates[place] = statistic(*(array[rows] for array, rows in zip(arrays, chosen, strict=True)))
    sizes = {f"sample {place}": length for place, length in enumerate(lengths, start=1)}
    weights, left_out = _jackknife_rows(statistic, arrays, paired) if corrected else (None, None)
    what = f"bootstrap of {'paired ' if paired else ''}rows"
    return _interval(float(statistic(*arrays)), replicates, weights, left_out, sizes=sizes, what=what, level=level)


def percentile_interval(replicates, *, level: float = 0.95) -> tuple[float, float]:
    """The (1 ± level)/2 quantiles of the replicates, shape (resamples,). Source: Efron 1979."""
    low, high = np.quantile(np.asarray(replicates, dtype=float), _tails(level))
    return float(low), float(high)


def bca_interval(
    value: float, replicates, left_out, *, weights=None, level: float = 0.95
) -> tuple[float, float] | None:
    """The bias-corrected, accelerated interval; None where every replicate lies on one side of the value.

    replicates: shape (resamples,). left_out: the statistic with each row (or one row of each cell) left out, shape
    (k,), or a list of such arrays, one per sample; weights: how many rows each entry stands for, of the same shape.
    Source: Efron 1987; several samples Davison & Hinkley 1997, equation 5.24.
    """
    replicates = np.asarray(replicates, dtype=float)
    share_below = (np.mean(replicates < value) + np.mean(replicates <= value)) / 2.0
    if not 0.0 < share_below < 1.0:
        return None
    bias = float(special.ndtri(share_below))
    groups = left_out if isinstance(left_out, list) else [left_out]
    group_weights = weights if isinstance(weights, list) else [weights] * len(groups)
    acceleration = _acceleration(groups, group_weights)
    z = special.ndtri(np.array(_tails(level)))
    shifted = bias + z
    adjusted = special.ndtr(bias + shifted / (1.0 - acceleration * shifted))
    low, high = np.quantile(replicates, np.sort(adjusted))
    return float(low), float(high)


def _tails(level: float) -> tuple[float, float]:
    if not 0.0 < level < 1.0:
        raise ValueError(f"A confidence level lies between 0 and 1, not at {level}.")
    return (1.0 - level) / 2.0, (1.0 + level) / 2.0


def _acceleration(groups: Sequence[np.ndarray], weights: Sequence) -> float:
    cubes = squares = 0.0
    for entries, weight in zip(groups, weights, strict=True):
        entries = np.asarray(entries, dtype=float)
        weight = np.ones(len(entries)) if weight is None else np.asarray(weight, dtype=float)
        usable = np.isfinite(entries)
        entries, weight = entries[usable], weight[usable]
        rows = float(weight.sum())
        if rows < 2:
            continue
        influence = (rows - 1.0) * (np.average(entries, weights=weight) - entries)
        cubes += float(np.sum(weight * influence**3)) / rows**3
        squares += float(np.sum(weight * influence**2)) / rows**2
    scale = 6.0 * squares**1.5
    return cubes / scale if scale > 0.0 else 0.0


def _jackknife_cells(statistic, counts: list[np.ndarray]) -> tuple[list[np.ndarray], list[np.ndarray]]:
    weights, left_out = [], []
    for place, table in enumerate(counts):
        flat = table.reshape(-1)
        filled = np.flatnonzero(flat)
        fewer = np.repeat(flat[None], len(filled), axis=0)
        fewer[np.arange(len(filled)), filled] -= 1
        with np.errstate(divide="ignore", invalid="ignore"):
            others = [np.repeat(other[None], len(filled), axis=0) for other in counts]
            others[place] = fewer.reshape(len(filled), *table.shape)
            left_out.append(np.asarray(statistic(*others), dtype=float))
        weights.append(flat[filled])
    return weights, left_out


def _jackknife_rows(statistic, arrays: list[np.ndarray], paired: bool) -> tuple[list[None], list[np.ndarray]]:
    def without(row: int, place: int) -> float:
        kept = [
            np.delete(array, row, axis=0) if paired or place == other else array for other, array in enumerate(arrays)
        ]
        return float(statistic(*kept))

    places = range(1 if paired else len(arrays))
    left_out = [
        np.array([without(row, place) for row in range(len(arrays[place]))]) if len(arrays[place]) > 1 else np.zeros(1)
        for place in places
    ]
    return [None] * len(left_out), left_out


def _interval(value, replicates, weights, left_out, *, sizes, what: str, level: float) -> Estimate:
    finite = replicates[np.isfinite(replicates)].astype(float)
    undefined = len(replicates) - len(finite)
    detail = {"resamples": len(replicates), "undefined": undefined}
    method = f"{what}, {len(replicates)} resamples"
    if undefined:
        method += f", {undefined} of them undefined and left out"
    if not math.isfinite(value):
        return could_not_compute("The statistic is not defined on these data.", method=method, sizes=sizes, **detail)
    if len(finite) == 0:
        return Estimate(value=value, level=level, sizes=sizes, method=f"{method}: no interval", detail=detail)
    ends = None if left_out is None else bca_interval(value, finite, left_out, weights=weights, level=level)
    kind = "BCa" if ends is not None else "percentile"
    low, high = ends if ends is not None else percentile_interval(finite, level=level)
    return Estimate(
        value=value, low=low, high=high, level=level, sizes=sizes, method=f"{method}, {kind} interval", detail=detail
    )
