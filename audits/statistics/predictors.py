"""Asking a model: `predict` takes a table of rows, shape (n, k), and returns one number per row, shape (n,)."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from audits.statistics.arrays import finite_vector

Predict = Callable[[np.ndarray], ArrayLike]


def table(rows: ArrayLike, name: str = "rows") -> np.ndarray:
    """`rows` as an array of shape (n, k), numbers as float64. Raises ValueError for other dimensions."""
    array = np.asarray(rows)
    if array.ndim != 2:
        raise ValueError(f"{name} must be two-dimensional, rows by columns; its shape is {array.shape}")
    return array.astype(np.float64) if array.dtype.kind in "biu" else array


def predicted(predict: Predict, rows: np.ndarray) -> np.ndarray:
    """What the model says of every row, float64, shape (n,). Raises ValueError unless it is one finite number each."""
    return finite_vector(predict(rows), "what predict returns", length=len(rows))


def with_column(rows: np.ndarray, feature: int, values) -> np.ndarray:
    """A copy of the rows with one column set, to one value or to one per row."""
    changed = rows.copy()
    changed[:, feature] = values
    return changed


def numeric_column(rows: np.ndarray, feature: int) -> np.ndarray:
    """One column as finite numbers. Raises ValueError when there is no such column or it holds anything else."""
    return finite_vector(rows[:, checked_feature(rows, feature)], f"column {feature}")


def checked_feature(rows: np.ndarray, feature: int) -> int:
    """The column's number. Raises ValueError when there is no such column."""
    if not 0 <= feature < rows.shape[1]:
        raise ValueError(f"feature must be a column number from 0 to {rows.shape[1] - 1}, not {feature}")
    return feature


def checked_names(names: Sequence[str] | None, columns: int) -> list[str]:
    """One distinct name per column, "0", "1", ... when None. Raises ValueError when they do not fit."""
    given = [str(place) for place in range(columns)] if names is None else [str(name) for name in names]
    if len(given) != columns or len(set(given)) < columns:
        raise ValueError(f"{columns} distinct names are needed, one per column; {len(given)} were given")
    return given
