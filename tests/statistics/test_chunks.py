"""Chunks: by size, by period, and the smallest that is worth measuring."""

import datetime as dt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.power import NormalIndPower

from audits.statistics import chunks


def test_what_is_left_over_is_a_last_chunk_that_is_flagged():
    found = chunks.chunks_by_size(5, 2)
    assert [chunk.rows.tolist() for chunk in found] == [[0, 1], [2, 3], [4]]
    assert [chunk.is_complete for chunk in found] == [True, True, False]


@given(st.integers(0, 200), st.integers(1, 50))
@settings(deadline=None)
def test_every_row_is_in_one_chunk(rows, size):
    found = chunks.chunks_by_size(rows, size)
    assert sum((chunk.rows.tolist() for chunk in found), []) == list(range(rows))


def test_periods_without_rows_are_chunks_too_and_the_running_one_is_not_complete():
    day = dt.timedelta(days=1)
    start = dt.datetime(2024, 1, 1)
    moments = [start, start + 2.5 * day, start + 3.2 * day, start + 9 * day]
    found = chunks.chunks_by_period(moments, period=day, as_of=start + 3.5 * day)
    assert [chunk.rows.tolist() for chunk in found] == [[0], [], [1], [2]]
    assert [chunk.is_complete for chunk in found] == [True, True, True, False]
    assert found[1].start == start + day
    assert chunks.chunks_by_period([], period=day, as_of=start) == []
    with pytest.raises(ValueError, match="missing moment"):
        chunks.chunks_by_period(np.array(["NaT"], dtype="datetime64[us]"), period=day, as_of=start)
    with pytest.raises(ValueError, match="period"):
        chunks.chunks_by_period(moments, period=dt.timedelta(0), as_of=start)


def test_the_smallest_chunk_agrees_with_statsmodels_power_of_one_sample():
    # A rate of 0.2 on 1000 rows, to find a change of 0.05: the deviation of a row is 0.4.
    answer = chunks.minimum_chunk_size(0.4 / 1000**0.5, 1000, smallest_change=0.05)
    expected = NormalIndPower(ddof=0).solve_power(effect_size=0.05 / 0.4, alpha=0.05, power=0.8, ratio=0)
    assert answer.value == pytest.approx(np.ceil(expected))
    assert answer.detail["sampling_error"] == pytest.approx(0.4 / answer.value**0.5)
    assert chunks.minimum_chunk_size(0.0, 10, smallest_change=1).value is None
    with pytest.raises(ValueError, match="smallest_change"):
        chunks.minimum_chunk_size(0.1, 10, smallest_change=0)
