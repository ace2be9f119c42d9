"""How a reference is cut into cells, and that the cells never change afterwards."""

import json
import math

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audits.profiles import freezing
from audits.profiles.freezing import freeze_grid
from audits.profiles.grid import CELLS, Grid, GridError, edges_of
from audits.profiles.schema import Column, Kind, Role
from audits.profiles.sources import SourceError
from tests.profiles.tables import COLUMNS, hostile_table, random_table


def numeric_grid(values, **options):
    return freeze_grid(pa.table({"x": values}), [Column("x", Kind.NUMERIC)], **options)["x"]


def shares(finite, edges):
    return np.diff(np.searchsorted(np.sort(finite), edges), prepend=0, append=len(finite)) / len(finite)


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([0.0, 1.0, -0.0]), max_size=60))
def test_a_cell_of_several_values_holds_at_most_two_nths_of_the_reference(values):
    finite, cells = np.sort(np.array(values, dtype=float)), 8
    edges = edges_of(finite, cells)
    assert np.isfinite(edges).all() and np.all(np.diff(edges) > 0) and len(edges) <= 2 * cells
    inside = np.searchsorted(edges, finite, side="right")
    for cell in np.unique(inside):
        held = finite[inside == cell]
        if len(np.unique(held)) > 1:
            assert len(held) <= max(2 * math.ceil(len(finite) / cells), 2)


@pytest.mark.parametrize("draw", ["normal", "lognormal", "standard_cauchy", "exponential"])
def test_no_default_cell_of_a_smooth_column_exceeds_two_thousandths(draw):
    values = getattr(np.random.default_rng(5), draw)(size=100_000)
    assert shares(values, numeric_grid(values).edges).max() < 0.002


def test_few_distinct_values_get_a_cell_each_and_the_space_between_them_another():
    edges = numeric_grid([3.0, 1.0, 1.0, 2.0]).edges
    np.testing.assert_array_equal(edges, [1, np.nextafter(1, 2), 2, np.nextafter(2, 3), 3, np.nextafter(3, 4)])


def test_a_value_that_holds_much_of_a_smooth_column_gets_a_cell_of_its_own():
    rng = np.random.default_rng(1)
    values = np.concatenate([np.zeros(5000), rng.lognormal(0, 1, 5000)])
    edges = numeric_grid(values).edges
    zero = int(np.searchsorted(edges, 0.0, side="right"))
    assert edges[zero - 1] == 0.0 and edges[zero] == 5e-324
    assert shares(values, edges)[zero] == 0.5
    assert np.delete(shares(values, edges), zero).max() < 0.002


@pytest.mark.parametrize("values", [[None, None], [], [math.nan, math.inf, None]])
def test_a_column_without_a_usable_value_has_one_cell(values):
    assert numeric_grid(pa.array(values, pa.float64())).cells == 1


def test_a_constant_column_has_a_cell_below_its_value_one_for_it_and_one_above():
    assert numeric_grid([7.0] * 9).cells == 3
    assert numeric_grid([1.7976931348623157e308]).cells == 2  # there is no double above


def test_a_zero_and_a_minus_zero_make_the_same_grid():
    columns = [Column("x", Kind.NUMERIC)]
    assert freeze_grid(pa.table({"x": [0.0]}), columns) == freeze_grid(pa.table({"x": [-0.0]}), columns)


def test_every_nth_row_of_a_large_reference_cuts_almost_the_same_cells(monkeypatch):
    monkeypatch.setattr(freezing, "SAMPLE_ROWS", 60_000)
    values = np.random.default_rng(2).normal(size=300_000)
    assert shares(values, numeric_grid(values).edges).max() < 0.002


def test_categories_come_by_frequency_and_ties_by_alphabet():
    table = pa.table({"x": ["b", "a", "c", "c", None]})
    assert freeze_grid(table, [Column("x", Kind.CATEGORICAL)])["x"].categories == ("c", "a", "b")


def test_declared_categories_come_first_whether_or_not_the_reference_has_them():
    column = Column("x", Kind.CATEGORICAL, categories=("z", "a"))
    assert freeze_grid(pa.table({"x": ["b", "b", "a"]}), [column])["x"].categories == ("z", "a", "b")


