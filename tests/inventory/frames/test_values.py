"""What a value must be to be kept, and how a fault names its row and column."""

import json
from datetime import UTC, datetime

import pyarrow as pa
import pytest

from mrm.errors import UnusableData
from tests.inventory.frames.bodies import CSV, JSON, LINES, PARQUET, STREAM, Desk, column, encode

EVERYWHERE = [PARQUET, STREAM, CSV, LINES, JSON]


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


@pytest.mark.parametrize("content_type", EVERYWHERE)
def test_a_missing_value_is_refused_in_a_required_column(desk, content_type):
    body = encode({"x": [1.0, None, 3.0], "y": [1.0, 2.0, 3.0]}, content_type)
    (fault,) = desk.faults(body, content_type, [column("x", "numeric"), column("y", "numeric")])
    assert (fault["row"], fault["column"]) == (2, "x")


@pytest.mark.parametrize("content_type", EVERYWHERE)
def test_a_missing_value_is_kept_as_missing_elsewhere(desk, content_type):
    body = encode({"x": [1.0, None], "y": [1.0, 2.0]}, content_type)
    rows = desk.write(body, content_type, [column("x", "numeric", required=False), column("y", "numeric")])
    assert rows["x"].to_list() == [1.0, None]


@pytest.mark.parametrize("content_type", [PARQUET, STREAM, LINES, JSON])
def test_nan_is_a_missing_value_of_a_feature(desk, content_type):
    body = encode({"x": [1.0, float("nan")]}, content_type)
    assert desk.write(body, content_type, [column("x", "numeric", required=False)])["x"].to_list() == [1.0, None]
    (fault,) = desk.faults(body, content_type, [column("x", "numeric")])
    assert "missing" in fault["message"] and fault["row"] == 2


@pytest.mark.parametrize("content_type", EVERYWHERE)
@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_score_must_be_finite(desk, content_type, value):
    body = encode({"s": [0.5, value]}, content_type)
    (fault,) = desk.faults(body, content_type, [column("s", "numeric", "score")])
    assert "not a finite number" in fault["message"] and fault["row"] == 2


@pytest.mark.parametrize("content_type", EVERYWHERE)
def test_infinity_is_refused_in_a_feature(desk, content_type):
    (fault,) = desk.faults(encode({"x": [float("inf")]}, content_type), content_type, [column("x", "numeric")])
    assert "not a finite number" in fault["message"]


@pytest.mark.parametrize("content_type", [CSV, LINES, JSON])
def test_a_wrong_type_is_named_by_its_row(desk, content_type):
    rows = [{"x": number} for number in range(1, 2001)]
    rows[1233]["x"] = "many"
    bodies = {
        CSV: b"x\n" + b"\n".join(str(row["x"]).encode() for row in rows),
        LINES: b"\n".join(json.dumps(row).encode() for row in rows),
        JSON: json.dumps(rows).encode(),
    }
    (fault,) = desk.faults(bodies[content_type], content_type, [column("x", "numeric")])
    assert (fault["row"], fault["column"]) == (1234, "x")


@pytest.mark.parametrize("content_type", [PARQUET, STREAM])
def test_a_column_of_another_type_is_named(desk, content_type):
    (fault,) = desk.faults(encode({"x": ["1", "2"]}, content_type), content_type, [column("x", "numeric")])
    assert fault["column"] == "x" and "string" in fault["message"] and "numeric" in fault["message"]


def test_the_first_faults_are_told_and_all_are_counted(desk):
    body = "x,y\n" + "\n".join(f"bad{number},{number}" for number in range(1000))
    faults = desk.faults(body.encode(), CSV, [column("x", "numeric"), column("y", "numeric")])
    assert [fault.get("row") for fault in faults] == [*range(1, 21), None]
    assert "1000 faults" in faults[-1]["message"]


def test_faults_of_several_columns_come_in_the_order_of_rows(desk):
    body = b"x,y\n1,bad\nbad,2\n3,bad\n"
    faults = desk.faults(body, CSV, [column("x", "numeric"), column("y", "numeric")])
    assert [(fault["row"], fault["column"]) for fault in faults] == [(1, "y"), (2, "x"), (3, "y")]


@pytest.mark.parametrize("content_type", EVERYWHERE)
def test_missing_and_unknown_columns_are_named(desk, content_type):
    body = encode({"x": [1.0], "extra": [2.0]}, content_type)
    faults = desk.faults(body, content_type, [column("x", "numeric"), column("y", "numeric")])
    assert {"extra", "y"} == {fault["column"] for fault in faults}


def test_a_column_that_comes_twice_is_refused(desk):
    assert "2 times" in desk.faults(b"x,x\n1,2\n", CSV, [column("x", "numeric")])[0]["message"]
    table = pa.Table.from_arrays([pa.array([1.0]), pa.array([2.0])], names=["x", "x"])
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    body = sink.getvalue().to_pybytes()
    assert "2 times" in desk.faults(body, STREAM, [column("x", "numeric")])[0]["message"]


