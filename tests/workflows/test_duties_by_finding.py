"""3. Closure: whoever had a part in a finding, or in what puts it right, does not close it, whatever they are now."""

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audits.workflows.models import ChangeRequest, Finding
from audits.workflows.services import complete_action_item, review_plan, submit_finding, submit_plan, why_not_judge
from audits.workflows.states import FindingState
from inventory.services import edit_model
from mrm.accounts.models import Person
from mrm.accounts.policies import Role
from mrm.errors import NotPermitted
from tests.factories import make_person, make_version
from tests.signing import close_finding
from tests.workflows.duties import now_holding
from tests.workflows.kinds import acceptance_terms, decided
from tests.workflows.remedies import done, fresh, item, raised, submitted


def assert_kept_from(finding: Finding, person: Person, told: str, refused: str) -> None:
    """By the service, on the page that says who may, and by the database where somebody writes past the services."""
    with pytest.raises(NotPermitted, match=told):
        close_finding(finding, reason="Fine.", actor=person)
    client = Client()
    client.force_login(person)
    page = reverse("finding-deciders", args=[finding.reference])
    assert told in client.get(page).content.decode()
    ended = {"state": FindingState.CLOSED, "closed_by": person, "closed_at": timezone.now()}
    with pytest.raises(IntegrityError, match=refused), transaction.atomic():
        Finding.objects.filter(pk=finding.pk).update(**ended)


@pytest.fixture
def finding(story) -> Finding:
    return raised(story)


def test_whoever_owned_the_model_in_the_last_twelve_months_does_not_close_its_finding(story, finding, second_validator):
    handed_over = submitted(story, finding)
    edit_model(story.model, changes={"owner": second_validator}, actor=None)
    edit_model(story.model, changes={"owner": story.owner}, actor=story.engineer)
    assert_kept_from(fresh(handed_over), second_validator, "owned it until", "in the last twelve months")


def test_whoever_planned_what_puts_a_finding_right_does_not_close_it(story, finding):
    planner = make_person(Role.OWNER, name="Petra Planner", workspace=story.workspace)
    submit_plan(finding, items=[item(story.engineer)], actor=planner)
    plan = review_plan(fresh(finding), accepted=True, actor=story.validator)
    complete_action_item(plan.items.get(), outcome="Mended.", actor=story.engineer)
    submit_finding(fresh(finding), response="It is mended.", actor=story.owner)
    planner = now_holding(planner, Role.VALIDATOR, workspace=story.workspace)
    assert_kept_from(fresh(finding), planner, "handed in its plan on", "planned or did what puts a finding right")


def test_whoever_made_a_version_since_a_finding_was_issued_does_not_close_it(story, finding):
    maker = make_person(Role.ENGINEER, name="Mara Maker", workspace=story.workspace)
    version = make_version(story.model, actor=maker)
    handed_over = submitted(story, finding)
    maker = now_holding(maker, Role.VALIDATOR, workspace=story.workspace)
    told = f"registered version {version.number} on"
    assert_kept_from(handed_over, maker, told, "made the version that a finding is about, or one since")


def test_whoever_did_a_part_of_a_plan_that_was_given_up_since_does_not_judge_the_next_one(story, finding, officers):
    worked_on = done(story, finding)
    accepted = ChangeRequest.Kind.RISK_ACCEPTANCE
    decided(accepted, story.model, *officers, terms=acceptance_terms(worked_on), actor=story.owner)
    assert not fresh(finding).plans.filter(standing="accepted").exists()
    engineer = now_holding(story.engineer, Role.VALIDATOR, workspace=story.workspace)
    assert "have item 1 of it" in " ".join(why_not_judge(fresh(finding), engineer))


def test_somebody_without_a_part_in_it_closes_it(story, finding, second_validator):
    assert close_finding(submitted(story, finding), reason="Fine.", actor=second_validator).state == FindingState.CLOSED
