"""Which kind of model a file holds, told from its bytes and never from its name, without running anything in it.

Only what cannot carry code by itself is accepted. This looks at the outside: length fields, endings, the list of a
zip's members. What the library then makes of the inside happens in the confined process.
"""

import io
import os
import pickletools
import re
import stat
import warnings
import zipfile
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from audits.scoring.errors import ArtifactRefused
from audits.scoring.limits import MEBIBYTE, Limits, in_words

DEFAULT_LARGEST = Limits().artifact_bytes
HEAD_BYTES = TAIL_BYTES = 64 * 1024


class Framework(StrEnum):
    """The formats a model may come in."""

    ONNX = "onnx"
    XGBOOST = "xgboost"
    LIGHTGBM = "lightgbm"
    SKOPS = "skops"


ACCEPTED = "Accepted are ONNX, XGBoost JSON or UBJ, LightGBM text and skops."
PICKLE = (
    "The file is a Python pickle, which runs code when it is opened, so it is refused whatever its name. "
    "Save a scikit-learn model with skops, an XGBoost model with save_model('model.ubj'), a LightGBM model with "
    "save_model('model.txt'), or export it to ONNX."
)

COMPRESSED = {b"\x78\x01": "zlib", b"\x78\x5e": "zlib", b"\x78\x9c": "zlib", b"\x78\xda": "zlib", b"\x1f\x8b": "gzip",
              b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"\x5d\x00\x00": "lzma", b"\x04\x22\x4d\x18": "lz4",
              b"\x28\xb5\x2f\xfd": "zstandard"}  # fmt: skip
KNOWN_STRANGERS = {
    b"\x89HDF": "an HDF5 file (Keras)",
    b"\x93NUMPY": "a NumPy array",
    b"\x7fELF": "a program",
    b"MZ": "a program",
    b"PAR1": "a Parquet file",
    b"ARROW1": "an Arrow file",
    b"<?xml": "an XML file (PMML is not supported)",
    b"binf": "an XGBoost model in its old binary format; save it again with save_model('model.ubj')",
    b"GGUF": "a language model",
}

# The fields of ONNX's ModelProto and whether their content has a length of its own (protobuf wire type 2) or not (0).
ONNX_FIELDS = {1: 0, 2: 2, 3: 2, 4: 2, 5: 0, 6: 2, 7: 2, 8: 2, 14: 2, 20: 2, 25: 2, 26: 2}
ONNX_GRAPH, ONNX_OPERATORS = 7, 8

ZIP_MEMBERS = 20_000
ZIP_GROWTH = 200
SKOPS_MEMBER = re.compile(r"schema\.json|[0-9a-f-]+\.(npy|npz|bin)")


def identify(path: Path | str, *, largest: int = DEFAULT_LARGEST) -> Framework:
    """The framework of a model file; ArtifactRefused, with what it is instead, for anything else."""
    with open_artifact(path, largest=largest) as file:
        return identify_open(file)


def open_artifact(path: Path | str, *, largest: int = DEFAULT_LARGEST) -> BinaryIO:
    """Open a model file, having made sure that it is an ordinary file of a bearable size."""
    try:
        # A named pipe would otherwise wait for a writer that never comes.
        file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb")
    except OSError as error:
        raise ArtifactRefused(f"The model file cannot be read: {error.strerror}.") from error
    facts = os.fstat(file.fileno())
    refusal = ""
    if not stat.S_ISREG(facts.st_mode):
        refusal = "The model is not an ordinary file."
    elif not facts.st_size:
        refusal = "The model file is empty."
    elif facts.st_size > largest:
        refusal = f"The model file has {in_words(facts.st_size)}; at most {in_words(largest)} are accepted."
    if refusal:
        file.close()
        raise ArtifactRefused(refusal)
    return file


def identify_open(file: BinaryIO) -> Framework:
    """As ``identify``, for a file that ``open_artifact`` opened; leaves the position at the start."""
    size = os.fstat(file.fileno()).st_size
    head = file.read(HEAD_BYTES)
    file.seek(max(0, size - TAIL_BYTES))
    tail = file.read(TAIL_BYTES)
    file.seek(0)
    if head.startswith(b"PK\x03\x04"):
        # Compressed bytes now and then read as an old pickle by chance, and only a reader of zips will open these.
        framework = _identify_zip(file)
    elif _is_pickle(head, tail):
        raise ArtifactRefused(PICKLE)
    elif head.lstrip()[:1] == b"{":
        framework = _identify_xgboost(head.lstrip(), tail)
    elif re.match(rb"tree\r?\nversion=v\d", head):
        framework = _identify_lightgbm(tail)
    elif _starts_like_onnx(head):
        framework = _identify_onnx(file, size)
    else:
        raise ArtifactRefused(f"The file is {_guess(head)}. {ACCEPTED}")
    file.seek(0)
    return framework


def _is_pickle(head: bytes, tail: bytes) -> bool:
    return head[:1] == b"\x80" and head[1:2] <= b"\x05" or _reads_as_pickle(head, complete=head == tail)


def _reads_as_pickle(content: bytes, *, complete: bool) -> bool:
    """Whether the bytes read as the oldest pickle protocols, which have no mark at the start. Only reads operations."""
    operations = 0
    try:
        # Bytes that are no pickle read as strange strings here, and Python would warn of their escapes.
        with warnings.catch_warnings(action="ignore"):
            for operation, _, _ in pickletools.genops(content):
                operations += 1
                if operation.name in {"GLOBAL", "INST"} or (operation.name == "STOP" and operations > 1):
                    return True
    except (ValueError, IndexError, UnicodeDecodeError, OverflowError):
        # Ran out in the middle of an operation: a long pickle does that too, but not after so few of them.
        return not complete and operations > 1000
    return False


