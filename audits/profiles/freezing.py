"""Freezing a grid: cutting the cells of every column from the reference."""

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa

from audits.profiles.grid import BOOLEAN_CATEGORIES, CELLS, MOST_CATEGORIES, Grid, GridColumn, edges_of
from audits.profiles.schema import Column, Kind, Role
from audits.profiles.sources import Part, Source, SourceError, parts
from audits.profiles.texts import MEASURES, UNKNOWN_WORDS, measured, vocabulary_of
from audits.profiles.threads import each
from audits.profiles.values import distinct, fits, labels, numbers

# Beyond these, edges and words come from every n-th row of the reference, so that memory does not grow with its rows.
SAMPLE_ROWS = 1 << 21
SAMPLE_TEXTS = 100_000

# While categories are counted, the rarest are let go whenever there are more than this many.
TRACKED_CATEGORIES = 200_000


def freeze_grid(
    source: Source, columns: Sequence[Column], *, cells: int = CELLS, categories: int = MOST_CATEGORIES
) -> Grid:
    """The grid of a reference, for every column but the id. Deterministic: the same rows make the same digest.

    Numbers and dates are cut at the reference's quantiles (grid.edges_of); categories are the declared ones, then the
    others of the reference, most frequent first, `categories` at most. Texts are cut by what is measured of them.
    Raises SourceError naming every column that the reference does not have or holds as another kind.
    """
    tables = parts(source)
    counted = [column for column in columns if not column.has_role(Role.ID)]
    if not counted:
        raise SourceError("There is no column to count; describe at least one besides the id.")
    faults = [fault for column in counted if (fault := _fault(column, tables))]
    if faults:
        raise SourceError(" ".join(faults))
    frozen = each(lambda column: _freeze(column, tables, cells, categories), counted)
    return Grid(tuple(column for group in frozen for column in group))


def _fault(column: Column, tables: list[Part]) -> str:
    if column.required and not any(column.name in part.types for part in tables):
        return f"The reference has no column {column.name!r}; add it or describe it as not required."
    for part in tables:
        if column.name in part.types and not fits(column.kind, part.types[column.name]):
            stored = part.types[column.name]
            return (
                f"Column {column.name!r} is described as {column.kind} but the reference holds {stored}; correct one."
            )
    return ""


def _freeze(column: Column, tables: list[Part], cells: int, categories: int) -> list[GridColumn]:
    name, kind = column.name, column.kind
    match kind:
        case Kind.BOOLEAN:
            return [GridColumn(name, name, kind, categories=BOOLEAN_CATEGORIES)]
        case Kind.CATEGORICAL:
            known, others = _categories(column, tables, categories)
            return [GridColumn(name, name, kind, categories=known, others=others)]
        case Kind.TEXT:
            return _freeze_text(column, tables, cells)
        case Kind.NUMERIC | Kind.DATETIME:
            pieces = [numbers(array)[first::step] for array, first, step in _sampled(name, tables, SAMPLE_ROWS)]
            return [GridColumn(name, name, kind, edges=_edges(pieces, cells))]


def _freeze_text(column: Column, tables: list[Part], cells: int) -> list[GridColumn]:
    sample = [
        array.take(pa.array(np.arange(first, len(array), step)))
        for array, first, step in _sampled(column.name, tables, SAMPLE_TEXTS)
    ]
    sample = [array.dictionary_decode() if pa.types.is_dictionary(array.type) else array for array in sample]
    texts = pa.concat_arrays([array.cast(pa.large_string()) for array in sample] or [pa.array([], pa.large_string())])
    frozen = []
    for measure in MEASURES:
        vocabulary = vocabulary_of(texts) if measure == UNKNOWN_WORDS else None
        edges = _edges([measured(texts, measure, vocabulary)], cells)
        name = f"{column.name}: {measure}"
        frozen.append(GridColumn(name, column.name, Kind.TEXT, edges, measure=measure, vocabulary=vocabulary))
    return frozen


def _sampled(name: str, tables: list[Part], at_most: int) -> Iterator[tuple[pa.Array, int, int]]:
    """Each array of a column, with the first row in it and the step that take every n-th row of the whole."""
    having = [part for part in tables if name in part.types]
    step = max(1, -(-sum(part.rows for part in having) // at_most))
    seen = 0
    for part in having:
        for batch in part.batches([name]):
            yield batch.column(name), -seen % step, step
            seen += batch.num_rows


def _edges(pieces: list[np.ndarray], cells: int) -> np.ndarray:
    values = np.concatenate(pieces) if pieces else np.empty(0)
    values.sort()
    begin, end = values.searchsorted(-np.inf, side="right"), values.searchsorted(np.inf, side="left")
    return edges_of(values[begin:end], cells)


def _categories(column: Column, tables: list[Part], at_most: int) -> tuple[tuple[str, ...], int]:
    """The categories that get a cell, and how many of the reference do not."""
    rows: Counter[str] = Counter()
    for part in tables:
        if column.name not in part.types:
            continue
        for batch in part.batches([column.name]):
            values, counts, _ = distinct(batch.column(column.name))
            for category, times in zip(labels(values, column.kind).to_pylist(), counts.tolist(), strict=True):
                if category is not None and times:
                    rows[category] += times
            if len(rows) > TRACKED_CATEGORIES:
                rows = Counter(dict(_by_frequency(rows)[: TRACKED_CATEGORIES // 2]))
    declared = column.categories or ()
    seen = [category for category, _ in _by_frequency(rows) if category not in set(declared)]
    room = max(at_most - len(declared), 0)
    return (*declared, *seen[:room]), len(seen[room:])


def _by_frequency(rows: Counter[str]) -> list[tuple[str, int]]:
    """Most frequent first; ties in alphabetical order, so that the order of rows does not matter."""
    return sorted(rows.items(), key=lambda item: (-item[1], item[0]))
