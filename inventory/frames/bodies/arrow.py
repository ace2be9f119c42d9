"""Arrow IPC bodies, stream or file.

Compressed buffers say how large they become; the sum is checked message by message before Arrow unpacks any. That needs
a look into the FlatBuffers tables of messages and footer (format/Message.fbs and File.fbs of the Arrow specification),
which pyarrow has verified but does not show.
"""

import struct
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa

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
from mrm.errors import TooLarge, UnusableData

FILE_MAGIC = b"ARROW1"
MOST_PER_MESSAGE = 512 * 2**20
UNCOMPRESSED = -1

# Positions of fields in their tables, and the layout of a structure in the footer.
MESSAGE_HEADER = 2
DICTIONARY_DATA = 1
BATCH_LENGTH, BATCH_BUFFERS, BATCH_COMPRESSION = 0, 2, 3
FOOTER_DICTIONARIES, FOOTER_BATCHES = 2, 3
BUFFER, BLOCK = struct.Struct("<qq"), struct.Struct("<qi4xq")


class ArrowBody:
    is_text = False

    def __init__(self, path: Path):
        self.path = path
        rows = unpacked = 0
        try:
            with pa.memory_map(str(path)) as source:
                self.is_file = source.read(len(FILE_MAGIC)) == FILE_MAGIC
                source.seek(0)
                self.schema = self._reader(source).schema
                self.names = self.schema.names
                for message in self._messages(source):
                    added, size = _claims(message)
                    check_message(size)
                    rows, unpacked = rows + added, unpacked + size
        except UNREADABLE as fault:
            raise _damaged(fault) from fault
        check_rows(rows, len(self.names))
        check_unpacked(unpacked)

    def pieces(self, columns: Sequence[Column], faults: Faults) -> Iterator[Piece]:
        refuse_nested(self.schema, columns, faults)
        wanted = rows_per_piece(len(columns))
        try:
            with pa.memory_map(str(self.path)) as source:
                reader = self._reader(source)
                count = range(reader.num_record_batches) if self.is_file else ()
                for batch in map(reader.get_batch, count) if self.is_file else reader:
                    for begin in range(0, batch.num_rows, wanted):
                        yield checked_batch(batch.slice(begin, wanted), columns)
        except UNREADABLE as fault:
            raise _damaged(fault) from fault

    def _reader(self, source: pa.MemoryMappedFile) -> pa.ipc.RecordBatchFileReader | pa.ipc.RecordBatchStreamReader:
        return pa.ipc.open_file(source) if self.is_file else pa.ipc.open_stream(source)

    def _messages(self, source: pa.MemoryMappedFile) -> Iterator[pa.ipc.Message]:
        """The messages that hold values, exactly those that will be unpacked."""
        if self.is_file:
            for offset in _blocks(source):
                source.seek(offset)
                yield pa.ipc.read_message(source)
            return
        source.seek(0)
        for message in pa.ipc.MessageReader.open_stream(source):
            if message.type in ("record batch", "dictionary"):
                yield message


def check_message(size: int) -> None:
    if size > MOST_PER_MESSAGE:
        raise TooLarge(
            f"One record batch would fill {size // 2**20} MiB once unpacked; write batches of at most "
            f"{MOST_PER_MESSAGE // 2**20} MiB."
        )


def _blocks(source: pa.MemoryMappedFile) -> list[int]:
    """Where the messages of a file lie, according to its footer."""
    tail = struct.calcsize("<i") + len(FILE_MAGIC)
    source.seek(source.size() - tail)
    (length,) = struct.unpack("<i", source.read(4))
    source.seek(source.size() - tail - length)
    footer = _Tables(source.read(length))
    kinds = (FOOTER_DICTIONARIES, FOOTER_BATCHES)
    return [offset for kind in kinds for offset, _, _ in footer.structures(footer.root, kind, BLOCK)]


def _claims(message: pa.ipc.Message) -> tuple[int, int]:
    """Rows a message adds and bytes its buffers fill once unpacked."""
    tables = _Tables(message.metadata.to_pybytes())
    batch = tables.table(tables.root, MESSAGE_HEADER)
    is_dictionary = message.type == "dictionary"
    if is_dictionary:
        batch = tables.table(batch, DICTIONARY_DATA)
    body = memoryview(message.body)
    sizes = []
    for offset, length in tables.structures(batch, BATCH_BUFFERS, BUFFER):
        claimed = UNCOMPRESSED
        if tables.field(batch, BATCH_COMPRESSION) and length >= 8:
            (claimed,) = struct.unpack_from("<q", body, offset)
        sizes.append(length if claimed == UNCOMPRESSED else claimed)
    if any(size < 0 for size in sizes):
        raise UnusableData({"message": "The body is not a complete Arrow stream: a size in it is negative."})
    at = tables.field(batch, BATCH_LENGTH)
    rows = struct.unpack_from("<q", tables.content, at)[0] if at and not is_dictionary else 0
    return rows, sum(sizes)


class _Tables:
    """Just enough of FlatBuffers: where the fields of a table lie."""

    def __init__(self, content: bytes):
        self.content = content
        self.root = self._unsigned(0)

    def field(self, table: int, number: int) -> int:
        """Where a field's value lies; 0 where the table does not have it."""
        entries = table - struct.unpack_from("<i", self.content, table)[0]
        at = 4 + 2 * number
        if at >= struct.unpack_from("<H", self.content, entries)[0]:
            return 0
        offset = struct.unpack_from("<H", self.content, entries + at)[0]
        return table + offset if offset else 0

    def table(self, table: int, number: int) -> int:
        at = self.field(table, number)
        if not at:
            raise UnusableData({"message": "The body is not a complete Arrow stream: a message lacks its rows."})
        return at + self._unsigned(at)

    def structures(self, table: int, number: int, layout: struct.Struct) -> Iterator[tuple[int, ...]]:
        """The whole numbers in each structure of a vector."""
        at = self.field(table, number)
        if not at:
            return
        start = at + self._unsigned(at)
        for index in range(self._unsigned(start)):
            yield layout.unpack_from(self.content, start + 4 + layout.size * index)

    def _unsigned(self, at: int) -> int:
        return struct.unpack_from("<I", self.content, at)[0]


def _damaged(fault: Exception) -> UnusableData:
    why = str(fault).splitlines()[0][:200].rstrip(".") if str(fault) else "it ends too early"
    return UnusableData({"message": f"The body is not a complete Arrow stream or file: {why}. Write it again."})
