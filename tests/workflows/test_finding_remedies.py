"""How a finding is answered, disputed, planned for, put right and closed; and who may not do what."""

from datetime import timedelta

import pytest
from django.utils import timezone

from audits.trail.models import Action, Entry
from audits.workflows.models import Finding
from audits.workflows.services import (
    complete_action_item,
    respond_to_finding,
    return_finding,
    review_plan,
    submit_finding,
    submit_plan,
    uphold_finding,
)
from audits.workflows.states import FindingState
from mrm.accounts.models import Person
from mrm.accounts.policies import Role
from mrm.errors import NotPermitted, RuleBroken, UnusableData
from tests.factories import make_otherwise, make_person
from tests.signing import close_finding, drop_finding
from tests.workflows.remedies import done, fresh, item, opened, planned, raised, submitted, today

FIRST_LINE = (Role.ENGINEER, Role.OWNER)
NOT_FIRST_LINE = (Role.VALIDATOR, Role.RISK_OFFICER, Role.AUDITOR, Role.ADMINISTRATOR)


@pytest.fixture
def finding(story) -> Finding:
    return raised(story)


@pytest.mark.parametrize("role", NOT_FIRST_LINE)
def test_only_the_first_line_answers_plans_and_submits(story, finding, role):
    person = make_person(role, workspace=story.workspace)
    for step in (
        lambda: respond_to_finding(finding, response="It stands.", actor=person),
        lambda: submit_plan(finding, items=[item(story.engineer)], actor=person),
        lambda: submit_finding(finding, response="Done.", actor=person),
    ):
        with pytest.raises(NotPermitted):
            step()
    with pytest.raises(NotPermitted):
        complete_action_item(opened(story, finding).plan().items.get(), outcome="Done.", actor=person)


@pytest.mark.parametrize("role", [*FIRST_LINE, Role.AUDITOR, Role.ADMINISTRATOR])
def test_only_the_second_line_judges(story, finding, role):
    person = make_person(role, workspace=story.workspace)
    for step in (
        lambda: drop_finding(finding, reason="Fine.", actor=person),
        lambda: review_plan(finding, accepted=True, actor=person),
        lambda: return_finding(finding, reason="Not yet.", actor=person),
        lambda: close_finding(finding, reason="Fine.", actor=person),
    ):
        with pytest.raises(NotPermitted):
            step()


def test_an_answer_makes_a_plan_due(story, finding):
    answered = respond_to_finding(finding, response="It stands.", actor=story.owner)
    assert (answered.state, answered.response) == (FindingState.ACTION_PLAN_DUE, "It stands.")
    with pytest.raises(RuleBroken):
        respond_to_finding(finding, response="And another thing.", actor=story.owner)


def test_a_finding_is_disputed_once_and_upheld_with_a_reason(story, finding):
    disputed = respond_to_finding(finding, response="By design.", disputed=True, actor=story.owner)
    assert (disputed.state, disputed.rebutted_by) == (FindingState.REBUTTED, story.owner)
    with pytest.raises(RuleBroken, match="Fill in: reason"):
        uphold_finding(finding, reason=" ", actor=story.validator)
    upheld = uphold_finding(finding, reason="The design is at fault.", actor=story.validator)
    assert upheld.state == FindingState.ACTION_PLAN_DUE
    with pytest.raises(RuleBroken):
        respond_to_finding(finding, response="Still by design.", disputed=True, actor=story.owner)


def test_a_rebuttal_that_convinces_drops_the_finding(story, finding):
    respond_to_finding(finding, response="Those rows are a test.", disputed=True, actor=story.engineer)
    dropped = drop_finding(finding, reason="So they are.", actor=story.validator)
    assert (dropped.state, dropped.closed_by) == (FindingState.DROPPED, story.validator)
    assert Entry.objects.about(finding).get(action=Action.FINDING_DROPPED).details["because"] == "So they are."


