"""A model ends in steps: approved, carried out with evidence, verified by an engineer, signed, and then archived."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from audits.assessments.models import Breach
from audits.trail.models import Action, Entry
from audits.workflows.models import ChangeRequest, Retirement
from audits.workflows.services import (
    RETIREMENT_ABANDONMENT,
    RETIREMENT_END,
    archive_retirement,
    complete_item,
    request_change,
    return_retirement,
    verify_retirement,
)
from audits.workflows.states import RETIREMENT_TRANSITIONS, ChangeState, RetirementState, retirement_after
from inventory.models import Policy
from inventory.services import add_particular, edit_model, propose_use
from inventory.states import Stage, Status
from mrm.accounts.models import Person, Signature
from mrm.accounts.policies import Role
from mrm.accounts.services import Password, act_at_once, grant_role, prepare_act, sign_act
from mrm.errors import NotPermitted, RuleBroken, UnusableData
from tests.factories import PASSWORD, RETIREMENT, make_model, make_person, make_version, promote
from tests.fixtures.story import approve
from tests.signing import revoke_role
from tests.workflows.retiring import agree, evidenced, retired, sign, verified
from tests.workflows.test_nothing_without_its_decision import refused

Kind = ChangeRequest.Kind


@pytest.fixture
def change(story) -> ChangeRequest:
    """A retirement that was approved by the validator and the risk officer."""
    change = request_change(Kind.RETIREMENT, story.model, reason="Over.", terms=RETIREMENT, actor=story.owner)
    approve(change, story.validator)
    approve(change, story.risk_officer)
    change.refresh_from_db()
    return change


def abandon(retirement, *, reason, actor, password=PASSWORD):
    return act_at_once(RETIREMENT_ABANDONMENT, retirement, comment=reason, password=password, actor=actor)


def test_with_the_last_approval_nothing_ends_yet(change, story):
    assert (change.state, change.retirement.state) == (ChangeState.APPROVED, RetirementState.EXECUTING)
    assert story.model.production_version() == story.version
    rows = list(change.retirement.items.values_list("item", "planned", "evidence"))
    asked = [entry["item"] for entry in Policy.objects.in_force().section("retirement")["checklist"]]
    assert rows == [(item, RETIREMENT["checklist"][item], "") for item in asked]


def test_a_retirement_is_carried_out_verified_signed_and_archived(change, story):
    retirement = retired(change, owner=story.owner, engineer=story.engineer, officer=story.risk_officer)
    change.refresh_from_db()
    assert (change.state, retirement.state) == (ChangeState.COMPLETED, RetirementState.RETIRED)
    assert story.model.status == Status.RETIRED and story.version.stage == Stage.RETIRED
    assert not Breach.objects.open().exists()
    assert retirement.signature.statement["outcome"] == "retired"
    until = timezone.now().date() + timedelta(days=11 * 366)
    archive_retirement(retirement, archive="Vault 7.", retained_until=until, actor=story.validator)
    retirement.refresh_from_db()
    assert (retirement.state, retirement.retained_until) == (RetirementState.ARCHIVED, until)
    told = list(Entry.objects.about(retirement).order_by("position").values_list("action", flat=True))
    assert told == [
        Action.RETIREMENT_BEGUN,
        *[Action.RETIREMENT_ITEM_DONE] * len(RETIREMENT["checklist"]),
        Action.RETIREMENT_AGREED,
        Action.RETIREMENT_VERIFIED,
        Action.RETIREMENT_SIGNED,
        Action.RETIREMENT_ARCHIVED,
    ]


@pytest.mark.parametrize("who", ["validator", "risk_officer", "auditor", "administrator", "stranger"])
def test_only_the_first_line_carries_it_out(change, story, who, request):
    person = request.getfixturevalue("stranger") if who == "stranger" else story.person(who)
    with pytest.raises(NotPermitted):
        complete_item(change.retirement, "jobs_stopped", evidence="Ticket 1.", actor=person)
    with pytest.raises(NotPermitted):
        verify_retirement(evidenced(change, story.owner), actor=person)


def test_what_shows_it_is_said_for_items_of_the_list_and_in_words(change, story):
    for item, evidence in (("jobs_stopped", "  "), ("jobs_stopped", "x" * 4001), ("jobs_stopped", "\x00"), ("x", "y")):
        with pytest.raises(UnusableData):
            complete_item(change.retirement, item, evidence=evidence, actor=story.owner)


def test_it_is_not_verified_before_everything_is_shown(change, story):
    complete_item(change.retirement, "jobs_stopped", evidence="Ticket 1.", actor=story.owner)
    with pytest.raises(NotPermitted) as refusal:
        verify_retirement(change.retirement, actor=story.engineer)
    assert len(refusal.value.reasons) == len(RETIREMENT["checklist"]) - 1


def test_nobody_verifies_their_own_evidence_nor_does_an_owner(change, story):
    retirement = evidenced(change, story.owner)
    complete_item(retirement, "jobs_stopped", evidence="Ticket 1.", actor=story.engineer)
    with pytest.raises(NotPermitted, match="gave evidence for it yourself"):
        verify_retirement(retirement, actor=story.engineer)
    with pytest.raises(NotPermitted, match="An engineer verifies it"):
        verify_retirement(retirement, actor=story.owner)
    verify_retirement(retirement, actor=make_person(Role.ENGINEER, workspace=story.workspace))


@pytest.mark.parametrize("who", ["owner", "engineer", "auditor", "administrator"])
def test_only_the_second_line_signs_the_end(change, story, who):
    retirement = verified(change, owner=story.owner, engineer=story.engineer)
    with pytest.raises(NotPermitted):
        prepare_act(RETIREMENT_END, retirement, actor=story.person(who))


def test_whoever_asked_does_not_sign_the_end(story):
    change = request_change(Kind.RETIREMENT, story.model, reason="Over.", terms=RETIREMENT, actor=story.risk_officer)
    approve(change, story.validator)
    approve(change, make_person(Role.RISK_OFFICER, workspace=story.workspace))
    retirement = verified(change, owner=story.owner, engineer=story.engineer)
    with pytest.raises(NotPermitted, match="asks for a change"):
        prepare_act(RETIREMENT_END, retirement, actor=story.risk_officer)


def test_a_service_account_carries_out_and_signs_nothing(change, story):
    robot = make_person(Role.ENGINEER, workspace=story.workspace, kind=Person.Kind.SERVICE)
    with pytest.raises(NotPermitted):
        complete_item(change.retirement, "jobs_stopped", evidence="Ticket 1.", actor=robot)
    with pytest.raises(NotPermitted):
        verify_retirement(evidenced(change, story.owner), actor=robot)


def test_nothing_is_signed_before_it_is_verified_or_by_a_wrong_password(change, story):
    retirement = evidenced(change, story.owner)
    with pytest.raises(NotPermitted, match="what is verified is signed"):
        sign(retirement, story.risk_officer)
    retirement = verify_retirement(agree(retirement, story.owner), actor=story.engineer)
    statement = prepare_act(RETIREMENT_END, retirement, actor=story.risk_officer)
    with pytest.raises(NotPermitted, match="password"):
        sign_act(RETIREMENT_END, retirement, statement.pk, proof=Password("guess"), actor=story.risk_officer)
    assert story.model.status != Status.RETIRED


def test_what_was_sent_back_and_shown_anew_is_read_and_signed_anew(change, story):
    retirement = verified(change, owner=story.owner, engineer=story.engineer)
    statement = prepare_act(RETIREMENT_END, retirement, actor=story.risk_officer)
    return_retirement(retirement, reason="Which ticket?", actor=story.validator)
    complete_item(retirement, "jobs_stopped", evidence="Ticket 4712, closed.", actor=story.owner)
    retirement = verify_retirement(retirement, actor=story.engineer)
    with pytest.raises(RuleBroken, match="has changed since"):
        sign_act(RETIREMENT_END, retirement, statement.pk, proof=Password(PASSWORD), actor=story.risk_officer)
    assert sign(retirement, story.risk_officer).state == RetirementState.RETIRED


def test_nothing_is_ended_over_the_head_of_its_owner(change, story):
    retirement = verify_retirement(evidenced(change, story.owner), actor=story.engineer)
    with pytest.raises(NotPermitted, match="Owner, who owns the model, has not agreed"):
        prepare_act(RETIREMENT_END, retirement, actor=story.risk_officer)
    for person in (story.engineer, story.risk_officer, story.auditor):
        with pytest.raises(NotPermitted):
            agree(retirement, person)
    agreed = agree(retirement, story.owner)
    assert agreed.agreement.statement["outcome"] == "retirement_agreed"
    with pytest.raises(RuleBroken, match="agreed already"):
        agree(retirement, story.owner)
    assert sign(agreed, story.risk_officer).state == RetirementState.RETIRED


def test_who_owned_the_model_before_agrees_for_nobody(change, story):
    retirement = verified(change, owner=story.owner, engineer=story.engineer)
    edit_model(story.model, changes={"owner": make_person(Role.OWNER, workspace=story.workspace)}, actor=None)
    with pytest.raises(NotPermitted, match="has not agreed"):
        prepare_act(RETIREMENT_END, Retirement.objects.get(pk=retirement.pk), actor=story.risk_officer)


@pytest.mark.parametrize("came", ["version", "use"])
def test_an_owner_agrees_again_to_what_came_since(change, story, came):
    retirement = verified(change, owner=story.owner, engineer=story.engineer)
    if came == "version":
        make_version(story.model)
    else:
        propose_use(story.model, title="Collections", actor=story.owner)
    retirement = Retirement.objects.get(pk=retirement.pk)
    with pytest.raises(NotPermitted, match="Owner agreed before .*, and agrees again to what ends by now"):
        prepare_act(RETIREMENT_END, retirement, actor=story.risk_officer)
    with pytest.raises(IntegrityError, match="agreement of who owns it|signed by another"), transaction.atomic():
        Retirement.objects.filter(pk=retirement.pk).update(state="retired")
    assert sign(agree(retirement, story.owner), story.risk_officer).state == RetirementState.RETIRED


def test_an_owner_whose_role_ended_agrees_still_and_nobody_else_does(change, story):
    retirement = verify_retirement(evidenced(change, story.owner), actor=story.engineer)
    revoke_role(story.owner.grants.get(role=Role.OWNER), reason="Moved.", actor=None)
    grant_role(story.owner, Role.COMMITTEE_MEMBER, workspace=story.workspace, actor=None)
    with pytest.raises(NotPermitted, match="agrees to its end"):
        agree(retirement, story.auditor)
    assert agree(retirement, Person.objects.get(pk=story.owner.pk)).agreement.person == story.owner


def test_the_database_ends_no_model_without_the_signature_of_its_owner(change, story):
    retirement = verify_retirement(evidenced(change, story.owner), actor=story.engineer)
    with pytest.raises(IntegrityError, match="agreement of who owns it|signed by another"), transaction.atomic():
        Retirement.objects.filter(pk=retirement.pk).update(state="retired")


def test_a_model_that_somebody_still_relies_on_does_not_end_though_everything_is_verified(change, story):
    retirement = verified(change, owner=story.owner, engineer=story.engineer)
    consumer = make_model(name="Consumer of scores", owner=story.owner)
    promote(make_version(consumer))
    values = {"upstream": story.model, "kind": "input", "criticality": "high"}
    add_particular(consumer, "upstream", values=values, actor=None)
    with pytest.raises(RuleBroken, match="Consumer of scores"):
        sign(retirement, story.risk_officer)
    assert story.model.status != Status.RETIRED


def test_what_others_approved_is_given_up_by_the_second_line_alone_and_asked_for_again(change, story):
    for name in ("owner", "engineer", "auditor", "administrator"):
        with pytest.raises(NotPermitted):
            abandon(change.retirement, reason="No.", actor=story.person(name))
    abandon(change.retirement, reason="It is needed after all.", actor=story.risk_officer)
    change.refresh_from_db()
    assert (change.state, story.model.status == Status.RETIRED) == (ChangeState.FAILED, False)
    entry = Entry.objects.about(change.retirement).get(action=Action.RETIREMENT_ABANDONED)
    assert entry.details["signature"] == Signature.objects.get(statement__outcome="retirement_abandoned").in_trail()
    assert request_change(Kind.RETIREMENT, story.model, reason="Now.", terms=RETIREMENT, actor=story.owner)


def test_a_retirement_is_given_up_by_nobody_who_proves_not_who_they_are_nor_by_sql(change, story):
    with pytest.raises(NotPermitted, match="password"):
        abandon(change.retirement, reason="No.", actor=story.risk_officer, password="a guess")
    with pytest.raises(RuleBroken, match="Say why"):
        abandon(change.retirement, reason=" ", actor=story.risk_officer)
    with refused("is given up by signature"):
        Retirement.objects.filter(change=change).update(state="abandoned", returned_because="No.")
    retired(change, owner=story.owner, engineer=story.engineer, officer=story.risk_officer)
    with pytest.raises(RuleBroken, match="nothing to give up"):
        abandon(change.retirement, reason="Late.", actor=story.risk_officer)


def test_records_are_kept_as_long_as_the_policy_asks(change, story):
    retirement = retired(change, owner=story.owner, engineer=story.engineer, officer=story.risk_officer)
    years = Policy.objects.in_force().section("retention")["years"]
    soon = timezone.now().date() + timedelta(days=365 * (years - 1))
    with pytest.raises(UnusableData, match=f"for {years} years"):
        archive_retirement(retirement, archive="Vault 7.", retained_until=soon, actor=story.validator)
    with pytest.raises(NotPermitted):
        archive_retirement(retirement, archive="Vault 7.", retained_until=soon, actor=story.owner)


def test_every_step_is_in_the_table_and_no_other():
    for state in RetirementState:
        for event in ("verify", "return", "retire", "archive", "abandon"):
            assert retirement_after(state, event) == RETIREMENT_TRANSITIONS.get((state, event))


@pytest.mark.parametrize("state", ["verified", "retired", "archived"])
def test_the_database_takes_no_step_that_is_not_shown_and_signed(change, state):
    with pytest.raises(IntegrityError), transaction.atomic():
        Retirement.objects.filter(change=change).update(state=state)


def test_the_database_keeps_evidence_once_it_was_verified(change, story):
    retirement = verified(change, owner=story.owner, engineer=story.engineer)
    with pytest.raises(IntegrityError, match="evidence stays"), transaction.atomic():
        retirement.items.update(evidence="Another.")
    with pytest.raises(IntegrityError), transaction.atomic():
        retirement.items.all().delete()
    sign(retirement, story.risk_officer)
    with pytest.raises(IntegrityError, match="stays as it is"), transaction.atomic():
        Retirement.objects.filter(pk=retirement.pk).update(verified_by=story.owner)
