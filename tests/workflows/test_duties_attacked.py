"""What separation of duties withstands: training, what happens before a signature, SQL, tokens; and who is told."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from audits.trail.models import Action
from audits.trail.services import governed, record
from audits.workflows.models import ChangeRequest, Retraining, ValidatorAssignment
from audits.workflows.services import decision_view, prepare_decision, raise_finding, request_change, sign_decision
from inventory.models import ModelVersion, Policy
from inventory.services import edit_model
from inventory.states import Stage
from mrm.accounts.models import Notice, Person, RoleGrant
from mrm.accounts.policies import Role
from mrm.accounts.services import Password, person_behind
from mrm.errors import DomainError, NotPermitted, RuleBroken
from tests.assessments.test_breach_steps import investigated
from tests.factories import (
    PASSWORD,
    decide_breach,
    make_person,
    make_reference,
    make_token,
    make_version,
    publish,
    retire,
)
from tests.fixtures.story import approve, assess, log, make_applicants, make_scoring_version, scored
from tests.workflows.duties import WHY, assert_the_database_refuses, now_holding, reasons
from tests.workflows.kinds import decided, exception_terms
from tests.workflows.validating import asked

Kind = ChangeRequest.Kind
FLAW = {"title": "Flaw", "observation": "It errs.", "required_outcome": "Mend it."}


@pytest.fixture
def trained(retraining, story, open_gate) -> ModelVersion:
    """A version that a pipeline made of a retraining."""
    version = make_version(story.model, actor=None)
    make_reference(version, story.folder, actor=None)
    Retraining.objects.create(change=retraining, candidate=version)
    return version


@pytest.fixture
def trainer(retraining, story) -> Person:
    """Who asked for that retraining, and is a validator by now."""
    return now_holding(retraining.requester, Role.VALIDATOR, workspace=story.workspace)


def test_1_whoever_had_a_version_trained_does_not_approve_it(story, trained, trainer):
    change = request_change(Kind.PROMOTION, trained, reason=WHY, actor=story.owner)
    assert "for the retraining that made version" in reasons(change, trainer)
    with pytest.raises(NotPermitted, match="for the retraining that made version"):
        approve(change, trainer)
    assert_the_database_refuses(change, trainer, "asked for the training of a version")


def test_1_whoever_had_a_version_trained_does_not_validate_it_by_sql_either(trained, trainer):
    validation = asked(trained)
    with pytest.raises(IntegrityError, match="asked for the training of a version"), transaction.atomic():
        ValidatorAssignment.objects.create(request=validation, person=trainer, role="lead")


def a_finding(story, version) -> None:
    raise_finding(story.model, version=version, severity="high", **FLAW, actor=story.risk_officer)


def a_red_run(story, version) -> None:
    rows = make_applicants(400, seed=7, prefix="D", shift=1.5)
    log(version, scored(story.booster, rows), story.folder)
    assess(version)


def a_rewording(story, version) -> None:
    edit_model(story.model, changes={"purpose": "Now also prices."}, actor=story.engineer)


def a_retirement(story, version) -> None:
    retire(story.model)


def refused_after(happens, version: ModelVersion, story, officers) -> None:
    """It is one approval short, and that one was prepared and shown when something happens; then it is signed."""
    validator, officer = officers
    change = request_change(Kind.PROMOTION, version, reason=WHY, actor=story.owner)
    approve(change, validator)
    shown = decision_view(change, person=officer).change
    statement = prepare_decision(
        shown, approved=True, meaning="reviewed", evidence_digest=shown.evidence_digest, actor=officer
    )
    happens()
    with pytest.raises(DomainError, match="The evidence has changed since you opened this page"):
        sign_decision(change, statement.pk, proof=Password(PASSWORD), actor=officer)
    version.refresh_from_db()
    change.refresh_from_db()
    assert (version.stage, change.state) == (Stage.CANDIDATE, "pending")


def test_a_finding_that_opens_between_the_statement_and_its_signature_stops_the_promotion(story, candidate, officers):
    refused_after(lambda: a_finding(story, candidate), candidate, story, officers)


def test_a_red_run_that_arrives_between_the_statement_and_its_signature_stops_the_promotion(story, open_gate, officers):
    version = make_scoring_version(story.model, story.booster, story.folder)
    refused_after(lambda: a_red_run(story, version), version, story, officers)


def test_3_the_database_lets_the_proposer_of_an_exception_decide_about_no_renewal_of_it(story, second_validator):
    officers = (second_validator, story.risk_officer)
    first = decided(Kind.EXCEPTION, story.model, *officers, terms=exception_terms(), actor=story.validator)
    renews = first.arrangements.get()
    renewal = request_change(
        Kind.EXCEPTION, story.model, reason=WHY, terms=exception_terms(), renews=renews, actor=story.engineer
    )
    assert_the_database_refuses(renewal, story.validator, "proposed something does not decide about its renewal")


def test_5_what_a_policy_loosened_shows_on_the_page_for_the_board(story, client):
    document = Policy.objects.in_force().document
    document["limits"][0]["red"] = 0.5
    publish(document)
    client.force_login(story.auditor)
    page = client.get(reverse("indicator", args=["policy_loosened"]))
    assert (page.context["shown"].in_words, "Policy loosened" in page.text) == ("1", True)


def test_6_an_owner_closes_no_breach_of_their_model_by_sql(story):
    decide_breach(investigated(story), actor=story.validator)
    told = "is closed by somebody who did not own its model"
    with pytest.raises(RuleBroken, match=told), governed(), connection.cursor() as cursor:
        record(Action.BREACH_CLOSED, actor=story.owner, subject=story.breach, reason="Fine.")
        cursor.execute(
            "UPDATE assessments_breach SET closed_at = now(), closing_reason = 'Fine.' WHERE id = %s", [story.breach.pk]
        )
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_7_an_administrator_decides_nothing_by_sql(retraining, story):
    assert_the_database_refuses(retraining, story.administrator, "only who holds the role now decides in it")


@pytest.mark.parametrize("role", [Role.VALIDATOR, Role.RISK_OFFICER, Role.AUDITOR])
def test_7_an_administrator_takes_no_business_role_by_sql(story, role):
    with pytest.raises(IntegrityError, match="at the same time"), transaction.atomic():
        RoleGrant.objects.create(
            person=story.administrator, role=role, workspace=story.workspace, state="granted", alone_because="Mine."
        )


def test_10_the_token_of_a_service_account_is_for_its_model_and_approves_nothing(retraining, story):
    robot = make_person(Role.ENGINEER, name="Robot", workspace=story.workspace, kind=Person.Kind.SERVICE)
    own = person_behind(make_token(robot, workspace=story.workspace, models=[story.model.slug]))
    other = person_behind(make_token(robot, workspace=story.workspace, models=["another-model"]))
    assert make_version(story.model, actor=own).registered_by == robot
    with pytest.raises(NotPermitted, match="may touch only these models: another-model"):
        make_version(story.model, actor=other)
    with pytest.raises(NotPermitted):
        approve(retraining, own)


@pytest.mark.parametrize("happens", [a_finding, a_red_run, a_rewording, a_retirement])
def test_11_what_voids_a_signature_says_so_to_whoever_signed(story, settings, open_gate, happens):
    settings.EMAIL_URL = "smtp://mail.bank.example"
    version = make_scoring_version(story.model, story.booster, story.folder)
    change = request_change(Kind.PROMOTION, version, reason=WHY, actor=story.owner)
    decision = approve(change, story.validator)
    Notice.objects.all().delete()
    happens(story, version)
    decision_view(change, person=story.risk_officer)
    decision.refresh_from_db()
    assert decision.voided_at
    notice = Notice.objects.get(person=story.validator, subject__startswith="Your signature no longer holds")
    assert change.reference in notice.subject and "is void" in notice.text
