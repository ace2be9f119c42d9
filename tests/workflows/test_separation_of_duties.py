"""Who may not decide: the rules of separation of duties, one after the other, by what somebody did, not by their role.

Each holds for administrators and shells alike: the services refuse with the reason, and the database refuses the row
that somebody writes past them as the application's own role.
"""

import uuid
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from audits.assessments.services import close_breach
from audits.workflows.models import ChangeRequest, Decision
from audits.workflows.services import (
    close_arrangement,
    decide,
    decision_view,
    delegate,
    request_change,
    suspend,
    who_may_decide,
    why_not_decide,
)
from audits.workflows.states import ChangeState
from inventory.models import Policy
from inventory.services import attach_artifact, edit_model, propose_policy, publish_draft, publish_policy
from inventory.states import Status
from mrm.accounts.models import Person, Signature
from mrm.accounts.policies import ALLOWED, FORBIDDEN_TOGETHER, Permission, Role
from mrm.accounts.services import grant_role, require
from mrm.errors import NotPermitted, RuleBroken
from tests.factories import PASSWORD, make_otherwise, make_person, make_reference, make_version, make_workspace
from tests.fixtures.story import approve
from tests.workflows.kinds import decided, exception_terms, overlay_terms

Kind, Meaning = ChangeRequest.Kind, Decision.Meaning
WHY = "The applicants have changed."


@pytest.fixture
def retraining(story) -> ChangeRequest:
    return request_change(Kind.RETRAINING, story.version, reason=WHY, breach=story.breach, actor=story.engineer)


@pytest.fixture
def second_validator(story) -> Person:
    return make_person(Role.VALIDATOR, name="Victor Validator", workspace=story.workspace)


@pytest.fixture
def open_gate(story) -> None:
    document = Policy.objects.in_force().document
    document["promotion"]["required_assessments"] = []
    publish_policy(document, actor=None)


def reasons(change, person) -> str:
    return " ".join(why_not_decide(change, person=person))


