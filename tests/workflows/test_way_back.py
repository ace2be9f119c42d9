"""The way back: which version a roll-back leads to, on which approval and conditions, and where there is none."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from audits.workflows.models import Arrangement, ChangeRequest
from audits.workflows.services import ARRANGEMENT_CLOSURE
from inventory.models import ModelVersion
from mrm.accounts.policies import Role
from mrm.accounts.services import act_at_once
from mrm.errors import RuleBroken
from tests.factories import PASSWORD, make_person, make_reference, make_version, undecided
from tests.signing import roll_back
from tests.workflows.kinds import decided, in_days, overlay_terms, promoted
from tests.workflows.test_nothing_without_its_decision import refused
from tests.workflows.validating import make_panel, validated

Kind, Held = ChangeRequest.Kind, Arrangement.Kind
WHY = "Version 2 refuses everybody from the new branch."


def another(story) -> ModelVersion:
    version = make_version(story.model, actor=story.engineer)
    make_reference(version, story.folder)
    return version


def test_a_condition_that_nobody_met_holds_again_and_ends_it_on_its_day(story, candidate):
    due = [{"text": "Bias is assessed monthly.", "due_on": in_days(30)}]
    promoted(story, candidate, conditions=due)
    promoted(story, another(story))
    condition = Arrangement.objects.get(kind=Held.CONDITION, version=candidate)
    rollback = roll_back(story.model, reason=WHY, actor=story.risk_officer)
    assert (rollback.version, rollback.ends_at) == (candidate, condition.ends_at)
    assert rollback.terms["conditions"] == [condition.reference]


@pytest.fixture
def found_fit(story, candidate):
    """The candidate as found fit under a condition; put into production, and replaced."""
    limits = {"conditions": [{"text": "Loans up to 1,000 only.", "due_on": in_days(20)}]}
    validated(
        candidate, make_panel(story.workspace), kind="initial", outcome="fit_with_conditions",
        expires_on=timezone.localdate() + timedelta(days=300), **limits,
    )  # fmt: skip
    promoted(story, ModelVersion.objects.get(pk=candidate.pk))
    promoted(story, another(story))
    return Arrangement.objects.get(kind=Held.CONDITION, version=candidate)


def test_a_condition_under_which_it_was_found_fit_holds_again_and_ends_it_on_its_day(story, found_fit):
    rollback = roll_back(story.model, reason=WHY, actor=story.risk_officer)
    assert (rollback.version, rollback.ends_at) == (found_fit.version, found_fit.ends_at)
    assert rollback.terms["conditions"] == [found_fit.reference]


def test_a_condition_under_which_it_was_found_fit_and_that_was_not_met_in_time_stands_in_the_way(story, found_fit):
    with undecided("workflows_arrangement", "workflows_arrangement_rows_stay"):
        Arrangement.objects.filter(pk=found_fit.pk).update(ends_at=timezone.now())
    with pytest.raises(RuleBroken, match=f"The condition {found_fit.reference} of its approval or validation"):
        roll_back(story.model, reason=WHY, actor=story.risk_officer)


def test_whoever_goes_back_signs_that_an_overlay_adjusts_its_output_no_more(story, candidate, officers):
    promoted(story, candidate)
    held = decided(Kind.OVERLAY, candidate, *officers, terms=overlay_terms(), actor=story.owner).arrangements.get()
    promoted(story, another(story))
    rollback = roll_back(story.model, reason=WHY, actor=story.risk_officer)
    (told,) = rollback.terms["passed_over"]
    assert told.startswith(f"{held.reference} adjusted its output until it was replaced, and does not now")


# What it cannot be used for.


def test_where_nothing_was_in_production_before_there_is_no_way_back(story):
    with pytest.raises(RuleBroken, match="no version was in production"):
        roll_back(story.model, reason=WHY, actor=story.validator)


def test_an_approval_in_whose_place_people_put_another_is_none(story, candidate, officers):
    promoted(story, candidate)
    decided(Kind.APPROVAL, candidate, *officers, terms={"ends_on": in_days(20)}, actor=story.owner)
    promoted(story, another(story))
    rollback = roll_back(story.model, reason=WHY, actor=story.risk_officer)
    assert rollback.last_day.isoformat() == in_days(20)


def test_the_database_lets_nobody_close_by_signature_what_a_version_is_in_production_by(story):
    """Without what the service refuses itself: written and signed in order, and still no ground."""
    held = Arrangement.objects.get(kind=Held.APPROVAL, version=story.version)
    past_the_service = replace(ARRANGEMENT_CLOSURE, refuse=lambda arrangement, *, actor: None)
    officer = make_person(Role.RISK_OFFICER, workspace=story.workspace)
    with refused("by what replaces it"):
        act_at_once(past_the_service, held, comment="Needed no longer.", password=PASSWORD, actor=officer)
