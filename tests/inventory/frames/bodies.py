"""Bodies in every format, from the same rows; and what became of them."""

import io
import json
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from audits.profiles.schema import columns_from_json
from inventory import frames
from mrm.errors import UnusableData

PARQUET = "application/vnd.apache.parquet"
STREAM = "application/vnd.apache.arrow.stream"
FILE = "application/vnd.apache.arrow.file"
CSV = "text/csv"
LINES = "application/x-ndjson"
JSON = "application/json"
NOW = datetime(2026, 7, 1, tzinfo=UTC)


def as_table(columns: dict) -> pa.Table:
    return pa.table(
        {name: values if isinstance(values, pa.Array) else pa.array(values) for name, values in columns.items()}
    )


def encode(columns: dict, content_type: str) -> bytes:
    """The columns as a body of this media type."""
    if content_type == JSON:
        return json.dumps({"columns": columns}).encode()
    if content_type == LINES:
        rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        return "\n".join(json.dumps(row) for row in rows).encode()
    table = as_table(columns)
    buffer = io.BytesIO()
    if content_type == CSV:
        pl.DataFrame(pl.from_arrow(table)).write_csv(buffer)
    elif content_type == PARQUET:
        pq.write_table(table, buffer)
    else:
        opener = pa.ipc.new_stream if content_type == STREAM else pa.ipc.new_file
        with opener(buffer, table.schema) as writer:
            writer.write_table(table)
    return buffer.getvalue()


class Desk:
    """Writes bodies against a schema in a folder of one test."""

    def __init__(self, folder: Path):
        self.folder, self.target = folder, folder / "rows.parquet"

    def write(self, body: bytes, content_type: str, schema: list[dict], **options) -> pl.DataFrame:
        columns = columns_from_json(schema)
        options = {"required": {column.name for column in columns if column.required}, "now": NOW} | options
        source = self.folder / "body"
        source.write_bytes(body)
        self.written = frames.write(source, self.target, content_type=content_type, columns=columns, **options)
        return pl.read_parquet(self.target)

    def faults(self, body: bytes, content_type: str, schema: list[dict], **options) -> list[dict]:
        """What is said to be wrong; fails where nothing is."""
        try:
            rows = self.write(body, content_type, schema, **options)
        except UnusableData as refusal:
            return refusal.errors
        raise AssertionError(f"These rows were taken: {rows}")


def column(name: str, kind: str, role: str = "feature", **more) -> dict:
    return {"name": name, "kind": kind, "role": role, **more}
