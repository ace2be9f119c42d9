"""Rules 5 to 15: limits, breaches, administrators, services, auditors, signatures, quorum, roles, emergencies, records.

Each holds for administrators and shells alike: the services refuse with the reason, and the database refuses the row
that somebody writes past them as the application's own role.
"""

from datetime import timedelta

import pytest
from django.utils import timezone

from audits.assessments.services import close_breach
from audits.workflows.models import ChangeRequest, Decision
from audits.workflows.services import decide, decision_view, request_change, who_may_decide
from audits.workflows.states import ChangeState
from inventory.models import Policy
from inventory.services import edit_model, propose_policy, publish_draft
from inventory.states import Status
from mrm.accounts.models import Person
from mrm.accounts.policies import ALLOWED, FORBIDDEN_TOGETHER, Permission, Role
from mrm.accounts.services import grant_role, require
from mrm.errors import NotPermitted, RuleBroken
from tests.factories import PASSWORD, make_person, make_version, make_workspace
from tests.fixtures.story import approve
from tests.signing import suspend
from tests.workflows.duties import WHY, assert_the_database_refuses, reasons
from tests.workflows.kinds import overlay_terms

Kind, Meaning = ChangeRequest.Kind, Decision.Meaning


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


# 10. Service accounts never approve. (8: test_duties_by_grant.py)


def test_10_a_service_account_never_decides_whatever_its_role(retraining, story):
    robot = make_person(Role.VALIDATOR, workspace=story.workspace, kind=Person.Kind.SERVICE)
    assert "A service account never decides." in reasons(retraining, robot)
    assert_the_database_refuses(retraining, robot, "service account")


# 9. Auditors and examiners change nothing. (What they read: test_duties_by_reader.py)


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


# 12. Recusals last. (What makes a quorum: test_duties_by_quorum.py)


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


@pytest.mark.parametrize(
    "role",
    [Role.HEAD_OF_VALIDATION, Role.CHIEF_RISK_OFFICER, Role.COMPLIANCE, Role.COMMITTEE_CHAIR, Role.COMMITTEE_MEMBER],
)
def test_14_every_office_that_answers_for_risk_stops_a_model_alone(story, role):
    suspend(
        story.model,
        reason="It refuses everybody from the new branch.",
        actor=make_person(role, workspace=story.workspace),
    )
    story.model.refresh_from_db()
    assert story.model.status == Status.SUSPENDED


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
    with pytest.raises(RuleBroken, match="published by an approved request"):
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
