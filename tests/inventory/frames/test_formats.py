"""Every format gives the same rows; a body that is not what it says is refused in words."""

import gzip
import io
import json
import struct
import zlib

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mrm.errors import TooLarge, UnusableData
from tests.inventory.frames.bodies import CSV, FILE, JSON, LINES, PARQUET, STREAM, Desk, column, encode

ALL = [PARQUET, STREAM, FILE, CSV, LINES, JSON]
BINARY = [PARQUET, STREAM, FILE]
SCHEMA = [
    column("key", "text", "id"),
    column("at", "datetime", "time"),
    column("amount", "numeric", required=False),
    column("colour", "categorical"),
    column("open", "boolean"),
    column("note", "text", required=False),
]
COLUMNS = {
    "key": ["a", "b", "c"],
    "at": ["2026-01-01T00:00:00Z", "2026-01-01T01:00:00+01:00", "2026-01-02 12:30:00.25"],
    "amount": [1.5, None, -3.0],
    "colour": ["red", "grün", "red"],
    "open": [True, False, True],
    "note": ["first", None, 'it\'s "quoted", really'],
}


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


@pytest.mark.parametrize("content_type", ALL)
def test_every_format_gives_the_same_rows(desk, content_type):
    rows = desk.write(encode(COLUMNS, content_type), content_type, SCHEMA)
    assert rows["key"].to_list() == ["a", "b", "c"]
    assert rows["amount"].to_list() == [1.5, None, -3.0]
    assert rows["colour"].to_list() == ["red", "grün", "red"]
    assert rows["open"].to_list() == [True, False, True]
    assert rows["note"].to_list() == COLUMNS["note"]
    assert [str(moment) for moment in rows["at"]] == [
        "2026-01-01 00:00:00+00:00",
        "2026-01-01 00:00:00+00:00",
        "2026-01-02 12:30:00.250000+00:00",
    ]
    assert desk.written.rows == 3


def test_a_list_of_objects_is_read_like_a_table(desk):
    rows = desk.write(json.dumps([{"x": 1}, {"x": 2.5}, {}]).encode(), JSON, [column("x", "numeric", required=False)])
    assert rows["x"].to_list() == [1.0, 2.5, None]


@pytest.mark.parametrize("content_type", ALL)
def test_one_row_is_enough(desk, content_type):
    assert desk.write(encode({"x": [1.0]}, content_type), content_type, [column("x", "numeric")]).height == 1


@pytest.mark.parametrize("content_type", ALL)
def test_an_empty_body_is_refused(desk, content_type):
    (fault,) = desk.faults(b"", content_type, [column("x", "numeric")])
    assert "empty" in fault["message"]


@pytest.mark.parametrize("content_type", [*BINARY, JSON])
def test_a_body_without_rows_is_refused(desk, content_type):
    body = encode({"x": pa.array([], pa.float64()) if content_type != JSON else []}, content_type)
    assert "no row" in desk.faults(body, content_type, [column("x", "numeric")])[0]["message"]


def test_a_csv_with_a_header_only_is_refused(desk):
    assert "no row" in desk.faults(b"x\n", CSV, [column("x", "numeric")])[0]["message"]


@pytest.mark.parametrize("content_type", BINARY)
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_a_truncated_body_is_refused(desk, content_type, share):
    body = encode({"x": [float(number) for number in range(5000)]}, content_type)
    faults = desk.faults(body[: int(len(body) * share)], content_type, [column("x", "numeric")])
    assert "not a complete" in faults[0]["message"]


@pytest.mark.parametrize("content_type", ALL)
def test_bytes_of_another_format_are_refused(desk, content_type):
    for body in (
        b"\x00" * 500,
        b"PK\x03\x04" + b"\x00" * 60,
        b"%PDF-1.7",
        "µ".encode("latin-1") * 9,
        b"PAR1PAR1",
        b"{",
    ):
        assert desk.faults(body, content_type, [column("x", "numeric")])


@pytest.mark.parametrize("content_type", BINARY)
def test_flipped_bytes_never_do_more_than_refuse(desk, content_type):
    body = bytearray(encode({"x": [1.0, 2.0, 3.0], "c": ["u", "v", "w"]}, content_type))
    schema = [column("x", "numeric"), column("c", "categorical")]
    for position in range(0, len(body), 3):
        damaged = body.copy()
        damaged[position] ^= 0xFF
        try:
            desk.write(bytes(damaged), content_type, schema)
        except (UnusableData, TooLarge):
            continue


def test_a_row_with_another_number_of_cells_is_named(desk):
    faults = desk.faults(b"x,y\n1,2\n3\n4,5,6\n", CSV, [column("x", "numeric"), column("y", "numeric")])
    assert "Row 2 has 1 cells" in faults[0]["message"]
    assert "Row 3 has 3 cells" in faults[1]["message"]


def test_text_that_is_not_utf_8_is_refused(desk):
    assert "UTF-8" in desk.faults(b"c\ncaf\xe9\n", CSV, [column("c", "categorical")])[0]["message"]
    assert "UTF-8" in desk.faults(b'{"c": "caf\xe9"}', LINES, [column("c", "categorical")])[0]["message"]


def test_a_byte_order_mark_belongs_to_no_column(desk):
    assert desk.write(b"\xef\xbb\xbfx\n1\n", CSV, [column("x", "numeric")])["x"].to_list() == [1.0]


