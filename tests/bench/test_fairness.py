"""The fairness benchmark compares equals: ours from cells, Fairlearn's from rows."""

import numpy as np
import pytest

from bench import fairness


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return fairness.decisions(8000, folder=tmp_path_factory.mktemp("fairness"))


def test_metrics_from_cells_equal_fairlearns_from_rows(path):
    cells = fairness.counted(path)
    theirs = fairness.fairlearn_on_rows(path)
    assert len(theirs.by_group) == 40
    assert fairness.largest_difference(cells, theirs) <= fairness.EQUAL_TO


def test_the_comparison_notices_one_row_too_many(path):
    cells = fairness.counted(path)
    more = cells.with_columns(count=cells["count"] + (np.arange(len(cells)) == 0))
    assert fairness.largest_difference(more, fairness.fairlearn_on_rows(path)) > fairness.EQUAL_TO


def test_the_resampled_intervals_hold_the_metrics_of_the_rows(path):
    intervals, theirs = fairness.resampled(fairness.counted(path)), fairness.fairlearn_on_rows(path)
    for metric, (low, high) in intervals.items():
        assert np.all((low[:-1] <= theirs.by_group[metric]) & (theirs.by_group[metric] <= high[:-1]))
