"""The committee's vote: who is in it, what makes a quorum, who concludes it, and what stays on record."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from audits.trail.models import Action, Entry
from audits.workflows.models import ChangeRequest, Decision
from audits.workflows.policies import Vote, outcome_of, why_no_quorum
from audits.workflows.services import request_change, revoke_delegation, why_not_conclude
from audits.workflows.states import ChangeState
from inventory.models import Policy
from inventory.services import edit_model
from mrm.accounts.models import Signature
from mrm.accounts.policies import Role
from mrm.errors import NotPermitted, RuleBroken
from tests.factories import make_person, publish
from tests.fixtures.story import approve
from tests.signing import conclude_vote, delegate
from tests.workflows.kinds import exception_terms

Meaning = Decision.Meaning


@pytest.fixture
def change(story) -> ChangeRequest:
    """An exception that the committee alone decides."""
    document = Policy.objects.in_force().document
    document["approvals"]["exception"]["2"] = ["committee"]
    publish(document)
    return request_change("exception", story.model, reason="Why.", terms=exception_terms(), actor=story.owner)


@pytest.fixture
def chair(story):
    return make_person(Role.COMMITTEE_CHAIR, Role.RISK_OFFICER, name="Carla Chair", workspace=story.workspace)


@pytest.fixture
def members(story) -> list:
    roles = (Role.VALIDATOR, Role.RISK_OFFICER, Role.COMPLIANCE)
    return [make_person(Role.COMMITTEE_MEMBER, role, workspace=story.workspace) for role in roles]


def vote(change, person, meaning=Meaning.REVIEWED, comment="Considered.") -> Decision:
    return approve(change, person, approved=meaning == Meaning.REVIEWED, meaning=meaning, comment=comment)


def test_a_majority_with_a_quorum_decides_when_the_chair_concludes(change, members, chair):
    for member in members:
        vote(change, member)
    change.refresh_from_db()
    assert change.state == ChangeState.PENDING, "votes alone decide nothing"
    conclude_vote(change, minutes="Discussed.", actor=chair)
    change.refresh_from_db()
    assert change.state == ChangeState.COMPLETED and change.arrangements.get()


def test_dissent_and_minutes_stay_on_record(change, members, chair):
    vote(change, members[0])
    vote(change, members[1])
    vote(change, members[2], Meaning.REJECTED, "The control is too weak.")
    conclude_vote(change, minutes="Long discussion.", actor=chair)
    told = Entry.objects.about(change).get(action=Action.VOTE_CONCLUDED).details
    assert told["dissent"] == [{"name": str(members[2]), "comment": "The control is too weak."}]
    assert (told["outcome"], told["minutes"], len(told["votes"])) == ("approved", "Long discussion.", 3)


def test_one_no_of_a_member_ends_nothing_but_a_majority_of_them_does(change, members, chair):
    vote(change, members[0], Meaning.REJECTED)
    change.refresh_from_db()
    assert change.state == ChangeState.PENDING
    vote(change, members[1], Meaning.REJECTED)
    vote(change, members[2])
    conclude_vote(change, minutes="No.", actor=chair)
    change.refresh_from_db()
    assert change.state == ChangeState.REJECTED


def test_without_a_quorum_nothing_is_concluded_and_who_stepped_aside_does_not_count(change, members, chair):
    vote(change, members[0])
    vote(change, members[1], Meaning.RECUSED, "My brother works there.")
    vote(change, members[2])
    with pytest.raises(NotPermitted, match="2 of the 3 votes"):
        conclude_vote(change, minutes="Hm.", actor=chair)


def test_the_chair_concludes_and_nobody_else(change, members):
    for member in members:
        vote(change, member)
    with pytest.raises(NotPermitted, match="The chair of the committee"):
        conclude_vote(change, minutes="Mine.", actor=members[0])


def test_a_chair_who_asked_for_it_does_not_conclude_its_vote(story, change, members, chair):
    mine = request_change(
        "exception", story.model, reason="Why.", terms=exception_terms(clause="validation"), actor=story.owner
    )
    mine.requester = chair
    assert any("asked for it" in reason for reason in why_not_conclude(mine, person=chair))


def test_what_is_deferred_is_voted_on_anew(change, members, chair):
    for member in members:
        vote(change, member, Meaning.DEFERRED, "Show the figures of June.")
    conclude_vote(change, minutes="Next month.", actor=chair)
    change.refresh_from_db()
    assert change.state == ChangeState.PENDING and not change.decisions.standing().exists()
    voided = Entry.objects.about(change).get(action=Action.DECISIONS_VOIDED).details["decisions"]
    assert set(voided) == {str(decision.pk) for decision in change.decisions.all()}
    for member in members:
        vote(change, member)
    conclude_vote(change, minutes="Seen.", actor=chair)
    change.refresh_from_db()
    assert change.state == ChangeState.COMPLETED


def test_a_change_of_the_subject_voids_the_votes(story, change, members, chair):
    for member in members:
        vote(change, member)
    edit_model(story.model, changes={"purpose": "Now also prices."}, actor=story.engineer)
    vote(change, members[0])
    with pytest.raises(NotPermitted, match="1 of the 3 votes"):
        conclude_vote(change, minutes="Hm.", actor=chair)


def test_reading_what_a_conclusion_would_sign_voids_nothing_and_preparing_it_does(
    story, change, members, chair, client
):
    for member in members:
        vote(change, member)
    client.force_login(chair)
    to_conclude = reverse("conclude-vote", args=[change.reference])
    prepared = client.post(to_conclude, {"minutes": "Discussed."}).url
    edit_model(story.model, changes={"purpose": "Now also prices."}, actor=story.engineer)
    entries = Entry.objects.count()
    told = client.get(f"/api/v1/changes/{change.reference}/conclusion/").json()
    assert not told["may_sign"] and "What was signed has changed since: model" in told["reasons_not_to"][0]
    assert "has changed since: model" in client.get(prepared).text
    assert (Entry.objects.count(), change.decisions.standing().count()) == (entries, 3)
    assert "0 of the 3 votes" in client.post(to_conclude, {"minutes": "Discussed."}).text
    assert not change.decisions.standing().exists()


def test_only_a_committee_abstains_or_defers(story):
    change = request_change("retraining", story.version, reason="Why.", breach=story.breach, actor=story.engineer)
    with pytest.raises(RuleBroken, match="Only a member of the committee"):
        vote(change, story.validator, Meaning.ABSTAINED)


def ballots(*told: str) -> list[Vote]:
    return [Vote(name="N", meaning=one.split()[0], line=one.split()[1]) for one in told]


@pytest.mark.parametrize(
    ("votes", "outcome"),
    [
        (("reviewed second", "reviewed first", "rejected second"), "approved"),
        (("reviewed second", "rejected second"), "rejected"),
        (("reviewed second", "abstained second", "abstained first"), "rejected"),
        (("reviewed second", "reviewed first", "abstained second", "abstained first"), "approved"),
        (("reviewed second", "abstained second", "abstained first", "rejected first"), "rejected"),
        (("abstained second", "abstained first"), "rejected"),
        (("deferred second", "deferred first", "reviewed second"), "deferred"),
        (("deferred second", "reviewed first"), "deferred"),
    ],
)
def test_what_most_of_those_who_took_a_position_want(votes, outcome):
    assert outcome_of(ballots(*votes), quorum=3) == outcome


def test_the_second_line_is_represented_and_the_line_that_asked_is_never_the_majority():
    rules = {"quorum": 3, "of_second_line": 1}
    of_the_first = ballots("reviewed first", "reviewed first", "reviewed second")
    assert any("must not be the majority" in why for why in why_no_quorum(of_the_first, **rules, sponsor="first"))
    assert why_no_quorum(of_the_first, **rules, sponsor="second") == []
    nobody = ballots("reviewed first", "reviewed first", "reviewed first")
    assert any("second line" in why for why in why_no_quorum(nobody, **rules, sponsor=""))
    of_no_position = ballots("reviewed first", "reviewed first", "abstained second", "deferred second")
    assert any("0 of the 1 votes" in why for why in why_no_quorum(of_no_position, **rules, sponsor=""))
    put_off = ballots("deferred first", "deferred first", "deferred second")
    assert why_no_quorum(put_off, **rules, sponsor="") == []


# While the chair is away.


@pytest.fixture
def deputy(chair, story):
    deputy = make_person(Role.COMMITTEE_MEMBER, Role.RISK_OFFICER, name="Dora Deputy", workspace=story.workspace)
    delegate(deputy, reason="Leave.", ends_at=timezone.now() + timedelta(days=14), actor=chair)
    return deputy


def test_a_deputy_whom_the_chair_named_concludes_the_vote_and_the_minutes_say_so(change, members, deputy):
    for member in members:
        vote(change, member)
    concluded = conclude_vote(change, minutes="Discussed.", actor=deputy)
    assert concluded.state == ChangeState.COMPLETED
    told = Entry.objects.about(change).get(action=Action.VOTE_CONCLUDED).details
    assert told["concluded_by"] == "Dora Deputy, deputy of Carla Chair"
    assert Signature.objects.get(pk=told["signature"]["id"]).statement["signer"]["role"] == "deputy_chair"


def test_a_deputy_inherits_the_conflicts_of_the_chair(story, change, chair, deputy):
    terms = exception_terms(clause="validation")
    mine = request_change("exception", story.model, reason="Why.", terms=terms, actor=story.owner)
    mine.requester = chair
    assert any("Carla Chair, whose deputy you are" in reason for reason in why_not_conclude(mine, person=deputy))


def test_when_the_chair_stepped_aside_so_does_the_deputy(change, members, chair, deputy):
    vote(change, chair, Meaning.RECUSED, "My brother works there.")
    for member in members:
        vote(change, member)
    with pytest.raises(NotPermitted, match="whose deputy you are, stepped aside"):
        conclude_vote(change, minutes="Hm.", actor=deputy)


def test_nobody_is_deputy_once_the_chair_is_back(change, members, deputy):
    for member in members:
        vote(change, member)
    revoke_delegation(deputy.delegations_held.get(), actor=deputy)
    with pytest.raises(NotPermitted, match="The chair of the committee"):
        conclude_vote(change, minutes="Mine.", actor=deputy)