def test_a_severe_finding_is_dropped_only_by_who_could_sign_off_its_closure(story):
    severe = raised(story, severity="high")
    respond_to_finding(severe, response="By design.", disputed=True, actor=story.owner)
    with pytest.raises(NotPermitted, match="signed by"):
        drop_finding(severe, reason="Agreed.", actor=story.validator)
    assert drop_finding(severe, reason="Agreed.", actor=story.risk_officer).state == "dropped"


def test_the_time_to_dispute_ends(story, finding):
    make_otherwise(finding, issued_at=timezone.now() - timedelta(days=16))
    with pytest.raises(RuleBroken, match="could be disputed until"):
        respond_to_finding(finding, response="By design.", disputed=True, actor=story.owner)
    assert respond_to_finding(finding, response="It stands.", actor=story.owner).state == FindingState.ACTION_PLAN_DUE


def test_a_plan_is_reviewed_and_a_returned_one_is_followed_by_another(story, finding):
    first = planned(story, finding)
    assert first.state == FindingState.ACTION_PLAN_REVIEW
    with pytest.raises(RuleBroken, match="Fill in: reason"):
        review_plan(first, accepted=False, actor=story.validator)
    review_plan(first, accepted=False, reason="No test of it.", actor=story.validator)
    assert fresh(finding).state == FindingState.ACTION_PLAN_DUE
    second = opened(story, finding)
    assert second.state == FindingState.OPEN
    assert [(plan.number, plan.standing) for plan in second.plans.all()] == [(1, "returned"), (2, "accepted")]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"what": "  "}, "Item 2: say what is done"),
        ({"what": "x" * 501}, "Item 2: say what is done"),
        ({"what": "a\x00b"}, "Item 2: say what is done"),
        ({"days": -1}, "Item 2: its day"),
        ({"days": 271}, "is after that of the finding"),
    ],
    ids=range(5),
)
def test_every_fault_of_an_item_names_its_row(story, finding, wrong, told):
    second = item(story.owner, **wrong)
    with pytest.raises(UnusableData, match=told) as refused:
        submit_plan(finding, items=[item(story.engineer), second], actor=story.owner)
    assert refused.value.errors[0]["row"] == 2
    assert fresh(finding).state == FindingState.ISSUED


def test_an_item_is_for_somebody_who_answers_findings(story, finding, stranger):
    robot = make_person(Role.ENGINEER, workspace=story.workspace, kind=Person.Kind.SERVICE)
    for nobody in (stranger, robot):
        with pytest.raises(UnusableData, match="does not answer findings on"):
            submit_plan(finding, items=[item(nobody)], actor=story.owner)


def test_a_plan_has_items_and_not_hundreds(story, finding):
    for items in ([], [item(story.engineer)] * 21):
        with pytest.raises(UnusableData, match="between 1 and 20"):
            submit_plan(finding, items=items, actor=story.owner)


def test_who_overslept_can_still_plan(story, finding):
    Finding.objects.filter(pk=finding.pk).update(due_at=today() - timedelta(days=3))
    assert planned(story, fresh(finding)).state == FindingState.ACTION_PLAN_REVIEW


def test_an_item_is_done_once_and_only_of_an_accepted_plan(story, finding):
    handed_in = planned(story, finding)
    with pytest.raises(RuleBroken, match="only an accepted plan"):
        complete_action_item(handed_in.plan().items.get(), outcome="Done.", actor=story.engineer)
    review_plan(handed_in, accepted=True, actor=story.validator)
    complete_action_item(handed_in.plan().items.get(), outcome="Done.", actor=story.engineer)
    with pytest.raises(RuleBroken, match="already"):
        complete_action_item(handed_in.plan().items.get(), outcome="Done.", actor=story.engineer)


def test_a_finding_is_not_submitted_before_its_plan_is_accepted_and_done(story, finding):
    with pytest.raises(RuleBroken, match="hand one in first"):
        submit_finding(finding, response="Done.", actor=story.owner)
    unfinished = opened(story, finding)
    with pytest.raises(RuleBroken, match="Item 1 of the plan is not done"):
        submit_finding(unfinished, response="Done.", actor=story.owner)
    complete_action_item(unfinished.plan().items.get(), outcome="Done.", actor=story.engineer)
    with pytest.raises(RuleBroken, match="Fill in: response"):
        submit_finding(finding, response=" ", actor=story.owner)
    assert submit_finding(finding, response="Done.", actor=story.owner).state == FindingState.SUBMITTED_FOR_CLOSURE


