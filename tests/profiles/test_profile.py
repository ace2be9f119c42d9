"""What a profile counts, that profiles add up, and that stored ones come back as they were."""

import datetime as dt
import math
from decimal import Decimal

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audits.profiles.engines.arrow import scan
from audits.profiles.freezing import freeze_grid
from audits.profiles.grid import Grid
from audits.profiles.profile import HEADER, TALLIES, Profile, ProfileError, merge
from audits.profiles.schema import Column, Kind
from audits.profiles.sources import SourceError
from tests.profiles.tables import COLUMNS, DECIMALS, hostile_table, random_table, row_strategy, table_of

GRID = freeze_grid(random_table(400, seed=1), COLUMNS)


def counts(values, kind=Kind.NUMERIC, reference=None):
    columns = [Column("x", kind)]
    table = pa.table({"x": values})
    grid = freeze_grid(table if reference is None else pa.table({"x": reference}), columns)
    return scan(table, grid).counts("x")


def assert_same(one: Profile, other: Profile):
    """Equal to the last count; means and squares but for rounding."""
    assert one.rows == other.rows and one.grid == other.grid
    for name in ("cells", *TALLIES, "minimum", "maximum"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)
    spread = np.fmax(np.abs(one.minimum), np.abs(one.maximum))
    for column, scale in enumerate(spread):
        if math.isfinite(scale):
            assert one.mean[column] == pytest.approx(other.mean[column], rel=1e-12, abs=1e-12 * scale)
            bound = 1e-12 * scale**2 * max(one.observed[column], 1) if scale < 1e150 else math.inf
            assert one.squares[column] == pytest.approx(other.squares[column], rel=1e-12, abs=bound)


def test_numbers_are_counted_as_by_hand():
    measured = counts([1.0, 2.0, 2.0, 3.5, None, math.nan, math.inf], reference=[1.0, 2.0, 3.0])
    # below 1, at 1, between, at 2, between, at 3, above
    assert measured.cells.tolist() == [0, 1, 0, 2, 0, 0, 1]
    assert (measured.missing, measured.nonfinite, measured.rows) == (1, 2, 7)
    assert (measured.minimum, measured.maximum, measured.mean) == (1.0, 3.5, 2.125)
    assert measured.second_moment == pytest.approx(np.var([1, 2, 2, 3.5]), rel=1e-15)


def test_cells_are_those_numpy_finds_row_by_row():
    values = np.random.default_rng(3).lognormal(size=300_000)
    measured = counts(values, reference=values[:50_000])
    inside = np.searchsorted(measured.edges, values, side="right")
    np.testing.assert_array_equal(measured.cells, np.bincount(inside, minlength=len(measured.cells)))
    assert measured.mean == pytest.approx(values.mean(), rel=1e-13)
    assert measured.second_moment == pytest.approx(values.var(), rel=1e-12)


def test_categories_are_counted_and_unseen_ones_go_to_the_last_cell():
    measured = counts(["a", "b", "new", None, "a"], Kind.CATEGORICAL, reference=["a", "a", "b"])
    assert (measured.categories, measured.cells.tolist(), measured.missing) == (("a", "b"), [2, 1, 1], 1)


def test_booleans_are_read_from_bits_codes_and_words():
    stored = [pa.array([True, False, None]), pa.array([1, 0, None]), pa.array([1.0, 0.0, None])]
    stored.append(pa.array(["TRUE", "false", None]))
    for array in stored:
        assert counts(array, Kind.BOOLEAN).cells.tolist() == [1, 1, 0]
    assert counts(pa.array([2, 1, 1]), Kind.BOOLEAN).cells.tolist() == [0, 2, 1]


def test_dates_are_counted_as_seconds_since_1970():
    day = dt.date(2024, 1, 1)
    noon = dt.datetime(2024, 1, 1, 12, tzinfo=dt.UTC)
    assert counts(pa.array([day]), Kind.DATETIME).mean == 1_704_067_200
    assert counts(pa.array([day], pa.date64()), Kind.DATETIME).mean == 1_704_067_200
    for unit in ("s", "ms", "us", "ns"):
        assert counts(pa.array([noon], pa.timestamp(unit, "UTC")), Kind.DATETIME).mean == 1_704_110_400


