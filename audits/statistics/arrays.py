"""What comes in: arrays turned into finite numbers of one length, or a ValueError that names the argument."""

import numpy as np
from numpy.typing import ArrayLike

from audits.statistics.observations import is_missing


def finite_vector(values: ArrayLike, name: str, *, length: int | None = None) -> np.ndarray:
    """`values` as float64, shape (n,). Raises ValueError when not one-dimensional, of another length, or not finite."""
    try:
        vector = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must hold numbers only") from error
    if vector.ndim != 1:
        raise ValueError(f"{name} must be one-dimensional; its shape is {vector.shape}")
    _require_length(vector, name, length)
    if not np.isfinite(vector).all():
        raise ValueError(
            f"{name} holds {int((~np.isfinite(vector)).sum())} missing or infinite values; count them apart"
        )
    return vector


def finite_matrix(values: ArrayLike, name: str, *, columns: int | None = None) -> np.ndarray:
    """`values` as float64, shape (n, k). Raises ValueError when not two-dimensional or not finite."""
    try:
        matrix = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must hold rows of numbers, all of one length") from error
    if matrix.ndim != 2:
        raise ValueError(f"{name} must be two-dimensional, rows by columns; its shape is {matrix.shape}")
    if columns is not None and matrix.shape[1] != columns:
        raise ValueError(f"{name} has {matrix.shape[1]} columns; {columns} were expected")
    if not np.isfinite(matrix).all():
        raise ValueError(
            f"{name} holds {int((~np.isfinite(matrix)).sum())} missing or infinite values; count them apart"
        )
    return matrix


def binary_vector(values: ArrayLike, name: str, *, length: int | None = None) -> np.ndarray:
    """`values` as bool, shape (n,). Raises ValueError when anything but 0 and 1 (or False and True) occurs."""
    vector = finite_vector(values, name, length=length)
    if not ((vector == 0) | (vector == 1)).all():
        raise ValueError(f"{name} must hold only 0 and 1")
    return vector == 1


def outcome_vector(values: ArrayLike, name: str, *, length: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """`values` as two bool arrays, shape (n,): which are known, and which are known to be 1.

    None, NaN, NaT and pandas.NA are not known yet. Raises ValueError when anything else but 0 and 1 occurs.
    """
    vector = np.asarray(values)
    if vector.ndim != 1:
        raise ValueError(f"{name} must be one-dimensional; its shape is {vector.shape}")
    _require_length(vector, name, length)
    known = np.array([not (is_missing(value) or value != value) for value in vector.tolist()], dtype=bool)
    positive = np.zeros(len(vector), dtype=bool)
    positive[known] = binary_vector(vector[known], name)
    return known, positive


def probability_vector(values: ArrayLike, name: str, *, length: int | None = None) -> np.ndarray:
    """`values` as float64 between 0 and 1, shape (n,). Raises ValueError otherwise."""
    vector = finite_vector(values, name, length=length)
    if vector.size and (vector.min() < 0 or vector.max() > 1):
        raise ValueError(f"{name} must lie between 0 and 1; it runs from {vector.min():g} to {vector.max():g}")
    return vector


def category_vector(values: ArrayLike, name: str, *, length: int | None = None) -> np.ndarray:
    """`values` as they are, shape (n,), none of them missing. Raises ValueError otherwise."""
    vector = np.asarray(values)
    if vector.ndim != 1:
        raise ValueError(f"{name} must be one-dimensional; its shape is {vector.shape}")
    _require_length(vector, name, length)
    # A missing value is the one thing that does not equal itself; None does, so it is asked for by name.
    if vector.dtype.kind in "Of" and any(value is None or value != value for value in vector):
        raise ValueError(f"{name} holds missing values; give them a name of their own or leave the rows out")
    return vector


def frequency_vector(weights: ArrayLike | None, *, length: int, name: str = "weights") -> np.ndarray:
    """How many rows each entry stands for, float64, shape (length,): ones when None. Raises ValueError if negative."""
    if weights is None:
        return np.ones(length)
    vector = finite_vector(weights, name, length=length)
    if vector.size and vector.min() < 0:
        raise ValueError(f"{name} must not be negative")
    return vector


def open_share(number: float, name: str) -> float:
    """`number` when it lies strictly between 0 and 1; raises ValueError otherwise."""
    if not 0 < number < 1:
        raise ValueError(f"{name} must lie strictly between 0 and 1, not {number}")
    return float(number)


def _require_length(vector: np.ndarray, name: str, length: int | None) -> None:
    if length is not None and len(vector) != length:
        raise ValueError(f"{name} has {len(vector)} entries; {length} were expected, as in the arrays beside it")
