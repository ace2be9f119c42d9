"""Arrow IPC bodies, stream or file. A file is a stream between two magic words, and is read as one.

Compressed buffers say how large they become; the sum is checked message by message before Arrow unpacks any. That needs
a look into the message's FlatBuffers table (format/Message.fbs of the Arrow specification), which pyarrow has verified
but does not show.
"""

import struct
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from audits.profiles.schema import Column
from inventory.frames.bodies.pieces import Piece, check_rows, check_unpacked, checked_batch, is_flat, rows_per_piece
from inventory.frames.faults import Faults
from mrm.errors import TooLarge, UnusableData

FILE_MAGIC = b"ARROW1\x00\x00"
MOST_PER_MESSAGE = 512 * 2**20
UNCOMPRESSED = -1

# Positions of fields in their tables.
MESSAGE_HEADER = 2
DICTIONARY_DATA = 1
BATCH_LENGTH, BATCH_BUFFERS, BATCH_COMPRESSION = 0, 2, 3


class ArrowBody:
    is_text = False

    def __init__(self, path: Path):
        self.path = path
        try:
            rows, unpacked = self._declared()
            with self._stream() as source, pa.ipc.open_stream(source) as reader:
                self.schema = reader.schema
        except (pa.ArrowException, OSError, EOFError, struct.error) as fault:
            raise _damaged(fault) from fault
        self.names = self.schema.names
        check_rows(rows, len(self.names))
        check_unpacked(unpacked)

    def pieces(self, columns: Sequence[Column], faults: Faults) -> Iterator[Piece]:
        for column in columns:
            if not is_flat(stored := self.schema.field(column.name).type):
                faults.add(f"Column {column.name!r} holds {stored}; send plain values.", column=column.name)
        faults.raise_if_any()
        wanted = rows_per_piece(len(columns))
        try:
            with self._stream() as source, pa.ipc.open_stream(source) as reader:
                for batch in reader:
                    for begin in range(0, batch.num_rows, wanted):
                        yield checked_batch(batch.slice(begin, wanted), columns)
        except (pa.ArrowException, OSError, EOFError) as fault:
            raise _damaged(fault) from fault

    def _stream(self) -> pa.NativeFile:
        source = pa.memory_map(str(self.path))
        if source.read(len(FILE_MAGIC)) != FILE_MAGIC:
            source.seek(0)
        return source

    def _declared(self) -> tuple[int, int]:
        """Rows and unpacked bytes that the messages claim."""
        rows = unpacked = 0
        with self._stream() as source:
            reader = pa.ipc.MessageReader.open_stream(source)
            while True:
                try:
                    message = reader.read_next_message()
                except StopIteration:
                    return rows, unpacked
                if message.type not in ("record batch", "dictionary"):
                    continue
                added, size = _claims(message)
                if size > MOST_PER_MESSAGE:
                    raise TooLarge(
                        f"One record batch would fill {size // 2**20} MiB once unpacked; write batches of at most "
                        f"{MOST_PER_MESSAGE // 2**20} MiB."
                    )
                rows, unpacked = rows + added, unpacked + size


def _claims(message: pa.ipc.Message) -> tuple[int, int]:
    """Rows a message adds and bytes its buffers fill once unpacked."""
    tables = _Tables(message.metadata.to_pybytes())
    batch = tables.table(tables.root, MESSAGE_HEADER)
    is_dictionary = message.type == "dictionary"
    if is_dictionary:
        batch = tables.table(batch, DICTIONARY_DATA)
    body = memoryview(message.body)
    sizes = []
    for offset, length in tables.pairs(batch, BATCH_BUFFERS):
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

    def pairs(self, table: int, number: int) -> Iterator[tuple[int, int]]:
        """The two whole numbers of each structure in a vector."""
        at = self.field(table, number)
        if not at:
            return
        start = at + self._unsigned(at)
        for index in range(self._unsigned(start)):
            yield struct.unpack_from("<qq", self.content, start + 4 + 16 * index)

    def _unsigned(self, at: int) -> int:
        return struct.unpack_from("<I", self.content, at)[0]


def _damaged(fault: Exception) -> UnusableData:
    why = str(fault).splitlines()[0][:200].rstrip(".") if str(fault) else "it ends too early"
    return UnusableData({"message": f"The body is not a complete Arrow stream or file: {why}. Write it again."})