def test_integers_beyond_two_to_the_53rd_are_rounded_to_the_nearest_double():
    measured = counts([2**53, 2**53 + 1, 2**53 + 2])
    assert measured.cells.tolist() == [0, 2, 1, 0]  # the two doubles are neighbours
    assert measured.maximum == 2.0**53 + 2


def test_decimals_small_floats_and_booleans_are_numbers():
    assert counts(DECIMALS).minimum == -0.01
    assert counts(pa.array([0.5, None], pa.float32())).mean == 0.5
    assert counts(pa.array([0.5, 1.5], pa.float16())).mean == 1.0
    assert counts(pa.array([True, False])).mean == 0.5


def test_values_near_the_largest_double_have_a_mean_and_no_infinite_spread():
    measured = counts([1.7e308, 1.7e308, -1.7e308])
    assert measured.mean == pytest.approx(1.7e308 / 3)
    assert measured.second_moment is None
    assert measured.observed == 3


def test_a_constant_column_has_no_spread_at_all():
    assert counts([0.1] * 1000).second_moment == 0.0
    assert counts([0.1] * 1000).mean == 0.1


@pytest.mark.parametrize("values", [pa.array([], pa.float64()), pa.nulls(3), pa.array([None], pa.float64())])
def test_a_column_without_values_has_no_mean_rather_than_a_nan(values):
    measured = counts(values)
    assert (measured.observed, measured.missing) == (0, len(values))
    assert (measured.minimum, measured.maximum, measured.mean, measured.second_moment) == (None,) * 4


def test_a_column_of_another_kind_is_mistyped_and_never_guessed():
    grid = freeze_grid(pa.table({"x": [1.0, 2.0]}), [Column("x", Kind.NUMERIC)])
    profile = scan(pa.table({"x": ["1.0", None]}), grid)
    assert (profile.mistyped_rows("x"), profile.counts("x").missing, profile.counts("x").observed) == (1, 2, 0)


@pytest.mark.parametrize("stored", [pa.array([[1]]), pa.array([{"a": 1}]), pa.array([b"x"])])
def test_values_that_are_no_category_are_mistyped(stored):
    grid = freeze_grid(pa.table({"x": ["a"]}), [Column("x", Kind.CATEGORICAL)])
    assert scan(pa.table({"x": stored}), grid).mistyped_rows("x") == 1


def test_a_vanished_column_is_missing_in_every_row_and_said_to_be_absent():
    profile = scan(random_table(50, seed=2).drop_columns(["amount"]), GRID)
    assert (profile.absent_rows("amount"), profile.counts("amount").missing) == (50, 50)
    assert profile.absent_rows("code") == 0


def test_a_new_column_is_not_counted():
    table = random_table(50, seed=2)
    assert scan(table.append_column("new", pa.array(range(50))), GRID) == scan(table, GRID)


def test_dictionaries_are_read_as_what_they_encode():
    table = random_table(80, seed=4)
    encoded = pa.table({name: table[name].combine_chunks().dictionary_encode() for name in table.column_names})
    assert_same(scan(encoded, GRID), scan(table, GRID))


def test_a_null_inside_a_dictionary_is_missing():
    array = pa.DictionaryArray.from_arrays(pa.array([0, 1, None]), pa.array(["a", None]))
    measured = counts(array, Kind.CATEGORICAL)
    assert (measured.cells.tolist(), measured.missing) == ([1, 0], 2)


def test_a_category_that_is_not_a_finite_number_is_nonfinite():
    measured = counts(pa.array([1.0, math.nan, math.inf, None]), Kind.CATEGORICAL)
    assert (measured.categories, measured.nonfinite, measured.missing) == (("1",), 2, 1)


