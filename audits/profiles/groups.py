"""Which group every row belongs to, when a table is counted by group."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from audits.profiles.grid import Grid
from audits.profiles.profile import Profile
from audits.profiles.schema import Kind
from audits.profiles.sources import Part, SourceError
from audits.profiles.values import label, labels

MOST_GROUPS = 500

Key = str | None | tuple[str | None, ...]


class Groups:
    """The groups found so far by the categories of some columns, numbered in the order they were met."""

    def __init__(self, names: Sequence[str], grid: Grid):
        self.names = list(names)
        self.keys: dict[tuple[str | None, ...], int] = {}
        self._kinds = {column.source: column.kind for column in grid.columns}

    def label(self, name: str, value: Any) -> str | None:
        return None if value is None else label(value, self._kind(name))

    def code_of(self, key: tuple[str | None, ...]) -> int:
        code = self.keys.setdefault(key, len(self.keys))
        self._check(" and ".join(self.names), len(self.keys))
        return code

    def codes_of_part(self, part: Part) -> np.ndarray:
        """int16 per row of a file or table."""
        for name in self.names:
            if name not in part.types:
                raise SourceError(f"The table has no column {name!r} to group by.")
        codes = [self.codes_of(batch) for batch in part.batches(self.names)]
        return np.concatenate(codes) if codes else np.empty(0, dtype=np.int16)

    def codes_of(self, batch: pa.RecordBatch) -> np.ndarray:
        """int16 per row of a batch."""
        combined = np.zeros(batch.num_rows, dtype=np.int64)
        axes: list[list[str | None]] = []
        for name in self.names:
            array = batch.column(name)
            if not pa.types.is_dictionary(array.type):
                array = array.dictionary_encode()
            self._check(name, len(array.dictionary))
            axis = [*labels(array.dictionary, self._kind(name)).to_pylist(), None]
            indices = array.indices.cast(pa.int64()).fill_null(len(axis) - 1).to_numpy(zero_copy_only=False)
            combined = combined * len(axis) + indices
            axes.append(axis)
        present, inverse = np.unique(combined, return_inverse=True)
        places = np.unravel_index(present, [len(axis) for axis in axes])
        keys = zip(*([axis[i] for i in place] for axis, place in zip(axes, places, strict=True)), strict=True)
        return np.array([self.code_of(key) for key in keys], dtype=np.int16)[inverse]

    def _kind(self, name: str) -> Kind:
        return self._kinds.get(name, Kind.CATEGORICAL)

    def _check(self, name: str, groups: int) -> None:
        if groups > MOST_GROUPS:
            message = f"Grouping by {name} makes more than {MOST_GROUPS} groups; choose a column with fewer values."
            raise SourceError(message)


def split(array: pa.Array, codes: np.ndarray) -> Iterator[tuple[int, pa.Array]]:
    """The values of each group, together."""
    sizes = np.bincount(codes)
    present = np.flatnonzero(sizes)
    if len(present) > 1:
        array = array.take(pa.array(np.argsort(codes, kind="stable")))
    start = 0
    for code in present.tolist():
        yield code, array.slice(start, sizes[code])
        start += int(sizes[code])


def keyed(groups: Groups, profiles: Sequence[Profile], by: str | Sequence[str]) -> dict[Key, Profile]:
    """The profiles of the groups under their keys, in alphabetical order, rows without a group last."""
    ordered = sorted(groups.keys.items(), key=lambda item: [(part is None, part or "") for part in item[0]])
    return {key[0] if isinstance(by, str) else key: profiles[code] for key, code in ordered}
