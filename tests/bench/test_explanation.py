"""The explanation benchmark stops when the shares are known, and not before."""

import numpy as np
import pytest

from bench import explanation


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return explanation.trained(tmp_path_factory.mktemp("explanation"), trees=5)


def test_rows_are_explained_until_the_shares_are_precise_or_the_rows_are_used_up(path):
    values, sampling = explanation.until_enough(path, explanation.path_dependent, most=4000)
    assert len(values) == sampling.rows
    assert sampling.enough or sampling.rows == 4000
    few, stopped = explanation.until_enough(path, explanation.path_dependent, most=explanation.FIRST_ROWS)
    assert (len(few), stopped.enough) == (explanation.FIRST_ROWS, False)


def test_both_ways_explain_every_column_of_every_row(path):
    rows = explanation.population(200)[:20]
    for method in (explanation.path_dependent, explanation.interventional):
        assert method(path)(rows).shape == (20, explanation.COLUMNS)


def test_the_distance_of_shares_is_that_of_the_worst_top_share():
    many = np.tile([4.0, 3.0, 2.0, 1.0], (2, 1))
    few = many * [1.0, 1.1, 1.0, 0.7]
    assert explanation.furthest_off(few, many) == pytest.approx(0.3)
