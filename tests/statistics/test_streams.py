"""ADWIN and DDM: the examples River publishes, by hand, and what they do on streams that do not change."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audits.statistics import streams


def test_adwin_finds_the_change_of_rivers_published_example_at_the_same_value():
    # River's documentation of drift.ADWIN: "Change detected at index 1023" (counted from 0).
    rng = random.Random(12345)
    stream = rng.choices([0, 1], k=1000) + rng.choices(range(4, 8), k=1000)
    found = streams.adwin(stream)
    assert found.changes == (1024,)
    assert found.mean == pytest.approx(np.mean(stream[-found.size :]))


def test_ddm_warns_and_announces_where_rivers_published_example_does():
    # River's documentation of drift.binary.DDM: warning at 1084, change at 1334, warning at 1492 (counted from 0).
    rng = random.Random(42)
    stream = rng.choices([0, 1], k=1000) + rng.choices([0, 1], k=1000, weights=[0.3, 0.7])
    found = streams.ddm(stream)
    assert (found.changes, found.warnings) == ((1335,), (1085, 1493))


def test_ddm_worked_by_hand():
    # 40 values with 4 errors: rate 0.1, s = √(0.09/40); lowest there. Every further value is an error.
    stream = ([0] * 9 + [1]) * 4 + [1] * 40
    lowest_spread = (0.1 * 0.9 / 40) ** 0.5
    expected = next(
        size
        for size in range(41, 81)
        if (rate := (size - 36) / size) + (rate * (1 - rate) / size) ** 0.5 > 0.1 + 3 * lowest_spread
    )
    assert streams.ddm(stream, warm_up=39).changes[0] == expected


def test_adwins_window_grows_while_nothing_changes_and_forgets_after_a_change():
    rng = np.random.default_rng(1)
    calm = streams.adwin(rng.random(5000))
    assert (calm.changes, calm.size) == ((), 5000)
    moved = streams.adwin(np.concatenate((rng.random(3000) * 0.5, 0.5 + rng.random(500) * 0.5)))
    assert 3000 < moved.changes[0] < 3100
    assert moved.size < 700
    assert moved.mean == pytest.approx(0.75, abs=0.05)


def test_adwin_announces_a_change_in_fewer_streams_than_its_significance_allows():
    rng = np.random.default_rng(2)
    false = [bool(streams.adwin(row, significance=0.05, clock=8).changes) for row in rng.random((200, 400)) < 0.2]
    assert np.mean(false) <= 0.05


@given(st.lists(st.floats(-5, 5), max_size=200))
@settings(deadline=None, max_examples=25)
def test_what_is_left_in_the_window_is_a_part_of_the_stream(values):
    found = streams.adwin(values, clock=1, significance=0.2)
    assert 0 <= found.size <= len(values)
    if found.size:
        assert found.mean == pytest.approx(np.mean(values[-found.size :]), abs=1e-9)
    assert list(found.changes) == sorted(set(found.changes))


def test_streams_that_cannot_be_read_are_refused_and_empty_ones_say_nothing():
    assert streams.adwin([]).mean is None
    assert streams.ddm([]).changes == ()
    with pytest.raises(ValueError, match="values"):
        streams.adwin([0.1, float("nan")])
    with pytest.raises(ValueError, match="errors"):
        streams.ddm([0, 2])
    with pytest.raises(ValueError, match="warm_up"):
        streams.ddm([0, 1], warm_up=0)
    with pytest.raises(ValueError, match="clock"):
        streams.adwin([0.0], clock=0)