def test_categories_beyond_the_cap_are_counted_as_others():
    frozen = freeze_grid(pa.table({"x": list("aaabbc")}), [Column("x", Kind.CATEGORICAL)], categories=2)["x"]
    assert (frozen.categories, frozen.others) == (("a", "b"), 1)


def test_codes_that_became_floating_point_keep_their_categories():
    column = [Column("x", Kind.CATEGORICAL)]
    stored = [pa.array([1, 1, 2]), pa.array([1.0, 1.0, 2.0]), pa.array(["1", "1", "2"])]
    stored.append(pa.array(["1", "1", "2"]).dictionary_encode())
    assert len({freeze_grid(pa.table({"x": array}), column).digest for array in stored}) == 1


def test_the_id_is_not_counted():
    grid = freeze_grid(
        pa.table({"key": ["a"], "x": [1.0]}), [Column("key", Kind.TEXT, (Role.ID,)), Column("x", Kind.NUMERIC)]
    )
    assert grid.names == ("x",)


def test_the_digest_does_not_depend_on_the_order_of_rows_or_on_the_container():
    table = random_table(500, seed=1)
    shuffled = table.take(np.random.default_rng(0).permutation(500))
    digests = {freeze_grid(source, COLUMNS).digest for source in (table, shuffled, pl.from_arrow(table))}
    assert len(digests) == 1


def test_the_digest_tells_two_grids_apart():
    column = [Column("x", Kind.NUMERIC)]
    assert freeze_grid(pa.table({"x": [1.0]}), column) != freeze_grid(pa.table({"x": [2.0]}), column)


@pytest.mark.parametrize("table", [random_table(200, seed=3), hostile_table()], ids=["ordinary", "hostile"])
def test_a_grid_survives_the_way_to_json_and_back(table):
    grid = freeze_grid(table, COLUMNS)
    assert Grid.from_json(json.loads(json.dumps(grid.to_json(), allow_nan=False))) == grid


@pytest.mark.parametrize(
    "described",
    [
        None,
        {},
        {"version": 2, "columns": []},
        {"version": 1},
        {"version": 1, "columns": []},
        {"version": 1, "columns": [3]},
        {"version": 1, "columns": [{"name": "x", "source": "x", "kind": "numeric"}]},
        {"version": 1, "columns": [{"name": "x", "source": "x", "kind": "numeric", "edges": [2, 1]}]},
        {"version": 1, "columns": [{"name": "x", "source": "x", "kind": "numeric", "edges": ["a"]}]},
        {"version": 1, "columns": [{"name": "x", "source": "x", "kind": "king", "edges": []}]},
        {"version": 1, "columns": [{"name": "x", "source": "x", "kind": "categorical", "categories": [1]}]},
        {"version": 1, "columns": [{"name": "x", "source": "x", "kind": "categorical", "categories": ["a", "a"]}]},
        {"version": 1, "columns": [{"name": "x", "source": "x", "kind": "numeric", "edges": []}] * 2},
    ],
)
def test_what_is_not_a_grid_is_refused(described):
    with pytest.raises(GridError):
        Grid.from_json(described)


def test_a_reference_that_does_not_fit_its_description_is_refused_with_every_fault():
    columns = [Column("x", Kind.NUMERIC), Column("gone", Kind.NUMERIC), Column("at", Kind.DATETIME)]
    with pytest.raises(SourceError) as refusal:
        freeze_grid(pa.table({"x": ["1.5"], "at": [3]}), columns)
    message = str(refusal.value)
    assert "'x' is described as numeric but the reference holds string" in message
    assert "no column 'gone'" in message
    assert "'at' is described as datetime but the reference holds int64" in message


def test_a_column_that_is_not_required_may_be_absent_from_the_reference():
    columns = [Column("x", Kind.NUMERIC), Column("outcome", Kind.CATEGORICAL, required=False)]
    assert freeze_grid(pa.table({"x": [1.0]}), columns)["outcome"].cells == 1


def test_a_column_has_fewer_edges_than_twice_the_cells():
    heavy = np.repeat(np.arange(600.0), 3)
    smooth = np.random.default_rng(1).normal(size=2000)
    assert numeric_grid(np.concatenate([heavy, smooth])).cells <= 2 * CELLS
