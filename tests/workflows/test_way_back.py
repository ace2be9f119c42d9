"""The way back: which version a roll-back leads to, on which approval and conditions, and where there is none."""

from dataclasses import replace

import pytest

from audits.workflows.models import Arrangement, ChangeRequest
from audits.workflows.services import ARRANGEMENT_CLOSURE
from inventory.models import ModelVersion
from mrm.accounts.policies import Role
from mrm.accounts.services import act_at_once
from mrm.errors import RuleBroken
from tests.factories import PASSWORD, make_person, make_reference, make_version
from tests.signing import roll_back
from tests.workflows.kinds import decided, in_days, promoted
from tests.workflows.test_nothing_without_its_decision import refused

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
