"""A use goes live only while its model is in use: not while that is stopped, and within limits while restricted."""

import pytest
from django.db import IntegrityError, transaction

from audits.workflows.models import ChangeRequest
from audits.workflows.services import request_change
from inventory.models import Use
from inventory.services import restrict_model, start_use
from inventory.states import UseState
from mrm.errors import RuleBroken
from tests.factories import approve_for, make_use, settle, sql
from tests.fixtures.story import approve
from tests.signing import suspend
from tests.workflows.duties import WHY
from tests.workflows.kinds import in_days

Kind = ChangeRequest.Kind


@pytest.fixture
def use(story, open_gate) -> Use:
    return make_use(story.model, title="Pricing", actor=story.owner)


def asked(story, use: Use) -> ChangeRequest:
    terms = {"uses": [str(use.number)], "ends_on": in_days(30)}
    return request_change(Kind.APPROVAL, story.version, reason=WHY, terms=terms, actor=story.owner)


def state_of(use: Use) -> str:
    return Use.objects.get(pk=use.pk).state


def test_no_use_is_asked_for_while_its_model_is_suspended(story, use):
    suspend(story.model, reason=WHY, actor=story.owner)
    with pytest.raises(RuleBroken, match="goes live only once two people have lifted that"):
        asked(story, use)


def test_no_use_goes_live_by_a_request_from_before_its_model_was_suspended(story, use):
    change = asked(story, use)
    approve(change, story.validator)
    suspend(story.model, reason=WHY, actor=story.owner)
    with pytest.raises(RuleBroken, match="goes live only once two people have lifted that"):
        for person in (story.validator, story.risk_officer):
            approve(change, person)
    assert state_of(use) == UseState.PROPOSED


def test_neither_a_service_nor_sql_starts_a_use_of_a_suspended_model(story, use):
    approve_for(story.version, use)
    suspend(story.model, reason=WHY, actor=story.owner)
    with pytest.raises(RuleBroken, match="is suspended"):
        start_use(use, actor=None)
    settle()
    with pytest.raises(IntegrityError, match="goes on where its model is in use"), transaction.atomic():
        sql("UPDATE inventory_use SET state = 'live' WHERE id = %s", use.pk)
        settle()


def test_a_use_of_a_restricted_model_starts_restricted(story, use):
    approve_for(story.version, use)
    restrict_model(story.model, because=WHY, actor=None)
    assert start_use(use, actor=None).state == UseState.RESTRICTED
    assert state_of(use) == UseState.RESTRICTED
    settle()