@pytest.mark.parametrize(
    "value, expected",
    [(1.5, "1.5"), (Decimal("2.50"), "2.5"), (dt.date(2024, 1, 2), "2024-01-02"), (True, "true"), (1e20, "1e+20")],
)
def test_categories_of_any_type_have_one_spelling(value, expected):
    assert counts(pa.array([value]), Kind.CATEGORICAL).categories == (expected,)


@settings(max_examples=60, deadline=None)
@given(st.lists(row_strategy(), max_size=8), st.lists(row_strategy(), max_size=8))
def test_merging_two_profiles_is_profiling_both_tables(first, second):
    merged = scan(table_of(first), GRID) + scan(table_of(second), GRID)
    assert_same(merged, scan(table_of(first + second), GRID))


@settings(max_examples=30, deadline=None)
@given(st.lists(row_strategy(), min_size=1, max_size=10), st.randoms(use_true_random=False))
def test_a_profile_does_not_depend_on_the_order_of_rows(rows, random):
    shuffled = random.sample(rows, len(rows))
    assert_same(scan(table_of(rows), GRID), scan(table_of(shuffled), GRID))


def test_hostile_values_add_up_and_nothing_is_lost():
    grid = freeze_grid(hostile_table(), COLUMNS)
    profile = scan(hostile_table(), grid)
    for name in grid.names:
        assert profile.counts(name).rows == hostile_table().num_rows
    assert_same(profile + profile, scan(pa.concat_tables([hostile_table()] * 2), grid))


def test_adding_the_profile_of_no_rows_changes_nothing():
    profile = scan(random_table(30, seed=5), GRID)
    assert_same(profile + Profile.empty(GRID), profile)
    assert_same(merge([Profile.empty(GRID)] * 2), Profile.empty(GRID))


def test_profiles_of_different_grids_cannot_be_added():
    other = freeze_grid(random_table(30, seed=9), COLUMNS)
    with pytest.raises(ProfileError, match="different grids"):
        scan(random_table(5, seed=1), GRID) + scan(random_table(5, seed=1), other)


def test_there_is_no_merger_of_nothing():
    with pytest.raises(ProfileError, match="no profile"):
        merge([])


@pytest.mark.parametrize("by", ["code", ["flag", "code"]])
def test_the_profiles_of_the_groups_add_up_to_the_whole(by):
    table = random_table(700, seed=6)
    grouped = scan(table, GRID, by=by)
    assert_same(merge(grouped.values()), scan(table, GRID))
    assert len(grouped) == (5 if by == "code" else 15)


def test_a_group_holds_exactly_its_rows():
    table = random_table(300, seed=7)
    frame = pl.from_arrow(table)
    grouped = scan(table, GRID, by="code")
    for key, profile in grouped.items():
        assert_same(profile, scan(frame.filter(pl.col("code").eq_missing(pl.lit(key))), GRID))
    assert list(grouped) == ["a", "b", "c", "d", None]


def test_groups_of_a_boolean_are_called_as_in_the_grid():
    assert list(scan(random_table(100, seed=8), GRID, by=["flag"])) == [("false",), ("true",), (None,)]


def test_grouping_by_an_identifier_is_refused():
    table = pa.table({"amount": [1.0] * 600, "who": [str(i) for i in range(600)]})
    with pytest.raises(SourceError, match="more than 500 groups"):
        scan(table, GRID, by="who")


def test_grouping_by_a_column_that_is_not_there_is_refused():
    with pytest.raises(SourceError, match="no column 'region' to group by"):
        scan(random_table(5, seed=1), GRID, by="region")


def test_files_frames_and_tables_have_the_same_profile(tmp_path):
    table = random_table(1000, seed=10)
    pq.write_table(table.slice(0, 300), tmp_path / "a.parquet", row_group_size=77)
    pq.write_table(table.slice(300), tmp_path / "b.parquet", compression="zstd", use_dictionary=False)
    files = [tmp_path / "a.parquet", str(tmp_path / "b.parquet")]
    whole = scan(table, GRID)
    assert_same(scan(files, GRID), whole)
    assert_same(scan(pl.from_arrow(table), GRID), whole)
    by_file, by_table = scan(files, GRID, by="code"), scan(table, GRID, by="code")
    assert list(by_file) == list(by_table)
    for key in by_table:
        assert_same(by_file[key], by_table[key])


