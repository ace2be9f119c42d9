"""Rules 1 to 4: who may not decide, by what somebody did to the subject, not by their role.

Each holds for administrators and shells alike: the services refuse with the reason, and the database refuses the row
that somebody writes past them as the application's own role.
"""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from audits.trail.services import governed
from audits.workflows.models import ChangeRequest, Delegation, Retraining, ValidatorAssignment
from audits.workflows.services import request_change
from audits.workflows.services.arrangements import locked, release
from audits.workflows.services.validations import assign_validator
from audits.workflows.states import ChangeState
from inventory.models import ModelVersion, Policy
from inventory.services import attach_artifact, edit_model, propose_policy
from mrm.accounts.models import Person
from mrm.accounts.policies import Role
from mrm.errors import NotPermitted, RuleBroken
from registry.services import describe_version
from tests.factories import make_otherwise, make_person, make_reference, make_version, settle, undecided
from tests.fixtures.story import approve
from tests.signing import close_arrangement, delegate, suspend
from tests.workflows.duties import WHY, assert_the_database_refuses, now_holding, reasons
from tests.workflows.kinds import acceptance_terms, decided, exception_terms, overlay_terms
from tests.workflows.remedies import opened, raised
from tests.workflows.validating import asked, make_panel, validated

Kind = ChangeRequest.Kind


@pytest.fixture
def validator_who_owned_it(story, second_validator) -> Person:
    edit_model(story.model, changes={"owner": second_validator}, actor=None)
    edit_model(story.model, changes={"owner": story.owner}, actor=story.engineer)
    return second_validator


def assert_the_database_assigns_not(version: ModelVersion, person: Person) -> None:
    validation = version.validations.first() or asked(version)
    with pytest.raises(IntegrityError, match="sent or described what a version consists of"), transaction.atomic():
        ValidatorAssignment.objects.create(request=validation, person=person, role="lead")


# 1. Whoever created, edited or trained a version, or owned it in the last 12 months, cannot approve it.


def test_1_an_owner_cannot_approve_their_own_model(retraining, story):
    assert "you own it" in reasons(retraining, story.owner)
    assert_the_database_refuses(retraining, story.owner, "own model")


def test_1_whoever_owned_it_in_the_last_twelve_months_cannot_approve_it(retraining, story, validator_who_owned_it):
    assert "owned it until" in reasons(retraining, validator_who_owned_it)
    assert_the_database_refuses(retraining, validator_who_owned_it, "last twelve months")


def test_1_whoever_registered_a_version_cannot_approve_it(story, open_gate, second_validator):
    version = make_version(story.model, actor=None)
    make_otherwise(version, registered_by=second_validator)
    make_reference(version, story.folder)
    change = request_change(Kind.PROMOTION, version, reason=WHY, actor=story.engineer)
    assert f"you registered version {version.number} on" in reasons(change, second_validator)
    assert_the_database_refuses(change, second_validator, "registered a version")


@pytest.mark.parametrize("kind", [Kind.EXCEPTION, Kind.OVERLAY])
def test_1_whoever_made_what_is_in_production_decides_nothing_about_the_model_as_a_whole(story, kind):
    terms = exception_terms() if kind == Kind.EXCEPTION else overlay_terms()
    change = request_change(kind, story.model, reason=WHY, terms=terms, actor=story.owner)
    maker = now_holding(story.engineer, Role.VALIDATOR, workspace=story.workspace)
    assert f"you registered version {story.version.number} on" in reasons(change, maker)
    with pytest.raises(NotPermitted, match="Whoever registered or changed a version"):
        approve(change, maker)
    assert_the_database_refuses(change, maker, "made what is in production")


