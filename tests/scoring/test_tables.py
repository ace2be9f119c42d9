"""How rows travel to the child."""

import datetime
from decimal import Decimal

import numpy as np
import polars
import pyarrow
import pytest

from audits.scoring.errors import ScoringFailed
from audits.scoring.features import FeatureTable, values_of
from audits.scoring.tables import encode, joined, sample


def travelled(rows, name):
    encoded = encode(rows)
    position = [column["name"] for column in encoded.columns].index(name)
    return list(values_of(encoded.columns[position], encoded.numbers[:, position]))


@pytest.mark.parametrize(
    ("values", "arrived"),
    [
        ([1, 2, 3], [1, 2, 3]),
        ([True, False, True], [True, False, True]),
        (["a", "b", "a"], ["a", "b", "a"]),
        (["a", None, ""], ["a", None, ""]),
        ([Decimal("1.5"), Decimal("2.25")], [1.5, 2.25]),
    ],
)
def test_values_arrive_as_they_were(values, arrived):
    assert travelled(pyarrow.table({"x": values}), "x") == arrived
    assert travelled(polars.DataFrame({"x": values}), "x") == arrived


def test_categories_travel_as_their_texts():
    rows = polars.DataFrame({"x": polars.Series(["low", "high", "low"], dtype=polars.Categorical)})
    assert travelled(rows, "x") == ["low", "high", "low"]


def test_what_is_missing_becomes_not_a_number():
    assert np.isnan(travelled(pyarrow.table({"x": [1.5, None]}), "x")[1])
    assert np.isnan(travelled(pyarrow.table({"x": [1, None]}), "x")[1])


@pytest.mark.parametrize("bad", [float("inf"), float("-inf")])
def test_infinity_is_refused_by_row_and_column(bad):
    with pytest.raises(ScoringFailed, match="Row 2 holds infinity in column “income”"):
        encode(pyarrow.table({"income": [1.0, bad]}))


def test_a_date_is_only_an_error_when_the_model_takes_it():
    encoded = encode(pyarrow.table({"x": [1.0], "day": [datetime.date(2024, 1, 1)]}))
    table = FeatureTable(encoded.numbers, encoded.columns)
    assert table.pick(["x"], None).names == ["x"]
    with pytest.raises(ScoringFailed, match="Column “day” holds date32"):
        table.pick(["x", "day"], None)


def test_no_row_is_an_answer_in_words():
    with pytest.raises(ScoringFailed, match="no row to score"):
        encode(pyarrow.table({"x": pyarrow.array([], pyarrow.float64())}))


def test_an_array_needs_a_name_for_each_column():
    assert [column["name"] for column in encode(np.eye(2), ["a", "b"]).columns] == ["a", "b"]
    with pytest.raises(ScoringFailed, match="one feature name for each of its columns"):
        encode(np.eye(2), ["a"])


def test_a_column_asked_for_must_be_there():
    with pytest.raises(ScoringFailed, match="lack the column “b”"):
        encode(pyarrow.table({"a": [1]}), ["a", "b"])


def test_two_columns_of_one_name_are_refused():
    with pytest.raises(ScoringFailed, match="more than one column named “a”"):
        encode(pyarrow.table([[1], [2]], names=["a", "a"]))


def test_equal_texts_of_rows_and_background_have_equal_positions():
    rows, background = pyarrow.table({"x": ["b", "c"]}), pyarrow.table({"x": ["a", "b"], "more": [1, 2]})
    both, first = joined((rows, np.arange(2)), (background, np.arange(2)), None)
    assert first == 2
    assert both.numbers[0, 0] == both.numbers[3, 0]
    assert [column["name"] for column in both.columns] == ["x"]


def test_a_sample_is_drawn_by_its_seed_and_kept_in_order():
    rows = np.zeros((1000, 1))
    drawn = sample(rows, 10, seed=4)
    assert list(drawn) == sorted(set(drawn.tolist()))
    assert list(drawn) == list(sample(rows, 10, seed=4))
    assert list(drawn) != list(sample(rows, 10, seed=5))
    assert list(sample(rows[:5], 10, seed=4)) == [0, 1, 2, 3, 4]
