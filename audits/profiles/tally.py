"""Adding values, piece by piece, into the counts of one column."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from audits.profiles.grid import Grid, GridColumn
from audits.profiles.profile import MOMENTS, TALLIES, Profile, combine_moments
from audits.profiles.texts import measured
from audits.profiles.values import distinct, fits, labels, numbers, positions

# A block of this many doubles stays in a core's cache while it is sorted, and needs no new memory.
BLOCK = 1 << 17


@dataclass
class Tally:
    """The counts of one column so far."""

    column: GridColumn
    cells: np.ndarray = field(init=False)
    rows: int = 0
    missing: int = 0
    nonfinite: int = 0
    mistyped: int = 0
    absent: int = 0
    observed: int = 0
    minimum: float = np.nan
    maximum: float = np.nan
    mean: float = np.nan
    squares: float = np.nan

    def __post_init__(self):
        self.cells = np.zeros(self.column.cells, dtype=np.int64)
        if not self.column.is_numeric:
            self._known = pa.array(self.column.categories, pa.large_string())

    def add_absent(self, rows: int) -> None:
        """Rows of a table that does not have the column."""
        self.rows += rows
        self.missing += rows
        self.absent += rows

    def add(self, array: pa.Array) -> None:
        """The values of some rows, of whatever type they are stored in."""
        self.rows += len(array)
        if not fits(self.column.kind, array.type):
            self.missing += len(array)
            self.mistyped += len(array) - array.null_count
        elif pa.types.is_null(array.type):
            self.missing += len(array)
        elif self.column.measure is not None:
            measures = measured(array, self.column.measure, self.column.vocabulary)
            self.add_numbers(measures, int(np.isnan(measures).sum()))
        elif self.column.is_numeric:
            self.add_numbers(numbers(array), array.null_count)
        else:
            self.add_categories(array)

    def add_numbers(self, values: np.ndarray, missing: int) -> None:
        """float64 values with a NaN for each of the `missing` rows.

        Sorting a block and finding each edge in it is several times faster than finding the cell of each value.
        """
        self.missing += missing
        self.nonfinite -= missing  # the NaN that stand for them are counted below
        scratch = np.empty(min(BLOCK, len(values)))
        for start in range(0, len(values), BLOCK):
            piece = values[start : start + BLOCK]
            block = scratch[: len(piece)]
            block[:] = piece
            block.sort()
            begin, end = block.searchsorted(-np.inf, side="right"), block.searchsorted(np.inf, side="left")
            self.nonfinite += len(block) - int(end - begin)
            self._add_sorted(block[begin:end])

    def _add_sorted(self, finite: np.ndarray) -> None:
        if len(finite) == 0:
            return
        below = finite.searchsorted(self.column.edges, side="left")
        self.cells += np.diff(below, prepend=0, append=len(finite))
        least, most = float(finite[0]), float(finite[-1])
        with np.errstate(over="ignore", invalid="ignore"):
            mean, squares = (least, 0.0) if least == most else _moments(finite)
        self.add_moments(np.array([len(finite)]), least, most, np.array([mean]), np.array([squares]))

    def add_cells(self, cells: Sequence[int], rows: Sequence[int]) -> None:
        """Rows that an engine already counted in some cells; their moments are added apart."""
        np.add.at(self.cells, cells, rows)

    def add_moments(self, rows: np.ndarray, least: float, most: float, means: np.ndarray, squares: np.ndarray) -> None:
        """Finite values in lots: the rows, mean and squared deviations of each lot, and the extremes of all."""
        self.minimum = float(np.fmin(self.minimum, least))
        self.maximum = float(np.fmax(self.maximum, most))
        with np.errstate(over="ignore", invalid="ignore"):
            self.mean, self.squares = combine_moments(
                np.array([self.observed, *rows]),
                np.array([self.mean, *means]),
                np.array([self.squares, *squares]),
            )
        self.observed += int(rows.sum())

    def add_categories(self, array: pa.Array) -> None:
        values, rows, missing = distinct(array)
        self.missing += missing
        self.add_labels(labels(values, self.column.kind), rows)

    def add_labels(self, categories: pa.Array, rows: np.ndarray) -> None:
        """Categories with the rows that hold each; a null category is a number that is not finite."""
        if categories.null_count:
            infinite = categories.is_null().to_numpy(zero_copy_only=False)
            self.nonfinite += int(rows[infinite].sum())
            categories, rows = categories.drop_null(), rows[~infinite]
        np.add.at(self.cells, positions(categories, self._known), rows)


def _moments(finite: np.ndarray) -> tuple[float, float]:
    mean = finite.mean()
    if not np.isfinite(mean):  # the sum exceeded a double
        mean = (finite / len(finite)).sum()
    deviations = finite - mean
    np.square(deviations, out=deviations)
    return mean, deviations.sum()


def profile_of(grid: Grid, tallies: Sequence[Tally]) -> Profile:
    """The profile that the tallies of all columns of a grid, in its order, make together."""
    return Profile(
        grid=grid,
        rows=tallies[0].rows,
        cells=np.concatenate([tally.cells for tally in tallies]),
        **{name: np.array([getattr(tally, name) for tally in tallies], dtype=np.int64) for name in TALLIES},
        **{name: np.array([getattr(tally, name) for tally in tallies], dtype=np.float64) for name in MOMENTS},
    )
