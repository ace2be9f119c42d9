"""The formats rows may be sent in, each read a piece at a time with its sizes checked before it is unpacked.

A body has `names`, the columns it holds (None where only the rows tell), and `pieces(columns)`, which yields those
columns as Arrow arrays, some rows at a time.
"""

from collections.abc import Callable
from pathlib import Path

from inventory.frames.bodies import arrow, csv, json, parquet
from inventory.frames.bodies.pieces import Body
from mrm.errors import UnusableData

READERS: dict[str, Callable[[Path], Body]] = {
    "application/vnd.apache.parquet": parquet.ParquetBody,
    "application/vnd.apache.arrow.stream": arrow.ArrowBody,
    "application/vnd.apache.arrow.file": arrow.ArrowBody,
    "text/csv": csv.CsvBody,
    "application/x-ndjson": json.LinesBody,
    "application/json": json.read_json,
}


def open_body(path: Path, content_type: str) -> Body:
    """The reader for a media type; UnusableData where the bytes are something else."""
    reader = READERS.get(content_type)
    if reader is None:
        raise UnusableData({"message": f"{content_type or 'No media type'} is not read here. Send {ACCEPTED}."})
    if not path.stat().st_size:
        raise UnusableData({"message": "The body is empty. Send at least one row."})
    return reader(path)


ACCEPTED = ", ".join(READERS)
