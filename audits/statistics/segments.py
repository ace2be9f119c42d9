"""Where does the model fail? A scan of all segments for those whose loss is higher than elsewhere."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import scipy
from numpy.typing import ArrayLike

from audits.statistics.arrays import finite_vector, open_share
from audits.statistics.control import benjamini_yekutieli
from audits.statistics.estimates import Estimate, could_not_compute
from audits.statistics.levels import Levels, levels

MOST_SHOWN = 20


@dataclass(frozen=True, kw_only=True)
class SegmentScan:
    """What the scan found.

    worst     mean loss inside the worst segment less the mean loss outside it: of the segments found, the one of the
              largest effect; where none is found, of all segments, with an interval that says so
    segments  the segments found, by their conditions in words, the largest effect first, at most 20
    found     how many were found; of them, in expectation at most the share `significance` is no worse than the rest
    tested    segments that were large enough to test
    """

    worst: Estimate
    segments: dict[str, Estimate]
    found: int
    tested: int


@dataclass(frozen=True, kw_only=True, eq=False)
class _Candidates:
    """Segments of one combination of features: names, rows, mean loss and sum of squared deviations inside each."""

    names: list[str]
    features: tuple[str, ...]
    rows: np.ndarray
    means: np.ndarray
    squares: np.ndarray


def worst_segments(
    loss: ArrayLike,
    features: Mapping[str, Any],
    *,
    depth: int = 2,
    bins: int = 4,
    minimum_size: int = 100,
    significance: float = 0.05,
) -> SegmentScan:
    """Segments whose mean loss is higher than that of all other rows, with the false discovery rate controlled.

    loss: one number per row (0/1 error, squared error, log loss), shape (n,), higher being worse. features: columns of
    length n by name; numbers and times are cut into `bins` quantile groups, missing values are a group of their own.
    Segments are the conjunctions of up to `depth` (1 or 2) features with at least `minimum_size` rows inside and
    outside. The p-value is one-sided, the larger of Welch's t-test and the test with one common variance, which is
    right where a segment happens to show no variation; Benjamini-Yekutieli over all segments tested, which overlap.
    `detail` holds the effect size √2·(difference)/√(variance inside + variance outside), None where neither side
    varies, both means and the adjusted p-value; intervals keep their coverage among the segments selected (false
    coverage rate). Unit: that of the loss. Raises ValueError on NaN or infinite losses, lengths that differ, no
    features, another depth, or a minimum size below 2.
    Source: Chung et al. 2019 (Slice Finder); Benjamini & Yekutieli 2001 and 2005.
    """
    loss = finite_vector(loss, "loss")
    open_share(significance, "significance")
    if depth not in (1, 2) or minimum_size < 2 or not features:
        raise ValueError("depth is 1 or 2, minimum_size at least 2, and at least one feature is needed.")
    sorted_in = {name: _levels(name, column, bins, len(loss)) for name, column in features.items()}
    centred = loss - loss.mean() if len(loss) else loss
    candidates = [
        kept
        for size in range(1, depth + 1)
        for chosen in combinations(sorted_in, size)
        if (kept := _large_enough(chosen, sorted_in, centred, minimum_size)) is not None
    ]
    tested = sum(len(kept.names) for kept in candidates)
    method = f"mean loss inside the segment less mean loss outside, {tested} segments of at most {depth} features"
    sizes = {"rows": len(loss)}
    if not tested:
        reason = f"no segment has at least {minimum_size} rows both inside and outside, so there is nothing to compare"
        return SegmentScan(worst=could_not_compute(reason, method=method, sizes=sizes), segments={}, found=0, tested=0)
    if np.ptp(loss) == 0:
        reason = "every row has the same loss, so no segment differs from another"
        return SegmentScan(
            worst=could_not_compute(reason, method=method, sizes=sizes), segments={}, found=0, tested=tested
        )
    return _judged(candidates, centred, float(loss.mean()), tested, significance, method)


def _levels(name: str, column, bins: int, length: int) -> Levels:
    found = levels(column, bins=bins)
    if len(found.places) != length:
        raise ValueError(f"feature {name} has {len(found.places)} rows; {length} were expected, as in loss")
    return found


def _large_enough(chosen, sorted_in: dict[str, Levels], loss: np.ndarray, minimum_size: int) -> _Candidates | None:
    parts = [sorted_in[name] for name in chosen]
    shape = [len(part.names) for part in parts]
    joint = np.ravel_multi_index([part.places for part in parts], shape)
    rows = np.bincount(joint, minlength=math.prod(shape))
    large = (rows >= minimum_size) & (len(loss) - rows >= minimum_size)
    cells = np.flatnonzero(large)
    at = np.unravel_index(cells, shape)
    if len(parts) == 2:
        # A pair that holds the same rows as one of its conditions alone is the same segment again.
        new = np.all([rows[cells] < part.rows[place] for part, place in zip(parts, at, strict=True)], axis=0)
        cells, at = cells[new], [place[new] for place in at]
    if not len(cells):
        return None
    means = np.bincount(joint, loss, math.prod(shape)) / np.maximum(rows, 1)
    squares = np.bincount(joint, (loss - means[joint]) ** 2, math.prod(shape))
    names = [
        " and ".join(f"{name}: {part.names[place]}" for name, part, place in zip(chosen, parts, where, strict=True))
        for where in zip(*at, strict=True)
    ]
    return _Candidates(
        names=names, features=tuple(chosen), rows=rows[cells], means=means[cells], squares=squares[cells]
    )


def _judged(
    candidates, loss: np.ndarray, level_of_loss: float, tested: int, significance: float, method: str
) -> SegmentScan:
    """`loss` is centred at its mean, `level_of_loss`."""
    names = [name for kept in candidates for name in kept.names]
    concerned = [kept.features for kept in candidates for _ in kept.names]
    rows, means, squares = (
        np.concatenate([getattr(kept, part) for kept in candidates]) for part in ("rows", "means", "squares")
    )
    others = len(loss) - rows
    other_means = -rows * means / others
    gap = means - other_means
    total = float(loss @ loss)
    other_squares = np.maximum(total - squares - rows * means**2 - others * other_means**2, 0.0)
    inside, outside = squares / (rows - 1), other_squares / (others - 1)
    welch = inside / rows + outside / others
    with np.errstate(divide="ignore", invalid="ignore"):
        freedom = welch**2 / ((inside / rows) ** 2 / (rows - 1) + (outside / others) ** 2 / (others - 1))
        freedom = np.where(np.isfinite(freedom), freedom, len(loss) - 2)
        effect = np.where(inside + outside > 0, math.sqrt(2) * gap / np.sqrt(inside + outside), np.sign(gap) * np.inf)
        unequal = scipy.stats.t.sf(np.where(welch > 0, gap / np.sqrt(welch), np.sign(gap) * np.inf), freedom)
    common = total / (len(loss) - 1) * (1 / rows + 1 / others)
    p_values = np.maximum(unequal, scipy.stats.norm.sf(gap / np.sqrt(common)))
    adjustment = benjamini_yekutieli(p_values.tolist(), significance=significance)
    rejected = np.array(adjustment.rejected, dtype=bool)
    # Benjamini & Yekutieli 2005, theorem 4: selected intervals keep their coverage under any dependence.
    allowed = max(1, int(rejected.sum())) * significance / (tested * float(np.sum(1.0 / np.arange(1, tested + 1))))
    half = scipy.stats.t.isf(allowed / 2, freedom) * np.sqrt(np.maximum(welch, common))

    def estimate(at: int) -> Estimate:
        return Estimate(
            value=float(gap[at]),
            low=float(gap[at] - half[at]),
            high=float(gap[at] + half[at]),
            level=1 - allowed,
            p_value=float(p_values[at]),
            sizes={"segment": int(rows[at]), "other rows": int(others[at])},
            method=f"{method}; {adjustment.method}; interval adjusted for having been selected",
            detail={
                "segment": names[at],
                "features": list(concerned[at]),
                "effect_size": float(effect[at]) if math.isfinite(effect[at]) else None,
                "mean_loss": float(means[at] + level_of_loss),
                "mean_loss_elsewhere": float(other_means[at] + level_of_loss),
                "adjusted_p_value": adjustment.adjusted[at],
                "found": bool(rejected[at]),
            },
        )

    ranked = sorted(range(tested), key=lambda at: (not rejected[at], -effect[at], names[at]))
    found = int(rejected.sum())
    return SegmentScan(
        worst=estimate(ranked[0]),
        segments={names[at]: estimate(at) for at in ranked[: min(found, MOST_SHOWN)]},
        found=found,
        tested=tested,
    )
