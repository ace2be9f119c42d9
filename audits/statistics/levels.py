"""A column as levels: categories as they are, numbers and times cut at their quantiles, missing values a level too."""

import math
from dataclasses import dataclass

import numpy as np

from audits.statistics.drift.cells import interval_labels, quantile_edges
from audits.statistics.observations import TEXT, TIME, is_missing, observe

MISSING = "(missing)"


@dataclass(frozen=True, eq=False)
class Levels:
    """names: one per level; places: int64, shape (n,), each row's level among them."""

    names: tuple[str, ...]
    places: np.ndarray

    @property
    def rows(self) -> np.ndarray:
        """Rows per level."""
        return np.bincount(self.places, minlength=len(self.names))


def levels(rows, *, bins: int = 4) -> Levels:
    """Sort the rows of one column into levels: at most `bins` of about equal size for numbers, each category for text.

    A row without a usable value (missing, NaN, infinite) is of the level "(missing)". Raises ValueError for a column
    of more than one dimension or fewer than 2 bins, TypeError as `observe`.
    """
    if bins < 2:
        raise ValueError(f"At least 2 bins are needed, not {bins}.")
    array = np.asarray(rows)
    if array.ndim != 1:
        raise ValueError(f"A column is a one-dimensional array; this one has {array.ndim} dimensions.")
    usable = usable_rows(array)
    seen = observe(array[usable])
    if seen.kind == TEXT or not seen.observed:
        names, found = np.unique(seen.values.astype(np.str_), return_inverse=True)
        labels = tuple(names.tolist())
    else:
        edges = quantile_edges(seen.values, bins)
        found = np.searchsorted(edges, seen.values, side="right")
        kept, found = np.unique(found, return_inverse=True)
        named = interval_labels(edges, edges, is_time=seen.kind == TIME)
        labels = tuple(named[place] for place in kept)
    places = np.full(len(array), len(labels), dtype=np.int64)
    places[usable] = found
    return Levels(labels if usable.all() else (*labels, MISSING), places)


def usable_rows(array: np.ndarray) -> np.ndarray:
    """Which rows of a column hold a value that is neither missing nor infinite, bool, shape (n,)."""
    kind = array.dtype.kind
    if kind == "f":
        return np.isfinite(array)
    if kind in "Mm":
        return ~np.isnat(array)
    if kind != "O":
        return np.ones(len(array), dtype=bool)
    return np.array(
        [not is_missing(item) and not (isinstance(item, float) and not math.isfinite(item)) for item in array],
        dtype=bool,
    )
