"""Rule 12: the second line is in every vote, whoever steps aside is not, and the line that asked is never the majority.

Asked of the service, of the pages, over REST, and of the database past all of them.
"""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audits.workflows.models import ChangeRequest, Decision
from audits.workflows.services import request_change, why_not_conclude
from audits.workflows.states import ChangeState
from inventory.models import Policy
from inventory.services import edit_model
from mrm.accounts.models import Person
from mrm.accounts.policies import Role
from mrm.errors import NotPermitted
from tests.factories import make_otherwise, make_person, make_version, publish
from tests.fixtures.story import approve
from tests.rest import sign_json
from tests.signing import conclude_vote, delegate, signed_on_page
from tests.workflows.duties import WHY, now_holding
from tests.workflows.kinds import exception_terms

FIRST, SECOND = (Role.OWNER, Role.ENGINEER, Role.OWNER), (Role.VALIDATOR, Role.COMPLIANCE, Role.RISK_OFFICER)


@pytest.fixture
def by_committee(story):
    """Asks, as this person, for an exception that the committee alone decides."""
    document = Policy.objects.in_force().document
    document["approvals"]["exception"]["2"] = ["committee"]
    publish(document)

    def ask(requester: Person) -> ChangeRequest:
        return request_change("exception", story.model, reason=WHY, terms=exception_terms(), actor=requester)

    return ask


@pytest.fixture
def chair(story) -> Person:
    return make_person(Role.COMMITTEE_CHAIR, Role.VALIDATOR, workspace=story.workspace)


def votes(change: ChangeRequest, story, *roles: Role, **fields) -> None:
    for role in roles:
        approve(change, make_person(Role.COMMITTEE_MEMBER, role, workspace=story.workspace), **fields)


def assert_not_concluded(change: ChangeRequest, chair: Person, told: str, by_sql: str) -> None:
    """Neither by the service, with the reason, nor by SQL with minutes that say so."""
    assert told in " ".join(why_not_conclude(change, person=chair))
    with pytest.raises(NotPermitted, match="line|quorum"):
        conclude_vote(change, minutes="Discussed.", actor=chair)
    with pytest.raises(IntegrityError, match=by_sql), transaction.atomic():
        ChangeRequest.objects.filter(pk=change.pk).update(state="approved", minutes={"outcome": "approved"})
    change.refresh_from_db()
    assert change.state == ChangeState.PENDING


@pytest.mark.parametrize(
    ("asks", "own", "other"),
    [("owner", FIRST, SECOND), ("risk_officer", (Role.VALIDATOR, Role.COMPLIANCE, Role.VALIDATOR), FIRST)],
    ids=["first line", "second line"],
)
def test_12_the_line_that_asked_is_not_the_majority(story, by_committee, chair, asks, own, other):
    change = by_committee(story.person(asks))
    votes(change, story, *own[:2], other[0])
    line = "first" if own is FIRST else "second"
    assert_not_concluded(change, chair, "must not be the majority", f"the {line} line asked for it")
    votes(change, story, other[1])
    assert conclude_vote(change, minutes="Discussed.", actor=chair).state == ChangeState.COMPLETED


def test_12_a_vote_without_the_second_line_in_it_decides_nothing(story, by_committee, chair):
    change = by_committee(story.risk_officer)
    votes(change, story, *FIRST)
    assert_not_concluded(change, chair, "0 of the 1 votes of the second line", "needs the second line in it")
    votes(change, story, Role.VALIDATOR)
    assert conclude_vote(change, minutes="Discussed.", actor=chair).state == ChangeState.COMPLETED


def test_12_whoever_steps_aside_counts_for_no_quorum_and_for_no_line(story, by_committee, chair):
    change = by_committee(story.owner)
    votes(change, story, Role.VALIDATOR, Role.ENGINEER)
    aside = {"approved": False, "meaning": Decision.Meaning.RECUSED, "comment": "My brother applied."}
    votes(change, story, Role.COMPLIANCE, **aside)
    assert_not_concluded(change, chair, "2 of the 3 votes", "needs its quorum of 3")
    votes(change, story, Role.ENGINEER)
    assert_not_concluded(change, chair, "must not be the majority", "the first line asked for it")


def test_12_whoever_changes_lines_after_asking_asked_for_the_line_they_were_in(story, by_committee, chair):
    change = by_committee(story.owner)
    now_holding(story.owner, Role.VALIDATOR, workspace=story.workspace)
    votes(change, story, *FIRST[:2], Role.VALIDATOR)
    assert_not_concluded(change, chair, "The first line asked for it", "the first line asked for it")


