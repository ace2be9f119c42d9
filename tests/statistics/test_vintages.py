"""Vintages by hand: cumulative shares by age, and what is not ripe yet."""

import datetime as dt

import numpy as np
import pytest

from audits.statistics import estimation

DAY = dt.timedelta(days=1)
START = dt.datetime(2024, 1, 1)


def moments(*days):
    return [None if day is None else START + day * DAY for day in days]


def test_shares_of_a_cohort_grow_with_age_until_it_is_not_ripe():
    decided = moments(0, 5, 9, 10, 19)
    event = moments(8, None, 24, 12, None)
    first, second, running = estimation.vintage_view(
        decided, event, as_of=START + 30 * DAY - DAY, cohort=10 * DAY, age=8 * DAY, ages=3
    )
    assert (first.rows, second.rows, running.rows) == (3, 2, 0)
    # In the first cohort one event came after 8 days and one after 15; at day 29 it is ripe for ages 8 and 16.
    assert [share.value for share in first.shares] == pytest.approx([1 / 3, 2 / 3, None])
    assert [share.value for share in second.shares] == [0.5, None, None]
    assert "may have reached an age of 16 days" in second.shares[1].reason
    assert first.shares[0].low < 1 / 3 < first.shares[0].high


def test_moments_with_a_time_zone_are_compared_in_utc():
    zone = dt.timezone(dt.timedelta(hours=2))
    decided = [dt.datetime(2024, 1, 1, 2, tzinfo=zone)]
    (only,) = estimation.vintage_view(
        decided, [None], as_of=dt.datetime(2024, 1, 2, tzinfo=dt.UTC), cohort=2 * DAY, age=DAY, ages=1
    )
    assert only.start == START


def test_events_before_the_decision_or_after_today_are_refused():
    for event in (-1, 40):
        with pytest.raises(ValueError, match="event_at"):
            estimation.vintage_view(moments(0), moments(event), as_of=START + 30 * DAY, cohort=DAY, age=DAY)
    with pytest.raises(ValueError, match="event_at has"):
        estimation.vintage_view(moments(0), moments(1, 2), as_of=START + 3 * DAY, cohort=DAY, age=DAY)
    with pytest.raises(ValueError, match="missing"):
        estimation.vintage_view(np.array(["NaT"], "datetime64[us]"), [None], as_of=START, cohort=DAY, age=DAY)
    with pytest.raises(ValueError, match="age"):
        estimation.vintage_view(moments(0), moments(1), as_of=START + DAY, cohort=DAY, age=0 * DAY)