def _identify_zip(file: BinaryIO) -> Framework:
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            _refuse_bomb(members)
            names = [member.filename for member in members]
            if any(name.endswith((".pkl", ".pickle", ".joblib")) for name in names):
                raise ArtifactRefused(f"The file is a zip that holds a pickle, as PyTorch writes it. {PICKLE}")
            if "schema.json" not in names:
                raise ArtifactRefused(f"The file is a zip, but not one that skops wrote. {ACCEPTED}")
            if len(set(names)) != len(names):
                raise ArtifactRefused("The skops file names one of its members twice.")
            for member in members:
                _refuse_member(archive, member)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, EOFError, ValueError, OSError) as error:
        raise ArtifactRefused("The file starts like a zip, but it is cut off or damaged.") from error
    return Framework.SKOPS


def _refuse_bomb(members: list[zipfile.ZipInfo]) -> None:
    unpacked = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    if len(members) > ZIP_MEMBERS:
        raise ArtifactRefused(f"The zip has {len(members)} members; at most {ZIP_MEMBERS} are accepted.")
    if unpacked > DEFAULT_LARGEST or (unpacked > MEBIBYTE and unpacked > ZIP_GROWTH * packed):
        raise ArtifactRefused(f"The zip would grow from {in_words(packed)} to {in_words(unpacked)} when unpacked.")


def _refuse_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    if member.flag_bits & 1:
        raise ArtifactRefused("The skops file is encrypted.")
    if not SKOPS_MEMBER.fullmatch(member.filename):
        raise ArtifactRefused(f"The skops file holds a member that skops does not write: {member.filename[:80]!r}.")
    with archive.open(member) as content:
        head = content.read(512)
    if member.filename.endswith(".npy") and b"'|O'" in head:
        raise ArtifactRefused(f"An array in the skops file holds Python objects. {PICKLE}")
    if not member.filename.endswith(".bin") and head[:1] == b"\x80":
        raise ArtifactRefused(f"A member of the skops file is a pickle. {PICKLE}")


def _identify_xgboost(head: bytes, tail: bytes) -> Framework:
    binary = head[1:2] in (b"L", b"i", b"U", b"l", b"I", b"#", b"$")
    named = re.search(rb"learner", head) if binary else re.search(rb'"(learner|version)"\s*:', head)
    if not named:
        raise ArtifactRefused(f"The file is JSON, but not an XGBoost model: it names no learner. {ACCEPTED}")
    if tail.rstrip()[-1:] != b"}":
        raise ArtifactRefused("The XGBoost model is cut off: it does not end with a closing brace.")
    return Framework.XGBOOST


def _identify_lightgbm(tail: bytes) -> Framework:
    last = b"end of parameters" if b"\nparameters:" in tail else b"end of trees"
    if last not in tail:
        raise ArtifactRefused(f"The LightGBM model is cut off: its line “{last.decode()}” is missing.")
    return Framework.LIGHTGBM


def _starts_like_onnx(head: bytes) -> bool:
    """A protobuf message whose first field may stand first in ONNX: a version number or a short producer name."""
    return head[:1] == b"\x08" and head[1:2] < b"\x80" or head[:1] in (b"\x12", b"\x3a", b"\x42")


def _identify_onnx(file: BinaryIO, size: int) -> Framework:
    seen = set()
    for number, wire_type, end in _protobuf_fields(file, size):
        if ONNX_FIELDS.get(number) != wire_type:
            raise ArtifactRefused(f"The file is not a format that is known here. {ACCEPTED}")
        if end > size:
            raise ArtifactRefused(f"The ONNX model is cut off: {in_words(end - size)} are missing.")
        seen.add(number)
    if ONNX_GRAPH not in seen or ONNX_OPERATORS not in seen:
        raise ArtifactRefused(f"The file may be cut off ONNX: it has no {_missing_part(seen)}. {ACCEPTED}")
    return Framework.ONNX


def _missing_part(seen: set[int]) -> str:
    return "graph" if ONNX_GRAPH not in seen else "list of operator sets"


def _protobuf_fields(file: BinaryIO, size: int) -> Iterator[tuple[int, int, int]]:
    """Number, wire type and end of each outermost field, skipping over what it holds; wire type -1 is unreadable."""
    position = 0
    while position < size:
        file.seek(position)
        start = io.BytesIO(file.read(20))
        key = _variable_length_number(start)
        wire_type = key & 7 if key is not None else -1
        length = _variable_length_number(start) if wire_type in (0, 2) else None
        if length is None:
            yield 0, -1, position
            return
        position += start.tell() + (length if wire_type == 2 else 0)
        yield key >> 3, wire_type, position


def _variable_length_number(content: io.BytesIO) -> int | None:
    number = 0
    for shift in range(0, 70, 7):
        byte = content.read(1)
        if not byte:
            return None
        number |= (byte[0] & 0x7F) << shift
        if byte[0] < 0x80:
            return number
    return None


def _guess(head: bytes) -> str:
    for mark, name in COMPRESSED.items():
        if head.startswith(mark):
            return f"compressed with {name}, as joblib writes pickles, and is not opened"
    for mark, name in KNOWN_STRANGERS.items():
        if head.startswith(mark):
            return name
    return "not in a format that is known here"
