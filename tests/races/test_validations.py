"""Two people who sign the same step of a validation at the same moment."""

from functools import partial

import pytest

from audits.trail.models import Action, Entry
from audits.workflows.models import Arrangement, ValidationReview
from audits.workflows.services.validations import conclude_item, digest_of_content, review_opinion, why_not_review
from audits.workflows.services.validations.scope import reread
from audits.workflows.states import ValidationState as State
from mrm.accounts.policies import Role
from mrm.errors import RuleBroken
from tests.factories import make_person
from tests.races.threads import at_once, refusals
from tests.workflows.validating import PASSWORDS, concluded, make_panel, opined, reviewed


@pytest.fixture
def panel(workspace):
    return make_panel(workspace)


@pytest.fixture
def awaiting(candidate, panel):
    """A validation that only the approval is missing of."""
    validation = concluded(candidate, panel)
    opined(validation, panel)
    reviewed(validation, panel.second)
    return reread(validation)


def approval(validation, person):
    seen = digest_of_content(validation)
    return partial(review_opinion, validation, agreed=True, content_digest=seen, actor=person, **PASSWORDS)


def test_two_approvals_at_the_same_moment_are_one_and_what_follows_happens_once(awaiting, panel, workspace):
    other = make_person(Role.HEAD_OF_VALIDATION, workspace=workspace)
    answers = at_once(approval(awaiting, panel.head), approval(awaiting, other))
    assert len(refusals(answers)) == 1
    assert ValidationReview.objects.standing().filter(step="approval").count() == 1
    assert Arrangement.objects.filter(kind="validation").count() == 1
    assert Entry.objects.filter(action=Action.OPINION_APPROVED).count() == 1


def test_an_approval_and_a_change_of_the_plan_never_both_stand(awaiting, panel):
    item = awaiting.items.get(component="data")
    change = partial(conclude_item, item, outcome="not_met", conclusion="Late.", actor=panel.lead)
    at_once(approval(awaiting, panel.head), change)
    after, item = reread(awaiting), awaiting.items.get(component="data")
    assert (after.state == State.APPROVED) == (item.outcome == "met")
    assert after.state in (State.APPROVED, State.IN_PROGRESS)


def test_whoever_reads_while_the_opinion_is_voided_is_refused_in_words(awaiting, panel):
    """Between two looks of one call, in which nobody else was kept from changing the plan."""
    seen = approval(awaiting, panel.head)
    item = awaiting.items.get(component="data")
    conclude_item(item, outcome="not_met", conclusion="Late.", actor=panel.lead)
    assert awaiting.state == State.PENDING_APPROVAL, "as it was read before"
    assert ["voided a moment ago" in why for why in why_not_review(awaiting, panel.head)] == [True]
    with pytest.raises(RuleBroken):
        seen()