def test_a_low_finding_needs_no_plan(story):
    low = raised(story, severity="low")
    assert low.plan_due_at is None
    submit_finding(low, response="The manual is corrected.", actor=story.engineer)
    assert close_finding(low, reason="Read.", actor=story.validator).state == FindingState.CLOSED


def test_a_submission_cites_evidence_of_the_model(story, finding):
    ready = done(story, finding)
    with pytest.raises(UnusableData, match="Reference 1"):
        submit_finding(ready, response="Done.", evidence=["run 17"], actor=story.owner)
    submit_finding(ready, response="Done.", evidence=[f"run {story.run('drift').pk}"], actor=story.owner)
    assert ready.submission().evidence[0]["kind"] == "run"


def test_what_was_not_submitted_is_not_closed(story, finding):
    with pytest.raises(RuleBroken):
        close_finding(finding, reason="Fine.", actor=story.validator)


def test_a_submission_is_returned_or_closed_with_a_reason(story, finding):
    handed_over = submitted(story, finding)
    with pytest.raises(RuleBroken, match="Say what shows"):
        close_finding(handed_over, reason=" ", actor=story.validator)
    assert return_finding(handed_over, reason="Not yet.", actor=story.validator).state == FindingState.OPEN
    submit_finding(handed_over, response="Now.", actor=story.engineer)
    closed = close_finding(handed_over, reason="Missing rate is back.", actor=story.validator)
    assert (closed.state, closed.closed_by) == (FindingState.CLOSED, story.validator)
    assert [one.returned_because for one in closed.submissions.all()] == ["Not yet.", ""]
    assert Entry.objects.about(finding).get(action=Action.FINDING_CLOSED).details["reason"] == "Missing rate is back."


def test_whoever_owns_submitted_or_carried_it_out_does_not_close_it(story, finding):
    first_and_second = (Role.OWNER, Role.VALIDATOR)
    both = make_person(*first_and_second, workspace=story.workspace)
    submit_plan(finding, items=[item(both)], actor=story.owner)
    with pytest.raises(NotPermitted, match="is to carry out"):
        review_plan(finding, accepted=True, actor=both)
    review_plan(finding, accepted=True, actor=story.validator)
    complete_action_item(finding.plan().items.get(), outcome="Done.", actor=story.engineer)
    submit_finding(finding, response="Done.", actor=story.owner)
    with pytest.raises(NotPermitted, match="carries out a part of the plan"):
        close_finding(finding, reason="Fine.", actor=both)
    return_finding(finding, reason="Not yet.", actor=story.validator)
    submitter = make_person(*first_and_second, workspace=story.workspace)
    submit_finding(finding, response="Done.", actor=submitter)
    with pytest.raises(NotPermitted, match="submitted a finding"):
        close_finding(finding, reason="Fine.", actor=submitter)
    return_finding(finding, reason="Not yet.", actor=story.validator)
    submit_finding(finding, response="Done.", actor=story.owner)
    with pytest.raises(NotPermitted, match="submitted a finding"):
        close_finding(finding, reason="Nobody remembers.", actor=submitter)
    model = story.model
    model.owner = story.risk_officer
    model.save(update_fields=["owner"])
    with pytest.raises(NotPermitted, match="owner does not close"):
        close_finding(fresh(finding), reason="Fine.", actor=story.risk_officer)


def test_whoever_planned_does_not_review_the_plan(story, finding):
    both = make_person(Role.OWNER, Role.VALIDATOR, workspace=story.workspace)
    submit_plan(finding, items=[item(story.engineer)], actor=both)
    with pytest.raises(NotPermitted, match="handed in its plan"):
        review_plan(finding, accepted=True, actor=both)
