"""The shape of an answer: a finite number or a reason, never a bare NaN."""

import math

import pytest

from audits.statistics.estimates import Estimate, could_not_compute


@pytest.mark.parametrize("name", ["value", "low", "high", "statistic", "p_value"])
@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_no_number_of_an_estimate_may_be_nan_or_infinite(name, number):
    with pytest.raises(ValueError, match=name):
        Estimate(**{"value": 1.0, name: number})


def test_an_estimate_without_a_value_needs_a_reason():
    with pytest.raises(ValueError, match="reason"):
        Estimate()


def test_what_could_not_be_computed_keeps_sizes_and_facts():
    answer = could_not_compute("Fewer than 2 rows.", method="mean", sizes={"current": 1}, missing=3)
    assert (answer.value, answer.reason, answer.method) == (None, "Fewer than 2 rows.", "mean")
    assert answer.sizes == {"current": 1}
    assert answer.detail == {"missing": 3}


def test_an_estimate_cannot_be_changed():
    with pytest.raises(AttributeError):
        Estimate(value=1.0).value = 2.0
    with pytest.raises(TypeError):
        Estimate(value=1.0).detail["more"] = 1