@pytest.mark.parametrize("kind", [Kind.RISK_ACCEPTANCE, Kind.EXTENSION])
def test_1_whoever_made_what_a_finding_is_about_decides_neither_to_live_with_it_nor_for_how_long(story, kind):
    maker = make_person(Role.ENGINEER, workspace=story.workspace)
    candidate = make_version(story.model, actor=maker)
    finding = opened(story, raised(story, version=candidate))
    more_time = {"due_on": (finding.due_at + timedelta(days=5)).isoformat(), "compensating_control": "A sample."}
    terms = acceptance_terms(finding) if kind == Kind.RISK_ACCEPTANCE else {"finding": finding.reference} | more_time
    change = request_change(kind, story.model, reason=WHY, terms=terms, actor=story.owner)
    mover = now_holding(maker, Role.VALIDATOR, workspace=story.workspace)
    assert f"you registered version {candidate.number} on" in reasons(change, mover)
    assert_the_database_refuses(change, mover, "or what a finding is about")


def test_1_whoever_had_what_is_in_production_trained_decides_nothing_about_the_model_as_a_whole(retraining, story):
    with undecided("workflows_retraining", "USER"):
        Retraining.objects.create(change=retraining, candidate=story.version)
    change = request_change(Kind.EXCEPTION, story.model, reason=WHY, terms=exception_terms(), actor=story.owner)
    trainer = make_person(Role.VALIDATOR, workspace=story.workspace)
    with undecided("workflows_changerequest", "USER"):
        ChangeRequest.objects.filter(pk=retraining.pk).update(requester=trainer)
    assert "for the retraining that made version 1" in reasons(change, trainer)
    assert_the_database_refuses(change, trainer, "made what is in production")


def test_1_whoever_made_what_is_in_production_does_not_let_it_run_again(story, officers):
    suspend(story.model, reason="It refuses everybody.", actor=story.risk_officer)
    change = request_change(Kind.RESUMPTION, story.model, reason=WHY, terms={"remedy": "Mended."}, actor=story.owner)
    maker = now_holding(story.engineer, Role.RISK_OFFICER, workspace=story.workspace)
    assert "you registered version 1" in reasons(change, maker) and reasons(change, officers[0]) == ""


def test_1_whoever_made_what_is_in_production_ends_nothing_that_holds_about_the_model(story, officers):
    held = decided(Kind.OVERLAY, story.model, *officers, terms=overlay_terms(), actor=story.owner).arrangements.get()
    maker = now_holding(story.engineer, Role.RISK_OFFICER, workspace=story.workspace)
    with pytest.raises(NotPermitted, match="whoever made the version closes what holds"):
        close_arrangement(held, reason="Over.", actor=maker)


def test_1_whoever_sent_its_artifact_cannot_approve_it_even_as_a_validator_by_now(story, open_gate):
    mover = make_person(Role.ENGINEER, workspace=story.workspace)
    version = make_version(story.model, framework="xgboost")
    artifact = story.folder / "sent"
    artifact.write_bytes(bytes(story.booster.save_raw("json")))
    attach_artifact(version, artifact, actor=mover)
    make_reference(version, story.folder)
    mover = now_holding(mover, Role.VALIDATOR, workspace=story.workspace)
    change = request_change(Kind.PROMOTION, version, reason=WHY, actor=story.engineer)
    assert "you sent the artifact of version" in reasons(change, mover)
    assert_the_database_refuses(change, mover, "sent what a version consists of")
    assert_the_database_assigns_not(version, mover)


def test_1_whoever_described_a_version_through_mlflow_cannot_approve_it(retraining, story):
    editor = make_person(Role.ENGINEER, workspace=story.workspace)
    number = str(story.version.number)
    describe_version(story.workspace, story.model.name, number, description="Sound.", actor=editor)
    editor = now_holding(editor, Role.VALIDATOR, workspace=story.workspace)
    assert f"you wrote the MLflow description of version {number} on" in reasons(retraining, editor)
    assert_the_database_refuses(retraining, editor, "sent what a version consists of")
    validation = asked(story.version)
    with pytest.raises(NotPermitted, match="wrote the MLflow description"):
        assign_validator(validation, person=editor, role="lead", actor=make_panel(story.workspace).head)
    assert_the_database_assigns_not(story.version, editor)


