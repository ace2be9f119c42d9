"""The frozen grid: into which cells each column's values are counted, from the reference on and for ever."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from audits.profiles.schema import Kind

GRID_VERSION = 1

# Cells a numeric column is cut into: no cell that can hold more than one value has more than 2 / CELLS of the
# reference, so a Kolmogorov-Smirnov distance from counts lies within 0.002 of the exact one.
CELLS = 1024

# Categories that get a cell of their own; rarer ones of the reference share the last cell (see GridColumn.others).
MOST_CATEGORIES = 1000

BOOLEAN_CATEGORIES = ("false", "true")


class GridError(ValueError):
    """A grid that cannot be read or does not hold together."""


@dataclass(frozen=True, eq=False)
class GridColumn:
    """The cells of one column, as `audits.statistics.counts.Counts` defines them.

    name        what its counts are called; for a number derived from a text, "<column>: <measure>"
    source      the column of the table it is read from
    kind        how the values of the source are read
    edges       float64, strictly increasing, finite; None for a categorical column
    categories  None for a numeric column
    others      distinct values of the reference that share the last cell because the most frequent ones took all the
                cells there are; 0 means that the last cell holds only values the reference never had
    measure     what is counted of a text; None elsewhere
    vocabulary  the known words, for the measure that looks for unknown ones
    """

    name: str
    source: str
    kind: Kind
    edges: np.ndarray | None = None
    categories: tuple[str, ...] | None = None
    others: int = 0
    measure: str | None = None
    vocabulary: tuple[str, ...] | None = None

    def __post_init__(self):
        if (self.edges is None) == (self.categories is None):
            raise GridError(f"Column {self.name!r} of the grid needs either edges or categories.")
        if self.edges is not None:
            increasing = bool(np.all(self.edges[1:] > self.edges[:-1]))
            if not (increasing and np.isfinite(self.edges).all()):
                raise GridError(f"The edges of column {self.name!r} must be finite and strictly increasing.")
            self.edges.flags.writeable = False
        elif len(set(self.categories)) < len(self.categories):
            raise GridError(f"Column {self.name!r} of the grid lists a category more than once.")

    @property
    def is_numeric(self) -> bool:
        return self.edges is not None

    @property
    def cells(self) -> int:
        """How many cells the column has."""
        return len(self.edges if self.edges is not None else self.categories) + 1

    def to_json(self) -> dict[str, Any]:
        fields: dict[str, Any] = {"name": self.name, "source": self.source, "kind": self.kind.value}
        if self.edges is not None:
            fields["edges"] = self.edges.tolist()
        else:
            fields["categories"] = list(self.categories)
            fields["others"] = self.others
        if self.measure is not None:
            fields["measure"] = self.measure
        if self.vocabulary is not None:
            fields["vocabulary"] = list(self.vocabulary)
        return fields


@dataclass(frozen=True, eq=False)
class Grid:
    """The cells of every column. Two grids are equal when their digests are."""

    columns: tuple[GridColumn, ...]

    def __post_init__(self):
        if not self.columns:
            raise GridError("A grid needs at least one column.")
        if len(self.positions) < len(self.columns):
            raise GridError("Two columns of the grid have the same name.")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Grid) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def __getitem__(self, name: str) -> GridColumn:
        return self.columns[self.positions[name]]

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @cached_property
    def positions(self) -> Mapping[str, int]:
        return {column.name: position for position, column in enumerate(self.columns)}

    @cached_property
    def offsets(self) -> np.ndarray:
        """Where the cells of each column begin when all are laid end to end; one more than there are columns."""
        return np.concatenate([[0], np.cumsum([column.cells for column in self.columns])])

    @cached_property
    def digest(self) -> str:
        """SHA-256, in hexadecimal, of the canonical JSON of the cells."""
        canonical = json.dumps(
            self.to_json(), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
        )
        return hashlib.sha256(canonical.encode()).hexdigest()

    def to_json(self) -> dict[str, Any]:
        return {"version": GRID_VERSION, "columns": [column.to_json() for column in self.columns]}

    @classmethod
    def from_json(cls, described: Any) -> "Grid":
        """The grid that `to_json` described; raises GridError for anything else."""
        if not isinstance(described, dict) or described.get("version") != GRID_VERSION:
            raise GridError(f"This is not a grid of version {GRID_VERSION}.")
        columns = described.get("columns")
        if not isinstance(columns, list):
            raise GridError("The grid has no list of columns.")
        return cls(tuple(_column_from_json(fields) for fields in columns))


def _column_from_json(fields: Any) -> GridColumn:
    try:
        edges = fields.get("edges")
        categories = fields.get("categories")
        vocabulary = fields.get("vocabulary")
        return GridColumn(
            name=str(fields["name"]),
            source=str(fields["source"]),
            kind=Kind(fields["kind"]),
            edges=None if edges is None else np.array(edges, dtype=np.float64),
            categories=None if categories is None else _texts(categories),
            others=int(fields.get("others", 0)),
            measure=fields.get("measure"),
            vocabulary=None if vocabulary is None else _texts(vocabulary),
        )
    except GridError:
        raise
    except (AttributeError, KeyError, TypeError, ValueError) as fault:
        raise GridError(f"A column of the grid is malformed: {fault}.") from fault


def _texts(values: Iterable[Any]) -> tuple[str, ...]:
    if not all(isinstance(value, str) for value in values):
        raise TypeError("categories and words must be texts")
    return tuple(values)


def edges_of(finite: np.ndarray, cells: int = CELLS) -> np.ndarray:
    """Inner edges for a sorted float64 array of finite values, such as a reference or an even sample of it.

    Where there are at most cells / 2 distinct values, each becomes a cell of its own: [v, the next double after v).
    Otherwise the edges are the reference's quantiles, and only a value that holds at least 1 / cells of the rows gets
    its own cell. Either way a cell that spans more than one value holds at most 2 / cells of the rows.
    """
    if len(finite) == 0:
        return np.empty(0)
    edges = np.unique(finite[np.arange(1, cells) * len(finite) // cells])
    few = _distinct(finite, cells // 2) if len(edges) <= cells // 2 else None
    if few is not None:
        edges = heavy = few
    else:
        # A value that holds 1 / cells of the rows lies on a quantile or at an end.
        candidates = np.unique(np.concatenate([edges, finite[[0, -1]]]))
        weights = finite.searchsorted(candidates, side="right") - finite.searchsorted(candidates, side="left")
        heavy = candidates[weights * cells >= len(finite)]
    with np.errstate(over="ignore"):
        after = np.nextafter(heavy, np.inf)
    edges = np.unique(np.concatenate([edges, heavy, after[np.isfinite(after)]]))
    return edges + 0.0  # turns a -0.0 into 0.0, so that equal grids have equal digests


def _distinct(ordered: np.ndarray, at_most: int) -> np.ndarray | None:
    """The distinct values of a sorted array, found by jumping from one to the next; None where there are more."""
    found = []
    position = 0
    while position < len(ordered):
        if len(found) == at_most:
            return None
        found.append(ordered[position])
        position = ordered.searchsorted(ordered[position], side="right")
    return np.array(found)