@pytest.mark.parametrize("content_type", [PARQUET, STREAM, CSV, LINES, JSON])
def test_ten_thousand_columns_are_refused_in_a_bounded_answer(desk, content_type):
    body = encode({f"c{number}": [1.0] for number in range(10_000)}, content_type)
    faults = desk.faults(body, content_type, [column("c1", "numeric")])
    assert len(faults) == 21
    assert "9999 faults" in faults[-1]["message"]


@pytest.mark.parametrize("name", ["\u202egnp.exe", "a\x00b", "=HYPERLINK(1)", "<script>alert(1)</script>", "x" * 5000])
def test_hostile_column_names_are_shown_harmlessly(desk, name):
    body = json.dumps({"columns": {name: [1.0], "x": [1.0]}}).encode()
    (fault,) = desk.faults(body, JSON, [column("x", "numeric")])
    assert fault["message"].isprintable()
    assert len(json.dumps(fault)) < 400


@pytest.mark.parametrize("content_type", EVERYWHERE)
def test_whole_numbers_beyond_2_to_the_53_are_refused_in_a_numeric_column(desk, content_type):
    body = encode({"x": [1, 2**53, 2**53 + 1]}, content_type)
    (fault,) = desk.faults(body, content_type, [column("x", "numeric")])
    assert fault["row"] == 3 and "2^53" in fault["message"]


@pytest.mark.parametrize("content_type", EVERYWHERE)
def test_whole_numbers_beyond_2_to_the_53_are_exact_as_ids_and_categories(desk, content_type):
    body = encode({"i": [2**53 + 1, 2**63 - 1], "c": [2**53 + 1, 7]}, content_type)
    rows = desk.write(body, content_type, [column("i", "numeric", "id"), column("c", "categorical")])
    assert rows["i"].to_list() == ["9007199254740993", "9223372036854775807"]
    assert rows["c"].to_list() == ["9007199254740993", "7"]


@pytest.mark.parametrize("content_type", [LINES, JSON])
def test_numbers_too_large_for_any_machine_are_refused(desk, content_type):
    body = b'[{"x": 1}, {"x": 1' + b"0" * 100 + b"}]"
    body = body if content_type == JSON else b'{"x": 1}\n{"x": 1' + b"0" * 100 + b"}"
    (fault,) = desk.faults(body, content_type, [column("x", "numeric")])
    assert fault["row"] == 2 and "2^53" in fault["message"]


@pytest.mark.parametrize("content_type", EVERYWHERE)
def test_an_unknown_category_is_named(desk, content_type):
    schema = [column("c", "categorical", categories=["red", "blue"])]
    (fault,) = desk.faults(encode({"c": ["red", "mauve"]}, content_type), content_type, schema)
    assert fault["row"] == 2 and "'mauve'" in fault["message"] and "'red', 'blue'" in fault["message"]


@pytest.mark.parametrize("content_type", EVERYWHERE)
def test_a_value_outside_the_range_of_the_schema_is_named(desk, content_type):
    schema = [column("x", "numeric", minimum=0, maximum=1)]
    faults = desk.faults(encode({"x": [0.0, 1.0, -0.1, 1.1]}, content_type), content_type, schema)
    assert [(fault["row"], "minimum" in fault["message"]) for fault in faults] == [(3, True), (4, False)]


@pytest.mark.parametrize("content_type", EVERYWHERE)
def test_an_id_that_comes_twice_in_a_body_is_named_with_its_first_row(desk, content_type):
    body = encode({"i": ["a", "b", "a", "a"]}, content_type)
    faults = desk.faults(body, content_type, [column("i", "categorical", "id")])
    assert [fault["row"] for fault in faults] == [3, 4]
    assert "row 1" in faults[0]["message"]


def test_one_and_one_point_zero_are_the_same_category(desk):
    for values in ([1, 2], [1.0, 2.0], ["1", "2"]):
        body = encode({"c": values}, PARQUET)
        assert desk.write(body, PARQUET, [column("c", "categorical")])["c"].to_list() == ["1", "2"]


@pytest.mark.parametrize("values", [[1, 0], [1.0, 0.0], ["True", "false"], ["1", "0"]])
def test_truths_may_be_written_in_several_ways(desk, values):
    for content_type in EVERYWHERE:
        body = encode({"b": values}, content_type)
        assert desk.write(body, content_type, [column("b", "boolean")])["b"].to_list() == [True, False]


def test_what_is_neither_true_nor_false_is_refused(desk):
    for content_type, values in ((CSV, ["yes", "no"]), (JSON, [2, 0.5]), (PARQUET, [2.0, 0.5])):
        faults = desk.faults(encode({"b": values}, content_type), content_type, [column("b", "boolean")])
        assert [fault["row"] for fault in faults] == [1, 2]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-03-01T10:00:00", datetime(2026, 3, 1, 10, tzinfo=UTC)),
        ("2026-03-01 10:00:00+02:00", datetime(2026, 3, 1, 8, tzinfo=UTC)),
        ("2026-03-01T10:00:00.5Z", datetime(2026, 3, 1, 10, 0, 0, 500_000, tzinfo=UTC)),
        ("2026-03-01T10:00:00-0530", datetime(2026, 3, 1, 15, 30, tzinfo=UTC)),
        ("2026-03-01", datetime(2026, 3, 1, tzinfo=UTC)),
    ],
)
def test_a_time_without_a_zone_is_utc_and_every_other_becomes_utc(desk, written, read):
    for content_type in (CSV, JSON, PARQUET):
        rows = desk.write(encode({"at": [written]}, content_type), content_type, [column("at", "datetime", "time")])
        assert rows["at"].to_list() == [read]
    assert desk.written.first_at == desk.written.last_at == read


