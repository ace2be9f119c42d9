"""CSV bodies: UTF-8, a header line, a comma between cells; every cell is text until the schema says what it is."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pyarrow as pa
from pyarrow import csv

from audits.profiles.schema import Column
from inventory.frames.bodies.pieces import UNREADABLE, Piece, check_rows, checked_batch
from inventory.frames.faults import Faults
from mrm.errors import UnusableData

LONGEST_ROW = 4 * 2**20
READING = csv.ReadOptions(use_threads=False, block_size=LONGEST_ROW)


class CsvBody:
    is_text = True

    def __init__(self, path: Path):
        self.path = path
        try:
            with csv.open_csv(path, READING, _parsing(_skip)) as header:
                self.names = header.schema.names
        except UNREADABLE as fault:
            raise _damaged(fault) from fault

    def pieces(self, columns: Sequence[Column], faults: Faults) -> Iterator[Piece]:
        def tell(row: csv.InvalidRow) -> str:
            cells = f"{row.actual_columns} cells where the header has {row.expected_columns}"
            faults.add(f"Row {row.number - 1} has {cells}. Quote cells that hold a comma.")
            return "skip"

        names = [column.name for column in columns]
        converting = csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            include_columns=names,
            strings_can_be_null=True,
            null_values=[""],
        )
        rows = 0
        try:
            with csv.open_csv(self.path, READING, _parsing(tell), converting) as reader:
                for batch in reader:
                    rows += batch.num_rows
                    check_rows(rows, len(names))
                    yield checked_batch(batch, columns)
        except UNREADABLE as fault:
            raise _damaged(fault) from fault


def _parsing(handler: Callable[[csv.InvalidRow], str]) -> csv.ParseOptions:
    return csv.ParseOptions(newlines_in_values=True, invalid_row_handler=handler)


def _skip(row: csv.InvalidRow) -> str:
    return "skip"


def _damaged(fault: Exception) -> UnusableData:
    why = str(fault).splitlines()[0][:200].rstrip(".")
    if "UTF8" in why or isinstance(fault, UnicodeDecodeError):
        why = f"it is not UTF-8 ({why})"
    elif "straddling" in why:
        why = f"one row is longer than {LONGEST_ROW // 2**20} MiB"
    return UnusableData({"message": f"The body cannot be read as CSV: {why}."})
