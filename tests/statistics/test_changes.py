import math

import numpy as np
import pytest

from audits.statistics import changes
from audits.statistics.estimates import Estimate, could_not_compute


def estimate(value, low, high):
    return Estimate(value=value, low=low, high=high, sizes={"rows": 100}, method="a mean")


def test_a_difference_of_normal_intervals_adds_the_variances():
    change = changes.difference(estimate(0.80, 0.77, 0.83), estimate(0.70, 0.66, 0.74))
    assert change.value == pytest.approx(-0.10)
    assert (change.low, change.high) == pytest.approx((-0.15, -0.05))  # sqrt(0.03^2 + 0.04^2) = 0.05


def test_newcombes_published_difference_of_proportions_is_reproduced():
    # Newcombe 1998, method 10, example (a): 56/70 against 48/80, 0.2 with interval 0.0524 to 0.3339.
    from audits.statistics.shares import wilson

    first, second = estimate(56 / 70, *wilson(56, 70)), estimate(48 / 80, *wilson(48, 80))
    change = changes.difference(second, first)
    assert (change.value, change.low, change.high) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)


def test_a_ratio_is_the_exponential_of_the_difference_of_logarithms():
    ratio = changes.ratio(estimate(2.0, 1.0, 4.0), estimate(4.0, 2.0, 8.0))
    half = math.hypot(math.log(2), math.log(2))
    assert (ratio.value, ratio.low, ratio.high) == pytest.approx((2.0, 2 * math.exp(-half), 2 * math.exp(half)))


def test_a_ratio_to_nothing_says_why_it_could_not_be_computed():
    assert "above 0" in changes.ratio(estimate(0.0, 0.0, 0.0), estimate(1.0, 0.5, 1.5)).reason


@pytest.mark.parametrize(("low", "high", "expected"), [(0.8, 1.3, 0.0), (1.1, 1.5, 0.1), (0.5, 0.9, 0.1)])
def test_the_distance_from_an_ideal_is_zero_at_least_where_the_interval_holds_the_ideal(low, high, expected):
    distance = changes.distance_from(estimate((low + high) / 2, low, high), 1.0)
    assert distance.low == pytest.approx(expected)
    assert distance.high == pytest.approx(max(abs(low - 1), abs(high - 1)))


def test_a_missing_side_is_named():
    assert changes.difference(could_not_compute("one class only"), estimate(1, 0, 2)).reason.startswith(
        "on the reference"
    )


def test_the_interval_of_a_difference_of_aucs_covers_the_truth_about_95_percent_of_the_time():
    from audits.statistics.performance import auc

    rng, covered, rounds = np.random.default_rng(11), 0, 400
    for _ in range(rounds):
        label = rng.random(400) < 0.3
        first, second = (auc(label, rng.normal(size=400) + label) for _ in range(2))
        change = changes.difference(first, second)
        covered += change.low <= 0 <= change.high
    assert 0.925 <= covered / rounds <= 0.98
