"""Which inputs move the output: one at a time (tornado), and all together as shares of its variance (Sobol).

`predict` takes rows of shape (n, k) and returns one finite number per row, shape (n,).
"""

from collections.abc import Sequence

import numpy as np
import scipy
from numpy.typing import ArrayLike

from audits.statistics.arrays import finite_matrix, finite_vector, open_share
from audits.statistics.estimates import Estimate, could_not_compute
from audits.statistics.predictors import Predict, checked_names, predicted, with_column
from audits.statistics.shares import percentile_interval


def tornado(
    predict: Predict,
    base: ArrayLike,
    low: ArrayLike,
    high: ArrayLike,
    *,
    feature_names: Sequence[str] | None = None,
) -> dict[str, Estimate]:
    """|output with one input at its high value - at its low value|, all others at their base; the widest first.

    base, low, high: shape (k,), in the units of the inputs; the value is in the unit of the output. `detail` holds the
    three outputs. Interactions are not seen: see `sobol_indices`. Raises ValueError on NaN, shapes that do not fit or
    outputs that are not finite. Source: Eschenbach 1992 (tornado diagram).
    """
    centre = finite_vector(base, "base")
    ends = [finite_vector(end, name, length=len(centre)) for end, name in ((low, "low"), (high, "high"))]
    names = checked_names(feature_names, len(centre))
    rows = np.tile(centre, (2 * len(centre) + 1, 1))
    for side, end in enumerate(ends):
        for feature, value in enumerate(end):
            rows[1 + 2 * feature + side, feature] = value
    outputs = predicted(predict, rows)
    answers = {
        name: Estimate(
            value=float(abs(outputs[2 + 2 * feature] - outputs[1 + 2 * feature])),
            sizes={"evaluations": 3},
            method="|output at the input's high value - output at its low value|, others at their base",
            detail={
                "base": float(outputs[0]),
                "at_low": float(outputs[1 + 2 * feature]),
                "at_high": float(outputs[2 + 2 * feature]),
            },
        )
        for feature, name in enumerate(names)
    }
    return dict(sorted(answers.items(), key=lambda item: -item[1].value))


def sobol_indices(
    predict: Predict,
    reference: ArrayLike,
    *,
    rng: np.random.Generator,
    feature_names: Sequence[str] | None = None,
    size: int = 1024,
    resamples: int = 200,
    level: float = 0.95,
) -> dict[str, dict[str, Estimate]]:
    """Shares of the output's variance: "first_order" by each input alone, "total" with all its interactions.

    reference: rows, shape (n, k), numbers; every input is drawn from its own column, independently of the others, so
    that correlated inputs also meet in combinations that never occur. size: a power of 2; the model is asked for
    (k + 2)·size rows, drawn from a scrambled Sobol sequence. Indices by Saltelli et al. 2010, as SciPy has them, with
    percentile bootstrap intervals; estimates may fall a little outside 0 to 1. The largest total comes first. Raises
    ValueError on NaN, fewer than two rows, a size that is no power of 2, or outputs that are not finite.
    Source: Sobol 1993; Homma & Saltelli 1996; Saltelli et al. 2010.
    """
    open_share(level, "level")
    rows = finite_matrix(reference, "reference")
    names = checked_names(feature_names, rows.shape[1])
    if len(rows) < 2 or size < 2 or size & (size - 1) or resamples < 2 or not names:
        raise ValueError("At least one column, 2 rows and 2 resamples are needed, and a size that is a power of 2.")
    method = f"Sobol index, inputs drawn independently from their columns, base sample of {size}"
    sizes = {"evaluations": (len(names) + 2) * size}
    outputs = _outputs(predict, rows, size, rng)
    if np.ptp(outputs[:2]) == 0:
        reason = "Sobol indices: the output never varies, so there is no variance to share out"
        answer = could_not_compute(reason, method=method, sizes=sizes)
        return {name: {"first_order": answer, "total": answer} for name in names}
    values = _indices(outputs)
    drawn = np.array([_indices(outputs[:, rng.integers(0, size, size)]) for _ in range(resamples)])
    drawn = drawn[np.isfinite(drawn).all(axis=(1, 2))]  # a resample of a rare event may hold no variance at all
    method += f", {len(drawn)} bootstrap resamples"
    detail = {"share_of_interactions": float(max(0.0, 1 - values[0].sum()))}

    def estimate(kind: int, place: int) -> Estimate:
        value = float(values[kind, place])
        low = high = None
        if len(drawn):
            low, high = percentile_interval(drawn[:, kind, place], value, level=level)
        what = ("first-order", "total")[kind]
        return Estimate(
            value=value, low=low, high=high, level=level, sizes=sizes, method=f"{what} {method}", detail=detail
        )

    answers = {name: {"first_order": estimate(0, at), "total": estimate(1, at)} for at, name in enumerate(names)}
    return dict(sorted(answers.items(), key=lambda item: -item[1]["total"].value))


def _outputs(predict: Predict, rows: np.ndarray, size: int, rng: np.random.Generator) -> np.ndarray:
    """Outputs at two samples, and at the first with each column taken from the second: shape (2 + k, size)."""
    columns = rows.shape[1]
    shares = scipy.stats.qmc.Sobol(2 * columns, rng=rng, bits=64).random(size)
    drawn = np.column_stack(
        [np.quantile(rows[:, at % columns], share, method="inverted_cdf") for at, share in enumerate(shares.T)]
    )
    first, second = drawn[:, :columns], drawn[:, columns:]
    samples = [first, second, *(with_column(first, at, second[:, at]) for at in range(columns))]
    return np.vstack([predicted(predict, sample) for sample in samples])


def _indices(outputs: np.ndarray) -> np.ndarray:
    """First-order and total indices of every input, shape (2, k); not finite where the output does not vary."""
    first, second, mixed = outputs[0], outputs[1], outputs[2:]
    variance = outputs[:2].var()
    if variance <= 0:
        return np.full((2, len(mixed)), np.nan)
    centred = second - outputs[:2].mean()
    return np.vstack([(centred * (mixed - first)).mean(axis=1), ((first - mixed) ** 2).mean(axis=1) / 2]) / variance
