"""Payloads of inference, as values by column.

Open Inference Protocol v2: `{"inputs": [tensor]}` and `{"outputs": [tensor]}`, where a tensor is named like a column
and holds one value per row, or is the only one and holds all columns in the order of the schema. Version 1:
`{"instances": [row]}` and `{"predictions": [row]}`, where a row is an object, a list in the order of the schema, or the
one value there is. Where two columns could be meant, nothing is guessed.
"""

from collections.abc import Iterator, Sequence
from math import prod
from typing import Any

from audits.profiles.schema import Column, Role
from inventory.frames.faults import shown
from inventory.models import InferenceEvent
from mrm.errors import TooLarge, UnusableData

MOST_ROWS = 1000
MOST_DIMENSIONS = 8
LARGEST_SIZE = 2**31
OUTPUTS = (Role.SCORE, Role.PREDICTION)
KEYS = {InferenceEvent.Half.REQUEST: ("inputs", "instances"), InferenceEvent.Half.RESPONSE: ("outputs", "predictions")}


def columns_of_half(columns: Sequence[Column], half: InferenceEvent.Half) -> list[Column]:
    """What a half may hold: score and prediction are the response's, all others the request's."""
    is_response = half == InferenceEvent.Half.RESPONSE
    return [column for column in columns if any(map(column.has_role, OUTPUTS)) == is_response]


def values_of(data: Any, columns: Sequence[Column], half: InferenceEvent.Half) -> dict[str, list]:
    """The values that the payload of a half holds, by the name of their column."""
    own = columns_of_half(columns, half)
    ordered = [column.name for column in own if half == InferenceEvent.Half.RESPONSE or column.has_role(Role.FEATURE)]
    tensors, rows = KEYS[half]
    found = [key for key in KEYS[half] if isinstance(data, dict) and key in data]
    if len(found) != 1:
        raise _fault("data", f"The payload of a {half} is an object with either {tensors} or {rows}.")
    given = data[found[0]]
    if not isinstance(given, list) or not given:
        raise _fault(found[0], f"{found[0]} must be a list that is not empty.")
    read = _from_tensors if found[0] == tensors else _from_rows
    values = read(found[0], given, [column.name for column in own], ordered)
    for name, column in values.items():
        for row, value in enumerate(column, 1):
            if isinstance(value, dict | list):
                message = f"Row {row}, column {shown(name)}: a list or an object stands where one value is due."
                raise UnusableData({"message": message, "row": row, "column": name})
    return values


def _from_tensors(key: str, tensors: list, known: list[str], ordered: list[str]) -> dict[str, list]:
    values: dict[str, list] = {}
    for index, tensor in enumerate(tensors):
        where = f"{key}[{index}]"
        name, rows, flat = _tensor(where, tensor)
        width = len(flat) // rows
        if name in values:
            raise _fault(f"{where}.name", f"The tensor {shown(name)} comes twice. Send it once.")
        if name in known and width == 1:
            values[name] = flat
        elif name not in known and len(tensors) == 1 and width == len(ordered):
            values = {column: flat[place::width] for place, column in enumerate(ordered)}
        else:
            message = f"The tensor {shown(name)} of {rows} × {width} cannot be read. {_remedy(known, ordered)}"
            raise _fault(f"{where}.name", message)
    return values


def _tensor(where: str, tensor: Any) -> tuple[str, int, list]:
    """Name, number of rows and values, row by row."""
    if not isinstance(tensor, dict) or not isinstance(tensor.get("name"), str):
        raise _fault(where, f"{where} must be a tensor: an object with name, shape, datatype and data.")
    shape, data = tensor.get("shape"), tensor.get("data")
    if not _is_shape(shape):
        message = f"The shape of {shown(tensor['name'])} must be 1 to {MOST_DIMENSIONS} whole numbers above 0."
        raise _fault(f"{where}.shape", message)
    if not isinstance(data, list):
        raise _fault(f"{where}.data", f"The data of {shown(tensor['name'])} must be a list; binary data are not read.")
    _check_rows(shape[0])
    flat = list(_flattened(data))
    if len(flat) != prod(shape):
        message = f"{shown(tensor['name'])} holds {len(flat)} values where its shape says {shown(prod(shape))}."
        raise _fault(f"{where}.data", message)
    return tensor["name"], shape[0], flat


def _is_shape(shape: Any) -> bool:
    if not isinstance(shape, list) or not 0 < len(shape) <= MOST_DIMENSIONS:
        return False
    return all(type(size) is int and 0 < size <= LARGEST_SIZE for size in shape)


def _flattened(data: list) -> Iterator[Any]:
    """Row-major, however deep it is nested; without recursion, because a sender chooses the depth."""
    open_lists = [iter(data)]
    while open_lists:
        for value in open_lists[-1]:
            if isinstance(value, list):
                open_lists.append(iter(value))
                break
            yield value
        else:
            open_lists.pop()


def _from_rows(key: str, rows: list, known: list[str], ordered: list[str]) -> dict[str, list]:
    _check_rows(len(rows))
    if all(isinstance(row, dict) for row in rows):
        names = list(dict.fromkeys(name for row in rows for name in row))
        if strangers := [name for name in names if name not in known]:
            message = f"{shown(strangers[0])} is no column of {key}. {_remedy(known, ordered)}"
            raise _fault(key, message)
        return {name: [row.get(name) for row in rows] for name in names}
    if all(isinstance(row, list) and len(row) == len(ordered) for row in rows) and ordered:
        return {name: [row[place] for row in rows] for place, name in enumerate(ordered)}
    if len(ordered) == 1 and not any(isinstance(row, dict | list) for row in rows):
        return {ordered[0]: rows}
    raise _fault(key, f"The rows of {key} are not all of one shape that can be read. {_remedy(known, ordered)}")


def _check_rows(rows: int) -> None:
    if rows > MOST_ROWS:
        raise TooLarge(f"An event holds at most {MOST_ROWS} rows, not {shown(rows)}. Log them as a batch instead.")


def _remedy(known: list[str], ordered: list[str]) -> str:
    named = ", ".join(known) or "nothing, as the schema has no such column"
    return f"Name the values as the schema does ({named}), or send only these, in this order: {', '.join(ordered)}."


def _fault(field: str, message: str) -> UnusableData:
    return UnusableData({"message": message, "field": field})
