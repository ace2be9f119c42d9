"""What people try, to get something approved that should not be; none of it by breaking in."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from audits.workflows.models import ChangeRequest, Decision
from audits.workflows.policies import Vote, why_no_quorum
from audits.workflows.services import decide, request_change, why_not_conclude, why_not_decide
from audits.workflows.services.decisions import prepare_decision, refresh_evidence, sign_decision
from inventory.models import Model, Policy
from inventory.services import attach_artifact, edit_model
from mrm.accounts.models import Person
from mrm.accounts.policies import Role
from mrm.accounts.services import Password, create_person, grant_role, issue_token
from mrm.accounts.services.tokens import person_behind
from mrm.errors import NotPermitted, RuleBroken, UnusableData
from tests.factories import PASSWORD, end_roles, make_person, make_reference, make_version, publish
from tests.fixtures.story import approve
from tests.signing import approve_grant, conclude_vote, delegate, revoke_role
from tests.workflows.kinds import exception_terms

Kind, Meaning = ChangeRequest.Kind, Decision.Meaning
WHY = "The applicants have changed."
FIRST_PASSWORD = "handed over in person"  # noqa: S105


@pytest.fixture
def retraining(story) -> ChangeRequest:
    return request_change(Kind.RETRAINING, story.version, reason=WHY, breach=story.breach, actor=story.engineer)


@pytest.fixture
def open_gate(story) -> None:
    document = Policy.objects.in_force().document
    document["promotion"]["required_assessments"] = []
    publish(document)


def again(person: Person) -> Person:
    return Person.objects.get(pk=person.pk)


def reasons(change, person) -> str:
    return " ".join(why_not_decide(change, person=again(person)))


def test_a_role_taken_back_while_its_holder_signs_decides_nothing(retraining, story):
    """The statement was shown while the role held; the signature comes after it was taken back."""
    validator = make_person(Role.VALIDATOR, workspace=story.workspace)
    validator.all_roles()  # As a request reads them, once.
    statement = prepare_decision(
        retraining,
        approved=True,
        meaning=Meaning.REVIEWED,
        comment="Fine.",
        evidence_digest=retraining.evidence_digest,
        actor=validator,
    )
    revoke_role(validator.grants.get(), actor=None)
    with pytest.raises(NotPermitted):
        sign_decision(retraining, statement.pk, proof=Password(PASSWORD), actor=validator)
    assert not retraining.decisions.exists()


def test_whoever_made_an_artifact_does_not_approve_it_under_another_number(story, open_gate):
    mover = make_person(Role.ENGINEER, workspace=story.workspace)
    artifact = story.folder / "same"
    artifact.write_bytes(bytes(story.booster.save_raw("json")))
    first = make_version(story.model, framework="xgboost", actor=mover)
    attach_artifact(first, artifact, actor=mover)
    second = make_version(story.model, framework="xgboost", actor=story.engineer)
    attach_artifact(second, artifact, actor=story.engineer)
    make_reference(second, story.folder)
    end_roles(mover)
    grant_role(mover, Role.VALIDATOR, workspace=story.workspace, actor=None)
    change = request_change(Kind.PROMOTION, second, reason=WHY, actor=story.engineer)
    assert f"the same artifact as {first}" in reasons(change, mover)
    with pytest.raises(NotPermitted):
        approve(change, again(mover))


def test_whoever_was_owner_until_a_moment_ago_does_not_decide(retraining, story):
    mover = make_person(Role.VALIDATOR, workspace=story.workspace)
    edit_model(story.model, changes={"owner": mover}, actor=None)
    edit_model(story.model, changes={"owner": story.owner}, actor=story.engineer)
    with pytest.raises(NotPermitted, match="owned it until"):
        approve(retraining, mover)


def test_a_delegation_is_not_passed_on(retraining, story):
    officer = make_person(Role.RISK_OFFICER, workspace=story.workspace)
    middle, last = (make_person(Role.VALIDATOR, workspace=story.workspace) for _ in range(2))
    approve(retraining, story.validator)
    ends_at = timezone.now() + timedelta(days=7)
    delegate(middle, reason="Leave.", ends_at=ends_at, actor=officer)
    delegate(last, reason="Leave too.", ends_at=ends_at, actor=middle)
    assert reasons(retraining, middle) == ""
    assert "awaits a decision by: risk officer" in reasons(retraining, last)


def test_a_delegate_who_takes_a_role_that_excludes_the_delegators_no_longer_stands_in(retraining, story):
    officer = make_person(Role.RISK_OFFICER, name="Olga Officer", workspace=story.workspace)
    stand_in = make_person(Role.VALIDATOR, workspace=story.workspace)
    approve(retraining, story.validator)
    delegate(stand_in, reason="Leave.", ends_at=timezone.now() + timedelta(days=7), actor=officer)
    grant_role(stand_in, Role.OWNER, workspace=story.workspace, actor=None)
    assert "cannot stand in for Olga Officer" in reasons(retraining, stand_in)
    with pytest.raises(NotPermitted):
        approve(retraining, again(stand_in))


def test_a_delegation_gives_nothing_once_the_delegators_role_has_ended(retraining, story):
    officer = make_person(Role.RISK_OFFICER, workspace=story.workspace)
    stand_in = make_person(Role.VALIDATOR, workspace=story.workspace)
    approve(retraining, story.validator)
    delegate(stand_in, reason="Leave.", ends_at=timezone.now() + timedelta(days=7), actor=officer)
    end_roles(officer)
    assert "awaits a decision by" in reasons(retraining, stand_in)


def test_an_administrator_does_not_sign_with_the_first_password_they_gave(retraining, story, client):
    person = create_person("new@bank.example", "Nina New", password=FIRST_PASSWORD, actor=story.administrator)
    grant_role(person, Role.VALIDATOR, workspace=story.workspace, actor=None)
    with pytest.raises(NotPermitted, match="chose your first password and knows it"):
        approve(retraining, again(person), password=FIRST_PASSWORD)
    client.force_login(again(person))
    own = {"oldpassword": FIRST_PASSWORD, "password1": PASSWORD + "-mine", "password2": PASSWORD + "-mine"}
    assert client.post(reverse("account_change_password"), own).status_code == 302
    assert approve(retraining, again(person), password=PASSWORD + "-mine").approved


def test_nobody_is_given_a_role_by_an_approver_whom_they_made(story):
    """An administrator makes an account an approver, with an honest second person; then it returns the favour."""
    puppet, administrator = make_person(), story.administrator
    first = grant_role(puppet, Role.RISK_OFFICER, actor=administrator)
    approve_grant(first, actor=make_person(Role.RISK_OFFICER))
    other = make_person(Role.ADMINISTRATOR)
    end_roles(administrator)
    favour = grant_role(administrator, Role.VALIDATOR, workspace=story.workspace, actor=other)
    with pytest.raises(NotPermitted, match="had a hand in making you an approver"):
        approve_grant(favour, actor=again(puppet))
    assert approve_grant(favour, actor=make_person(Role.RISK_OFFICER)).state == "granted"


def test_two_proposals_do_not_add_up_to_roles_that_exclude_each_other(story):
    person, officer = make_person(), make_person(Role.RISK_OFFICER)
    until = timezone.now() + timedelta(days=3)
    one = grant_role(
        person, Role.ENGINEER, workspace=story.workspace, models=["a"], ends_at=until, actor=story.administrator
    )
    two = grant_role(person, Role.VALIDATOR, workspace=story.workspace, models=["b"], actor=story.administrator)
    approve_grant(one, actor=officer)
    with pytest.raises(RuleBroken, match="at the same time"):
        approve_grant(two, actor=officer)


@pytest.fixture
def vote(story):
    """An exception that the committee alone decides, with three votes for it."""
    document = Policy.objects.in_force().document
    document["approvals"]["exception"]["2"] = ["committee"]
    publish(document)
    change = request_change("exception", story.model, reason=WHY, terms=exception_terms(), actor=story.owner)
    for role in (Role.VALIDATOR, Role.RISK_OFFICER, Role.COMPLIANCE):
        approve(change, make_person(Role.COMMITTEE_MEMBER, role, workspace=story.workspace))
    return change


@pytest.fixture
def chair(story) -> Person:
    return make_person(Role.COMMITTEE_CHAIR, Role.RISK_OFFICER, workspace=story.workspace)


def test_votes_over_what_has_changed_since_are_not_concluded(vote, story, chair):
    edit_model(story.model, changes={"purpose": "Now also prices."}, actor=story.engineer)
    with pytest.raises(NotPermitted, match="quorum"):
        conclude_vote(vote, minutes="Quickly.", actor=chair)
    vote.refresh_from_db()
    assert vote.state == "pending" and not vote.decisions.standing().exists()


def test_a_token_concludes_no_vote(vote, story, chair):
    secret = issue_token(chair, "script", workspace=story.workspace, actor=chair)[1]
    holder = person_behind(secret)
    assert why_not_conclude(vote, person=holder) == ["A token concludes nothing; sign in on the pages."]
    with pytest.raises(NotPermitted):
        conclude_vote(vote, minutes="By script.", actor=holder)
    assert conclude_vote(vote, minutes="Discussed.", actor=chair).state == "completed"


@pytest.mark.parametrize("line", ["first", "second"])
def test_12_the_sponsors_line_is_never_the_majority_whichever_it_is(line):
    votes = [Vote(name=str(number), meaning="reviewed", line=line) for number in range(2)]
    others = [Vote(name="x", meaning="reviewed", line="second" if line == "first" else "first")]
    rules = {"quorum": 3, "of_second_line": 1}
    assert any("must not be the majority" in why for why in why_no_quorum(votes + others, **rules, sponsor=line))
    assert why_no_quorum(votes + others * 2, **rules, sponsor=line) == []


def test_12_whoever_steps_aside_makes_no_quorum():
    rules = {"quorum": 3, "of_second_line": 1}
    votes = [Vote(name=str(number), meaning="reviewed", line="second") for number in range(2)]
    assert why_no_quorum([*votes, Vote(name="x", meaning="recused", line="second")], **rules, sponsor="first")


REVERSED = "Up to \u202e0001\u202c euro."  # Is read as "Up to 1000 euro."


def test_nothing_is_asked_for_or_signed_that_is_read_otherwise_than_it_is_kept(retraining, story):
    with pytest.raises(UnusableData, match="turns the direction of reading"):
        request_change(Kind.EXCEPTION, story.version, reason=REVERSED, terms=exception_terms(), actor=story.owner)
    with pytest.raises(UnusableData, match="turns the direction of reading"):
        edit_model(story.model, changes={"purpose": REVERSED}, actor=story.engineer)
    Model.objects.filter(pk=story.model.pk).update(name=REVERSED)  # As it may stand from before the rule.
    for comment in (REVERSED, ""):
        with pytest.raises(UnusableData, match="What is to be signed holds"):
            decide(again_asked(retraining), comment=comment, **approving(retraining, story.validator))


def again_asked(change) -> ChangeRequest:
    return ChangeRequest.objects.get(pk=change.pk)


def approving(change, person) -> dict:
    digest = refresh_evidence(change).evidence_digest
    return {
        "approved": True, "meaning": Meaning.REVIEWED, "evidence_digest": digest, "password": PASSWORD, "actor": person
    }  # fmt: skip


@pytest.mark.parametrize(
    "name", ["Olga Offic\u0435r", "Olga\u200b Officer", "\u202eOlga"], ids=["cyrillic", "zero", "rtl"]
)
def test_nobody_is_called_what_is_taken_for_somebody_else(administrator, name):
    with pytest.raises(UnusableData, match="The name holds"):
        create_person("twin@bank.example", name, actor=administrator)


def test_a_model_that_changes_hands_to_somebody_of_the_same_name_voids_what_was_signed(retraining, story):
    approve(retraining, story.validator)
    twin = make_person(Role.OWNER, workspace=story.workspace)
    Person.objects.filter(pk=twin.pk).update(display_name=story.owner.display_name)
    edit_model(story.model, changes={"owner": again(twin)}, actor=story.engineer)
    assert not refresh_evidence(retraining).decisions.standing().exists()


def test_a_stolen_token_decides_nothing_without_the_password(retraining, story):
    secret = issue_token(story.validator, "script", workspace=story.workspace, actor=story.validator)[1]
    with pytest.raises(NotPermitted, match="password"):
        decide(
            retraining,
            approved=True,
            meaning=Meaning.REVIEWED,
            evidence_digest=retraining.evidence_digest,
            password="guessed",  # noqa: S106
            actor=person_behind(secret),
        )
    assert not retraining.decisions.exists()