# 2. A validator of a version cannot vote on it: whoever decided in one role does not decide again in another.


def test_2_whoever_approved_as_validator_cannot_approve_in_another_role(retraining, story):
    both = make_person(Role.VALIDATOR, Role.RISK_OFFICER, workspace=story.workspace)
    approve(retraining, both)
    assert "you decided on" in reasons(retraining, both)
    assert_the_database_refuses(retraining, both, "decides twice")


def test_2_a_validator_of_a_version_and_whoever_approved_its_opinion_cannot_vote_on_it(story, retraining):
    panel = make_panel(story.workspace)
    validated(story.version, panel)
    for person in (panel.lead, panel.second):
        assert "you validate it as" in reasons(retraining, person)
        assert_the_database_refuses(retraining, person, "a validator of a version")
    head = now_holding(panel.head, Role.VALIDATOR, workspace=story.workspace)
    assert "you approved the opinion of its validation on" in reasons(retraining, head)
    assert_the_database_refuses(retraining, head, "approved the opinion")


# 3. Proposer is not approver: tier, threshold, exception, overlay, acceptance, closure.


@pytest.mark.parametrize(
    ("kind", "terms"),
    [(Kind.EXCEPTION, exception_terms()), (Kind.OVERLAY, overlay_terms())],
    ids=["exception", "overlay"],
)
def test_3_whoever_proposes_does_not_approve(story, kind, terms):
    change = request_change(kind, story.model, reason=WHY, terms=terms, actor=story.validator)
    with pytest.raises(NotPermitted, match="asks for a change does not decide"):
        approve(change, story.validator)
    assert_the_database_refuses(change, story.validator, "asks for a change")


def test_3_the_proposer_of_an_exception_does_not_approve_its_renewal_that_another_asks_for(story, second_validator):
    first = decided(
        Kind.EXCEPTION,
        story.model,
        second_validator,
        story.risk_officer,
        terms=exception_terms(),
        actor=story.validator,
    )
    renewal = request_change(
        Kind.EXCEPTION,
        story.model,
        reason=WHY,
        terms=exception_terms(),
        renews=first.arrangements.get(),
        actor=story.engineer,
    )
    assert f"you proposed {first.arrangements.get().reference} on" in reasons(renewal, story.validator)


def test_3_whoever_drafted_a_policy_does_not_approve_it_though_another_asks_for_it(story):
    document = Policy.objects.in_force().document
    document["changes"]["expire_after_days"] = 20
    draft = propose_policy(document, reason="Faster.", actor=story.risk_officer)
    change = request_change(Kind.POLICY_CHANGE, None, reason=WHY, terms={"draft": str(draft.pk)}, actor=story.validator)
    assert "you drafted it on" in reasons(change, story.risk_officer)


def test_3_neither_the_owner_nor_whoever_asked_closes_what_holds_for_a_time(story):
    officers, asks = (story.validator, story.second_officer()), story.risk_officer
    change = decided(Kind.EXCEPTION, story.model, *officers, terms=exception_terms(), actor=asks)
    held = change.arrangements.get()
    with pytest.raises(NotPermitted, match="another of the second line"):
        close_arrangement(held, reason="Met.", actor=asks)
    with pytest.raises(NotPermitted):
        close_arrangement(held, reason="Met.", actor=story.owner)
    edit_model(story.model, changes={"owner": make_person(Role.OWNER, workspace=story.workspace)}, actor=story.engineer)
    former = now_holding(story.owner, Role.RISK_OFFICER, workspace=story.workspace)
    with pytest.raises(NotPermitted, match="less than twelve months ago"):
        close_arrangement(held, reason="Met.", actor=former)


