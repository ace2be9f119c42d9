"""Counts over a frozen grid say what they are and how many rows they hold."""

import numpy as np
import pytest

from audits.statistics.counts import Counts


def test_rows_are_observed_missing_and_non_finite_ones():
    counts = Counts(cells=np.array([1, 2, 3]), edges=np.array([0.0, 1.0]), missing=4, nonfinite=5)
    assert (counts.observed, counts.rows, counts.is_numeric) == (6, 15, True)


def test_categories_need_one_cell_more_for_the_unseen():
    counts = Counts(cells=np.array([1, 2, 0]), categories=("a", "b"))
    assert not counts.is_numeric
    with pytest.raises(ValueError, match="2 grid points make 3 cells, not 2"):
        Counts(cells=np.array([1, 2]), categories=("a", "b"))


@pytest.mark.parametrize("grid", [{}, {"edges": np.array([0.0]), "categories": ("a",)}])
def test_counts_are_either_numeric_or_categorical(grid):
    with pytest.raises(ValueError, match="either numeric"):
        Counts(cells=np.array([1, 2]), **grid)
