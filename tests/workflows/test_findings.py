"""Findings: raised and closed by the second line, answered by the first."""

from datetime import timedelta

import pytest
from django.utils import timezone

from audits.trail.models import Action, Entry
from audits.workflows.models import Finding
from audits.workflows.services import (
    close_finding,
    raise_finding,
    respond_to_finding,
    return_finding,
    submit_finding,
)
from audits.workflows.states import FindingState
from mrm.accounts.models import Person
from mrm.accounts.policies import Role
from mrm.errors import NotPermitted, RuleBroken
from tests.factories import make_model, make_person, make_version

TEXTS = {
    "severity": "medium",
    "title": "Incomes are missing",
    "observation": "Four of ten rows came without an income.",
    "required_outcome": "Show that the score ranks as well without.",
}


@pytest.fixture
def finding(story) -> Finding:
    return raise_finding(story.model, breach=story.breach, **TEXTS, actor=story.validator)


@pytest.mark.parametrize("role", [Role.ENGINEER, Role.OWNER, Role.AUDITOR, Role.ADMINISTRATOR])
def test_only_the_second_line_raises_findings(story, role):
    with pytest.raises(NotPermitted):
        raise_finding(story.model, **TEXTS, actor=make_person(role, workspace=story.workspace))


def test_a_service_account_raises_none(story):
    robot = make_person(Role.VALIDATOR, workspace=story.workspace, kind=Person.Kind.SERVICE)
    with pytest.raises(NotPermitted):
        raise_finding(story.model, **TEXTS, actor=robot)


def test_a_finding_is_due_by_severity_and_tier(story, finding):
    assert story.model.tier == 2
    assert finding.due_at == timezone.localdate() + timedelta(days=270)
    assert finding.version == story.version, "that of the breach"
    assert Entry.objects.about(finding).get(action=Action.FINDING_RAISED).details["severity"] == "medium"


def test_it_may_be_due_earlier_and_not_later_nor_in_the_past(story):
    today = timezone.localdate()
    soon = raise_finding(story.model, **TEXTS, due_at=today + timedelta(days=7), actor=story.validator)
    assert soon.due_at == today + timedelta(days=7)
    for due_at in (today + timedelta(days=271), today - timedelta(days=1)):
        with pytest.raises(RuleBroken, match="at the latest"):
            raise_finding(story.model, **TEXTS, due_at=due_at, actor=story.validator)


def test_every_text_that_is_missing_is_named(story):
    with pytest.raises(RuleBroken, match="title, required outcome"):
        raise_finding(story.model, **TEXTS | {"title": " ", "required_outcome": ""}, actor=story.validator)


def test_a_finding_is_about_one_model(story):
    foreign = make_version(make_model())
    for named in ({"version": foreign}, {"version": make_version(story.model), "breach": story.breach}):
        with pytest.raises(RuleBroken, match="is not one of"):
            raise_finding(story.model, **named, **TEXTS, actor=story.validator)


@pytest.mark.parametrize("role", [Role.VALIDATOR, Role.RISK_OFFICER, Role.AUDITOR, Role.ADMINISTRATOR])
def test_only_the_first_line_answers(story, finding, role):
    person = make_person(role, workspace=story.workspace)
    for service in (respond_to_finding, submit_finding):
        with pytest.raises(NotPermitted):
            service(finding, response="Done.", actor=person)


def test_an_answer_leaves_it_open_and_a_submission_hands_it_over(story, finding):
    assert respond_to_finding(finding, response="On it.", actor=story.owner).state == FindingState.OPEN
    submitted = submit_finding(finding, response="Done.", actor=story.engineer)
    assert (submitted.state, submitted.submitted_by) == (FindingState.SUBMITTED, story.engineer)
    with pytest.raises(RuleBroken):
        respond_to_finding(finding, response="And another thing.", actor=story.owner)
    with pytest.raises(RuleBroken, match="Fill in: response"):
        submit_finding(raise_finding(story.model, **TEXTS, actor=story.validator), response=" ", actor=story.owner)


@pytest.mark.parametrize("role", [Role.ENGINEER, Role.OWNER, Role.AUDITOR, Role.ADMINISTRATOR])
def test_only_the_second_line_returns_and_closes(story, finding, role):
    submit_finding(finding, response="Done.", actor=story.engineer)
    for service in (return_finding, close_finding):
        with pytest.raises(NotPermitted):
            service(finding, reason="Fine.", actor=make_person(role, workspace=story.workspace))


def test_what_was_not_submitted_is_not_closed(story, finding):
    with pytest.raises(RuleBroken):
        close_finding(finding, reason="Fine.", actor=story.validator)


def test_whoever_submitted_or_owns_it_does_not_close_it(story, finding):
    both = make_person(Role.OWNER, Role.VALIDATOR, workspace=story.workspace)
    submit_finding(finding, response="Done.", actor=both)
    with pytest.raises(NotPermitted, match="submitted a finding"):
        close_finding(finding, reason="Fine.", actor=both)
    model = story.model
    model.owner = story.risk_officer
    model.save(update_fields=["owner"])
    with pytest.raises(NotPermitted, match="owner does not close"):
        close_finding(Finding.objects.get(pk=finding.pk), reason="Fine.", actor=story.risk_officer)


def test_a_finding_is_returned_or_closed_with_a_reason(story, finding):
    submit_finding(finding, response="Done.", actor=story.engineer)
    with pytest.raises(RuleBroken, match="Fill in: reason"):
        close_finding(finding, reason=" ", actor=story.validator)
    assert return_finding(finding, reason="Not yet.", actor=story.validator).state == FindingState.OPEN
    submit_finding(finding, response="Now.", actor=story.engineer)
    closed = close_finding(finding, reason="Missing rate is back.", actor=story.validator)
    assert (closed.state, closed.closed_by, closed.closing_reason) == (
        FindingState.CLOSED,
        story.validator,
        "Missing rate is back.",
    )
    assert Entry.objects.about(finding).get(action=Action.FINDING_CLOSED).details["reason"] == "Missing rate is back."