@pytest.mark.parametrize("role", [Role.VALIDATOR, Role.HEAD_OF_VALIDATION])
def test_3_whoever_gives_an_opinion_about_exceptions_ends_none(story, role):
    officers = (story.validator, story.risk_officer)
    change = decided(Kind.EXCEPTION, story.model, *officers, terms=exception_terms(), actor=story.owner)
    held, person = change.arrangements.get(), make_person(role, workspace=story.workspace)
    with pytest.raises(NotPermitted, match="end exception"):
        close_arrangement(held, reason="Met.", actor=person)
    with pytest.raises(IntegrityError, match="is closed by another of the second line"), transaction.atomic():
        with governed():
            release(locked(held), because="Met.", actor=person)
        settle()


# 4. Nobody signs twice on one request, also not through delegation; a delegate inherits the delegator's conflicts.


@pytest.fixture
def away(story) -> Person:
    """A risk officer on leave, for whom the second validator decides."""
    return make_person(Role.RISK_OFFICER, name="Olga Officer", workspace=story.workspace)


def stand_in(story, away, to) -> None:
    delegate(to, reason="Leave.", ends_at=timezone.now() + timedelta(days=14), actor=away)


def test_4_a_delegate_decides_in_the_place_of_who_is_away(retraining, story, away, second_validator):
    approve(retraining, story.validator)
    stand_in(story, away, second_validator)
    decision = approve(retraining, second_validator)
    assert (decision.role, decision.on_behalf_of) == ("risk_officer", away)
    assert decision.statement["terms"]["on_behalf_of"]["name"] == "Olga Officer"
    retraining.refresh_from_db()
    assert retraining.state == ChangeState.APPROVED


def test_4_nobody_signs_twice_also_not_through_delegation(retraining, story, away, second_validator):
    stand_in(story, away, second_validator)
    approve(retraining, second_validator)
    assert "Nobody decides twice" in reasons(retraining, second_validator)
    assert_the_database_refuses(retraining, second_validator, "decides twice", on_behalf_of=away)


def test_4_who_was_decided_for_does_not_decide_as_well(retraining, story, away, second_validator):
    approve(retraining, story.validator)
    stand_in(story, away, second_validator)
    decision = approve(retraining, second_validator)
    assert decision.on_behalf_of == away
    assert_the_database_refuses(
        request_change(Kind.OVERLAY, story.model, reason=WHY, terms=overlay_terms(), actor=away),
        second_validator,
        "asks for a change",
        on_behalf_of=away,
    )


def test_4_a_delegate_inherits_the_conflicts_of_who_delegated(story, away, second_validator):
    change = request_change(Kind.RETRAINING, story.version, reason=WHY, breach=story.breach, actor=away)
    approve(change, story.validator)
    stand_in(story, away, second_validator)
    told = reasons(change, second_validator)
    assert "this is so of Olga Officer, for whom you would decide" in told
    with pytest.raises(NotPermitted, match="Olga Officer"):
        approve(change, second_validator)


def test_12_nobody_of_the_first_line_decides_in_the_place_of_the_second(retraining, story, away, second_validator):
    approve(retraining, story.validator)
    with pytest.raises(RuleBroken, match="of the second line is of the second line too"):
        stand_in(story, away, story.engineer)
    with pytest.raises(IntegrityError, match="of the second line too"), transaction.atomic():
        Delegation.objects.create(
            delegator=away, delegate=story.engineer, reason="Leave.", ends_at=timezone.now() + timedelta(days=9)
        )
    stand_in(story, away, second_validator)
    moved = now_holding(second_validator, Role.ENGINEER, workspace=story.workspace)
    assert "cannot stand in for Olga Officer" in reasons(retraining, moved)
    assert_the_database_refuses(retraining, moved, "of the second line too", on_behalf_of=away)


def test_4_nobody_stands_in_where_the_roles_may_not_be_held_together(story, away):
    with pytest.raises(RuleBroken, match="risk officer and owner at the same time"):
        stand_in(story, away, story.owner)
