"""Judging: the five verdicts, and that a number that could not be computed is never within."""

import pytest

from audits.statistics.estimates import Estimate, could_not_compute
from audits.statistics.limits import SEVERITY, DecidedBy, Direction, Limit, Verdict, judge, worst


def estimate(value, **overrides):
    return Estimate(**{"value": value, "sizes": {"reference": 1000, "current": 200}, **overrides})


UPPER = Limit(amber=0.10, red=0.25)
LOWER = Limit(amber=0.70, red=0.60, direction=Direction.LOWER)


@pytest.mark.parametrize(
    ("limit", "value", "verdict"),
    [
        (UPPER, 0.05, Verdict.WITHIN), (UPPER, 0.10, Verdict.WITHIN), (UPPER, 0.11, Verdict.AMBER),
        (UPPER, 0.25, Verdict.AMBER), (UPPER, 0.26, Verdict.RED),
        (LOWER, 0.75, Verdict.WITHIN), (LOWER, 0.70, Verdict.WITHIN), (LOWER, 0.65, Verdict.AMBER),
        (LOWER, 0.59, Verdict.RED),
    ],
)  # fmt: skip
def test_a_point_on_its_limit_is_still_within_it(limit, value, verdict):
    assert judge(estimate(value), limit) is verdict


def test_a_colour_that_is_switched_off_is_never_given():
    assert judge(estimate(0.9), Limit(amber=0.1)) is Verdict.AMBER
    assert judge(estimate(0.9), Limit(red=0.95)) is Verdict.WITHIN
    assert judge(estimate(0.9), Limit()) is Verdict.WITHIN


@pytest.mark.parametrize("decided_by", list(DecidedBy))
def test_what_could_not_be_computed_is_unknown_and_never_within(decided_by):
    limit = Limit(amber=0.1, decided_by=decided_by, minimum_size=10)
    assert judge(could_not_compute("No rows.", sizes={"current": 0}), limit) is Verdict.UNKNOWN


def test_the_smallest_side_must_reach_the_minimum_size():
    assert judge(estimate(0.9), Limit(amber=0.1, minimum_size=201)) is Verdict.INSUFFICIENT
    assert judge(estimate(0.9), Limit(amber=0.1, minimum_size=200)) is Verdict.AMBER
    assert judge(estimate(0.0), Limit(amber=0.1, minimum_size=201)) is Verdict.INSUFFICIENT


@pytest.mark.parametrize(
    ("low", "value", "verdict"),
    [
        (0.30, 0.40, Verdict.RED), (0.20, 0.40, Verdict.AMBER), (0.05, 0.40, Verdict.INSUFFICIENT),
        (0.01, 0.08, Verdict.WITHIN),
    ],
)  # fmt: skip
def test_an_interval_decides_only_when_all_of_it_lies_beyond(low, value, verdict):
    limit = Limit(amber=0.10, red=0.25, decided_by=DecidedBy.INTERVAL)
    assert judge(estimate(value, low=low, high=0.6), limit) is verdict


def test_the_upper_end_decides_where_low_values_are_bad():
    limit = Limit(amber=0.70, direction=Direction.LOWER, decided_by=DecidedBy.INTERVAL)
    assert judge(estimate(0.6, low=0.5, high=0.69), limit) is Verdict.AMBER
    assert judge(estimate(0.6, low=0.5, high=0.71), limit) is Verdict.INSUFFICIENT


def test_a_breach_that_lacks_the_evidence_its_limit_asks_for_is_unknown():
    assert judge(estimate(0.9), Limit(amber=0.1, decided_by=DecidedBy.INTERVAL)) is Verdict.UNKNOWN
    assert judge(estimate(0.9), Limit(amber=0.1, decided_by=DecidedBy.TOLERANCE)) is Verdict.UNKNOWN
    other = estimate(0.9, detail={"tolerance": {"0.25": 0.001}})
    assert judge(other, Limit(amber=0.1, decided_by=DecidedBy.TOLERANCE)) is Verdict.UNKNOWN


@pytest.mark.parametrize(("p_value", "verdict"), [(0.049, Verdict.AMBER), (0.05, Verdict.WITHIN)])
def test_a_tolerance_test_decides_at_its_significance(p_value, verdict):
    limit = Limit(amber=0.10, decided_by=DecidedBy.TOLERANCE)
    assert judge(estimate(0.2, detail={"tolerance": {"0.1": p_value}}), limit) is verdict


@pytest.mark.parametrize(("value", "verdict"), [(0.3, Verdict.RED), (0.2, Verdict.AMBER), (0.08, Verdict.WITHIN)])
def test_a_tolerance_of_its_own_is_what_has_to_be_exceeded_surely_and_the_colours_tell_by_how_much(value, verdict):
    limit = Limit(amber=0.10, red=0.25, decided_by=DecidedBy.TOLERANCE, tolerance=0.05)
    assert limit.tests == {0.05}
    assert judge(estimate(value, detail={"tolerance": {"0.05": 0.001}}), limit) is verdict
    assert judge(estimate(value, detail={"tolerance": {"0.05": 0.2}}), limit) is Verdict.WITHIN
    beyond = judge(estimate(value, detail={"tolerance": {"0.1": 0.001, "0.25": 0.001}}), limit)
    assert beyond is (Verdict.WITHIN if value < 0.1 else Verdict.UNKNOWN)


def test_without_a_tolerance_of_its_own_each_colour_is_tested_at_its_threshold():
    assert Limit(amber=0.10, red=0.25, decided_by=DecidedBy.TOLERANCE).tests == {0.10, 0.25}
    assert Limit(amber=0.10, red=0.25).tests == set()


def test_the_worst_verdict_puts_the_unmeasured_behind_every_success():
    assert [worst(SEVERITY[place:]) for place in range(5)] == list(SEVERITY)
    assert worst([Verdict.WITHIN, Verdict.UNKNOWN]) is Verdict.UNKNOWN
    assert worst([]) is Verdict.UNKNOWN
