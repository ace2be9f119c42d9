"""What the readers of all formats share: pieces of rows, and limits that hold before anything is unpacked."""

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from django.conf import settings
from pyarrow import types

from audits.profiles.schema import Column
from inventory.frames.faults import Faults, shown
from inventory.frames.kinds import LONGEST_TEXT
from mrm.errors import TooLarge, UnusableData

CELLS_PER_PIECE = 1 << 21
MOST_ROWS_PER_PIECE = 1 << 16
MOST_TEXT_PER_PIECE = 256 * 2**20
MOST_CELLS = 500_000_000
UNREADABLE = (pa.ArrowException, OSError, EOFError, UnicodeDecodeError, struct.error)
MOST_GROWTH = 10  # How many times the largest upload its content may fill once unpacked.


@dataclass(frozen=True)
class Piece:
    """Some rows: an array per column that is there, and per column the positions of values refused already."""

    rows: int
    arrays: Mapping[str, pa.Array | pa.ChunkedArray]
    refused: Mapping[str, Sequence[int]] = field(default_factory=dict)


class Body(Protocol):
    """names  the columns it holds; None where only the rows tell
    is_text  whether its format knows text only, so that numbers and times come as text
    """

    names: Sequence[str] | None
    is_text: bool

    def pieces(self, columns: Sequence[Column], faults: Faults) -> Iterator[Piece]:
        """The rows in order. What only the format can know to be wrong is told to `faults`."""
        ...


def rows_per_piece(columns: int) -> int:
    return min(max(CELLS_PER_PIECE // max(columns, 1), 1000), MOST_ROWS_PER_PIECE)


def check_rows(rows: int, columns: int) -> None:
    """Refuse more rows than can be taken in, however small they were packed."""
    if rows > settings.MAXIMUM_UPLOAD_ROWS:
        raise TooLarge(
            f"The body says it holds {rows} rows; at most {settings.MAXIMUM_UPLOAD_ROWS} are taken at once. "
            "Send it in several parts."
        )
    if rows * columns > MOST_CELLS:
        raise TooLarge(f"The body says it holds {rows} rows of {columns} columns; send it in several parts.")


def check_unpacked(size: int) -> None:
    """Refuse what would fill the memory once unpacked."""
    limit = MOST_GROWTH * settings.MAXIMUM_UPLOAD_BYTES
    if size > limit:
        raise TooLarge(
            f"Unpacked, the body would fill {size // 2**20} MiB; at most {limit // 2**20} MiB are accepted. "
            "Send it in several parts."
        )


def checked_batch(batch: pa.RecordBatch, columns: Sequence[Column]) -> Piece:
    """A piece of a batch from outside, once its insides are known to hold together and its texts to be bearable."""
    wanted = {column.name for column in columns}
    arrays = {name: array for name, array in zip(batch.schema.names, batch.columns, strict=True) if name in wanted}
    size = 0
    for name, array in arrays.items():
        array.validate(full=True)
        size += _check_texts(name, array)
    if size > MOST_TEXT_PER_PIECE:
        raise TooLarge(f"{batch.num_rows} rows hold {size // 2**20} MiB of text; send fewer rows with shorter texts.")
    return Piece(batch.num_rows, {name: _decoded(array) for name, array in arrays.items()})


def refuse_nested(schema: pa.Schema, columns: Sequence[Column], faults: Faults) -> None:
    """Raise where a column holds values that do not stand alone."""
    for column in columns:
        if not is_flat(stored := schema.field(column.name).type):
            faults.add(f"Column {shown(column.name)} holds {stored}; send plain values.", column=column.name)
    faults.raise_if_any()


def is_flat(stored: pa.DataType) -> bool:
    """Whether each value stands alone: no lists, no structures, no runs, nothing another program defined."""
    if types.is_dictionary(stored):
        stored = stored.value_type
    text = types.is_string(stored) or types.is_large_string(stored) or types.is_string_view(stored)
    return text or types.is_primitive(stored) or types.is_decimal(stored) or types.is_null(stored)


def _check_texts(name: str, array: pa.Array) -> int:
    """How many bytes the texts of an array fill once each stands alone; refuses any that is too long.

    A dictionary or a view can name the same long text a million times.
    """
    lengths = _lengths(array)
    if lengths is None or not len(lengths):
        return 0
    if lengths.max() > LONGEST_TEXT:
        message = f"Column {name!r} holds a text of {lengths.max()} bytes; at most {LONGEST_TEXT} are stored."
        raise UnusableData({"message": message, "column": name})
    return int(lengths.sum())


def _lengths(array: pa.Array) -> np.ndarray | None:
    if types.is_dictionary(array.type):
        known = _lengths(array.dictionary)
        if known is None or not len(known):
            return None
        return known[array.indices.drop_null().to_numpy(zero_copy_only=False)]
    if types.is_string_view(array.type):
        views = np.frombuffer(array.buffers()[1], np.int32).reshape(-1, 4)
        lengths = views[array.offset : array.offset + len(array), 0]
        return lengths[array.is_valid().to_numpy(zero_copy_only=False)]
    if types.is_string(array.type) or types.is_large_string(array.type):
        return pc.binary_length(array.drop_null()).to_numpy(zero_copy_only=False)
    return None


def _decoded(array: pa.Array) -> pa.Array:
    return array.dictionary_decode() if types.is_dictionary(array.type) else array