def test_12_whoever_has_left_since_still_asked_for_their_line(story, by_committee, chair):
    change = by_committee(story.owner)
    for grant in story.owner.grants.all():
        now_holding(grant.person, Role.AUDITOR, workspace=story.workspace)
    votes(change, story, *FIRST[:2], Role.VALIDATOR)
    assert_not_concluded(change, chair, "The first line asked for it", "the first line asked for it")


def test_12_a_vote_counts_for_the_line_its_holder_was_in_when_they_cast_it(story, by_committee, chair):
    change = by_committee(story.owner)
    votes(change, story, *FIRST[:2], Role.VALIDATOR)
    for decision in change.decisions.all():
        now_holding(decision.person, Role.RISK_OFFICER, workspace=story.workspace)
    assert_not_concluded(change, chair, "must not be the majority", "the first line asked for it")
    votes(change, story, Role.COMPLIANCE)
    for decision in change.decisions.all():
        now_holding(decision.person, Role.ENGINEER, workspace=story.workspace)
    conclude_vote(change, minutes="Discussed.", actor=chair)
    change.refresh_from_db()
    assert [vote["line"] for vote in change.minutes["votes"]] == ["first", "first", "second", "second"]


def test_12_the_chair_reads_why_on_the_page_and_neither_form_nor_rest_concludes(story, by_committee, chair, api):
    change = by_committee(story.owner)
    votes(change, story, *FIRST[:2], Role.VALIDATOR)
    browser = Client()
    browser.force_login(chair)
    page, form = reverse("change", args=[change.reference]), reverse("conclude-vote", args=[change.reference])
    assert "must not be the majority of those who vote" in browser.get(page).text
    assert browser.post(form, {"minutes": "Discussed."}).status_code == 403
    address = reverse("api-conclusion", args=[change.reference])
    assert sign_json(api(chair), address, minutes="Discussed.").status_code == 403
    votes(change, story, Role.COMPLIANCE)
    assert signed_on_page(browser, form, minutes="Discussed.").status_code == 302
    change.refresh_from_db()
    assert change.state == ChangeState.COMPLETED


def test_12_the_owner_of_a_model_asks_for_the_first_line_whatever_else_they_hold(story, by_committee, chair):
    owner = make_person(Role.OWNER, Role.VALIDATOR, workspace=story.workspace)
    edit_model(story.model, changes={"owner": owner}, actor=None)
    change = by_committee(owner)
    votes(change, story, *FIRST[:2], Role.VALIDATOR)
    assert_not_concluded(change, chair, "The first line asked for it", "the first line asked for it")


def test_12_a_vote_cast_for_somebody_else_counts_for_the_weaker_line_of_the_two(story, by_committee, chair):
    change = by_committee(story.risk_officer)
    for _ in range(3):
        away = make_person(Role.COMMITTEE_MEMBER, Role.COMPLIANCE, workspace=story.workspace)
        stand_in = make_person(Role.VALIDATOR, workspace=story.workspace)
        delegate(stand_in, reason="Leave.", ends_at=timezone.now() + timedelta(days=9), actor=away)
        approve(change, stand_in)
        make_otherwise(make_version(story.model, actor=None), registered_by=stand_in)
    assert_not_concluded(change, chair, "0 of the 1 votes of the second line", "needs the second line in it")


def test_12_who_abstains_represents_no_line_and_one_yes_is_no_majority_of_a_quorum(story, by_committee, chair):
    change = by_committee(story.owner)
    abstaining = {"approved": False, "meaning": Decision.Meaning.ABSTAINED, "comment": "I know too little."}
    votes(change, story, Role.ENGINEER)
    votes(change, story, Role.VALIDATOR, Role.COMPLIANCE, **abstaining)
    assert_not_concluded(change, chair, "0 of the 1 votes of the second line", "needs the second line in it")
    rejecting = {"approved": False, "meaning": Decision.Meaning.REJECTED, "comment": "No."}
    votes(change, story, Role.RISK_OFFICER, **rejecting)
    with pytest.raises(IntegrityError, match="more than half of its quorum"), transaction.atomic():
        ChangeRequest.objects.filter(pk=change.pk).update(state="approved", minutes={"outcome": "approved"})
    assert conclude_vote(change, minutes="Discussed.", actor=chair).state == ChangeState.REJECTED
