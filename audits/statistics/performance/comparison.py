"""Champion and challenger on the same rows: is the difference more than chance?

All functions raise ValueError on NaN, infinity, other labels or lengths that differ.
"""

import math

import numpy as np
import scipy
from numpy.typing import ArrayLike
from scipy import special

from audits.statistics.arrays import binary_vector, finite_vector, open_share
from audits.statistics.estimates import Estimate, could_not_compute
from audits.statistics.performance.discrimination import count_scores
from audits.statistics.shares import normal_estimate, share_estimate


def delong_test(
    label: ArrayLike, champion_score: ArrayLike, challenger_score: ArrayLike, *, level: float = 0.95
) -> Estimate:
    """AUC of challenger minus AUC of champion on the same rows, two-sided paired test.

    All arrays have shape (n,). Source: DeLong, DeLong & Clarke-Pearson 1988; Sun & Xu 2014 for the n log n placements.
    """
    method = "challenger AUC minus champion AUC, paired DeLong test"
    positive = binary_vector(label, "label")
    champion_score = finite_vector(champion_score, "champion_score", length=len(positive))
    challenger_score = finite_vector(challenger_score, "challenger_score", length=len(positive))
    sizes = {"positives": int(positive.sum()), "negatives": int((~positive).sum())}
    if min(sizes.values()) < 2:
        reason = "DeLong test: needs at least two positive and two negative outcomes"
        return could_not_compute(reason, method=method, sizes=sizes)
    champion, challenger = _placements(positive, champion_score), _placements(positive, challenger_score)
    of_positives, of_negatives = challenger[positive] - champion[positive], challenger[~positive] - champion[~positive]
    difference = float(of_positives.mean())
    variance = of_positives.var(ddof=1) / len(of_positives) + of_negatives.var(ddof=1) / len(of_negatives)
    detail = {
        "champion_auc": float(champion[positive].mean()),
        "challenger_auc": float(challenger[positive].mean()),
    }
    if variance <= 1e-24:
        return _without_variance(difference, method, sizes, level, detail, "the two scores rank every row alike")
    spread = math.sqrt(variance)
    z = difference / spread
    return normal_estimate(
        difference,
        spread,
        method=method,
        sizes=sizes,
        level=level,
        bounds=(-1.0, 1.0),
        statistic=z,
        p_value=float(2 * special.ndtr(-abs(z))),
        detail=detail | {"standard_error": spread},
    )


def mcnemar_test(
    label: ArrayLike, champion_prediction: ArrayLike, challenger_prediction: ArrayLike, *, level: float = 0.95
) -> Estimate:
    """Accuracy of challenger minus accuracy of champion on the same rows, tested on the rows where just one is right.

    Exact binomial p-value with fewer than 25 such rows, continuity-corrected chi-square otherwise; the interval is that
    of Agresti & Min 2005 (half a row added to each cell). All arrays hold 0 and 1, shape (n,). Source: McNemar 1947.
    """
    label = binary_vector(label, "label")
    champion = binary_vector(champion_prediction, "champion_prediction", length=len(label)) == label
    challenger = binary_vector(challenger_prediction, "challenger_prediction", length=len(label)) == label
    gained, lost = int((challenger & ~champion).sum()), int((champion & ~challenger).sum())
    rows, discordant = len(label), gained + lost
    method, sizes = "challenger accuracy minus champion accuracy, McNemar test", {"rows": rows}
    detail = {"only_challenger_right": gained, "only_champion_right": lost}
    if not rows:
        return could_not_compute("McNemar test: there are no rows", method=method, sizes=sizes)
    if discordant < 25:
        statistic = None
        p_value = float(scipy.stats.binomtest(gained, discordant, 0.5).pvalue) if discordant else 1.0
        method += ", exact"
    else:
        statistic = max(0, abs(gained - lost) - 1) ** 2 / discordant
        p_value = float(special.chdtrc(1, statistic))
        method += ", chi-square with continuity correction"
    adjusted = (gained - lost) / (rows + 2)
    spread = math.sqrt((discordant + 1) - (gained - lost) ** 2 / (rows + 2)) / (rows + 2)
    interval = normal_estimate(adjusted, spread, method=method, sizes=sizes, level=level, bounds=(-1.0, 1.0))
    return Estimate(
        value=(gained - lost) / rows,
        low=interval.low,
        high=interval.high,
        level=level,
        statistic=statistic,
        p_value=p_value,
        sizes=sizes,
        method=f"{method}; Agresti-Min interval",
        detail=detail,
    )


