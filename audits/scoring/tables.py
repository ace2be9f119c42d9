"""Rows as they travel to the child: one matrix of numbers, and the texts of each text column listed once.

Numbers, booleans and decimals become float64 (missing becomes NaN); text becomes positions in its list. What cannot
travel so (dates, lists, bytes) is only an error when the model asks for that column.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
import polars
import pyarrow
import pyarrow.types

from audits.scoring.errors import ScoringFailed

Rows = pyarrow.Table | polars.DataFrame | np.ndarray


@dataclass(frozen=True)
class EncodedTable:
    """``numbers`` has one column per entry of ``columns``: ``{"name", "kind", "texts"?}``, kind in number, whole,
    truth, text, unusable (then ``type`` says what it was).
    """

    numbers: np.ndarray
    columns: list[dict]

    @property
    def rows(self) -> int:
        return self.numbers.shape[0]

    def as_file(self) -> BinaryIO:
        """The numbers, row by row, in an unnamed temporary file."""
        file = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
        self.numbers.tofile(file)
        file.flush()
        return file

    def description(self) -> dict:
        return {"rows": self.rows, "columns": self.columns}


def encode(rows: Rows, feature_names: Sequence[str] | None = None) -> EncodedTable:
    """Rows as numbers and lists of texts; ``feature_names`` picks columns of a table, or names those of an array."""
    table = _as_table(rows, feature_names)
    if not table.num_rows:
        raise ScoringFailed("There is no row to score.")
    numbers = np.empty((table.num_rows, table.num_columns))
    columns = []
    for position, name in enumerate(table.column_names):
        values, column = _encode_column(table.column(position))
        numbers[:, position] = values
        columns.append({"name": name, **column})
        _refuse_infinity(values, name)
    return EncodedTable(numbers, columns)


def _as_table(rows: Rows, feature_names: Sequence[str] | None) -> pyarrow.Table:
    if isinstance(rows, np.ndarray):
        if rows.ndim != 2 or feature_names is None or len(feature_names) != rows.shape[1]:
            raise ScoringFailed("An array of rows needs two dimensions and one feature name for each of its columns.")
        return pyarrow.table([pyarrow.array(np.ascontiguousarray(column)) for column in rows.T], names=[*feature_names])
    table = rows.to_arrow() if isinstance(rows, polars.DataFrame) else rows
    repeated = {name for name in table.column_names if table.column_names.count(name) > 1}
    if repeated:
        raise ScoringFailed(f"The rows have more than one column named {_quoted(sorted(repeated))}.")
    if feature_names is None:
        return table
    if missing := [name for name in feature_names if name not in table.column_names]:
        raise ScoringFailed(f"The rows lack the column {_quoted(missing)}.")
    return table.select([*feature_names])


def _encode_column(column: pyarrow.ChunkedArray) -> tuple[np.ndarray | float, dict]:
    kind = column.type
    if pyarrow.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
        kind = column.type
    if pyarrow.types.is_string(kind) or pyarrow.types.is_large_string(kind) or pyarrow.types.is_string_view(kind):
        encoded = column.cast(pyarrow.large_string()).combine_chunks().dictionary_encode()
        return _floats(encoded.indices), {"kind": "text", "texts": encoded.dictionary.to_pylist()}
    if pyarrow.types.is_boolean(kind):
        return _floats(column.cast(pyarrow.int8())), {"kind": "truth"}
    if pyarrow.types.is_integer(kind):
        return _floats(column), {"kind": "whole"}
    if pyarrow.types.is_floating(kind) or pyarrow.types.is_decimal(kind) or pyarrow.types.is_null(kind):
        return _floats(column), {"kind": "number"}
    return np.nan, {"kind": "unusable", "type": str(kind)}


def _floats(column: pyarrow.ChunkedArray | pyarrow.Array) -> np.ndarray:
    # Unsafe only in that whole numbers beyond 2**53 are rounded, which is what every model's own conversion does.
    floats = column.cast(pyarrow.float64(), safe=False)
    return floats.to_numpy(zero_copy_only=False) if isinstance(floats, pyarrow.Array) else floats.to_numpy()


def _refuse_infinity(values: np.ndarray | float, name: str) -> None:
    infinite = np.isinf(values)
    if infinite.any():
        raise ScoringFailed(
            f"Row {int(infinite.argmax()) + 1} holds infinity in column “{name}”; a model needs a number."
        )


def _quoted(names: Sequence[str]) -> str:
    shown = ", ".join(f"“{name}”" for name in names[:5])
    return shown if len(names) <= 5 else f"{shown} and {len(names) - 5} more"


def column_names(table: pyarrow.Table | polars.DataFrame) -> list[str]:
    """The names of a table's columns, in their order."""
    return table.column_names if isinstance(table, pyarrow.Table) else table.columns


def sample(rows: Rows, most: int, seed: int) -> np.ndarray:
    """Positions of at most so many rows, drawn without replacement and in order."""
    count = len(rows)
    if count <= most:
        return np.arange(count)
    return np.sort(np.random.default_rng(seed).choice(count, size=most, replace=False))


def joined(
    first: tuple[Rows, np.ndarray], second: tuple[Rows, np.ndarray], feature_names: Sequence[str] | None
) -> tuple[EncodedTable, int]:
    """Some rows of two tables as one, so that equal texts have equal positions; and how many came from the first."""
    above, below = (_as_table(rows, feature_names).take(positions) for rows, positions in (first, second))
    shared = [name for name in above.column_names if name in below.column_names]
    try:
        both = pyarrow.concat_tables([above.select(shared), below.select(shared)], promote_options="permissive")
    except pyarrow.ArrowInvalid as error:
        raise ScoringFailed(f"The rows and the background differ in the types of their columns: {error}.") from error
    if not above.num_rows or not below.num_rows:
        raise ScoringFailed("An explanation needs at least one row and one background row.")
    return encode(both), above.num_rows
