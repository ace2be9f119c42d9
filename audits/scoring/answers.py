"""What crosses the border between the worker and the confined process: plain JSON, and arrays as bare bytes.

Neither side ever unpickles. The worker checks every length against the file before it uses it, because the file was
written by a process that may have been taken over by the artifact it opened.
"""

import json
import struct
from typing import BinaryIO

import numpy as np

from audits.scoring.errors import ScoringFailed
from audits.scoring.limits import MEBIBYTE

LENGTH = struct.Struct("<Q")
HEADER_BYTES = 16 * MEBIBYTE
MALFORMED = "The model's process left an answer that is damaged, so it was thrown away."


def write(file: BinaryIO, facts: dict, blobs: dict[str, np.ndarray | bytes] | None = None) -> None:
    """Write one answer: a JSON header, then each blob in the order in which the header lists them."""
    contents, listing = [], []
    for name, blob in (blobs or {}).items():
        shape = None if isinstance(blob, bytes) else list(blob.shape)
        content = blob if isinstance(blob, bytes) else np.ascontiguousarray(blob, dtype="<f8").tobytes()
        contents.append(content)
        listing.append({"name": name, "shape": shape, "size": len(content)})
    header = json.dumps({"facts": facts, "blobs": listing}, allow_nan=False).encode()
    for part in (LENGTH.pack(len(header)), header, *contents):
        file.write(part)
    file.flush()


def read(file: BinaryIO, *, most_bytes: int) -> tuple[dict, dict[str, np.ndarray | bytes]]:
    """The facts and blobs of an answer, or ScoringFailed when anything about it is not as ``write`` would leave it."""
    content = file.read(most_bytes + 1)
    if len(content) > most_bytes or len(content) < LENGTH.size:
        raise ScoringFailed(MALFORMED)
    (header_size,) = LENGTH.unpack_from(content)
    begin = LENGTH.size + header_size
    if header_size > HEADER_BYTES or begin > len(content):
        raise ScoringFailed(MALFORMED)
    try:
        header = json.loads(content[LENGTH.size : begin], parse_constant=_refuse_constant)
        facts, listing = header["facts"], header["blobs"]
        blobs = {}
        for entry in listing:
            end = begin + _whole(entry["size"])
            blobs[str(entry["name"])] = _blob(content, begin, end, entry["shape"])
            begin = end
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ScoringFailed(MALFORMED) from error
    if begin != len(content) or not isinstance(facts, dict):
        raise ScoringFailed(MALFORMED)
    return facts, blobs


def _blob(content: bytes, begin: int, end: int, shape: list[int] | None) -> np.ndarray | bytes:
    if end > len(content):
        raise ValueError("a blob reaches beyond the end")
    if shape is None:
        return content[begin:end]
    return np.frombuffer(content[begin:end], dtype="<f8").reshape([_whole(side) for side in shape])


def _whole(number: object) -> int:
    if type(number) is not int or number < 0:
        raise ValueError("not a size")
    return number


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
