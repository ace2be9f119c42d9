"""The engine for Parquet files and tables in memory: pyarrow reads, numpy sorts and counts. See docs/scale.md."""

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa

from audits.profiles.grid import Grid, GridColumn
from audits.profiles.profile import Profile
from audits.profiles.schema import Kind
from audits.profiles.sources import Part, Source, SourceError, parts
from audits.profiles.tally import Tally, profile_of
from audits.profiles.threads import each
from audits.profiles.values import labels

MOST_GROUPS = 500

Key = str | None | tuple[str | None, ...]


def scan(source: Source, grid: Grid, *, by: str | Sequence[str] | None = None) -> Profile | dict[Key, Profile]:
    """The profile of a source, read once, a piece of a column at a time: memory grows with columns and grid, not rows.

    With `by`, a profile per group instead: keyed by the category of that column, or by a tuple of them where `by` is a
    list; None stands for rows without one. Adding the groups gives the whole. Two bytes per row are held meanwhile.
    """
    tables = parts(source)
    if by is None:
        groups = None
    else:
        groups = _Groups([by] if isinstance(by, str) else list(by), grid)
        groups.assign(tables)
    by_source: dict[str, list[GridColumn]] = {}
    for column in grid.columns:
        by_source.setdefault(column.source, []).append(column)
    counted = each(lambda name: _scan_column(name, by_source[name], tables, groups), list(by_source))
    found = {tallies[0].column.name: tallies for columns in counted for tallies in columns}
    ordered = [found[name] for name in grid.names]
    if groups is None:
        return profile_of(grid, [tallies[0] for tallies in ordered])
    keys = sorted(groups.keys.items(), key=lambda item: [(part is None, part or "") for part in item[0]])
    return {
        key[0] if isinstance(by, str) else key: profile_of(grid, [tallies[code] for tallies in ordered])
        for key, code in keys
    }


def _scan_column(
    name: str, columns: list[GridColumn], tables: list[Part], groups: "_Groups | None"
) -> list[list[Tally]]:
    """For every grid column read from one column of the table: a tally per group, or one where there are no groups."""
    tallies = [[Tally(column) for _ in range(len(groups.keys) if groups else 1)] for column in columns]
    for index, part in enumerate(tables):
        codes = groups.codes[index] if groups else None
        if name not in part.types:
            rows = [part.rows] if codes is None else np.bincount(codes, minlength=len(groups.keys)).tolist()
            for per_group in tallies:
                for tally, absent in zip(per_group, rows, strict=True):
                    tally.add_absent(absent)
            continue
        row = 0
        for batch in part.batches([name]):
            array = batch.column(name)
            pieces = [(0, array)] if codes is None else _split(array, codes[row : row + len(array)])
            for code, piece in pieces:
                for per_group in tallies:
                    per_group[code].add(piece)
            row += len(array)
    return tallies


def _split(array: pa.Array, codes: np.ndarray) -> Iterator[tuple[int, pa.Array]]:
    """The values of each group, together."""
    sizes = np.bincount(codes)
    present = np.flatnonzero(sizes)
    if len(present) > 1:
        array = array.take(pa.array(np.argsort(codes, kind="stable")))
    start = 0
    for code in present.tolist():
        yield code, array.slice(start, sizes[code])
        start += int(sizes[code])


class _Groups:
    """Which group every row belongs to."""

    def __init__(self, names: list[str], grid: Grid):
        self.names = names
        self.kinds = {column.source: column.kind for column in grid.columns}
        self.keys: dict[tuple[str | None, ...], int] = {}
        self.codes: list[np.ndarray] = []

    def assign(self, tables: list[Part]) -> None:
        for part in tables:
            for name in self.names:
                if name not in part.types:
                    raise SourceError(f"The table has no column {name!r} to group by.")
            codes = [self._codes(batch) for batch in part.batches(self.names)]
            self.codes.append(np.concatenate(codes) if codes else np.empty(0, dtype=np.int16))

    def _codes(self, batch: pa.RecordBatch) -> np.ndarray:
        combined = np.zeros(batch.num_rows, dtype=np.int64)
        axes: list[list[str | None]] = []
        for name in self.names:
            array = batch.column(name)
            if not pa.types.is_dictionary(array.type):
                array = array.dictionary_encode()
            axis = [*labels(array.dictionary, self.kinds.get(name, Kind.CATEGORICAL)).to_pylist(), None]
            self._check(name, len(axis) - 1)
            indices = array.indices.cast(pa.int64()).fill_null(len(axis) - 1).to_numpy(zero_copy_only=False)
            combined = combined * len(axis) + indices
            axes.append(axis)
        present, inverse = np.unique(combined, return_inverse=True)
        places = np.unravel_index(present, [len(axis) for axis in axes])
        keys = zip(*([axis[i] for i in place] for axis, place in zip(axes, places, strict=True)), strict=True)
        known = [self.keys.setdefault(key, len(self.keys)) for key in keys]
        self._check(" and ".join(self.names), len(self.keys))
        return np.array(known, dtype=np.int16)[inverse]

    def _check(self, name: str, groups: int) -> None:
        if groups > MOST_GROUPS:
            message = f"Grouping by {name} makes more than {MOST_GROUPS} groups; choose a column with fewer values."
            raise SourceError(message)
