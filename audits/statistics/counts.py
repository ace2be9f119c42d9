"""Counts over a frozen grid: what most statistics need instead of rows."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, kw_only=True, eq=False)
class Counts:
    """Observations of one column counted per cell of its frozen grid.

    cells       int64, shape (k,). Numeric: k = len(edges) + 1 and cell i holds edges[i-1] <= x < edges[i], the first
                and last cell being open-ended. Categorical: k = len(categories) + 1, the last cell holding the values
                that the grid has never seen.
    edges       float64, shape (k-1,), strictly increasing; None for a categorical column
    categories  the known categories in grid order; None for a numeric column
    missing     rows without a value; nonfinite  rows holding NaN or an infinity; neither is in `cells`
    minimum, maximum, mean, second_moment   of the finite values (second_moment is the mean of squared deviations);
                None where there are none or the column is categorical
    """

    cells: np.ndarray
    edges: np.ndarray | None = None
    categories: tuple[str, ...] | None = None
    missing: int = 0
    nonfinite: int = 0
    minimum: float | None = None
    maximum: float | None = None
    mean: float | None = None
    second_moment: float | None = None

    def __post_init__(self):
        if (self.edges is None) == (self.categories is None):
            raise ValueError("Counts are either numeric (edges) or categorical (categories)")
        inner = self.edges if self.edges is not None else self.categories
        if len(self.cells) != len(inner) + 1:
            raise ValueError(f"{len(inner)} grid points make {len(inner) + 1} cells, not {len(self.cells)}")

    @property
    def is_numeric(self) -> bool:
        return self.edges is not None

    @property
    def observed(self) -> int:
        """Rows that hold a usable value."""
        return int(self.cells.sum())

    @property
    def rows(self) -> int:
        return self.observed + self.missing + self.nonfinite
