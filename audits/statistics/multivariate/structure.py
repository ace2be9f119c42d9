"""Shifts of what holds columns together: principal components, correlations, patterns of missing values."""

import math
from collections.abc import Sequence

import numpy as np
import scipy
from scipy import special

from audits.statistics.counts import Counts
from audits.statistics.drift import chi_square_test, cramers_v
from audits.statistics.estimates import Estimate, could_not_compute
from audits.statistics.multivariate.tables import paired_tables
from audits.statistics.observations import is_missing


def pca_reconstruction_shift(
    reference, current, *, explained: float = 0.65, chunks: int = 10, width: float = 3.0, level: float = 0.95
) -> Estimate:
    """(mean ‖x − x̂‖ current − mean ‖x − x̂‖ reference) / SD of that difference without shift, from reference chunks.

    reference, current: tables of numbers, shape (rows, columns), rows in order of time. x̂ is x projected on the
    principal components that explain the share `explained` of the variance of every second reference row; the other
    reference rows are scored beside the current ones, so that neither side has an advantage. `detail` carries both
    errors and, in `limits`, reference ± `width` SD. Chunks have equal rows, and the SD of their means is scaled to the
    rows compared. Raises ValueError for tables of other dimensions or a share outside (0, 1).
    Source: Qahtan et al. 2015; NannyML's practice.
    """
    if not 0.0 < explained < 1.0 or chunks < 2 or not 0.0 < level < 1.0:
        raise ValueError("The explained share and the level lie between 0 and 1, and at least 2 chunks are needed.")
    tables = paired_tables(reference, current, fewest_columns=2)
    method = tables.method(f"PCA reconstruction error, components explaining {100 * explained:.3g} %")
    facts = dict(tables.facts)
    reason = tables.reason
    if not reason and len(tables.reference) < 4 * chunks:
        reason = f"The reference has {len(tables.reference)} rows; {chunks} chunks need at least {4 * chunks}."
    if reason:
        return could_not_compute(reason, method=method, sizes=tables.sizes, **facts)
    # Components fit the rows they come from better than others, so every second row is kept apart to be scored.
    learn, score = tables.reference[::2], tables.reference[1::2]
    middle, unit = learn.mean(axis=0), learn.std(axis=0)
    unit[unit == 0.0] = 1.0
    learn, score, current = ((side - middle) / unit for side in (learn, score, tables.current))
    values, vectors = np.linalg.eigh(learn.T @ learn)
    shares = np.cumsum(values[::-1]) / values.sum()
    kept = min(int(np.searchsorted(shares, explained)) + 1, len(values))
    basis = vectors[:, ::-1][:, :kept]
    before, now = (np.linalg.norm(rows - rows @ basis @ basis.T, axis=1) for rows in (score, current))
    pieces = np.array_split(before, chunks)
    per_row = float(np.std([piece.mean() for piece in pieces], ddof=1)) * math.sqrt(len(before) / chunks)
    spread = per_row * math.sqrt(1.0 / len(before) + 1.0 / len(now))
    if kept == len(values) or spread < 1e-12:
        reason = "The components explain the reference completely, so no reconstruction error is left to shift."
        return could_not_compute(reason, method=method, sizes=tables.sizes, **facts)
    error = math.sqrt(before.var(ddof=1) / len(before) + now.var(ddof=1) / len(now))
    shift = float(now.mean() - before.mean())
    reach = float(special.ndtri(0.5 + level / 2.0)) * error / spread
    z = shift / error
    centre = float(before.mean())
    facts |= {
        "components": kept,
        "reference_error": centre,
        "current_error": float(now.mean()),
        "limits": {"low": max(0.0, centre - width * spread), "high": centre + width * spread},
    }
    return Estimate(
        value=shift / spread, low=shift / spread - reach, high=shift / spread + reach, level=level, statistic=z,
        p_value=2.0 * float(special.ndtr(-abs(z))), sizes=tables.sizes,
        method=f"{method}; in standard deviations from {chunks} reference chunks, Welch interval and p-value",
        detail=facts,
    )  # fmt: skip