def test_a_broken_line_is_named(desk):
    faults = desk.faults(b'{"x": 1}\n{"x": 2\n', LINES, [column("x", "numeric")])
    assert faults == [{"message": faults[0]["message"], "row": 2}]
    assert "Row 2 is not JSON" in faults[0]["message"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"[" * 100_000, "nested"),
        (b'{"x": ' + b"1" * 5000 + b"}", "too long"),
        (b'{"x": 1, "x": 2}', "more than once"),
        (b"[[1]]", "list where an object"),
        (b'"text"', "shape"),
        (b'{"columns": {"x": 1}}', "shape"),
        (b'{"columns": {"x": [1], "y": [1, 2]}}', "values where another"),
        (b'{"rows": []}', "shape"),
    ],
)
def test_json_of_another_shape_is_refused(desk, body, words):
    assert words in desk.faults(body, JSON, [column("x", "numeric"), column("y", "numeric")])[0]["message"]


def test_a_json_document_has_a_lower_limit_of_its_own(desk, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 2**20
    with pytest.raises(TooLarge, match="1 MiB"):
        desk.write(b'{"columns": {"x": [' + b"1," * 2**20 + b"1]}}", JSON, [column("x", "numeric")])


def test_more_rows_than_allowed_are_refused_before_they_are_unpacked(desk, settings):
    settings.MAXIMUM_UPLOAD_ROWS = 1000
    for content_type in ALL:
        with pytest.raises(TooLarge, match="1000"):
            desk.write(encode({"x": [1.0] * 1001}, content_type), content_type, [column("x", "numeric")])


def test_a_parquet_bomb_is_refused_by_its_footer(desk, settings):
    settings.MAXIMUM_UPLOAD_BYTES = 2**20
    buffer = io.BytesIO()
    table = pa.table({"x": pa.array([0.0] * 2_000_000)})
    pq.write_table(table, buffer, compression="zstd", use_dictionary=False)
    assert len(buffer.getvalue()) < 2**20
    with pytest.raises(TooLarge, match="Unpacked"):
        desk.write(buffer.getvalue(), PARQUET, [column("x", "numeric")])


@pytest.mark.parametrize("codec", ["zstd", "lz4"])
def test_an_arrow_bomb_is_refused_by_its_message(desk, settings, codec):
    settings.MAXIMUM_UPLOAD_BYTES = 2**20
    buffer = io.BytesIO()
    table = pa.table({"x": pa.array([0.0] * 2_000_000)})
    with pa.ipc.new_stream(buffer, table.schema, options=pa.ipc.IpcWriteOptions(compression=codec)) as writer:
        writer.write_table(table)
    assert len(buffer.getvalue()) < 2**20
    with pytest.raises(TooLarge, match="Unpacked"):
        desk.write(buffer.getvalue(), STREAM, [column("x", "numeric")])


@pytest.mark.parametrize("content_type", [STREAM, FILE])
def test_compressed_arrow_is_read(desk, content_type):
    buffer = io.BytesIO()
    frame = pl.DataFrame({"x": [1.0] * 1000, "c": ["a", "b"] * 500})
    opener = frame.write_ipc_stream if content_type == STREAM else frame.write_ipc
    opener(buffer, compression="zstd")
    rows = desk.write(buffer.getvalue(), content_type, [column("x", "numeric"), column("c", "categorical")])
    assert rows["c"].to_list() == ["a", "b"] * 500


def test_a_long_text_that_every_row_names_is_refused_without_repeating_it(desk):
    long = "x" * 1_000_000
    table = pa.table({"c": pa.DictionaryArray.from_arrays(pa.array([0] * 200_000, pa.int32()), pa.array([long]))})
    stream, file = io.BytesIO(), io.BytesIO()
    with pa.ipc.new_stream(stream, table.schema) as writer:
        writer.write_table(table)
    pq.write_table(table, file)
    for body, content_type in ((stream, STREAM), (file, PARQUET)):
        faults = desk.faults(body.getvalue(), content_type, [column("c", "categorical")])
        assert "1000000 bytes" in faults[0]["message"]


def test_a_zip_is_not_a_table(desk):
    bomb = gzip.compress(b"\x00" * 10_000_000, mtime=0)  # The same bytes on every day.
    for content_type in ALL:
        assert desk.faults(bomb, content_type, [column("x", "numeric")])
    assert zlib.crc32(bomb)


@pytest.mark.parametrize(
    "values",
    [
        pa.array([[1.0], [2.0]]),
        pa.array([{"a": 1}, {"a": 2}]),
        pa.array([b"\x00", b"\x01"]),
        pa.RunEndEncodedArray.from_arrays([2], [1.0]),
        pa.array([1, 2], pa.duration("s")),
    ],
    ids=lambda array: str(array.type)[:20],
)
def test_values_that_are_not_plain_are_refused_by_column(desk, values):
    for kind in ("numeric", "categorical", "boolean", "datetime", "text"):
        buffer = io.BytesIO()
        table = pa.table({"x": values})
        with pa.ipc.new_stream(buffer, table.schema) as writer:
            writer.write_table(table)
        (fault,) = desk.faults(buffer.getvalue(), STREAM, [column("x", kind)])
        assert fault["column"] == "x"


def test_an_arrow_file_whose_dictionary_points_outside_is_refused(desk):
    codes = pa.Array.from_buffers(pa.int32(), 2, [None, pa.py_buffer(struct.pack("<2i", 0, 99))])
    array = pa.DictionaryArray.from_arrays(codes, pa.array(["a"]), safe=False)
    buffer = io.BytesIO()
    table = pa.table({"c": array})
    with pa.ipc.new_stream(buffer, table.schema) as writer:
        writer.write_table(table)
    assert "not a complete" in desk.faults(buffer.getvalue(), STREAM, [column("c", "categorical")])[0]["message"]
