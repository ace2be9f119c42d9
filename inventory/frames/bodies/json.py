"""JSON bodies: a line per row, a list of rows, or `{"columns": {name: [values]}}`.

A NaN, which is not JSON but which many programs write, is read as a missing value.
"""

import json
import math
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
from django.conf import settings

from audits.profiles.schema import Column, Kind, Role
from inventory.frames.bodies.pieces import Body, Piece, check_rows, rows_per_piece
from inventory.frames.faults import MOST_TOLD, Faults, shown
from inventory.frames.kinds import LARGEST_EXACT, inexact
from mrm.errors import TooLarge, UnusableData
from mrm.json_text import NamedTwice, each_name_once

DUE = {
    Kind.NUMERIC: "a number",
    Kind.BOOLEAN: "true or false",
    Kind.CATEGORICAL: "a category",
    Kind.TEXT: "text",
    Kind.DATETIME: "a time, as text like 2026-06-30T14:05:00Z,",
}
LONGEST_LINE = 4 * 2**20
TAKEN = {
    Kind.NUMERIC: {int, float, bool},
    Kind.BOOLEAN: {bool, int, float, str},
    Kind.CATEGORICAL: {str, int, float, bool},
    Kind.TEXT: {str},
    Kind.DATETIME: {str},
}
TAKEN_AS_ID = {str, int, float}
NOUNS = {bool: "true or false", int: "a number", float: "a number", str: "text", list: "a list", dict: "an object"}
SHAPE = 'Send {"columns": {"name": [values]}} or a list of objects, one per row.'


class ColumnsBody:
    """`{"columns": {name: [values]}}`."""

    is_text = False

    def __init__(self, columns: dict[str, list]):
        self.columns = columns
        self.names = list(columns)
        lengths = {name: len(values) for name, values in columns.items()}
        self.rows = max(lengths.values(), default=0)
        faults = Faults()
        for name, length in lengths.items():
            if length != self.rows:
                faults.add(f"Column {shown(name)} has {length} values where another has {self.rows}.", column=name)
        faults.raise_if_any()
        check_rows(self.rows, len(columns))

    def pieces(self, columns: Sequence[Column], faults: Faults) -> Iterator[Piece]:
        if self.rows:
            yield _piece(self.rows, [_Values(self.columns[column.name], column, 1, faults) for column in columns])


class RowsBody:
    """Objects, one per row, from wherever they come."""

    is_text = False
    names = None

    def __init__(self, rows: Callable[[], Iterator[tuple[int, Any]]]):
        self.rows = rows

    def pieces(self, columns: Sequence[Column], faults: Faults) -> Iterator[Piece]:
        known, strangers = {column.name for column in columns}, set()
        numbered, first = self.rows(), 1
        size = rows_per_piece(len(columns))
        while rows := list(islice(numbered, size)):
            check_rows(first + len(rows) - 1, len(columns))
            objects = [self._object(number, row, known, strangers, faults) for number, row in rows]
            yield _piece(
                len(rows),
                [_Values([row.get(column.name) for row in objects], column, first, faults) for column in columns],
            )
            first += len(rows)

    @staticmethod
    def _object(number: int, row: Any, known: set[str], strangers: set[str], faults: Faults) -> dict:
        if not isinstance(row, dict):
            faults.add(f"Row {number} is {_noun(row)} where an object is due.")
            return {}
        if not row.keys() <= known:
            for name in row.keys() - known - strangers:
                strangers.add(name)
                message = f"Row {number} has a column {shown(name)} that is not in the schema. Leave it out."
                faults.add(message, column=name)
        return row


class LinesBody(RowsBody):
    """A JSON object per line."""

    def __init__(self, path: Path):
        super().__init__(lambda: _lines(path))


def read_json(path: Path) -> Body:
    """Rows or columns. The whole document is in memory while it is read, hence its own, lower limit."""
    if path.stat().st_size > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 2**20
        raise TooLarge(f"A JSON body may be at most {limit} MiB. Send NDJSON, CSV, Arrow or Parquet instead.")
    document = _parsed(path.read_bytes(), "The body")
    if isinstance(document, list):
        return RowsBody(lambda: enumerate(document, 1))
    columns = document.get("columns") if isinstance(document, dict) and len(document) == 1 else None
    if not isinstance(columns, dict) or not all(isinstance(values, list) for values in columns.values()):
        raise UnusableData({"message": f"The body has another shape than expected. {SHAPE}"})
    return ColumnsBody(columns)


