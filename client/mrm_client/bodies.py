"""Rows on their way to the server: a file as it is, a table as Parquet."""

from __future__ import annotations

import base64
import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PARQUET = "application/vnd.apache.parquet"
CONTENT_TYPES = {
    ".parquet": PARQUET,
    ".arrow": "application/vnd.apache.arrow.file",
    ".arrows": "application/vnd.apache.arrow.stream",
    ".feather": "application/vnd.apache.arrow.file",
    ".csv": "text/csv",
    ".json": "application/json",
    ".jsonl": "application/x-ndjson",
    ".ndjson": "application/x-ndjson",
}


@dataclass(frozen=True)
class Body:
    path: Path
    content_type: str

    @property
    def digest(self) -> str:
        """`Content-Digest` (RFC 9530), so that what arrives is what was sent."""
        hashed = hashlib.sha256()
        with self.path.open("rb") as file:
            for piece in iter(lambda: file.read(1 << 20), b""):
                hashed.update(piece)
        return f"sha-256=:{base64.b64encode(hashed.digest()).decode()}:"


@contextmanager
def body_of(rows: Any) -> Iterator[Body]:
    """A file of a known kind, or a pandas, Polars or Arrow table, ready to be streamed.

    Raises ValueError for a file whose ending says nothing, TypeError for anything else.
    """
    if isinstance(rows, str | Path):
        path = Path(rows)
        if path.suffix.lower() not in CONTENT_TYPES:
            raise ValueError(f"{path.name}: the name of a file of rows ends in one of {', '.join(CONTENT_TYPES)}.")
        yield Body(path, CONTENT_TYPES[path.suffix.lower()])
        return
    with tempfile.TemporaryDirectory(prefix="mrm-client-") as folder:
        path = Path(folder) / "rows.parquet"
        _write_parquet(rows, path)
        yield Body(path, PARQUET)


def _write_parquet(table: Any, path: Path) -> None:
    if hasattr(table, "write_parquet"):  # Polars
        table.write_parquet(path)
    elif hasattr(table, "to_parquet"):  # pandas
        table.to_parquet(path, index=False)
    elif hasattr(table, "to_batches"):  # Arrow
        from pyarrow import parquet

        parquet.write_table(table, path)
    else:
        raise TypeError(f"Rows are a file or a pandas, Polars or Arrow table, not {type(table).__name__}.")