@pytest.mark.parametrize(
    "written", ["yesterday", "2026-02-30T00:00:00Z", "2026-03-01T25:00:00Z", "1767225600", "2026-3-1"]
)
def test_what_is_not_a_time_is_refused(desk, written):
    body = encode({"at": ["2026-01-01T00:00:00Z", written]}, CSV)
    (fault,) = desk.faults(body, CSV, [column("at", "datetime", "time")])
    assert fault["row"] == 2 and "2026-06-30T14:05:00Z" in fault["message"]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_stored_times_of_every_unit_become_utc(desk, unit):
    moment = (
        int(datetime(2026, 3, 1, 10, tzinfo=UTC).timestamp()) * {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
    )
    for zone in (None, "UTC", "Europe/Vienna", "+05:30"):
        body = encode({"at": pa.array([moment], pa.timestamp(unit, zone))}, STREAM)
        rows = desk.write(body, STREAM, [column("at", "datetime", "time")])
        assert rows["at"].to_list() == [datetime(2026, 3, 1, 10, tzinfo=UTC)]


def test_dates_are_midnight_utc(desk):
    for stored in (pa.date32(), pa.date64()):
        values = pa.array([datetime(2026, 3, 1).date()], stored)
        rows = desk.write(encode({"at": values}, STREAM), STREAM, [column("at", "datetime", "time")])
        assert rows["at"].to_list() == [datetime(2026, 3, 1, tzinfo=UTC)]


@pytest.mark.parametrize("seconds", [2**62, -(2**62), 10**15])
def test_times_outside_the_calendar_are_refused_and_never_wrap_around(desk, seconds):
    body = encode({"at": pa.array([0, seconds], pa.timestamp("s"))}, STREAM)
    (fault,) = desk.faults(body, STREAM, [column("at", "datetime")])
    assert fault["row"] == 2 and "years 1 to 9999" in fault["message"]


def test_a_prediction_cannot_be_made_in_the_future_or_before_1970(desk):
    body = encode({"at": ["2026-07-01T12:00:00Z", "2031-01-01T00:00:00Z", "1969-12-31T00:00:00Z"]}, JSON)
    faults = desk.faults(body, JSON, [column("at", "datetime", "time")])
    assert [fault["row"] for fault in faults] == [2, 3]
    assert desk.write(body, JSON, [column("at", "datetime")]).height == 3


def test_texts_that_cannot_be_stored_are_refused(desk):
    schema = [column("t", "text")]
    assert "NUL" in desk.faults(encode({"t": ["a\x00b"]}, PARQUET), PARQUET, schema)[0]["message"]
    assert "surrogate" in desk.faults(b'{"columns": {"t": ["\\ud800"]}}', JSON, schema)[0]["message"]
    assert "at most 10000" in desk.faults(encode({"t": ["x" * 10_001]}, CSV), CSV, schema)[0]["message"]


def test_an_empty_id_is_a_missing_id(desk):
    (fault,) = desk.faults(b'{"columns": {"i": ["a", ""]}}', JSON, [column("i", "text", "id")])
    assert fault["row"] == 2 and "missing" in fault["message"]


SCORED = [column("s", "numeric", "score"), column("p", "boolean", "prediction")]


def test_a_missing_prediction_is_derived_from_score_and_threshold(desk):
    options = {"required": {"s"}, "decision_threshold": 0.5}
    rows = desk.write(encode({"s": [0.4, 0.5]}, PARQUET), PARQUET, SCORED, **options)
    assert rows["p"].to_list() == [False, True]
    rows = desk.write(encode({"s": [0.4, 0.5], "p": [True, None]}, PARQUET), PARQUET, SCORED, **options)
    assert rows["p"].to_list() == [True, True]
    kinds = {"numeric": {}, "categorical": {"categories": ["good", "bad"]}}
    for kind, more in kinds.items():
        schema = [SCORED[0], column("p", kind, "prediction", **more)]
        rows = desk.write(encode({"s": [0.4, 0.5]}, PARQUET), PARQUET, schema, **options)
        assert rows["p"].to_list() == ([0.0, 1.0] if kind == "numeric" else ["good", "bad"])


def test_without_a_threshold_a_required_prediction_must_come_with_the_rows(desk):
    (fault,) = desk.faults(encode({"s": [0.4]}, PARQUET), PARQUET, SCORED)
    assert fault["column"] == "p"


def test_nothing_is_written_where_anything_is_refused(desk):
    with pytest.raises(UnusableData):
        desk.write(encode({"x": [1.0, float("inf")]}, PARQUET), PARQUET, [column("x", "numeric")])
    assert not desk.target.exists() or desk.target.stat().st_size < 1000