def _lines(path: Path) -> Iterator[tuple[int, Any]]:
    number = 0
    with path.open("rb") as file:
        while line := file.readline(LONGEST_LINE + 1):
            if len(line) > LONGEST_LINE:
                raise UnusableData({"message": f"Row {number + 1} is longer than {LONGEST_LINE // 2**20} MiB."})
            if line.strip():
                number += 1
                yield number, _parsed(line, f"Row {number}", row=number)


def _parsed(content: bytes, subject: str, **where) -> Any:
    try:
        return json.loads(content.decode("utf-8-sig"), object_pairs_hook=each_name_once)
    except UnicodeDecodeError:
        wrong = "is not UTF-8"
    except NamedTwice as twice:
        wrong = f"names {shown(twice.name)} more than once in one object"
    except json.JSONDecodeError as fault:
        wrong = f"is not JSON: {fault}"
    except ValueError:  # Python's guard against numbers of thousands of digits.
        wrong = "holds a number that is too long"
    except RecursionError:
        wrong = "is nested too deeply"
    raise UnusableData({"message": f"{subject} {wrong}.", **where})


def _piece(rows: int, columns: list["_Values"]) -> Piece:
    arrays = {values.column.name: values.array() for values in columns}
    return Piece(rows, arrays, {values.column.name: values.refused for values in columns})


class _Values:
    """The values of one column, on their way into an Arrow array; those that cannot go are refused."""

    def __init__(self, values: list, column: Column, first_row: int, faults: Faults):
        self.values, self.column, self.first_row, self.faults = values, column, first_row, faults
        self.refused: list[int] = []

    def array(self) -> pa.Array:
        is_id = self.column.has_role(Role.ID)
        taken = TAKEN_AS_ID if is_id else TAKEN[self.column.kind]
        found = set(map(type, self.values)) - {type(None)}
        if strange := found - taken:
            due = "an id, as text or a whole number," if is_id else DUE[self.column.kind]
            at = [index for index, value in enumerate(self.values) if type(value) in strange]
            self._refuse(at, lambda value: f"{_noun(value)} stands where {due} is due.")
            found &= taken
        if str in found:
            return self._texts([v if v is None or type(v) is str else _label(v) for v in self.values])
        if found == {bool}:
            return pa.array(self.values, pa.bool_())
        if is_id or self.column.kind is Kind.CATEGORICAL:
            return pa.array([None if value is None else _label(value) for value in self.values], pa.string())
        if int in found:
            at = [i for i, value in enumerate(self.values) if type(value) is int and abs(value) > LARGEST_EXACT]
            self._refuse(at, lambda value: inexact(str(value)[:40]))
        return pa.array([None if value is None else float(value) for value in self.values], pa.float64())

    def _texts(self, values: list) -> pa.Array:
        try:
            return pa.array(values, pa.large_string())
        except UnicodeEncodeError:
            self.values = values
            at = [index for index, value in enumerate(values) if value is not None and not _is_encodable(value)]
            self._refuse(at, lambda value: "the text holds half a character (a lone surrogate).")
            return pa.array(self.values, pa.large_string())

    def _refuse(self, at: list[int], wrong: Callable[[Any], str]) -> None:
        told = [(self.first_row + index, wrong(self.values[index])) for index in at[:MOST_TOLD]]
        self.faults.add_rows(self.column.name, len(at), told)
        refused = set(at)
        self.values = [None if index in refused else value for index, value in enumerate(self.values)]
        self.refused += at


def _label(value: bool | int | float) -> str | None:
    """A category sent as a number or truth; what is not a finite number is missing."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not math.isfinite(value):
        return None
    return (
        str(int(value))
        if isinstance(value, float) and value.is_integer() and abs(value) <= LARGEST_EXACT
        else str(value)
    )


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _noun(value: Any) -> str:
    return "nothing" if value is None else NOUNS[type(value)]