def diebold_mariano_test(
    champion_loss: ArrayLike, challenger_loss: ArrayLike, *, horizon: int = 1, level: float = 0.95
) -> Estimate:
    """Mean loss of challenger minus mean loss of champion for two forecasts of one series, two-sided.

    Losses in time order, shape (n,), any unit; negative values favour the challenger. The long-run variance sums
    autocovariances up to lag `horizon` - 1 (Diebold & Mariano 1995), with the small-sample correction and t
    distribution of Harvey, Leybourne & Newbold 1997. Also raises ValueError when `horizon` is below 1.
    """
    if horizon < 1:
        raise ValueError(f"horizon must be at least 1, not {horizon}")
    champion_loss = finite_vector(champion_loss, "champion_loss")
    difference = finite_vector(challenger_loss, "challenger_loss", length=len(champion_loss)) - champion_loss
    rows = len(difference)
    method = (
        f"challenger loss minus champion loss, Diebold-Mariano test at horizon {horizon}, corrected for small samples"
    )
    sizes = {"periods": rows}
    if rows < max(3, 2 * horizon):
        reason = f"Diebold-Mariano test: {rows} periods are too few for horizon {horizon}"
        return could_not_compute(reason, method=method, sizes=sizes)
    mean = float(difference.mean())
    centred = difference - mean
    covariances = [float(centred[lag:] @ centred[: rows - lag]) / rows for lag in range(horizon)]
    variance = (covariances[0] + 2 * sum(covariances[1:])) / rows
    if covariances[0] <= 1e-30:
        return _without_variance(mean, method, sizes, level, {}, "the loss difference never varies")
    if variance <= 0:
        reason = "Diebold-Mariano test: the estimated long-run variance is not positive; use a shorter horizon"
        return could_not_compute(reason, method=method, sizes=sizes, mean_difference=mean)
    correction = math.sqrt((rows + 1 - 2 * horizon + horizon * (horizon - 1) / rows) / rows)
    spread = math.sqrt(variance) / correction
    half = float(scipy.stats.t.ppf(0.5 + open_share(level, "level") / 2, rows - 1)) * spread
    return Estimate(
        value=mean,
        low=mean - half,
        high=mean + half,
        level=level,
        statistic=mean / spread,
        p_value=float(2 * scipy.stats.t.sf(abs(mean / spread), rows - 1)),
        sizes=sizes,
        method=method,
    )


def swap_set(
    champion_decision: ArrayLike, challenger_decision: ArrayLike, label: ArrayLike | None = None, *, level: float = 0.95
) -> Estimate:
    """Share of rows that the challenger decides differently; `detail` counts who is swapped in and who out.

    With `label`, also the rate of 1s among the swapped in, the swapped out and those both accept. All arrays hold 0 and
    1, shape (n,). Source: our own definition, after the swap sets of scorecard practice.
    """
    champion = binary_vector(champion_decision, "champion_decision")
    challenger = binary_vector(challenger_decision, "challenger_decision", length=len(champion))
    method = "share of rows decided differently by the challenger"
    parts = {
        "swapped_in": challenger & ~champion,
        "swapped_out": champion & ~challenger,
        "accepted_by_both": champion & challenger,
    }
    detail = {name: int(rows.sum()) for name, rows in parts.items()}
    if label is not None:
        label = binary_vector(label, "label", length=len(champion))
        detail |= {f"{name}_rate": float(label[rows].mean()) for name, rows in parts.items() if rows.any()}
    return share_estimate(
        detail["swapped_in"] + detail["swapped_out"],
        len(champion),
        method=method,
        empty="swap set: there are no rows",
        level=level,
        **detail,
    )


def mean_moved(champion_output: ArrayLike, challenger_output: ArrayLike, *, level: float = 0.95) -> Estimate:
    """How far the challenger's mean output lies from the champion's on the same rows, as a share of the champion's.

    Arrays of shape (n,), any unit; 0.05 is five of a hundred more. Normal interval of the paired differences, the
    champion's mean taken as known. Source: our own definition.
    """
    champion = finite_vector(champion_output, "champion_output")
    difference = finite_vector(challenger_output, "challenger_output", length=len(champion)) - champion
    method, sizes = "change of the mean output on the same rows, as a share of the champion's", {"rows": len(champion)}
    if len(champion) < 2:
        return could_not_compute("mean output: needs at least two rows", method=method, sizes=sizes)
    mean = abs(float(champion.mean()))
    if mean <= 1e-12 * max(1.0, float(np.abs(champion).max())):
        return could_not_compute("mean output: the champion's is zero, so no share of it", method=method, sizes=sizes)
    moved, spread = float(difference.mean()) / mean, float(difference.std(ddof=1)) / math.sqrt(len(champion)) / mean
    half = float(special.ndtri(0.5 + open_share(level, "level") / 2)) * spread
    return Estimate(value=moved, low=moved - half, high=moved + half, level=level, sizes=sizes, method=method)


def _placements(positive: np.ndarray, score: np.ndarray) -> np.ndarray:
    """Per row: the share of the other outcome that it is ranked correctly against, ties half."""
    counts = count_scores(positive, score)
    below, above = counts.placements()
    place = np.searchsorted(counts.scores, score)
    return np.where(positive, below[place], above[place])


def _without_variance(value, method, sizes, level, detail, why) -> Estimate:
    """No difference at all is an answer; a difference without any spread cannot be tested."""
    if value == 0:
        return Estimate(
            value=0.0,
            low=0.0,
            high=0.0,
            level=level,
            p_value=1.0,
            sizes=sizes,
            method=method,
            detail=detail | {"note": why},
        )
    return could_not_compute(f"{why}, so there is no spread to test against", method=method, sizes=sizes, **detail)
