"""Would the same development have ended with the same model? Outputs of the model fitted again and again."""

import math
from collections.abc import Callable

import numpy as np
import scipy
from numpy.typing import ArrayLike

from audits.statistics.arrays import finite_vector, open_share
from audits.statistics.estimates import Estimate, could_not_compute
from audits.statistics.predictors import Predict, predicted, table

Refit = Callable[[np.random.Generator], ArrayLike]
Fit = Callable[[np.ndarray, np.ndarray, np.random.Generator], Predict]


def refit_variance(
    refit: Refit,
    *,
    rng: np.random.Generator,
    refits: int = 20,
    threshold: float | None = None,
    level: float = 0.95,
) -> Estimate:
    """√(mean over rows of the variance of their output across refits), in the unit of the output; 0 when all agree.

    `refit` takes a generator of its own, fits the model anew with it (another seed, or also resampled rows: see
    `bootstrap_refit`) and returns the outputs on the same rows every time, shape (n,). `detail` holds the largest
    deviation of a row and, with `threshold`, the share of rows that some refits put on one side of it and some on the
    other, and the mean chance that two refits decide a row differently. Interval by the jackknife over refits, with
    Student's quantile. Raises ValueError on outputs that are not finite or differ in number, or fewer than 3 refits.
    Source: Breiman 1996 (instability); Marx, Calmon & Ustun 2020 (ambiguity); Efron & Stein 1981 (jackknife).
    """
    open_share(level, "level")
    if refits < 3:
        raise ValueError(f"At least 3 refits are needed, not {refits}.")
    outputs: list[np.ndarray] = []
    for child in rng.spawn(refits):
        outputs.append(finite_vector(refit(child), "what refit returns", length=len(outputs[0]) if outputs else None))
    table_of_outputs = np.vstack(outputs)
    sizes = {"rows": table_of_outputs.shape[1], "refits": refits}
    method = f"root mean variance of the output over {refits} refits"
    if not sizes["rows"]:
        return could_not_compute("refit variance: refit returned no rows", method=method, sizes=sizes)
    variances = table_of_outputs.var(axis=0, ddof=1)
    value = _spread(table_of_outputs)
    left_out = np.array([_spread(np.delete(table_of_outputs, one, axis=0)) for one in range(refits)])
    error = math.sqrt((refits - 1) / refits * float(((left_out - left_out.mean()) ** 2).sum()))
    half = float(scipy.stats.t.ppf(0.5 + level / 2, refits - 1)) * error
    detail = {"largest_deviation": float(math.sqrt(variances.max())), "row": int(variances.argmax())}
    if threshold is not None:
        share = (table_of_outputs >= threshold).mean(axis=0)
        detail |= {
            "decided_both_ways": float(((share > 0) & (share < 1)).mean()),
            "chance_of_disagreement": float((2 * share * (1 - share)).mean() * refits / (refits - 1)),
        }
    return Estimate(
        value=value,
        low=max(0.0, value - half),
        high=value + half,
        level=level,
        sizes=sizes,
        method=f"{method}, jackknife interval over refits",
        detail=detail,
    )


def bootstrap_refit(fit: Fit, features: ArrayLike, label: ArrayLike, evaluation: ArrayLike) -> Refit:
    """A `refit` that draws the training rows anew with replacement, fits on them and asks for the evaluation rows.

    `fit(features, label, rng)` returns the fitted model's `predict`; features have shape (n, k), label (n,), evaluation
    (m, k). Raises ValueError on other shapes. Source: Efron 1979; Breiman 1996.
    """
    features, evaluation, label = table(features, "features"), table(evaluation, "evaluation"), np.asarray(label)
    if len(label) != len(features) or not len(features):
        raise ValueError(f"label has {len(label)} entries; {len(features)} were expected, at least one, as in features")

    def refit(rng: np.random.Generator) -> np.ndarray:
        rows = rng.integers(0, len(features), len(features))
        return predicted(fit(features[rows], label[rows], rng), evaluation)

    return refit


def _spread(outputs: np.ndarray) -> float:
    return math.sqrt(float(outputs.var(axis=0, ddof=1).mean()))
