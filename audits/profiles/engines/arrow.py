"""The engine for Parquet files and tables in memory: pyarrow reads, numpy sorts and counts. See docs/scale.md."""

from collections.abc import Sequence

import numpy as np

from audits.profiles.grid import Grid, GridColumn
from audits.profiles.groups import Groups, Key, keyed, split
from audits.profiles.profile import Profile
from audits.profiles.sources import Part, Source, parts
from audits.profiles.tally import Tally, profile_of
from audits.profiles.threads import each


def scan(source: Source, grid: Grid, *, by: str | Sequence[str] | None = None) -> Profile | dict[Key, Profile]:
    """The profile of a source, read once, a piece of a column at a time: memory grows with columns and grid, not rows.

    With `by`, a profile per group instead: keyed by the category of that column, or by a tuple of them where `by` is a
    list; None stands for rows without one. Adding the groups gives the whole. Two bytes per row are held meanwhile.
    """
    tables = parts(source)
    if by is None:
        counted = _scan_columns(grid, tables, [None] * len(tables), 1)
        return profile_of(grid, [tallies[0] for tallies in counted])
    groups = Groups([by] if isinstance(by, str) else by, grid)
    codes = [groups.codes_of_part(part) for part in tables]
    counted = _scan_columns(grid, tables, codes, len(groups.keys))
    profiles = [profile_of(grid, [tallies[code] for tallies in counted]) for code in range(len(groups.keys))]
    return keyed(groups, profiles, by)


def _scan_columns(grid: Grid, tables: list[Part], codes: list[np.ndarray | None], groups: int) -> list[list[Tally]]:
    """For every column of the grid, in its order, a tally per group; each column of the table is read once."""
    by_source: dict[str, list[GridColumn]] = {}
    for column in grid.columns:
        by_source.setdefault(column.source, []).append(column)
    tallies = {column.name: [Tally(column) for _ in range(groups)] for column in grid.columns}

    def scan_source(name: str) -> None:
        per_group = list(zip(*(tallies[column.name] for column in by_source[name]), strict=True))
        for part, part_codes in zip(tables, codes, strict=True):
            _scan_part(name, part, part_codes, per_group)

    each(scan_source, list(by_source))
    return list(tallies.values())


def _scan_part(name: str, part: Part, codes: np.ndarray | None, per_group: list[tuple[Tally, ...]]) -> None:
    """Add one column of one file to the tallies of its groups; without groups, `codes` is None."""
    if name not in part.types:
        rows = [part.rows] if codes is None else np.bincount(codes, minlength=len(per_group)).tolist()
        for tallies, absent in zip(per_group, rows, strict=True):
            for tally in tallies:
                tally.add_absent(absent)
        return
    row = 0
    for batch in part.batches([name]):
        array = batch.column(name)
        pieces = [(0, array)] if codes is None else split(array, codes[row : row + len(array)])
        for code, piece in pieces:
            for tally in per_group[code]:
                tally.add(piece)
        row += len(array)
