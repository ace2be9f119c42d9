"""Overrides: rate, direction and outcome by hand, with statsmodels, and what cannot be said."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportion_confint

from audits.statistics import performance

decisions = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60)

# Of 10 accepted by the model 1 was declined; of 10 declined 4 were accepted.
MODEL = [1] * 10 + [0] * 10
FINAL = [0] + [1] * 9 + [1] * 4 + [0] * 6


def test_rates_and_direction_by_hand_and_with_statsmodels():
    answers = performance.override_rate(MODEL, FINAL)
    assert answers["rate"].value == pytest.approx(5 / 20)
    assert answers["accepted_against_model"].value == pytest.approx(4 / 10)
    assert answers["declined_against_model"].value == pytest.approx(1 / 10)
    assert answers["direction"].value == pytest.approx((4 - 1) / 20)
    expected = proportion_confint(5, 20, method="wilson")
    assert (answers["rate"].low, answers["rate"].high) == pytest.approx(expected, abs=1e-9)
    assert answers["direction"].p_value == pytest.approx(mcnemar([[9, 4], [1, 6]], exact=True).pvalue, abs=1e-9)


def test_a_model_that_declines_nobody_cannot_be_overridden_towards_acceptance():
    answers = performance.override_rate([1, 1], [1, 0])
    assert "declined nobody" in answers["accepted_against_model"].reason
    assert answers["rate"].value == 0.5
    assert performance.override_rate([], [])["direction"].value is None


def test_outcomes_of_overrides_by_hand_with_the_unknown_counted_apart():
    model = [0] * 5 + [1] * 10 + [0] * 5
    final = [1] * 15 + [0] * 5
    outcome = [1, 1, 0, 0, None] + [1] + [0] * 8 + [None] + [None] * 5
    answers = performance.override_outcomes(model, final, outcome)
    assert answers["overridden"].value == pytest.approx(2 / 4)
    assert answers["agreed"].value == pytest.approx(1 / 9)
    assert answers["overridden"].detail["without_outcome"] == 1
    assert answers["difference"].value == pytest.approx(2 / 4 - 1 / 9)
    assert answers["difference"].low < answers["difference"].value < answers["difference"].high
    none = performance.override_outcomes(model, final, [None] * 20)
    assert none["difference"].value is None
    assert "no outcome is known" in none["difference"].reason


def test_coverage_counts_the_eligible_that_were_decided_without_a_score():
    answer = performance.coverage([1, 1, 1, 0])
    assert (answer.value, answer.detail["not_scored"]) == (0.75, 1)
    assert performance.coverage([]).value is None
    with pytest.raises(ValueError, match="scored"):
        performance.coverage([2])


@given(decisions)
@settings(deadline=None, max_examples=30)
def test_swapping_model_and_person_turns_the_direction_round(pairs):
    model, final = np.array(pairs, dtype=int).T
    there, back = performance.override_rate(model, final), performance.override_rate(final, model)
    assert there["rate"].value == back["rate"].value
    assert there["direction"].value == pytest.approx(-back["direction"].value)
    assert there["direction"].p_value == pytest.approx(back["direction"].p_value)
    assert there["direction"].low <= there["direction"].value <= there["direction"].high