def test_columns_whose_names_look_like_paths_are_told_apart(tmp_path):
    table = pa.table({"a": [1.0], "a.b": [2.0], "a.b.c": [3.0]})
    pq.write_table(table, tmp_path / "x.parquet")
    grid = freeze_grid(tmp_path / "x.parquet", [Column(name, Kind.NUMERIC) for name in table.column_names])
    profile = scan(tmp_path / "x.parquet", grid)
    assert [profile.counts(name).mean for name in grid.names] == [1.0, 2.0, 3.0]


def test_a_source_that_cannot_be_read_says_so_without_its_folder(tmp_path):
    (tmp_path / "x.parquet").write_bytes(b"PAR1 this is not Parquet PAR1")
    for path, message in ((tmp_path / "x.parquet", "cannot be read"), (tmp_path / "y.parquet", "no file")):
        with pytest.raises(SourceError, match=message) as refusal:
            scan(path, GRID)
        assert str(tmp_path) not in str(refusal.value)
    with pytest.raises(SourceError, match="no file to read"):
        scan([], GRID)


def test_a_file_damaged_in_the_middle_is_refused(tmp_path):
    path = tmp_path / "x.parquet"
    pq.write_table(random_table(5000, seed=1), path, compression="zstd")
    content = bytearray(path.read_bytes())
    content[4:60] = b"\xff" * 56  # the header of the first page
    path.write_bytes(content)
    with pytest.raises(SourceError, match="damaged"):
        scan(path, GRID)


def test_two_columns_of_one_name_are_refused():
    table = pa.Table.from_arrays([pa.array([1.0]), pa.array([2.0])], names=["amount", "amount"])
    with pytest.raises(SourceError, match="more than one column named 'amount'"):
        scan(table, GRID)


@settings(max_examples=30, deadline=None)
@given(st.lists(row_strategy(), max_size=10))
def test_a_stored_profile_comes_back_as_it_was(rows):
    profile = scan(table_of(rows), GRID)
    assert Profile.from_bytes(profile.to_bytes(), GRID) == profile


def test_a_stored_profile_is_small():
    assert len(scan(random_table(400, seed=1), GRID).to_bytes()) < 4000


@pytest.mark.parametrize("width", [2**8, 2**16, 2**32])
def test_large_counts_are_stored_exactly(width):
    profile = Profile.empty(GRID)
    cells = profile.cells.copy()
    cells[GRID.offsets[:-1]] = width
    grown = Profile(**{**vars(profile), "rows": width, "cells": cells})
    assert Profile.from_bytes(grown.to_bytes(), GRID) == grown


def test_damaged_or_foreign_bytes_are_refused():
    stored = scan(random_table(20, seed=1), GRID).to_bytes()
    other = freeze_grid(random_table(30, seed=9), COLUMNS)
    with pytest.raises(ProfileError, match="another grid"):
        Profile.from_bytes(stored, other)
    for position in range(0, len(stored), 7):
        damaged = bytearray(stored)
        damaged[position] ^= 0x55
        with pytest.raises(ProfileError):
            Profile.from_bytes(bytes(damaged), GRID)
    for length in (0, 3, HEADER.size, len(stored) - 1):
        with pytest.raises(ProfileError):
            Profile.from_bytes(stored[:length], GRID)


def test_a_profile_that_does_not_account_for_every_row_cannot_be_made():
    profile = Profile.empty(GRID)
    with pytest.raises(ProfileError, match="every row"):
        Profile(**{**vars(profile), "rows": 1})


def test_a_grid_read_from_json_reads_profiles_of_the_original():
    profile = scan(random_table(40, seed=2), GRID)
    assert Profile.from_bytes(profile.to_bytes(), Grid.from_json(GRID.to_json())) == profile