def correlation_shift(
    reference, current, *, rng: np.random.Generator, permutations: int = 199, ranks: bool = False
) -> Estimate:
    """‖R − R′‖: the root of the summed squared changes of all correlations (each pair once); 0 without shift.

    reference, current: tables of numbers, shape (rows, columns). `ranks` takes Spearman's correlations. Each side is
    standardised by itself, so that shifts of mean and spread do not count; then rows are exchanged between the sides
    `permutations` times for the p-value. `detail["largest"]` is the pair of columns that changed most.
    Raises ValueError for tables of other dimensions or fewer than 1 permutation. Source: Jennrich 1970 (hypothesis);
    permutation Good 2005.
    """
    if permutations < 1:
        raise ValueError("At least 1 permutation is needed.")
    tables = paired_tables(reference, current, fewest_columns=2)
    method = tables.method(f"norm of the change of {'Spearman' if ranks else 'Pearson'} correlations")
    reason = tables.reason
    if not reason and np.any(tables.current.std(axis=0) < 1e-12):
        columns = ", ".join(str(column) for column in tables.columns[tables.current.std(axis=0) < 1e-12])
        reason = f"Columns {columns} (counted from 0) do not vary on the current side and so have no correlation."
    if reason:
        return could_not_compute(reason, method=method, sizes=tables.sizes, **tables.facts)
    sides = [_ranked(side) if ranks else side for side in (tables.reference, tables.current)]
    sides = [(side - side.mean(axis=0)) / side.std(axis=0) for side in sides]
    upper = np.triu_indices(sides[0].shape[1], 1)

    def changes(first: np.ndarray, second: np.ndarray) -> np.ndarray:
        return _correlations(first)[upper] - _correlations(second)[upper]

    change = changes(*sides)
    value = float(np.linalg.norm(change))
    pooled, cut = np.vstack(sides), len(sides[0])
    reached = 0
    for _ in range(permutations):
        order = rng.permutation(len(pooled))
        reached += np.linalg.norm(changes(pooled[order[:cut]], pooled[order[cut:]])) >= value
    largest = int(np.argmax(np.abs(change)))
    return Estimate(
        value=value,
        statistic=value,
        p_value=(1 + int(reached)) / (permutations + 1),
        sizes=tables.sizes,
        method=f"{method}; p-value from {permutations} exchanges of rows standardised within their side",
        detail={
            **tables.facts,
            "largest": {
                "columns": [int(tables.columns[upper[0][largest]]), int(tables.columns[upper[1][largest]])],
                "change": float(-change[largest]),
            },
        },
    )


def missingness_pattern_shift(reference, current, *, names: Sequence[str] | None = None) -> Estimate:
    """Cramér's V of side and pattern of missing columns: 0 when both sides miss the same columns together, at most 1.

    reference, current: shape (rows, columns): Booleans that are True where an entry is missing, or tables of numbers in
    which NaN is missing, or of objects in which None is too. The p-value is that of the chi-squared test, patterns
    expected fewer than 5 times merged. `detail["bins"]` shows the patterns by the `names` (else positions) of their
    missing columns. Raises ValueError for other dimensions or differing columns. Source: Little 1988 (patterns);
    Pearson 1900.
    """
    masks = [_mask(side) for side in (reference, current)]
    if masks[0].shape[1] != masks[1].shape[1]:
        raise ValueError(f"The reference has {masks[0].shape[1]} columns and the current side {masks[1].shape[1]}.")
    sizes = {"reference": len(masks[0]), "current": len(masks[1])}
    method = "patterns of missing columns"
    for side, rows in sizes.items():
        if rows == 0:
            return could_not_compute(f"The {side} side has no rows.", method=method, sizes=sizes)
    labels = [str(name) for name in (names if names is not None else range(masks[0].shape[1]))]
    patterns, place = np.unique(np.vstack(masks), axis=0, return_inverse=True)
    place = place.reshape(-1)
    if len(patterns) == 1:
        return Estimate(
            value=0.0, p_value=1.0, sizes=sizes, method=f"{method}; every row of both sides has the same pattern"
        )
    titles = tuple(
        " + ".join(label for label, gone in zip(labels, row, strict=True) if gone) or "nothing missing"
        for row in patterns.tolist()
    )
    sides = [
        Counts(cells=np.append(np.bincount(part, minlength=len(patterns)), 0), categories=titles)
        for part in (place[: len(masks[0])], place[len(masks[0]) :])
    ]
    strength, test = cramers_v(*sides), chi_square_test(*sides)
    return Estimate(
        value=strength.value, low=strength.low, high=strength.high, level=strength.level, statistic=test.statistic,
        p_value=test.p_value, sizes=sizes, method=f"{method}: Cramér's V; {test.method}",
        detail={"patterns": len(patterns), "bins": strength.detail["bins"]},
    )  # fmt: skip


def _correlations(standardised: np.ndarray) -> np.ndarray:
    centred = standardised - standardised.mean(axis=0)
    norms = np.sqrt((centred**2).sum(axis=0))
    norms[norms == 0.0] = 1.0  # a column may be constant in a small random part; its correlations are then 0
    scaled = centred / norms
    return scaled.T @ scaled


def _ranked(table: np.ndarray) -> np.ndarray:
    return scipy.stats.rankdata(table, axis=0)


def _mask(side) -> np.ndarray:
    table = np.asarray(side)
    if table.ndim != 2:
        raise ValueError(f"A table has rows and columns; this one has {table.ndim} dimensions.")
    if table.dtype.kind == "b":
        return table
    if table.dtype.kind == "f":
        return np.isnan(table)
    if table.dtype.kind == "O":
        return np.array([[is_missing(item) or item != item for item in row] for row in table.tolist()]).reshape(
            table.shape
        )
    return np.zeros(table.shape, dtype=bool)