def written_past_the_services(change: ChangeRequest, person, *, on_behalf_of=None) -> None:
    """A decision inserted as raw SQL, with a signature that looks real."""
    signature = Signature.objects.create(
        pk=uuid.uuid4(),
        person=person,
        printed_name=str(person),
        subject=f"workflows.ChangeRequest:{change.pk}",
        meaning="",
        statement={},
        statement_digest="0" * 64,
        evidence_digest=change.evidence_digest,
        method="password",
        authenticated_at=timezone.now(),
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO workflows_decision (id, change_id, person_id, on_behalf_of_id, printed_name, role, approved, "
            "meaning, comment, conditions, statement, statement_digest, authentication, decided_at, voided_because, "
            "signature_id) VALUES (%s, %s, %s, %s, 'X', 'validator', true, 'reviewed', '', '[]', '{}', '', 'password', "
            "now(), '', %s)",
            [uuid.uuid4(), change.pk, person.pk, on_behalf_of and on_behalf_of.pk, signature.pk],
        )


def assert_the_database_refuses(change: ChangeRequest, person, why: str, **fields) -> None:
    with pytest.raises(IntegrityError, match=why), transaction.atomic():
        written_past_the_services(change, person, **fields)


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


def test_1_whoever_sent_its_artifact_cannot_approve_it_even_as_a_validator_by_now(story, open_gate):
    mover = make_person(Role.ENGINEER, workspace=story.workspace)
    version = make_version(story.model, framework="xgboost")
    artifact = story.folder / "sent"
    artifact.write_bytes(bytes(story.booster.save_raw("json")))
    attach_artifact(version, artifact, actor=mover)
    make_reference(version, story.folder)
    mover.grants.update(ends_at=timezone.now())
    grant_role(mover, Role.VALIDATOR, workspace=story.workspace, actor=None)
    change = request_change(Kind.PROMOTION, version, reason=WHY, actor=story.engineer)
    assert "you sent the artifact of version" in reasons(change, Person.objects.get(pk=mover.pk))


# 2. A validator of a version cannot vote on it: whoever decided in one role does not decide again in another.


def test_2_whoever_approved_as_validator_cannot_approve_in_another_role(retraining, story):
    both = make_person(Role.VALIDATOR, Role.RISK_OFFICER, workspace=story.workspace)
    approve(retraining, both)
    assert "you decided on" in reasons(retraining, both)
    assert_the_database_refuses(retraining, both, "decides twice")


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


def test_3_neither_the_owner_nor_whoever_asked_closes_what_holds_for_a_time(story, second_validator):
    change = decided(
        Kind.EXCEPTION,
        story.model,
        second_validator,
        story.risk_officer,
        terms=exception_terms(),
        actor=story.validator,
    )
    with pytest.raises(NotPermitted, match="another of the second line"):
        close_arrangement(change.arrangements.get(), reason="Met.", actor=story.validator)
    with pytest.raises(NotPermitted):
        close_arrangement(change.arrangements.get(), reason="Met.", actor=story.owner)


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


def test_4_nobody_stands_in_where_the_roles_may_not_be_held_together(story, away):
    with pytest.raises(RuleBroken, match="risk officer and owner at the same time"):
        stand_in(story, away, story.owner)


# 5. Limits are changed by the second line, bind no run that was made, and what is loosened is named.


def test_5_what_a_policy_would_loosen_is_shown_to_those_who_decide(story):
    document = Policy.objects.in_force().document
    document["limits"][0]["red"] = 0.5
    draft = propose_policy(document, reason="Too strict.", actor=story.risk_officer)
    change = request_change(Kind.POLICY_CHANGE, None, reason=WHY, terms={"draft": str(draft.pk)}, actor=story.validator)
    assert any("0.5" in line for line in change.evidence["loosened"])
    before = {run.pk: run.policy_id for run in story.version.runs.all()}
    second = make_person(Role.RISK_OFFICER, workspace=story.workspace)
    approve(change, make_person(Role.VALIDATOR, workspace=story.workspace))
    approve(change, second)
    change.refresh_from_db()
    assert change.state == ChangeState.COMPLETED
    assert Policy.objects.in_force().document["limits"][0]["red"] == 0.5
    assert {run.pk: run.policy_id for run in story.version.runs.all()} == before


# 6. Model owners cannot mark a breach closed.


def test_6_an_owner_does_not_close_a_breach(story):
    with pytest.raises(NotPermitted):
        close_breach(story.breach, reason="Fine again.", actor=story.owner)


# 7. An administrator holds no business role and decides nothing; an emergency release takes two people and has an end.


def test_7_an_administrator_decides_nothing(retraining, story):
    assert "awaits a decision by" in reasons(retraining, story.administrator)
    with pytest.raises(NotPermitted):
        approve(retraining, story.administrator)
    assert all((Role.ADMINISTRATOR, other) in FORBIDDEN_TOGETHER for other in Role if other != Role.ADMINISTRATOR)


def test_7_an_emergency_release_takes_two_people_and_has_an_end(story):
    version = make_version(story.model, actor=story.engineer)
    terms = {"emergency": "No score since noon.", "compensating_control": "Every case by hand."}
    too_long = timezone.now().date() + timedelta(days=60)
    with pytest.raises(RuleBroken, match="30 days at most"):
        request_change(
            Kind.BREAK_GLASS,
            version,
            reason=WHY,
            terms=terms | {"ends_on": too_long.isoformat()},
            actor=story.engineer,
        )
    end = timezone.now().date() + timedelta(days=7)
    change = request_change(
        Kind.BREAK_GLASS, version, reason=WHY, terms=terms | {"ends_on": end.isoformat()}, actor=story.engineer
    )
    approve(change, story.validator)
    assert story.model.production_version() == story.version
    approve(change, story.risk_officer)
    assert story.model.production_version() == version


# 8 and 10. Grants need two people (tests/accounts); service accounts never approve.


def test_10_a_service_account_never_decides_whatever_its_role(retraining, story):
    robot = make_person(Role.VALIDATOR, workspace=story.workspace, kind=Person.Kind.SERVICE)
    assert "A service account never decides." in reasons(retraining, robot)
    assert_the_database_refuses(retraining, robot, "service account")


# 9. Auditors and examiners read everything and change nothing.


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.EXAMINER])
def test_9_auditors_and_examiners_change_nothing(retraining, story, role):
    reader = make_person(role, workspace=story.workspace)
    require(reader, Permission.READ, story.workspace)
    with pytest.raises(NotPermitted):
        approve(retraining, reader)
    with pytest.raises(NotPermitted):
        request_change(Kind.OVERLAY, story.model, reason=WHY, terms=overlay_terms(), actor=reader)
    with pytest.raises(NotPermitted):
        suspend(story.model, reason="Hm.", actor=reader)


# 11. Signing again at every decision, over the exact digest; a change of the subject voids what was signed.


def test_11_nobody_decides_without_proving_again_who_they_are(retraining, story):
    with pytest.raises(NotPermitted, match="password"):
        approve(retraining, story.validator, password="not it")
    assert not retraining.decisions.exists()


def test_11_a_change_of_the_subject_voids_what_was_signed(retraining, story):
    decision = approve(retraining, story.validator)
    edit_model(story.model, changes={"purpose": "Now also prices."}, actor=story.engineer)
    decision_view(retraining, person=story.risk_officer)
    decision.refresh_from_db()
    assert decision.voided_at


