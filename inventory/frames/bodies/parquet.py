"""Parquet bodies: the footer says what the file claims to hold before any page is unpacked."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow.parquet as pq
from pyarrow import types

from audits.profiles.schema import Column
from inventory.frames.bodies.pieces import (
    UNREADABLE,
    Piece,
    check_rows,
    check_unpacked,
    checked_batch,
    refuse_nested,
    rows_per_piece,
)
from inventory.frames.faults import Faults
from mrm.errors import UnusableData

DAMAGED = "The body is not a complete Parquet file: {}. Write it again."


class ParquetBody:
    is_text = False

    def __init__(self, path: Path):
        self.path = path
        try:
            with pq.ParquetFile(path) as file:
                self.metadata, self.schema = file.metadata, file.schema_arrow
        except UNREADABLE as fault:
            raise _damaged(fault) from fault
        self.names = self.schema.names
        check_rows(self.metadata.num_rows, len(self.names))
        groups = [self.metadata.row_group(index) for index in range(self.metadata.num_row_groups)]
        if any(group.num_rows < 0 or group.total_byte_size < 0 for group in groups):
            raise UnusableData({"message": DAMAGED.format("a size in it is negative")})
        check_unpacked(sum(group.total_byte_size for group in groups))
        check_unpacked(
            sum(group.column(index).total_uncompressed_size for group in groups for index in range(group.num_columns))
        )

    def pieces(self, columns: Sequence[Column], faults: Faults) -> Iterator[Piece]:
        refuse_nested(self.schema, columns, faults)
        names = [column.name for column in columns]
        # A text that stands in the file once and is named by every row stays one text.
        texts = [name for name in names if types.is_string(self.schema.field(name).type)]
        rows = 0
        try:
            with pq.ParquetFile(self.path, read_dictionary=texts, pre_buffer=False, buffer_size=1 << 20) as file:
                for batch in file.iter_batches(rows_per_piece(len(names)), columns=names, use_threads=False):
                    rows += batch.num_rows
                    check_rows(rows, len(names))
                    yield checked_batch(batch, columns)
        except UNREADABLE as fault:
            raise _damaged(fault) from fault


def _damaged(fault: Exception) -> UnusableData:
    why = str(fault).splitlines()[0][:200] if str(fault) else "it cannot be read"
    return UnusableData({"message": DAMAGED.format(why.rstrip("."))})
