"""Where rows come from: Parquet files read in pieces, or a table that is already in memory."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

Source = str | Path | Sequence[str | Path] | pl.DataFrame | pa.Table

# Rows read at a time from one column: enough to amortise a call, few enough that memory does not grow with the rows.
BATCH_ROWS = 1 << 18
READ_BYTES = 1 << 20


class SourceError(ValueError):
    """A source that cannot be read; the message is for the person who sent it."""


class Part(Protocol):
    """One file or table of a source."""

    rows: int
    types: Mapping[str, pa.DataType]

    def batches(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """The rows in order, some at a time, with these columns; texts come dictionary-encoded where that is cheap."""
        ...


def parts(source: Source) -> list[Part]:
    """The files or tables a source consists of, with their sizes and types read and no rows yet."""
    if isinstance(source, pl.DataFrame):
        return [FramePart(source)]
    if isinstance(source, pa.Table):
        return [TablePart(source)]
    paths = [source] if isinstance(source, (str, Path)) else list(source)
    if not paths:
        raise SourceError("There is no file to read.")
    return [ParquetPart.open(Path(path)) for path in paths]


@dataclass(frozen=True)
class ParquetPart:
    path: Path
    metadata: pq.FileMetaData
    types: Mapping[str, pa.DataType]

    @classmethod
    def open(cls, path: Path) -> "ParquetPart":
        try:
            with pq.ParquetFile(path) as file:
                return cls(path, file.metadata, _types(file.schema_arrow, path.name))
        except FileNotFoundError as fault:
            raise SourceError(f"There is no file {path.name}.") from fault
        except (pa.ArrowException, OSError) as fault:
            raise SourceError(f"{path.name} cannot be read as Parquet; write the file again.") from fault

    @property
    def rows(self) -> int:
        return self.metadata.num_rows

    def batches(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        texts = [name for name in columns if pa.types.is_string(self.types[name])]
        try:
            with pq.ParquetFile(
                self.path, metadata=self.metadata, read_dictionary=texts, pre_buffer=False, buffer_size=READ_BYTES
            ) as file:
                yield from file.iter_batches(BATCH_ROWS, columns=list(columns), use_threads=False)
        except (pa.ArrowException, OSError) as fault:
            raise SourceError(f"{self.path.name} is damaged and cannot be read; write the file again.") from fault


@dataclass(frozen=True)
class TablePart:
    table: pa.Table

    @property
    def rows(self) -> int:
        return self.table.num_rows

    @property
    def types(self) -> Mapping[str, pa.DataType]:
        return _types(self.table.schema, "The table")

    def batches(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        yield from self.table.select(list(columns)).to_batches(max_chunksize=BATCH_ROWS)


@dataclass(frozen=True)
class FramePart:
    frame: pl.DataFrame

    @property
    def rows(self) -> int:
        return self.frame.height

    @property
    def types(self) -> Mapping[str, pa.DataType]:
        return _types(self.frame.head(0).to_arrow().schema, "The frame")

    def batches(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        # Column by column, because converting copies texts.
        yield from self.frame.select(columns).to_arrow().to_batches(max_chunksize=BATCH_ROWS)


def _types(schema: pa.Schema, label: str) -> Mapping[str, pa.DataType]:
    if len(set(schema.names)) < len(schema.names):
        twice = sorted({name for name in schema.names if schema.names.count(name) > 1})
        raise SourceError(f"{label} has more than one column named {twice[0]!r}; keep one of them.")
    return dict(zip(schema.names, schema.types, strict=True))