def test_11_what_was_not_shown_is_not_signed(retraining, story):
    with pytest.raises(RuleBroken, match="evidence has changed"):
        decide(
            retraining,
            approved=True,
            meaning=Meaning.REVIEWED,
            evidence_digest="0" * 64,
            password=PASSWORD,
            actor=story.validator,
        )


# 12. Recusals do not count, and last.


def test_12_who_steps_aside_fills_no_role_and_stays_aside_when_the_subject_changes(retraining, story):
    aside = approve(retraining, story.validator, approved=False, meaning=Meaning.RECUSED, comment="My brother applied.")
    retraining.refresh_from_db()
    assert (aside.approved, retraining.state) == (False, ChangeState.PENDING)
    edit_model(story.model, changes={"purpose": "Now also prices."}, actor=story.engineer)
    assert "you stepped aside on" in reasons(retraining, story.validator)
    change = decision_view(retraining, person=story.validator).change
    assert_the_database_refuses(change, story.validator, "decides twice")


# 13. Roles that nobody holds together.


@pytest.mark.parametrize("pair", [(Role.ENGINEER, Role.VALIDATOR), (Role.OWNER, Role.RISK_OFFICER)])
def test_13_nobody_holds_roles_that_exclude_each_other(story, pair):
    person = make_person(pair[0], workspace=story.workspace)
    with pytest.raises(RuleBroken, match="at the same time"):
        grant_role(person, pair[1], workspace=story.workspace, actor=None)


# 14. Emergency suspension is one person; lifting it is two.


def test_14_one_person_suspends_and_two_let_it_run_again(story):
    suspend(story.model, reason="Scores are constant.", actor=story.owner)
    assert story.model.status == Status.SUSPENDED
    terms = {"remedy": "The feed was repaired."}
    change = request_change(Kind.RESUMPTION, story.model, reason=WHY, terms=terms, actor=story.engineer)
    approve(change, story.validator)
    assert story.model.status == Status.SUSPENDED
    approve(change, story.risk_officer)
    assert story.model.status == Status.IN_USE


# 15. How long records are kept is not changed without an auditor.


def test_15_how_long_records_are_kept_is_decided_together_with_the_cro_and_an_auditor(story):
    document = Policy.objects.in_force().document
    document["retention"]["years"] = 5
    draft = propose_policy(document, reason="Space.", actor=story.risk_officer)
    with pytest.raises(IntegrityError, match="approved request"), transaction.atomic():
        publish_draft(draft, actor=make_person(Role.RISK_OFFICER, workspace=story.workspace))
    terms = {"draft": str(draft.pk)}
    change = request_change(Kind.POLICY_CHANGE, None, reason=WHY, terms=terms, actor=story.risk_officer)
    assert change.roles_required[-2:] == [Role.CHIEF_RISK_OFFICER, Role.AUDITOR]
    approve(change, make_person(Role.CHIEF_RISK_OFFICER, workspace=story.workspace))
    approve(change, story.validator)
    approve(change, make_person(Role.RISK_OFFICER, workspace=story.workspace))
    assert Policy.objects.in_force().document["retention"]["years"] == 10
    approve(change, story.auditor)
    assert Policy.objects.in_force().document["retention"]["years"] == 5


def test_what_binds_every_workspace_is_decided_by_people_who_hold_their_role_in_every_one(story):
    document = Policy.objects.in_force().document
    document["changes"]["expire_after_days"] = 20
    draft = propose_policy(document, reason="Faster.", actor=None)
    terms = {"draft": str(draft.pk)}
    change = request_change(Kind.POLICY_CHANGE, None, reason=WHY, terms=terms, actor=story.risk_officer)
    assert reasons(change, story.validator) == ""
    make_workspace("elsewhere")
    assert "awaits a decision by" in reasons(change, story.validator)
    assert reasons(change, make_person(Role.VALIDATOR)) == ""


def test_everybody_can_read_who_may_decide_and_what_keeps_the_others_from_it(retraining, story, second_validator):
    approve(retraining, story.validator)
    told = dict(who_may_decide(retraining))
    assert told[story.risk_officer].reasons_not_to == []
    assert any("you decided on" in reason for reason in told[story.validator].reasons_not_to)
    assert story.engineer not in told


def test_only_roles_that_decide_changes_may_be_asked_to(story):
    assert Role.ADMINISTRATOR not in ALLOWED[Permission.DECIDE_CHANGE]
    assert not ALLOWED[Permission.DECIDE_CHANGE] & {Role.ENGINEER, Role.OWNER, Role.AUDITOR, Role.EXAMINER}


@pytest.fixture
def validator_who_owned_it(story, second_validator) -> Person:
    edit_model(story.model, changes={"owner": second_validator}, actor=story.engineer)
    edit_model(story.model, changes={"owner": story.owner}, actor=story.engineer)
    return second_validator
