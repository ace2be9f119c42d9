"""The segment scan: by hand, with SciPy, what it finds, and how seldom it finds what is not there."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from audits.statistics import segments
from audits.statistics.levels import MISSING, levels


def test_a_segment_by_hand_and_with_scipys_welch_test():
    rng = np.random.default_rng(1)
    region = np.repeat(["north", "south"], [40, 60])
    loss = rng.exponential(np.where(region == "north", 2.0, 1.0))
    scan = segments.worst_segments(loss, {"region": region}, minimum_size=10)
    inside, outside = loss[region == "north"], loss[region == "south"]
    found = scan.segments["region: north"]
    assert found.value == pytest.approx(inside.mean() - outside.mean(), abs=1e-12)
    spread = np.sqrt(inside.var(ddof=1) + outside.var(ddof=1))
    assert found.detail["effect_size"] == pytest.approx(np.sqrt(2) * found.value / spread, abs=1e-9)
    welch = stats.ttest_ind(inside, outside, equal_var=False, alternative="greater").pvalue
    common = stats.norm.sf(found.value / (loss.std(ddof=1) * np.sqrt(1 / 40 + 1 / 60)))
    assert found.p_value == pytest.approx(max(welch, common), abs=1e-9)
    # Benjamini-Yekutieli over two tests, the other of which is nearly 1: p x 2 x (1 + 1/2).
    assert found.detail["adjusted_p_value"] == pytest.approx(3 * found.p_value)
    assert (scan.worst, scan.found, scan.tested) == (found, 1, 2)
    assert found.sizes == {"segment": 40, "other rows": 60}


def test_the_conjunction_that_fails_is_found_among_many_columns():
    rng = np.random.default_rng(2)
    rows = 6000
    features = {f"noise {at}": rng.normal(size=rows) for at in range(6)}
    features |= {"region": rng.choice(["a", "b", "c"], rows), "age": rng.integers(18, 80, rows)}
    weak = (features["region"] == "b") & (features["age"] < 33)
    loss = (rng.random(rows) < np.where(weak, 0.35, 0.1)).astype(float)
    scan = segments.worst_segments(loss, features)
    assert set(scan.worst.detail["features"]) == {"region", "age"}
    assert "region: b" in scan.worst.detail["segment"]
    assert scan.worst.detail["found"]
    assert scan.worst.low > 0


def test_where_no_segment_is_worse_hardly_ever_one_is_found():
    # With nothing to find, every find is false: the chance of any is at most 5 %.
    rng = np.random.default_rng(3)
    finds = [0, 0, 0]
    for _ in range(80):
        features = {"a": rng.normal(size=800), "b": rng.choice(list("xyz"), 800), "c": rng.integers(0, 3, 800)}
        losses = (rng.exponential(size=800), rng.random(800) < 0.02, rng.random(800) < 0.98)
        for at, loss in enumerate(losses):
            finds[at] += segments.worst_segments(loss, features, minimum_size=50).found > 0
    assert max(finds) <= 80 * 0.08


def test_with_nothing_found_the_worst_is_still_shown_with_an_interval_that_holds_zero():
    rng = np.random.default_rng(14)
    scan = segments.worst_segments(rng.normal(size=500), {"g": rng.choice(list("abc"), 500)}, minimum_size=50)
    assert scan.segments == {}
    assert not scan.worst.detail["found"]
    assert scan.worst.low < 0 < scan.worst.high


def test_missing_values_are_a_segment_of_their_own():
    income = np.concatenate((np.full(200, np.nan), np.arange(600.0)))
    loss = np.concatenate((np.ones(200), np.zeros(600)))
    found = segments.worst_segments(loss, {"income": income}).segments
    assert list(found) == [f"income: {MISSING}"]
    # Neither side varies, so there is no standard deviation to measure the effect in.
    assert found[f"income: {MISSING}"].detail["effect_size"] is None


def test_without_large_segments_or_differing_losses_the_reason_says_so():
    few = segments.worst_segments([0.0, 1.0], {"g": ["a", "b"]})
    assert "at least 100 rows" in few.worst.reason
    flat = segments.worst_segments(np.ones(400), {"g": ["a", "b"] * 200})
    assert (flat.worst.value, flat.tested) == (None, 2)
    with pytest.raises(ValueError, match="feature g"):
        segments.worst_segments([0.0, 1.0], {"g": ["a"]})
    with pytest.raises(ValueError, match="depth"):
        segments.worst_segments([0.0, 1.0], {"g": ["a", "b"]}, depth=3)
    with pytest.raises(ValueError, match="loss"):
        segments.worst_segments([np.nan], {"g": ["a"]})


@given(st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=10)
def test_the_order_of_rows_and_of_columns_makes_no_difference(seed):
    rng = np.random.default_rng(seed)
    features = {"a": rng.normal(size=300), "b": rng.choice(["x", "y"], 300)}
    loss = rng.exponential(size=300)
    order = rng.permutation(300)
    there = segments.worst_segments(loss, features, minimum_size=20)
    back = segments.worst_segments(loss[order], {name: features[name][order] for name in ("a", "b")}, minimum_size=20)
    assert there.tested == back.tested
    assert there.worst.detail["segment"] == back.worst.detail["segment"]
    assert there.worst.value == pytest.approx(back.worst.value)


def test_levels_of_numbers_text_times_and_missing_values():
    numbers = levels([1.0, 2.0, np.nan, 3.0, np.inf], bins=3)
    assert numbers.names[-1] == MISSING
    assert numbers.rows.tolist() == [1, 1, 1, 2]
    assert levels(["b", None, "a"]).names == ("a", "b", MISSING)
    assert levels(np.array(["2024-01-01", "NaT"], dtype="datetime64[D]")).names[-1] == MISSING
    assert levels([None, None]).names == (MISSING,)
    with pytest.raises(ValueError, match="bins"):
        levels([1, 2], bins=1)
