"""Weighted cells: the same as the rows for everything that depends on a few columns."""

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from audits.profiles.cells import count_cells
from audits.profiles.sources import SourceError
from tests.profiles.tables import random_table

ROWS = pl.DataFrame({"sex": ["F", "M", "F", None], "hired": [1, 0, 1, 1], "age": [24.9, 25.0, 70.0, None]})


def test_each_combination_is_counted_once_with_its_rows():
    counted = count_cells(ROWS, ["sex", "hired"])
    assert counted.columns == ["sex", "hired", "count"]
    assert counted.rows() == [("F", 1, 2), ("M", 0, 1), (None, 1, 1)]


def test_numbers_are_cut_into_bands_closed_on_the_left():
    rows = pl.concat([ROWS, ROWS.clear(1).with_columns(age=pl.lit(float("nan")))])
    counted = count_cells(rows, ["age"], bands={"age": [25, 62]})
    assert counted.rows() == [("under 25", 1), ("25 to under 62", 1), ("62 and over", 1), (None, 2)]


def test_a_condition_keeps_only_some_rows():
    assert count_cells(ROWS, ["hired"], where=pl.col("sex").is_not_null()).rows() == [(0, 1), (1, 2)]


def test_files_frames_and_tables_have_the_same_cells(tmp_path):
    table = random_table(500, seed=1)
    pq.write_table(table.slice(0, 200), tmp_path / "a.parquet")
    pq.write_table(table.slice(200), tmp_path / "b.parquet")
    expected = count_cells(table, ["code", "flag"])
    assert expected["count"].sum() == 500
    assert count_cells([tmp_path / "a.parquet", tmp_path / "b.parquet"], ["code", "flag"]).equals(expected)
    assert count_cells(pl.from_arrow(table), ["code", "flag"]).equals(expected)


def test_a_table_without_rows_has_no_cells():
    assert count_cells(pa.table({"x": pa.array([], pa.string())}), ["x"]).height == 0


def test_a_column_that_is_not_there_is_named():
    with pytest.raises(SourceError, match="'region'"):
        count_cells(ROWS, ["sex", "region"])


@pytest.mark.parametrize("columns", [[], ["sex", "sex"], ["count"]])
def test_columns_that_cannot_be_told_apart_are_refused(columns):
    with pytest.raises(ValueError):
        count_cells(ROWS, columns)


def test_bands_in_disorder_are_refused():
    with pytest.raises(ValueError, match="increasing order"):
        count_cells(ROWS, ["age"], bands={"age": [62, 25]})


def test_files_that_store_a_column_as_different_types_are_refused(tmp_path):
    pq.write_table(pa.table({"x": [1]}), tmp_path / "a.parquet")
    pq.write_table(pa.table({"x": ["1"], "y": [1]}), tmp_path / "b.parquet")
    with pytest.raises(SourceError, match="different types"):
        count_cells([tmp_path / "a.parquet", tmp_path / "b.parquet"], ["x"])


def test_a_missing_or_broken_file_is_refused(tmp_path):
    (tmp_path / "x.parquet").write_bytes(b"nothing like it")
    for name in ("x.parquet", "y.parquet"):
        with pytest.raises(SourceError):
            count_cells(tmp_path / name, ["sex"])
